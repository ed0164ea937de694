"""``python -m app``: every face of the product that a terminal starts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from app.commands import account, ask, chat, compare, export, mcp, model, search, serve
from ingest.commandline import Parser, config_option, program, run
from ingest.language import pick
from ingest.securitylog import noted
from ingest.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (see :mod:`ingest.commandline`)."""
    return run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands and their options, in the language of the terminal."""
    top = Parser(
        prog=program("app", "zhengcai"),
        description=pick(
            "Questions about Chinese government procurement, answered with citations.",
            "政府采购政策问答，逐句注明出处。",
        ),
        epilog=pick(
            "Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing in the corpus answers.",
            "退出状态：0 完成，1 出错，2 用法有误，3 已收录的文件不能回答。",
        ),
    )
    config_option(top)
    top.add_argument(
        "--version",
        action="version",
        version=_version(),
        help=pick("show the version and exit", "显示版本号并退出"),
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND", title=pick("commands", "命令"))

    def command(
        name: str,
        add_to: Callable[[argparse.ArgumentParser], None],
        run: Callable[[argparse.Namespace, Settings], int],
        about: str,
    ) -> None:
        added = commands.add_parser(name, help=about, description=about)
        add_to(added)
        config_option(added, default=argparse.SUPPRESS)
        added.set_defaults(run=lambda options: run(options, load_settings(options.config)))

    command("ask", ask.add_to, ask.run, pick("answer questions", "回答问题"))
    command("search", search.add_to, search.run, pick("rank passages", "检索段落"))
    command("chat", chat.add_to, chat.run, pick("converse in the terminal", "在终端中对话"))
    command(
        "export",
        export.add_to,
        export.run,
        pick("write answers or documents to a file", "将答案或文件导出"),
    )
    command(
        "compare",
        compare.add_to,
        compare.run,
        pick("compare two versions of a text", "对照同一文件的两个版本"),
    )
    command(
        "serve",
        serve.add_to,
        partial(noted, "serve", serve.run),
        pick("start the web chat, REST and MCP over HTTP", "启动网页问答、REST 接口和 MCP"),
    )
    command(
        "account",
        account.add_to,
        partial(noted, "account", account.run),
        pick("make an account or a token for the server", "为服务创建账号或令牌"),
    )
    command(
        "model",
        model.add_to,
        model.run,
        pick("try the language model of the settings", "检测设置中的语言模型"),
    )
    command(
        "mcp",
        mcp.add_to,
        mcp.run,
        pick("speak MCP on standard input and output", "通过标准输入输出提供 MCP 服务"),
    )
    return top


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"zhengcai-wenda {version('zhengcai-wenda')}"
    except PackageNotFoundError:
        return "zhengcai-wenda"


if __name__ == "__main__":
    sys.exit(main())
