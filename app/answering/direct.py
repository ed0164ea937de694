"""The line that answers, before the provisions it is taken from, and the cases in which it differs.

The provisions chosen are cut where official texts cut themselves: into sentences, items below
their lead-in, clauses that say the same of several cases. The reader compares each with the
question; the best is the line. It brings what governs and excepts it, and where it cannot be cut
out without turning the rule round there is none: the provision stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from app.answering.choose import CLOSE, Chosen
from app.answering.whole import (
    gone_on_from,
    is_open,
    is_rest,
    joint,
    points_back,
    whole,
    with_neighbours,
)
from app.content.facts import facts
from app.content.places import region_of
from app.content.sentences import Source, Span, spans_text
from app.reading.reading import Reading

LINE = 200
"""A line has at most so many characters."""
SHORT = 200
"""A provision of at most so many is a line by itself."""
WORTH = 0.75
"""A line that is more of its provision than this says it twice."""
CASES, MOST_CASES = 3.0, 3
"""What reads at most so much worse than the line and gives another figure of its kind is a case of
its own; at most so many."""
_PARALLEL = 0.6
"""Clauses so much alike say the same of several cases, each for itself."""
_MEANS = re.compile(r"(?P<term>[^。；：\n]{6,60}?)[，,]?是指[：:]\s*\n\s*[（(]")
_TERM = 6
"""A word that a list defines has at least so many characters in common with the line."""
_CLAUSE = re.compile(r"[^；;]+[；;]?")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a provision; ``lead`` is what announces it, where it is an item of a list."""

    span: Span
    lead: Span | None = None


@dataclass(frozen=True, slots=True)
class _Scored:
    """A provision with its parts and how well each answers."""

    source: Source
    spans: list[Span]
    parts: tuple[_Part, ...]
    scores: tuple[float, ...]

    @property
    def best(self) -> float:
        """The best of its parts."""
        return max(self.scores, default=float("-inf"))


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: the ``line`` that answers and its cases, empty where a provision stands alone;
    the ``provisions`` it is from, and what stands ``beside``."""

    line: list[Chosen]
    provisions: list[Chosen]
    beside: list[Chosen]


def direct(
    question: str,
    chosen: Sequence[Chosen],
    beside: Sequence[Chosen],
    reading: Reading,
    in_order: bool = False,
) -> Told:
    """The line and its cases, from the provisions ``chosen`` and what would stand ``beside``.

    The provisions answer nearly alike as a whole; the one of which a part answers best leads, but
    no rule of one place before one of the country. What says which day, sum or thing a word of the
    line means, case by case, comes with it.

    :param in_order: the first of ``chosen`` leads; two readings, which know more than this one, put
        them in order.
    """
    read = [_scored(question, source, spans, reading) for source, spans in chosen]
    lead = read[0]
    if not in_order:
        lead = max((one for one in read if _leads(one, lead)), key=lambda one: one.best)
    read.sort(key=lambda one: one is not lead)
    ordered = [(one.source, one.spans) for one in read]
    line = _line(lead)
    spans = line or lead.spans
    said = spans_text(lead.source, spans)
    meant = next((one for one in (*ordered[1:], *beside) if _defines(one, said)), None)
    if meant is not None and _length(spans) <= LINE:
        cases = _one_by_one(*meant)
        line = line or lead.spans
        if meant not in ordered:
            ordered.insert(1, meant)
    else:
        cases = _cases((lead.source, line), read) if line else []
    left = [one for one in beside if one not in ordered]
    return Told([(lead.source, line), *cases] if line else [], ordered, left)


def _scored(question: str, source: Source, spans: list[Span], reading: Reading) -> _Scored:
    parts = tuple(_parts(source, spans))
    scores = reading.units(question, source, [source.unit(part.span) for part in parts])
    return _Scored(source, spans, parts, tuple(scores))


def _leads(one: _Scored, first: _Scored) -> bool:
    """Whether a provision may come before the first one."""
    return one is first or not region_of(one.source.record.metadata)


def _line(one: _Scored) -> list[Span]:
    """The parts that answer best, else the best alone; empty where neither is short enough."""
    most = min(LINE, WORTH * _length(one.spans))
    if _length(one.spans) <= SHORT or _is_table(one.source, one.spans):
        return []
    close = {n for n, score in enumerate(one.scores) if score >= one.best - CLOSE}
    best = one.scores.index(one.best)
    # where the lead-in reads as well as its best item the list is asked for
    listed = one.parts[best].lead in {one.parts[n].span for n in close}
    for kept in (close,) if listed else (close, {best}):
        line = _standing(one, kept)
        if _length(line) <= most:
            return line
    return []


def _parts(source: Source, spans: Sequence[Span]) -> Iterator[_Part]:
    """The parts of what is quoted, in order."""
    lead: Span | None = None
    for start, end in spans:
        at = start
        for item in (*source.items(start, end), (end, end)):
            for sentence in source.sentences(at, item[0]):
                yield from map(_Part, _clauses(source, sentence))
                lead = sentence if is_open(source.text[slice(*sentence)]) else None
            if item[0] < item[1]:
                yield _Part(item, lead)
            at = item[1]


def _clauses(source: Source, sentence: Span) -> list[Span]:
    """The clauses of a sentence if all of them say the same of several cases, else the sentence."""
    found = [
        source.trimmed(clause.start(), clause.end())
        for clause in _CLAUSE.finditer(source.text, *sentence)
    ]
    texts = [source.text[a:b] for a, b in found]
    alike = (SequenceMatcher(None, a, b, autojunk=False).ratio() for a, b in pairwise(texts))
    torn = any(points_back(text) or is_open(text) for text in texts)
    return found if len(found) > 1 and not torn and min(alike) >= _PARALLEL else [sentence]


def _standing(one: _Scored, kept: set[int]) -> list[Span]:
    """The parts kept with what they stand on: an item's lead-in, all items of a lead-in kept or of
    a list whose rest is kept, what they go on from, open or except, and what they point back to."""
    source, parts = one.source, one.parts
    spans = [part.span for part in parts]
    taken = with_neighbours(source, spans, kept)
    leads = {spans[n] for n in kept}
    leads |= {lead for n in kept if (lead := parts[n].lead) and is_rest(_text(source, parts[n]))}
    taken |= {n for n, part in enumerate(parts) if part.lead in leads}
    above = {lead for n in taken if (lead := parts[n].lead)}
    begun = [n for n, span in enumerate(spans) if any(span[0] == lead[0] for lead in above)]
    taken |= {before for n in begun for before in gone_on_from(source, spans, n)}
    own = {spans[n] for n in taken} | above
    top = source.top(*one.spans[0])
    around = (top.start, top.end) if top.kind == "article" else (one.spans[0][0], one.spans[-1][1])
    blocks = source.blocks(*around) or one.spans
    return whole(source, joint(source, sorted(own)), blocks)


def _text(source: Source, part: _Part) -> str:
    return source.text[slice(*part.span)]


def _cases(line: Chosen, read: Sequence[_Scored]) -> list[Chosen]:
    """Parts that read nearly as well as the line and give another figure of its kind."""
    told = [line]
    for one in read:
        for n in sorted(range(len(one.parts)), key=lambda n: -one.scores[n]):
            if one.scores[n] < read[0].best - CASES or len(told) > MOST_CASES:
                break
            case = one.source, _standing(one, {n})
            if _length(case[1]) <= LINE and all(_differs(case, other) for other in told):
                told.append(case)
    return told[1:]


def _defines(one: Chosen, said: str) -> bool:
    """Whether a list says what something in a text means: 应知其权益受到损害之日，是指：…."""
    found = _MEANS.match(spans_text(*one))
    return found is not None and any(
        found["term"][at:] in said for at in range(len(found["term"]) - _TERM + 1)
    )


def _one_by_one(source: Source, spans: Sequence[Span]) -> list[Chosen]:
    """The items of a list, the first below its lead-in."""
    parts = list(_parts(source, spans))
    items = [part.span for part in parts if part.lead is not None]
    lead = next(part.lead for part in parts if part.lead is not None)
    return [(source, [lead, items[0]]), *((source, [item]) for item in items[1:])]


def _differs(one: Chosen, other: Chosen) -> bool:
    """Whether the first figures of one kind that both give, which say what is ruled, differ."""
    here, there = (_figures(spans_text(*chosen)) for chosen in (one, other))
    return any(here[kind] != there[kind] for kind in here.keys() & there.keys())


def _figures(text: str) -> dict[tuple[str, str], str]:
    """The first figure of each kind and unit."""
    found: dict[tuple[str, str], str] = {}
    for fact in facts(text):
        if fact.kind in ("number", "ratio"):
            kind, figure, unit = fact.key
            found.setdefault((kind, unit), figure)
    return found


def _length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def _is_table(source: Source, spans: Sequence[Span]) -> bool:
    return source.sections[source.paths.find(*spans[0])].kind == "table"
