"""``ask``: answer questions, one after another."""

from __future__ import annotations

import argparse

from app.commands.asking import (
    filter_options,
    filters_from,
    json_option,
    question_argument,
    questions_from,
)
from ingest.commandline import DONE, NO_ANSWER
from ingest.language import system_language
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    question_argument(parser)
    json_option(parser)
    filter_options(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print the answers; the status is ``NO_ANSWER`` if the corpus answers none of them."""
    from app.as_json import answer_to_json
    from app.commands.showing import Style, print_answer, print_json
    from app.service import Assistant

    assistant = Assistant(settings)
    filters = filters_from(options, assistant)
    style = Style.of_terminal()
    refused = answered = 0
    for question in questions_from(options.question):
        answer = assistant.ask(question, filters=filters, language=system_language())
        refused += answer.refused
        answered += not answer.refused
        if options.json:
            print_json(answer_to_json(answer), one_line=options.question == "-")
        else:
            print_answer(answer, style)
    return NO_ANSWER if refused and not answered else DONE
