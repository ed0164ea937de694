"""Where words stand in the documents, for somebody who looks through the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.service import Assistant
    from ingest.document import Passage

PLACES = 3
"""So many places of a document are shown."""
_BEFORE, _AFTER = 24, 60


def places_of(words: str, assistant: Assistant) -> dict[str, dict[str, Any]]:
    """The documents with a passage that holds all of the words, by id: how many passages do, and
    the first of them with where the first word stands (``start:end``) and what stands around it.

    :param words: with spaces between them; nothing is found for none.
    """
    wanted = words.split()
    if not wanted:
        return {}
    counts, passages = assistant.parts()[0].holding(wanted, PLACES)
    found: dict[str, dict[str, Any]] = {
        document: {"count": count, "places": []} for document, count in counts.items()
    }
    for passage in passages:
        found[passage.document]["places"].append(_place(passage, wanted[0]))
    return found


def _place(passage: Passage, word: str) -> dict[str, Any]:
    at, length = passage.text.lower().find(word.lower()), len(word)
    if at < 0:  # it is written with spaces in between or in other forms
        at, length = 0, len(passage.text)
    before = max(at - _BEFORE, 0)
    start = passage.start + at
    return {
        "start": start,
        "end": start + length,
        "section": passage.citation,
        "before": ("…" if before else "") + passage.text[before:at],
        "words": passage.text[at : at + length][: len(word) + _AFTER],
        "after": passage.text[at + length : at + length + _AFTER],
    }
