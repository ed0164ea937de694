"""Never half a rule: what is quoted brings what it points to, what excepts it, what it opens.

Official texts point back by position (前款, 前两条, 第一款), except what went before (但…, 前款规定
不适用于…) and open lists by a colon.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from app.content.sentences import OPEN, Source, Span
from ingest.outline.numbering import value

_COUNT = "一二两三四五六七八九十"
_BACK = re.compile(
    rf"(?<![目以之提])前(?P<count>[{_COUNT}]?)(?P<unit>款(?!项)|条(?!件|例)|项(?!目))"
    rf"|(?:本条|(?<![条之第、和或及至{_COUNT}]))第(?P<number>[{_COUNT}])款"
)
_CONTINUES = re.compile(
    r"^(?:[（(][一二三四五六七八九十]+[）)])?"
    r"(?:但|其(?!他|余)|前述|上述|该|有前款|具有前款|违反前|依照前|按照前|因前款|逾期|否则)"
)
_FORWARD = re.compile(
    r"^(?:但|除外|不受此限|前款.{0,40}(?:除外|不适用|不受)|有下列情形之一的，?(?:可以)?不)"
)
_REST = re.compile(
    r"[（(]?[一二三四五六七八九十\d]+[）)、.．]\s*(?:[^，。；]{0,30}的|[以有因])?其他"
)
_DEFINES = re.compile(r"(?P<term>[^，。；：\s]{2,20}?)[，,]?是指")
_EXCEPTS = re.compile(r"除外|不适用|不受")
_FURTHEST = 1500
"""So far is looked for what an open end announces, where it stands in another passage."""


def whole(source: Source, spans: Sequence[Span], blocks: Sequence[Span]) -> list[Span]:
    """``spans`` with all they stand on: in reading order, articles pointed to after them.

    :param blocks: the paragraphs of the article (or other part) that they stand in.
    """
    kept = list(spans)
    while True:
        lacking = (s for s in _needed(source, kept, blocks) if not _inside(s, kept))
        if (more := next(lacking, None)) is None:
            break
        kept = [k for k in kept if not _inside(k, [more])] + [more]
    start, end = min(blocks[0][0], spans[0][0]), max(blocks[-1][1], spans[-1][1])
    own = sorted(s for s in kept if start <= s[0] < end)
    return [*joint(source, own), *sorted(s for s in kept if s not in own)]


def with_neighbours(source: Source, spans: Sequence[Span], kept: Collection[int]) -> set[int]:
    """``kept`` with what a part goes on from, what it opens, what excepts it, and what the things
    are that it names."""
    found = set(kept)
    for n in kept:
        found.update(gone_on_from(source, spans, n))
        for after in range(n + 1, len(spans)):
            text, opened = source.text[slice(*spans[after])], spans[after - 1]
            if not (
                is_open(source.text[slice(*opened)])
                or _FORWARD.match(text)
                or _says_what(text, source.text[slice(*spans[n])])
            ):
                break
            found.add(after)
    return found


def gone_on_from(source: Source, spans: Sequence[Span], at: int) -> Iterator[int]:
    """Which of ``spans`` the one at a place goes on from, the nearest first."""
    while at > 0 and (
        _CONTINUES.match(source.text[slice(*spans[at])])
        or is_open(source.text[slice(*spans[at - 1])])
    ):
        at -= 1
        yield at


def joint(source: Source, spans: Sequence[Span]) -> list[Span]:
    """Neighbours with nothing but white space between them as one slice."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and not source.text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def is_open(text: str) -> bool:
    """Whether a text ends in what it only announces."""
    return bool(OPEN.search(text))


def is_rest(text: str) -> bool:
    """Whether an item of a list is what is left over (（六）其他…): those before it say what."""
    return bool(_REST.match(text))


def points_back(text: str) -> bool:
    """Whether a text stands on what went before it."""
    return bool(_CONTINUES.match(text) or _BACK.search(text))


def _says_what(text: str, named: str) -> bool:
    """Whether a text begins with what something is that the one before it names."""
    found = _DEFINES.match(text)
    return found is not None and found["term"] in named


def _needed(source: Source, kept: Sequence[Span], blocks: Sequence[Span]) -> Iterator[Span]:
    """What the spans kept stand on."""
    for span in kept:
        touched = [n for n, (a, b) in enumerate(blocks) if a < span[1] and span[0] < b]
        for found in _BACK.finditer(source.text, *span):
            yield from _pointed(source, found, blocks)
        if not touched:
            continue
        end = blocks[touched[-1]][1]
        if is_open(source.text[slice(*span)]) and not any(span[1] <= a < end for a, _ in kept):
            yield span[0], max(end, _announced(source, span) if end <= span[1] else 0)
        yield from (blocks[n] for n in with_neighbours(source, blocks, touched) - {*touched})
        yield from _excepting(source, touched, blocks)


def _pointed(source: Source, found: re.Match[str], blocks: Sequence[Span]) -> Sequence[Span]:
    """What 前款, 前两条 or 第一款 at a place of the text means."""
    at = found.start()
    if found["unit"] == "条":
        before = [a for a in source.articles if a.end <= at]
        labelled = [source.trimmed(a.start, a.end) for a in before]
        return labelled[-(value(found["count"] or "一") or 1) :]
    here = next((n for n, (a, b) in enumerate(blocks) if a <= at < b), None)
    if here is None:
        return ()
    if found["number"]:
        number = value(found["number"]) or 1
        return blocks[number - 1 : number] if number <= here else ()
    count = value(found["count"] or "一") or 1
    if found["unit"] == "款":
        return blocks[max(here - count, 0) : here]
    return [item for item in source.items(*blocks[here]) if item[1] <= at][-count:]


def _excepting(source: Source, touched: Sequence[int], blocks: Sequence[Span]) -> Iterator[Span]:
    """Later paragraphs that except one of those touched by naming it."""
    meant = {blocks[n] for n in touched}
    for later in blocks[touched[-1] + 1 :]:
        if _EXCEPTS.search(source.text, *later):
            backs = _BACK.finditer(source.text, *later)
            if any(meant & {*_pointed(source, found, blocks)} for found in backs):
                yield later


def _announced(source: Source, span: Span) -> int:
    """The end of what a part announces that stands in a later passage."""
    far = source.text.find("\n", min(span[1] + _FURTHEST, len(source.text)))
    beyond = source.blocks(span[0], far if far >= 0 else len(source.text))
    return next((b for a, b in beyond if a <= span[0] < b), span[1])


def _inside(span: Span, others: Sequence[Span]) -> bool:
    return any(a <= span[0] and span[1] <= b for a, b in others)
