"""What the commands that ask have in common: where questions come from and their limits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.commandline import at_least, day
from ingest.document import KINDS
from ingest.errors import UserError
from ingest.language import pick

if TYPE_CHECKING:
    from app.service import Assistant
    from app.types import Filters


def question_argument(parser: argparse.ArgumentParser) -> None:
    """Add the question to a command."""
    parser.add_argument(
        "question",
        metavar="QUESTION",
        help=pick(
            "the question; - reads one a line from standard input",
            "问题；- 表示从标准输入逐行读取",
        ),
    )


def json_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument(
        "--json",
        action="store_true",
        help=pick(
            "print JSON, for several questions one object a line",
            "以 JSON 输出；多个问题时每行一个对象",
        ),
    )


def filter_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that limit the documents searched."""
    group = parser.add_argument_group(pick("limits of the search", "限定范围"))
    group.add_argument("--kind", choices=KINDS, help=pick("kind of text", "文件类型"))
    group.add_argument("--issuer", metavar="NAME", help=pick("issuing body", "发布机关"))
    group.add_argument("--region", metavar="NAME", help=pick("region", "地区"))
    group.add_argument(
        "--year",
        type=at_least(1949),
        metavar="YYYY",
        help=pick("year of publication, effect or version", "发布、施行或版本的年份"),
    )
    group.add_argument(
        "--since",
        type=day,
        metavar="YYYY-MM-DD",
        help=pick("with such a day from this one on", "发布、施行或版本日期不早于此日"),
    )
    group.add_argument(
        "--until",
        type=day,
        metavar="YYYY-MM-DD",
        help=pick("with such a day up to this one", "发布、施行或版本日期不晚于此日"),
    )
    group.add_argument(
        "--in-force",
        action="store_true",
        help=pick("leave out what is no longer in force", "不含已废止、失效或被取代的文件"),
    )
    group.add_argument(
        "--document",
        action="append",
        default=[],
        metavar="DOC",
        help=pick(
            "only this document (id, title or file; may be repeated)",
            "仅限该文件（编号、标题或文件名；可重复）",
        ),
    )


def filters_from(options: argparse.Namespace, assistant: Assistant) -> Filters:
    """The limits given on the command line.

    :raises IndexStateError: if a document named is not in, or not named clearly.
    """
    from app.types import Filters
    from ingest.find import find_document

    records = assistant.index.documents() if options.document else []
    return Filters(
        kind=options.kind,
        issuer=options.issuer,
        region=options.region,
        year=options.year,
        since=options.since,
        until=options.until,
        in_force=options.in_force,
        documents=tuple(find_document(records, wanted).id for wanted in options.document),
    )


def questions_from(question: str) -> Iterator[str]:
    """The question itself, or for ``-`` those on standard input, one a line; empty lines are no
    questions.

    :raises UserError: if it is empty or no text.
    """
    if question == "-":
        yield from lines_of_stdin()
        return
    if not question.strip():
        raise UserError(
            "no-question",
            pick("question", "问题"),
            "it is empty",
            "Give the question as one argument, in quotation marks",
            ("内容为空", "请把问题作为一个参数写在引号里"),
        )
    yield as_text(question.strip(), pick("question", "问题"))


def lines_of_stdin() -> Iterator[str]:
    """Lines of standard input that are not empty, as they come."""
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            yield as_text(line.strip(), pick(f"line {number}", f"第 {number} 行"))


def as_text(text: str, where: str) -> str:
    """``text``, if it was decoded without loss.

    :raises UserError: if it holds bytes that are no text in the terminal's encoding.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UserError(
            "not-text",
            where,
            "it is not text in the encoding of this terminal",
            "Use UTF-8 (LC_ALL=C.UTF-8)",
            ("编码与终端不一致，无法读取", "请使用 UTF-8（LC_ALL=zh_CN.UTF-8）"),
        ) from None
    return text
