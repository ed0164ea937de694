"""``python -m app``: ask and search from the command line, serve the web chat."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from app.as_json import answer_to_json, hit_to_json
from app.types import Answer
from ingest.errors import UserError
from ingest.language import pick, system_language
from ingest.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 for an error, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options, load_settings(options.config))
    except UserError as error:
        print(error.line(system_language()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description=pick(
            "Questions about Chinese government procurement, answered with citations.",
            "政府采购政策问答，逐句注明出处。",
        ),
    )
    parser.add_argument(
        "--config", metavar="FILE", help=pick("settings (default: config.yaml)", "设置文件")
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    ask = commands.add_parser("ask", help=pick("answer a question", "回答一个问题"))
    ask.set_defaults(run=_ask)
    search = commands.add_parser("search", help=pick("rank passages", "检索段落"))
    search.add_argument("-k", type=_positive, default=10, help=pick("how many", "条数"))
    search.set_defaults(run=_search)
    for command in (ask, search):
        command.add_argument(
            "question",
            help=pick("the question, or - to read one a line", "问题；- 表示从标准输入逐行读取"),
        )
        command.add_argument("--json", action="store_true")
    serve = commands.add_parser("serve", help=pick("start the web chat", "启动网页问答"))
    serve.set_defaults(run=_serve)

    for command in (ask, search, serve):
        command.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS)
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _ask(options: argparse.Namespace, settings: Settings) -> None:
    from app.service import Assistant

    assistant = Assistant(settings)
    for question in _questions(options.question):
        answer = assistant.ask(question, language=system_language())
        if options.json:
            _print_json(answer_to_json(answer), options.question == "-")
        else:
            _print_answer(answer)


def _search(options: argparse.Namespace, settings: Settings) -> None:
    from app.service import Assistant

    assistant = Assistant(settings)
    for question in _questions(options.question):
        hits = assistant.search(question, options.k)
        if options.json:
            results = [hit_to_json(rank, hit) for rank, hit in enumerate(hits, 1)]
            _print_json({"question": question, "results": results}, options.question == "-")
        else:
            for rank, hit in enumerate(hits, 1):
                print(f"{rank}. {hit.score:.3f}  {hit.title}  {hit.passage.citation}")
                print(f"   {_one_line(hit.passage.text, 120)}")


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    from app.service import Assistant
    from app.ui import serve

    serve(Assistant(settings), settings)


def _questions(question: str) -> Iterator[str]:
    lines = sys.stdin if question == "-" else [question]
    for line in lines:
        if line.strip():
            yield line.strip()


def _print_json(value: dict[str, Any], one_line: bool) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2), flush=True)


def _print_answer(answer: Answer) -> None:
    print(answer.text.strip())
    if answer.notice:
        print(answer.notice)
    if answer.citations:
        print()
    for c in answer.citations:
        print(f"[{c.n}] {c.official}  {c.url or c.source}  {c.start}–{c.end}")
        print(f"    {_one_line(c.text, 200)}")
    for hit in answer.nearest if answer.abstained else ():
        print(f"  · {hit.title}  {hit.passage.citation}: {_one_line(hit.passage.text, 80)}")
    print()


def _one_line(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


if __name__ == "__main__":
    sys.exit(main())
