"""A question in which words were taken for slips of the keyboard, read both ways."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from app.conversation.answering import Conversing, Found
from app.conversation.asked import Asked
from app.retrieval.heard import Heard
from app.types import Filters
from ingest.language import Language


def answered(
    conversing: Conversing,
    asked: Asked,
    heard: Heard,
    filters: Filters,
    language: Language,
    within: Collection[str] | None,
) -> tuple[Found, Heard]:
    """The answer to a question as it is heard, or as it is written where that is likelier to be
    answered, and which of the two it was.

    :param asked: with the question as it was put; the others as in :meth:`Conversing.answered`.
    """
    found = conversing.answered(replace(asked, question=heard.text), filters, language, within)
    written = heard.as_written
    if written is heard:
        return found, heard
    other = conversing.answered(replace(asked, question=written.text), filters, language, within)
    if other.answer.probability > found.answer.probability:
        return other, written
    return found, heard
