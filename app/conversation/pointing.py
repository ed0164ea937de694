"""Questions that say nothing but what of the last answer they mean: its second point, its basis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from app.answering.choose import Chosen
from app.answering.holdings import Holdings
from app.content.sentences import Source
from app.content.words import content_words
from app.conversation.asked import Asked
from app.types import Quote
from ingest.cleaning.script import to_simplified
from ingest.outline.numbering import value
from ingest.storage.terms import read_lines

_POINT = re.compile(
    r"第\s*([一二三四五六七八九十]{1,3}|\d{1,2})\s*(?:大?点|大?部分|项|个|方面|种|步)"
)
_WHOLE = 600
"""An article up to so many characters is told whole."""
_LISTED = frozenset({"item", "subitem", "point"})


def pointed_at(asked: Asked, holdings: Holdings) -> list[Chosen]:
    """The places of the last answer that a question means which names no matter of its own;
    empty where it names one, or the answer has no such point."""
    if not asked.told:
        return []
    text = to_simplified(asked.question)
    point = _POINT.search(text)
    rest = _POINT.sub(" ", text)
    for word in _pointing():
        rest = rest.replace(word, " ")
    if content_words(rest) or (point is None and rest == text):
        return []
    if point is None:
        told = [_place(quotes, holdings) for quotes in asked.told]
        return [_in_full(*place) for place in told if place is not None]
    place = _point(asked, value(point[1]) or 0, holdings)
    return [place] if place else []


def _point(asked: Asked, number: int, holdings: Holdings) -> Chosen | None:
    """The item of that number of the list that the first statement is or is one of, else that
    statement."""
    place = _place(asked.told[0], holdings)
    if place is None:
        return None
    source, spans = place
    listed = [s for s in source.sections if s.kind in _LISTED and _within(s.start, s.end, spans)]
    first = [s for s in listed if s.parent not in {one.index for one in listed}]
    if len(first) < 2:
        top = source.sections[source.paths.find(*spans[0])]
        beside = [s for s in source.sections if s.kind in _LISTED and s.parent == top.parent]
        if top.kind in _LISTED and len(asked.told) == 1 and 0 < number <= len(beside):
            return source, [source.trimmed(beside[number - 1].start, beside[number - 1].end)]
        told = asked.told[number - 1 : number] if number and len(asked.told) > 1 else ()
        return _place(told[0], holdings) if told else None
    if not 0 < number <= len(first):
        return None
    return source, [source.trimmed(first[number - 1].start, first[number - 1].end)]


def _within(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(a <= start and min(end, b) > start for a, b in spans)


def _place(quotes: tuple[Quote, ...], holdings: Holdings) -> Chosen | None:
    """What was quoted of one document, as it can be quoted again; ``None`` if it changed since."""
    source: Source | None = holdings.source(quotes[0].document)
    spans = [(q.start, q.end) for q in quotes if q.document == quotes[0].document]
    if source is None or any(not 0 <= a < b <= len(source.text) for a, b in spans):
        return None
    return source, spans


def _in_full(source: Source, spans: Sequence[tuple[int, int]]) -> Chosen:
    """The article that was quoted from, with its number, if it is short enough."""
    for above in source.paths.chain(source.paths.find(spans[0][0], spans[-1][1])):
        if above.kind == "article" and above.end - above.start <= _WHOLE:
            return source, [source.trimmed(above.start, above.end)]
    return source, list(spans)


@lru_cache(maxsize=1)
def _pointing() -> tuple[str, ...]:
    """Words that point at an answer, longest first."""
    return tuple(sorted(read_lines("pointing.txt", "app.conversation"), key=len, reverse=True))
