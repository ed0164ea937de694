"""``account``: make an account or a token, as lines for the settings."""

from __future__ import annotations

import argparse
import getpass
import sys

from ingest.commandline import DONE
from ingest.errors import UserError
from ingest.language import pick
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("name", metavar="NAME", help=pick("name to log in with", "登录名"))
    parser.add_argument(
        "--role",
        choices=("reader", "editor"),
        default="reader",
        help=pick(
            "reader: ask and read; editor: also change the corpus (default: reader)",
            "reader：提问和阅读；editor：还可更改资料库（默认：reader）",
        ),
    )
    parser.add_argument(
        "--token",
        action="store_true",
        help=pick(
            "make a token for programs instead of asking for a password",
            "生成供程序使用的令牌，而不设密码",
        ),
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print the lines of YAML for the setting ``accounts``; the password comes from the terminal
    or, where there is none, from the first line of standard input."""
    from app.accounts.secrets import hash_password, hash_token, new_token

    name = options.name.strip()
    if not name:
        raise UserError(
            "no-name",
            "account",
            "the name is empty",
            "Give one",
            ("登录名为空", "请给出登录名"),
        )
    lines = [f"  - name: {_quoted(name)}", f"    role: {options.role}"]
    if options.token:
        token = new_token()
        _say(pick(f"The token, shown only now: {token}", f"令牌（仅显示这一次）：{token}"))
        lines.append(f"    tokens: [{hash_token(token)}]")
    else:
        lines.append(f"    password: {_quoted(hash_password(_password()))}")
    known = any(account.name == name for account in settings.accounts)
    _say(
        pick(
            "An account of this name is in the settings; put the new line into it:",
            "设置中已有同名账号，请将新的一行加入其中：",
        )
        if known
        else pick(
            "Put these lines into config.yaml, below `accounts:` (without its []):",
            "请将以下几行放入 config.yaml 的 `accounts:` 之下（去掉其后的 []）：",
        )
    )
    print("\n".join(lines[2:] if known else lines))
    return DONE


def _password() -> str:
    from app.accounts.secrets import LONGEST_PASSWORD, SHORTEST_PASSWORD

    if sys.stdin.isatty():
        password = getpass.getpass(pick("Password: ", "密码："))
        if getpass.getpass(pick("Once more: ", "再输入一次：")) != password:
            raise UserError(
                "other-password",
                "account",
                "the two passwords differ",
                "Start again",
                ("两次输入的密码不一致", "请重新输入"),
            )
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserError(
            "bad-password",
            "account",
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            "Choose another",
            (f"密码须为 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符", "请另选一个"),
        )
    return password


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
