"""``export``: answers as Markdown, DOCX or JSON lines; documents as JSON lines."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from app.commands.asking import as_text, filter_options, filters_from, lines_of_stdin
from ingest.commandline import DONE, NO_ANSWER
from ingest.errors import UserError
from ingest.language import pick, system_language
from ingest.settings import Settings

if TYPE_CHECKING:
    from app.service import Assistant
    from app.types import Answer, Filters, Turn

Format = Literal["md", "docx", "jsonl"]
FORMATS: tuple[Format, ...] = ("md", "docx", "jsonl")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "questions",
        nargs="?",
        default="-",
        metavar="FILE",
        help=pick(
            "questions, one a line, or answers saved as JSON lines; - or nothing: standard input",
            "每行一个问题的文件，或以 JSON 行保存的答案；- 或省略表示标准输入",
        ),
    )
    parser.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help=pick(
            "file to write; its ending says the format (default: standard output)",
            "输出文件，格式由扩展名决定（默认：标准输出）",
        ),
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help=pick(
            "format, where the output's name does not say it (default: md)",
            "格式；文件名未标明时使用（默认：md）",
        ),
    )
    parser.add_argument(
        "--conversation",
        action="store_true",
        help=pick("each question may follow up on those before it", "后面的问题可承接前面的问题"),
    )
    parser.add_argument(
        "--documents",
        action="store_true",
        help=pick(
            "write the documents instead, one JSON object a line",
            "改为导出已收录的文件，每行一个 JSON 对象",
        ),
    )
    filter_options(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Write the file; the status is ``NO_ANSWER`` if the corpus answers none of the questions."""
    from app.service import Assistant

    assistant = Assistant(settings)
    filters = filters_from(options, assistant)
    if options.documents:
        write_documents(assistant, filters, options.output)
        return DONE
    format = _format_of(options.output, options.format)
    answers = list(_answers(options, assistant, filters))
    if not answers:
        raise UserError(
            "no-question",
            options.questions,
            "it holds no question",
            "Write one question a line",
            ("其中没有问题", "请每行写一个问题"),
        )
    write_answers(answers, options.output, format)
    return NO_ANSWER if all(answer.refused for answer in answers) else DONE


def write_answers(answers: Sequence[Answer], output: str, format: Format | None = None) -> None:
    """Write answers to the file ``output`` (``-``: standard output).

    :raises UserError: if it cannot be written.
    """
    from app.as_json import answer_to_json
    from app.exports import to_docx, to_markdown
    from app.types import Turn

    turns = [Turn(answer.question, answer) for answer in answers]
    language = system_language()
    match format or _format_of(output, None):
        case "jsonl":
            lines = (json.dumps(answer_to_json(a), ensure_ascii=False) + "\n" for a in answers)
            content = "".join(lines).encode()
        case "docx":
            content = to_docx(turns, language)
        case _:
            content = to_markdown(turns, language).encode()
    _write(content, output)


def write_documents(assistant: Assistant, filters: Filters, output: str) -> None:
    """Write the documents that pass the filters: metadata, outline and text of each."""
    from app.as_json import document_to_json
    from app.dated import successor
    from app.retrieve import allowed_documents

    index = assistant.index
    records = index.documents()
    allowed = allowed_documents(records, filters, nation=False)
    lines = []
    for record in records:
        stored = index.document(record.id) if allowed is None or record.id in allowed else None
        if stored is not None:
            by = successor(record, records, index)
            lines.append(json.dumps(document_to_json(stored, by), ensure_ascii=False) + "\n")
    _write("".join(lines).encode(), output)


def _answers(
    options: argparse.Namespace, assistant: Assistant, filters: Filters
) -> Iterator[Answer]:
    from app.as_json import answer_from_json
    from app.exports.checking import as_documents_say
    from app.types import Turn

    turns: list[Turn] = []
    for number, line in enumerate(_lines(options.questions), 1):
        saved = _saved(line)
        if saved is not None:
            try:
                answer = answer_from_json(saved)
            except (ValueError, TypeError, AttributeError):
                raise _not_an_answer(options.questions, number) from None
            checked = as_documents_say(answer, assistant.index)
            if checked is None:
                raise _not_in_documents(options.questions, number)
            answer = checked
        else:
            history = turns if options.conversation else []
            answer = assistant.ask(line, history, filters, system_language())
        turns.append(Turn(answer.question, answer))
        yield answer


def _lines(name: str) -> Iterator[str]:
    if name == "-":
        yield from lines_of_stdin()
        return
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UserError(
            "no-questions-file",
            name,
            f"it cannot be read ({reason})",
            "Give a UTF-8 text file with one question a line",
            (f"无法读取（{reason}）", "请给出 UTF-8 文本文件，每行一个问题"),
        ) from None
    yield from (as_text(line.strip(), name) for line in text.splitlines() if line.strip())


def _saved(line: str) -> dict[str, Any] | None:
    """The JSON object on the line; ``None`` if it is a question."""
    if not line.startswith("{"):
        return None
    try:
        return cast(dict[str, Any], json.loads(line))
    except json.JSONDecodeError:
        return None


def _not_an_answer(name: str, number: int) -> UserError:
    return UserError(
        "not-an-answer",
        f"{name}:{number}",
        "this JSON is no answer of this program",
        "Give lines as `ask - --json` prints them",
        ("这一行 JSON 不是本程序的答案", "请使用 ask - --json 输出的内容"),
    )


def _not_in_documents(name: str, number: int) -> UserError:
    return UserError(
        "not-in-documents",
        f"{name}:{number}",
        "this answer does not say what the documents say now",
        "Ask its question again",
        ("这个答案与现有文件不符", "请重新提问"),
    )


def _format_of(output: str, chosen: Format | None) -> Format:
    suffix = Path(output).suffix.removeprefix(".").lower()
    if chosen is not None:
        return chosen
    if output == "-" or suffix in ("md", "markdown"):
        return "md"
    for known in FORMATS:
        if suffix == known:
            return known
    raise UserError(
        "unknown-format",
        output,
        "the name does not say which format is meant",
        "End it in .md, .docx or .jsonl, or add --format",
        ("从文件名看不出格式", "请使用 .md、.docx 或 .jsonl 扩展名，或加上 --format"),
    )


def _write(content: bytes, output: str) -> None:
    if output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    target = Path(output)
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, target)
    except OSError as error:
        raise UserError(
            "cannot-write",
            output,
            f"it cannot be written ({error.strerror or error})",
            "Give a file in a folder that you may write to",
            (f"无法写入（{error.strerror or error}）", "请换一个可写的位置"),
        ) from None
