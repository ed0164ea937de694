"""From places read to what is quoted: the rule that answers, with what governs and excepts it,
and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.whole import is_rest, whole, with_neighbours
from app.content.sentences import Source, Span
from app.reading.reading import Read, Reading
from ingest.document import Passage

Chosen = tuple[Source, list[Span]]
"""What one statement quotes."""

WHOLE = 300
"""An article or paragraph of up to so many characters is quoted whole."""
LONG = 900
"""Of a list longer than this the items that answer are quoted, below its lead-in."""
NEAR, MOST_FURTHER = 1.5, 2
"""A further article answers too if its log-odds are at most so much below the best one's, and so
many at most."""
CLOSE = 0.7
"""A further paragraph of the article comes along if it reads at most so much worse."""
FAR, MOST_BESIDE, MOST_IN_ALL, LONGEST_BESIDE = 6.0, 3, 4, 420
"""The same for what stands beside the answer, how many statements there are then in all, and the
longest text of one beside it."""


def choose(question: str, read: Sequence[Read], reading: Reading) -> list[Chosen]:
    """What the best place says, and at most two more that answer nearly as well."""
    best = read[0]
    chosen = [quoted(question, best, reading)]
    taken = {_article(best)}
    for one in read[1:]:
        if len(chosen) > MOST_FURTHER or one.logit < best.logit - NEAR:
            break
        if one.probability < reading.calibration.weak or _article(one) in taken:
            continue
        if not _of_a_kind(one, best) or _older(one, best):
            continue
        further = quoted(question, one, reading)
        if not repeats(further, chosen):
            taken.add(_article(one))
            chosen.append(further)
    return in_order(chosen)


def in_order(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Parts below one heading as the document has them, others as they are: 一是 before 二是."""
    parents = {(source.id, source.top(*spans[0]).parent) for source, spans in chosen}
    points = all(source.top(*spans[0]).kind == "point" for source, spans in chosen)
    if points and len(parents) == 1:
        return sorted(chosen, key=lambda one: one[1][0])
    return list(chosen)


def beside(
    question: str, read: Sequence[Read], chosen: Sequence[Chosen], reading: Reading
) -> list[Chosen]:
    """What stands beside the answer (另见): the next best articles, other documents first."""
    best = read[0]
    cited = {(s.id, s.top(*spans[0]).index) for s, spans in chosen}
    left: dict[tuple[str, int], Read] = {}
    for one in read[1:]:
        if one.logit < best.logit - FAR or one.probability < reading.calibration.weak / 3:
            break
        if _article(one) in cited or _older(one, best) or not _of_a_kind(one, best):
            continue
        left.setdefault(_article(one), one)
    documents = {source.id for source, _ in chosen}
    first = sorted(left.values(), key=lambda r: (r.source.id in documents, -r.logit))
    found: list[Chosen] = []
    for one in first:
        if len(found) >= min(MOST_BESIDE, MOST_IN_ALL - len(chosen)):
            break
        further = quoted(question, one, reading)
        short = sum(end - start for start, end in further[1]) <= LONGEST_BESIDE
        if short and not repeats(further, [*chosen, *found]):
            found.append(further)
    return found


def quoted(question: str, read: Read, reading: Reading) -> Chosen:
    """What a place says to the question, whole enough to stand alone."""
    source, passage = read.source, read.hit.passage
    if source.sections[source.paths.find(passage.start, passage.end)].kind == "table":
        return source, _rows(question, source, passage, reading)
    top = source.top(passage.start, passage.end)
    if top.kind in ("article", "point", "item"):
        entire = source.whole(top.index)
        if entire[1] - entire[0] <= WHOLE:
            return source, whole(source, [entire], [entire])
    # the paragraphs of an article stand together whatever passage was read
    part = (top.start, top.end) if top.kind == "article" else (passage.start, passage.end)
    blocks = source.blocks(*part) or [source.trimmed(*part)]
    if len(blocks) == 1:
        return source, whole(source, _narrowed(question, source, blocks[0], reading), blocks)
    scores = reading.units(question, source, [source.unit(block) for block in blocks])
    best = max(range(len(scores)), key=scores.__getitem__)
    kept = {n for n, score in enumerate(scores) if score >= scores[best] - CLOSE}
    if sum(blocks[n][1] - blocks[n][0] for n in kept) > 2 * WHOLE:
        kept = {best}
    kept = with_neighbours(source, blocks, kept)
    spans = [blocks[n] for n in sorted(kept)]
    if len(spans) == 1:
        spans = _narrowed(question, source, spans[0], reading)
    return source, whole(source, spans, blocks)


def _narrowed(question: str, source: Source, span: Span, reading: Reading) -> list[Span]:
    """Of a long run the part that answers: of a list its lead-in and items, of a text the
    sentences around the best."""
    if span[1] - span[0] <= WHOLE:
        return [span]
    items = source.items(*span)
    if items:
        if span[1] - span[0] <= LONG:
            return [span]
        lead = source.trimmed(span[0], items[0][0])
        items = [item for item in items if not is_rest(source.text[slice(*item)])] or items
        scores = reading.units(question, source, [source.unit(item) for item in items])
        best = max(scores)
        kept = [item for item, score in zip(items, scores, strict=True) if score >= best - CLOSE]
        return [lead, *kept[:4]] if lead[0] < lead[1] else kept[:4]
    sentences = list(source.sentences(*span))
    if len(sentences) < 3:
        return [span]
    scores = reading.units(question, source, [source.unit(s) for s in sentences])
    at = max(range(len(scores)), key=scores.__getitem__)
    return [sentences[n] for n in sorted(with_neighbours(source, sentences, {at}))]


def _rows(question: str, source: Source, passage: Passage, reading: Reading) -> list[Span]:
    """The row of a table that answers, below the heads of its columns."""
    rows = source.rows(passage)
    if not rows:
        return [source.trimmed(passage.start, passage.end)]
    scores = reading.units(question, source, rows)
    return list(rows[max(range(len(scores)), key=scores.__getitem__)].spans)


def _article(read: Read) -> tuple[str, int]:
    """The article or part that a place belongs to, as document and section."""
    return read.source.id, read.source.top(read.hit.passage.start, read.hit.passage.end).index


def _of_a_kind(one: Read, best: Read) -> bool:
    """A row of a table, such as an entry of a catalogue, joins no rule."""
    return one.hit.passage.kind != "table" or best.hit.passage.kind == "table"


def _older(one: Read, best: Read) -> bool:
    return one.hit.superseded and not best.hit.superseded


def repeats(one: Chosen, others: Sequence[Chosen]) -> bool:
    """Whether it quotes what one of the others quotes: the same place, or the same words of the
    same work in another file or version."""
    source, spans = one[0], _said(*one)
    return any(
        source.record.work == other.record.work
        and (
            _bare(source, spans) == _bare(other, theirs)
            or (source.id == other.id and any(a < d and c < b for a, b in spans for c, d in theirs))
        )
        for other, theirs in ((its, _said(its, quotes)) for its, quotes in others)
    )


def _said(source: Source, spans: Sequence[Span]) -> Sequence[Span]:
    """What is quoted, without the heads of columns that rows of one table share."""
    table = source.sections[source.paths.find(*spans[0])].kind == "table"
    return spans[1:] if table and len(spans) > 1 else spans


def _bare(source: Source, spans: Sequence[Span]) -> str:
    """What is quoted, without spaces and punctuation, which files of one text set differently."""
    return re.sub(r"\W", "", "".join(source.text[a:b] for a, b in spans))
