"""``search``: the passages nearest to a question, ranked."""

from __future__ import annotations

import argparse

from app.commands.asking import (
    filter_options,
    filters_from,
    json_option,
    question_argument,
    questions_from,
)
from ingest.commandline import DONE, NO_ANSWER, at_least
from ingest.language import pick
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    question_argument(parser)
    parser.add_argument(
        "-k",
        type=at_least(1),
        default=10,
        metavar="N",
        help=pick("how many passages (default: 10)", "段落数（默认：10）"),
    )
    json_option(parser)
    filter_options(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print the passages; the status is ``NO_ANSWER`` if none was found for any question."""
    from app.as_json import hit_to_json
    from app.commands.showing import Style, bracketed_version, one_line, print_json
    from app.service import Assistant

    assistant = Assistant(settings)
    filters = filters_from(options, assistant)
    style = Style.of_terminal()
    found = asked = 0
    for question in questions_from(options.question):
        hits = assistant.search(question, options.k, filters)
        asked += 1
        found += len(hits)
        if options.json:
            results = [hit_to_json(rank, hit) for rank, hit in enumerate(hits, 1)]
            print_json({"question": question, "results": results}, one_line=options.question == "-")
            continue
        for rank, hit in enumerate(hits, 1):
            said = bracketed_version(hit)
            name = f"{style.bold(hit.title)}  {hit.passage.citation}{said}"
            print(f"{rank}. {hit.score:.3f}  {name}")
            print(f"   {one_line(hit.passage.text, 120)}", flush=True)
    return NO_ANSWER if asked and not found else DONE
