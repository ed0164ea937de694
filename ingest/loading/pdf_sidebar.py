"""Menus and lists of links that stand beside the text of a printed web page.

A browser prints them in a narrow column of their own, set on lines of their own. That tells them
from labels and cells without rules, which stand on the lines of what they belong to, and from two
columns of one text, which are alike in width.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import Any

from ingest.loading.pdf_lines import PrintedLine

Char = dict[str, Any]

_GAP = 0.7
"""Ems of white that part two pieces of one line."""
_SAME_LINE = 0.25
"""Ems by which the baselines of one line differ at most."""
_LEAST, _LEAST_TEXT = 4, 5
"""Pieces that a sidebar, and the text beside it, have at least."""
_MOST = 800
"""A page of more pieces is a drawing or one large table."""
_NARROW = 0.55
"""The width of a sidebar, as a part of that of the text, at most."""
_RUNNING, _LONG = 3, 12
"""So many pieces beside a sidebar fill half the measure with so many characters each."""
_OWN_LINES = 1 / 4
"""The part of a sidebar's lines that stand on no line of the text and in the middle of no two."""
_EVEN = 0.15
"""Distances between lines of a list differ by less than this part, in most of them."""
_WIDE, _FEW = 2.2, 0.15
"""A heading stands so many times further from the list above; only so many lines do."""
_LESS = 0.9
"""A sidebar has so many characters, as a part of those beside it, at most."""
_EDGE, _APART = 0.045, 1.5
"""The part of a page's height in which browsers print address and day; ems between these and the
page."""
_FRAME = 2.5
"""Ems that the frame of a sidebar reaches beyond its text."""
_SMALLER = 0.85
"""Lines smaller than this part of the text are no lines of it."""
_LABELS = 1 / 3
"""Where so many pieces end in a colon, they are labels of what stands beside them."""


@dataclass(slots=True)
class _Piece:
    """A stretch of one line without a wide gap."""

    left: float
    right: float
    low: float
    size: float
    chars: list[Char] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sidebar:
    """The characters of a sidebar, by their ``id``, spaces not among them, and where it stands:
    ``left``, ``top`` and ``bottom`` in points from the top left of the page."""

    chars: frozenset[int]
    left: float
    top: float
    bottom: float


def find_sidebars(chars: Sequence[Char], height: float) -> list[Sidebar]:
    """The sidebars of a page of that ``height``, at most one at its left and one at its right."""
    pieces = _without_edges(_pieces(chars), height)
    found = []
    for at_left in (True, False):
        inside = _sidebar(pieces, at_left)
        if inside:
            pieces = [piece for piece in pieces if not any(piece is other for other in inside)]
            found.append(
                Sidebar(
                    frozenset(id(char) for piece in inside for char in piece.chars),
                    min(piece.left for piece in inside),
                    min(piece.low - piece.size for piece in inside),
                    max(piece.low for piece in inside),
                )
            )
    return found


def as_if_alone(lines: list[PrintedLine], sidebar: Sidebar) -> list[PrintedLine]:
    """``lines`` with those that end short of ``sidebar``, at their right, made as wide as those
    below or above it, where the text runs around it: it is the sidebar that ends them early."""
    beside = [
        line
        for line in lines
        if line.right < sidebar.left
        and sidebar.top - _FRAME * line.size < line.bottom
        and line.top < sidebar.bottom + _FRAME * line.size
    ]
    if not beside or sidebar.left <= min(line.left for line in beside):
        return lines
    size = median(line.size for line in beside)
    around = [
        line.right
        for line in lines
        if line not in beside and line.left < sidebar.left and line.size > _SMALLER * size
    ]
    if max(around, default=0.0) <= sidebar.left:
        return lines
    more = max(around) - max(line.right for line in beside)
    return [replace(line, right=line.right + more) if line in beside else line for line in lines]


def _pieces(chars: Sequence[Char]) -> list[_Piece]:
    lines: list[list[Char]] = []
    printed = [char for char in chars if not char["text"].isspace()]
    for char in sorted(printed, key=lambda c: float(c["bottom"])):
        if lines and char["bottom"] - lines[-1][0]["bottom"] <= _SAME_LINE * char["size"]:
            lines[-1].append(char)
        else:
            lines.append([char])
    found: list[_Piece] = []
    for line in lines:
        first = len(found)
        for char in sorted(line, key=lambda c: float(c["x0"])):
            if len(found) > first and char["x0"] - found[-1].right < _GAP * char["size"]:
                found[-1].right = max(found[-1].right, char["x1"])
            else:
                found.append(_Piece(char["x0"], char["x1"], line[0]["bottom"], char["size"]))
            found[-1].chars.append(char)
    return found


def _without_edges(pieces: list[_Piece], height: float) -> list[_Piece]:
    """``pieces`` without the lines that a browser prints at the head and foot of a page."""
    lows = sorted({piece.low for piece in pieces})
    gone: set[float] = set()
    for low, inner in ((lows[0], lows[1]), (lows[-1], lows[-2])) if len(lows) > 2 else ():
        line = [piece for piece in pieces if piece.low == low]
        apart = abs(low - inner) > _APART * line[0].size
        if len(line) > 1 and apart and not _EDGE * height < low < (1 - _EDGE) * height:
            gone.add(low)
    return [piece for piece in pieces if piece.low not in gone]


def _sidebar(pieces: list[_Piece], at_left: bool) -> list[_Piece]:
    """The pieces of the sidebar at one side; none where there is none."""
    if not _LEAST + _LEAST_TEXT <= len(pieces) <= _MOST:
        return []
    start, end = min(p.left for p in pieces), max(p.right for p in pieces)
    edges = {
        round(piece.right if at_left else end + start - piece.left) for piece in pieces
    }  # mirrored at the right, so that both sides are measured from the left
    limit = start + _NARROW * (end - start)
    best: list[_Piece] = []
    for edge in sorted(edge for edge in edges if edge < limit):
        x = edge + 1.0 if at_left else end + start - edge - 1.0
        for band in _bands(pieces, x):
            side = [piece for piece in band if (piece.right <= x) is at_left]
            text = [piece for piece in band if (piece.right <= x) is not at_left]
            if len(side) > len(best) and _is_sidebar(side, text):
                best = side
    return best


def _bands(pieces: list[_Piece], x: float) -> list[list[_Piece]]:
    """The pieces between two that cross ``x``, from top to bottom."""
    bands: list[list[_Piece]] = [[]]
    for piece in pieces:
        if piece.left < x < piece.right:
            bands.append([])
        else:
            bands[-1].append(piece)
    return bands


def _is_sidebar(side: list[_Piece], text: list[_Piece]) -> bool:
    if len(side) < _LEAST or len(text) < _LEAST_TEXT:
        return False
    if sum(len(p.chars) for p in side) > _LESS * sum(len(p.chars) for p in text):
        return False
    measure = max(p.right for p in text) - min(p.left for p in text)
    if max(p.right for p in side) - min(p.left for p in side) > _NARROW * measure:
        return False
    running = [p for p in text if p.right - p.left > measure / 2 and len(p.chars) >= _LONG]
    if len(running) < _RUNNING:
        return False
    if sum(p.chars[-1]["text"] in "：:" for p in side) > _LABELS * len(side):
        return False
    edge = max(p.right for p in running)
    lows = sorted(p.low for p in text if p.left <= edge)  # without another sidebar
    beside = [p for p in side if lows[0] - p.size <= p.low <= lows[-1] + p.size]
    own = [p for p in beside if _has_own_line(p, lows)]
    return len(beside) >= _LEAST and len(own) > _OWN_LINES * len(beside) and _is_list(side)


def _has_own_line(piece: _Piece, lows: list[float]) -> bool:
    """Whether ``piece`` stands a little above or below a line of the text; in the very middle of
    two it is a label of both.

    :param lows: where the lines of the text stand, ascending.
    """
    same = _SAME_LINE * piece.size
    at = bisect_right(lows, piece.low)
    above = piece.low - lows[at - 1] if at else piece.size
    below = lows[at] - piece.low if at < len(lows) else piece.size
    return same < min(above, below) <= piece.size and abs(above - below) > same


def _is_list(side: list[_Piece]) -> bool:
    """Whether the lines follow one another at one distance, as labels beside a text do not."""
    lows = sorted({round(piece.low, 1) for piece in side})
    gaps = [below - above for above, below in pairwise(lows) if below - above > 1]
    usual = median(gaps) if gaps else 0.0
    least = min(gaps, default=0.0)  # of lines of one entry; entries stand further apart
    even = sum(min(abs(gap - usual), abs(gap - least)) <= _EVEN * usual for gap in gaps)
    wide = sum(gap > _WIDE * usual for gap in gaps)
    return 2 * even >= len(gaps) > 0 and wide <= max(1, _FEW * len(gaps))
