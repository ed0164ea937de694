"""Two texts side by side, article by article: what was added, removed and changed.

Articles of the same words stand beside each other whatever their numbers; between them the most
alike ones are paired, so that an article that was inserted does not make all later ones look
changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ingest.storage.catalogue import StoredDocument

Kind = Literal["same", "renumbered", "changed", "added", "removed"]

_ALIKE = 0.5
_AHEAD = 30
"""Articles are taken for one if this share of their words is the same; it is looked for among so
many."""
_NUMBER = re.compile(r"^第[零〇一二三四五六七八九十百千\d]+条(?:之[一二三四五六七八九十]+)?\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: in both texts, or only in the older or the newer one."""

    text: str
    side: Literal["both", "old", "new"] = "both"


@dataclass(frozen=True, slots=True)
class Part:
    """An article, or a paragraph of a text that has none: ``document.text[start:end]``."""

    label: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An article as the two texts have it; ``old`` or ``new`` is ``None`` where one lacks it."""

    kind: Kind
    old: Part | None
    new: Part | None
    pieces: tuple[Piece, ...]


def compared(old: StoredDocument, new: StoredDocument) -> list[Difference]:
    """All articles of both, in the order of the newer text; removed ones where they stood."""
    before, after = parts_of(old), parts_of(new)
    found: list[Difference] = []
    matcher = SequenceMatcher(None, [p.words for p in before], [p.words for p in after], False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pairs: Iterator[tuple[Part | None, Part | None]] = iter(
                zip(before[a:b], after[c:d], strict=True)
            )
        else:
            pairs = _paired(before[a:b], after[c:d])
        found += [_difference(one, other) for one, other in pairs]
    return found


def parts_of(stored: StoredDocument) -> list[Part]:
    """The articles of a text; its lines where it has none."""
    text = stored.document.text
    articles = [(s.label, s.start, s.end) for s in stored.sections if s.kind == "article"]
    lines = [("", line.start, line.end) for line in stored.document.lines]
    return [
        Part(label, start, end, "".join(_NUMBER.sub("", text[start:end]).split()))
        for label, start, end in articles or lines
    ]


def _paired(
    before: Sequence[Part], after: Sequence[Part]
) -> Iterator[tuple[Part | None, Part | None]]:
    """Neighbours between two articles that stayed: each with the most alike, in order."""
    at = 0
    for one in before:
        shares = [_share(one, other) for other in after[at : at + _AHEAD]]
        best = max(range(len(shares)), key=shares.__getitem__, default=0)
        if not shares or shares[best] < _ALIKE:
            yield one, None
            continue
        yield from ((None, other) for other in after[at : at + best])
        yield one, after[at + best]
        at += best + 1
    yield from ((None, other) for other in after[at:])


def _share(one: Part, other: Part) -> float:
    matcher = SequenceMatcher(None, one.words, other.words, False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _difference(old: Part | None, new: Part | None) -> Difference:
    if old is None or new is None:
        only = old or new
        assert only is not None
        side: Literal["old", "new"] = "old" if new is None else "new"
        kind: Kind = "removed" if new is None else "added"
        return Difference(kind, old, new, (Piece(only.words, side),))
    if old.words == new.words:
        kind = "same" if old.label == new.label else "renumbered"
        return Difference(kind, old, new, (Piece(new.words),))
    return Difference("changed", old, new, tuple(_pieces(old.words, new.words)))


def _pieces(old: str, new: str) -> Iterator[Piece]:
    import jieba

    jieba.setLogLevel(60)
    before, after = jieba.lcut(old), jieba.lcut(new)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            yield Piece("".join(after[c:d]))
            continue
        if a < b:
            yield Piece("".join(before[a:b]), "old")
        if c < d:
            yield Piece("".join(after[c:d]), "new")
