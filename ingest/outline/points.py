"""Enumerations inside running text: 一是…二是…, 一要…二要…, 第一，…第二，…, 其一，…其二，…."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.outline.numbering import value

_COUNT = "一二三四五六七八九十"
_LABEL = re.compile(
    rf"(?:(?<=[。；：，！？;:,!?])|(?<=[。；！？][”’」』]))\s*"
    rf"((?:[{_COUNT}]{{1,3}}(?P<verb>[是要])|(?P<ordinal>[第其])[{_COUNT}]{{1,3}}(?=[，、,])))"
)
_LABEL_AT_START = re.compile(_LABEL.pattern.replace(_LABEL.pattern.split(r"\s*")[0], "", 1))
_LONGEST_HEADING = 30


@dataclass(frozen=True, slots=True)
class Point:
    """One member; ``start`` is its label's first character, ``end`` behind its last."""

    label: str
    heading: str
    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    family: str
    number: int
    label: str
    start: int
    span: int


def find_points(text: str, spans: list[tuple[int, int]], borders: list[int]) -> list[Point]:
    """Points in ``spans`` of ``text``, in order and without overlap.

    :param spans: runs of text that directly follow one another within one section.
    :param borders: offsets that no enumeration reaches across (where sub-sections begin).

    A label counts only as part of a sequence that starts at one and has at least two members,
    each at the start of a clause and outside quotation marks: 统一是, 第一是 and a lone 一是 are
    words like others. The last member of a sequence reaches to the end of its line, or to where
    the next sequence of its kind begins.
    """
    points: list[Point] = []
    chains = _chains(_candidates(text, spans), borders)
    firsts: dict[tuple[str, int], int] = {}
    stops: list[int] = []
    for chain in reversed(chains):
        last, first = chain[-1], chain[0]
        stops.append(firsts.get((last.family, last.span), spans[last.span][1]))
        firsts[first.family, first.span] = first.start
    for chain, stop in zip(chains, reversed(stops), strict=True):
        if points and chain[0].start < points[-1].end:
            continue
        for this, following in zip(chain, [*chain[1:], None], strict=True):
            points.append(_point(text, this, following.start if following else stop))
    return points


def short_lead(text: str, longest: int) -> str:
    """The first sentence of ``text`` without its 。, if it is short enough to head the rest.

    Empty where the first sentence is longer than ``longest``, holds ： or ；, or where its 。
    stands within quotation marks or brackets.
    """
    stop = text.find("。", 0, longest + 1)
    lead = text[: max(stop, 0)]
    if not lead.strip() or re.search("[：；:;！？]", lead):
        return ""
    if any(lead.count(a) != lead.count(b) for a, b in ("“”", "（）", "《》", "()", "‘’")):
        return ""
    return lead


def _candidates(text: str, spans: list[tuple[int, int]]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for place, (start, end) in enumerate(spans):
        piece = text[start:end]
        counted = depth = 0
        matches = [m for m in [_LABEL_AT_START.match(piece)] if m] + list(_LABEL.finditer(piece))
        for match in matches:
            between = piece[counted : match.start(1)]
            depth += between.count("“") - between.count("”")
            counted = match.start(1)
            if depth > 0:
                continue
            word = match[1]
            family = match["verb"] or match["ordinal"]
            number = value(word.strip("是要第其"))
            if number is not None:
                found.append(_Candidate(family, number, word, start + match.start(1), place))
    return found


def _chains(candidates: list[_Candidate], borders: list[int]) -> list[list[_Candidate]]:
    """Maximal sequences 1, 2, … of one family, ordered by where they begin."""
    chains: list[list[_Candidate]] = []
    open_chains: dict[str, list[_Candidate]] = {}
    for candidate in candidates:
        chain = open_chains.get(candidate.family)
        continues = (
            chain is not None
            and candidate.number == chain[-1].number + 1
            and not any(chain[-1].start < border <= candidate.start for border in borders)
        )
        if continues and chain is not None:
            chain.append(candidate)
        elif candidate.number == 1:
            open_chains[candidate.family] = [candidate]
            chains.append(open_chains[candidate.family])
    whole = [chain for chain in chains if len(chain) > 1]
    return sorted(whole, key=lambda chain: chain[0].start)


def _point(text: str, this: _Candidate, end: int) -> Point:
    while end > this.start and text[end - 1].isspace():
        end -= 1
    body = text[this.start + len(this.label) : end].lstrip("，、,")
    return Point(
        this.label, short_lead(body, _LONGEST_HEADING).strip(), this.number, this.start, end
    )
