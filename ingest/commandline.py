"""What both command lines share: argparse in zh and en, and the exit status.

Exit statuses: 0 done; 1 failed, with one line on standard error; 2 wrong usage; 3 (``ask`` and
``search``) nothing in the corpus answers; 130 interrupted; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from ingest.errors import UserError
from ingest.faults import explained
from ingest.language import pick, system_language

DONE, FAILED, USAGE, NO_ANSWER, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141

ZH = {
    "usage: ": "用法：",
    "options": "选项",
    "positional arguments": "参数",
    "show this help message and exit": "显示本帮助并退出",
    "show program's version number and exit": "显示版本号并退出",
    "%(prog)s: error: %(message)s\n": "%(prog)s：错误：%(message)s\n",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
    "the following arguments are required: %s": "缺少以下参数：%s",
    "one of the arguments %s is required": "以下参数须给出一个：%s",
    "unrecognized arguments: %s": "无法识别的参数：%s",
    "ambiguous option: %(option)s could match %(matches)s": (
        "选项 %(option)s 有歧义，可能是 %(matches)s"
    ),
    "expected one argument": "需要一个值",
    "expected at most one argument": "最多只能有一个值",
    "expected at least one argument": "至少需要一个值",
    "expected %s argument": "需要 %s 个值",
    "expected %s arguments": "需要 %s 个值",
    "ignored explicit argument %r": "该选项不带值，却给出了 %r",
    "not allowed with argument %s": "不能与参数 %s 同时使用",
    "invalid choice: %(value)r (choose from %(choices)s)": (
        "%(value)r 不在可选范围内（可选：%(choices)s）"
    ),
    "invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)": (
        "%(value)r 不在可选范围内，是否指 %(closest)r？（可选：%(choices)s）"
    ),
    "invalid %(type)s value: %(value)r": "%(value)r 不是有效的 %(type)s 值",
    "unknown parser %(parser_name)r (choices: %(choices)s)": (
        "没有命令 %(parser_name)r（可选：%(choices)s）"
    ),
    "can't open '%(filename)s': %(error)s": "无法打开“%(filename)s”：%(error)s",
    "unexpected option string: %s": "此处不应有选项：%s",
}
"""What argparse itself says to a user, as it stands in the library's source, in Chinese."""


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that speaks the language of the terminal and takes no abbreviations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _speak()
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})


def at_least(least: int) -> Callable[[str], int]:
    """The type of an option that is a whole number not below ``least``."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(
                pick(
                    f"{text!r} is no whole number of {least} or more",
                    f"{text!r} 不是不小于 {least} 的整数",
                )
            )
        return int(text)

    return number


def day(text: str) -> str:
    """The type of an option that is a day, as ISO 8601 writes it."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(
            pick(
                f"{text!r} is no day like 2024-12-31",
                f"{text!r} 不是形如 2024-12-31 的日期",
            )
        ) from None


def config_option(parser: argparse.ArgumentParser, **kwargs: Any) -> None:
    """Add ``--config`` to a command, so that it may stand before or after the command's name."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help=pick("settings file (default: config.yaml)", "设置文件（默认：config.yaml）"),
        **kwargs,
    )


def program(module: str, script: str) -> str:
    """The name under which the user started the program."""
    started = os.path.basename(sys.argv[0]).removesuffix(".exe")
    return script if started == script else f"python -m {module}"


def run(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None, interrupted: str = ""
) -> int:
    """Parse ``arguments``, call the command's ``run(options)`` and give the exit status.

    :param interrupted: a line for standard error if the user interrupts.
    """
    options = parser.parse_args(arguments)
    try:
        status: int | None = options.run(options)
        sys.stdout.flush()
    except UserError as error:
        print(error.line(system_language()), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        if interrupted:
            print(interrupted, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        fault = explained(error, parser.prog)
        if fault is None:
            raise
        print(fault.line(system_language()), file=sys.stderr)
        return FAILED
    return status or DONE


def _speak() -> None:
    """Let argparse say its own words in the terminal's language.

    Argparse translates through ``gettext``, which it imports under the name ``_``; giving it a
    dict instead saves shipping compiled catalogues.
    """
    words = ZH if system_language() == "zh" else {}

    def translated(text: str) -> str:
        return words.get(text, text)

    def counted(one: str, many: str, count: int) -> str:
        return translated(one if count == 1 else many)

    for name, translate in {"_": translated, "ngettext": counted}.items():
        setattr(argparse, name, translate)
