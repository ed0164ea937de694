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
    located,
    nth_part,
    overview,
    quoted_section,
)
from app.answering.question import Question
from app.answering.whole import whole
from app.content.places import places
from app.content.sentences import Source
from app.reading.reading import Read
from app.retrieval.query import Place
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
    if "“" in asked.text and (quoted := _quoted_path(asked, holdings, most)):
        return quoted
    chosen: list[Chosen] = []
    known = False
    for place in holdings.understood(asked.text).places:
        source = _owner(asked, place, found, holdings) if place.first is not None else None
        if source is None:
            continue
        known = True
        for section in located(source, place, most):
            parts = article_spans(source, section, most)
            if len(parts) == 1:
                article = source.top(section.start, section.end)
                parts = [whole(source, parts[0], source.blocks(article.start, article.end))]
            chosen += [(source, spans) for spans in parts]
    return chosen[:most] if chosen else [] if known else None


def _owner(
    asked: Question, place: Place, found: Sequence[tuple[Hit, Source]], holdings: Holdings
) -> Source | None:
    """The document whose article is named, in the version that is asked for."""
    names = holdings.named_in(asked.text)
    documents = place.documents or tuple(i for name in names for i in name.documents)
    explicit = [s for h, s in found if h.explicit and (not documents or s.id in documents)]
    sources = explicit or [s for i in documents if (s := holdings.source(i)) is not None]
    if not asked.of_old:
        sources = [s for s in sources if not s.record.superseded] or sources
    return sources[0] if sources else None


def _quoted_path(asked: Question, holdings: Holdings, most: int) -> list[Chosen]:
    """The section that the question names as citations do: 《…》“三、…”“一是…”."""
    for name in holdings.named_in(asked.text):
        source = holdings.source(name.documents[0])
        index = quoted_section(source, asked.text) if source else None
        if source is not None and index is not None:
            parts = divisions(source, index)
            spans = overview(source, parts, most) if len(parts) > 1 else []
            return [(source, s) for s in spans or [[source.whole(index)]]]
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
        if (part := nth_part(below, asked)) is not None:
            return [(source, [source.whole(part.index)])]
        if number and not asks_outline(asked):
            return []
        parts = below
        if not parts:
            return [(source, [source.whole(section.index)])]
    elif number:
        if (part := nth_part(divisions(source), asked)) is not None:
            parts = divisions(source, part.index)
            if not parts:
                return [(source, [source.whole(part.index)])]
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
