"""Answers that a place or an outline gives: an article by its number, a document part by part."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.choose import Chosen
from app.answering.holdings import Holdings
from app.answering.outline_answers import (
    article_spans,
    asked_part,
    asks_outline,
    asks_points,
    asks_whole,
    best_division,
    divisions,
    overview,
    quoted_section,
    referred,
)
from app.answering.places import places
from app.answering.question import Question
from app.answering.sentences import Source
from app.reading.reading import Read
from app.types import Hit

HEADED = 0.45
"""So much of the question's words must a heading hold to be what the question asks about."""


def place_named(
    asked: Question, found: Sequence[tuple[Hit, Source]], holdings: Holdings, most: int
) -> list[Chosen] | None:
    """The text of the article that the question names by law and number; empty if that law has
    no such article, ``None`` if the question names none.

    :param most: so many statements at most.
    """
    articles = [f for f in asked.facts if f.kind == "article"]
    if "“" in asked.text and (quoted := _quoted_path(asked, holdings, most)):
        return quoted
    if not any(f.unit == "条" for f in articles):
        return None
    named = [i for name in holdings.named_in(asked.text) for i in name.documents]
    sources = [s for i in named if (s := holdings.source(i)) is not None]
    if not named:
        sources = [s for h, s in found if h.explicit]
    if not asked.of_old:
        sources = [s for s in sources if not s.record.superseded] or sources
    chosen: list[Chosen] = []
    for source in sources[:1] if len(articles) == 1 else sources:
        section = referred(source, articles)
        if section is not None:
            chosen += [(source, spans) for spans in article_spans(source, section, most)]
    if chosen:
        return chosen[:most]
    return [] if sources else None


def _quoted_path(asked: Question, holdings: Holdings, most: int) -> list[Chosen]:
    """The section that the question names as citations do: 《…》“三、…”“一是…”."""
    for name in holdings.named_in(asked.text):
        source = holdings.source(name.documents[0])
        index = quoted_section(source, asked.text) if source else None
        if source is not None and index is not None:
            parts = divisions(source, index)
            spans = overview(source, parts, most) if len(parts) > 1 else []
            return [(source, s) for s in spans or [list(source.whole(index).spans)]]
    return []


def by_outline(
    asked: Question, read: Sequence[Read], holdings: Holdings, most: int
) -> list[Chosen]:
    """Parts of a document in order, for a question that asks for them; else empty."""
    number = asked_part(asked)
    if not (asks_outline(asked) or number):
        return []
    source = _document_asked(asked, read, holdings)
    first = [(r.hit.passage.start, r.hit.passage.end) for r in read if r.source is source]
    section, share = best_division(source, asked, first, asks_points(asked))
    parts = None
    if share >= HEADED and section is not None:
        below = divisions(source, section.index)
        if number and 0 < number <= len(below):
            return [(source, list(source.whole(below[number - 1].index).spans))]
        parts = below
        if not parts:
            return [(source, list(source.whole(section.index).spans))]
    elif number:
        top = divisions(source)
        if 0 < number <= len(top):
            part = top[number - 1]
            parts = divisions(source, part.index)
            if not parts:
                return [(source, list(source.whole(part.index).spans))]
    elif asks_whole(asked):
        parts = divisions(source)
        if len(parts) < 2 and (lead := source.opening_paragraph()):
            return [(source, [lead])]
    if not parts or len(parts) < 2:
        return []
    return [(source, spans) for spans in overview(source, parts, most)]


def _document_asked(asked: Question, read: Sequence[Read], holdings: Holdings) -> Source:
    """The document whose parts are asked for: one named, else the first found that is about the
    place named, else that of the best place."""
    for name in holdings.named_in(asked.text):
        source = holdings.source(name.documents[0])
        if source is not None:
            return source
    wanted = places(asked.text)
    for one in read if wanted else ():
        record = one.source.record
        if set(wanted) & set(places(record.title + (record.metadata.region or ""))):
            return one.source
    return read[0].source
