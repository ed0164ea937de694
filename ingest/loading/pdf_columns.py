"""Pages set in two columns: where the gutter runs, and what is read before what.

Most rows of a page in columns have text on both sides of one white stripe, and the text fills
both sides: that tells columns from a list whose items stand left and right. Rows that cross the
stripe (a title, a wide table) divide the columns into bands, each read left, then right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

Char = dict[str, Any]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the top left of the page."""

Place = tuple[int, int]
"""Band and column (0 across both, 1 left, 2 right); places sort in reading order."""

WHOLE: Place = (0, 0)
"""The place of everything on a page without columns."""

_MIN_ROWS = 5
"""So many rows have text on both sides of a gutter."""
_GAP = 1.2
"""Ems of white that part two pieces of one row."""
_FULL = 2.0
"""Ems that a full line of justified text may miss at its end."""
_MIN_PIECE = 6
"""Characters that a line of a column has on average."""


@dataclass(slots=True)
class _Row:
    """What stands at one height. ``pieces`` are the stretches without a wide gap."""

    top: float
    bottom: float
    chars: list[Char] = field(default_factory=list)
    pieces: list[tuple[float, float, int]] = field(default_factory=list)

    def sides(self, x: float) -> tuple[bool, bool, bool]:
        """Whether text stands left of ``x``, across it, right of it."""
        return (
            any(right <= x for _, right, _ in self.pieces),
            any(left < x < right for left, right, _ in self.pieces),
            any(left >= x for left, _, _ in self.pieces),
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand on a page in two columns.

    ``places`` are those of characters by their ``id``, and of tables by their number.
    """

    gutter: float
    places: dict[int, Place]

    def holds(self, char: Char, column: int) -> bool:
        """Whether ``char`` is to be read in ``column``; a space, which shows nowhere, in any."""
        if char["text"].isspace():
            side = 1 if char["x0"] < self.gutter else 2
            return column in (0, side)
        return self.places.get(id(char), WHOLE)[1] == column


def find_columns(
    chars: Sequence[Char], tables: Sequence[Box], known: float | None = None
) -> Columns | None:
    """The columns of a page; ``None`` where it is set in one.

    :param chars: those outside the tables.
    :param known: where the gutter of the page before runs; the last page of a text has few rows
        that show one of their own.
    """
    rows = _rows(chars)
    x = _gutter(rows)
    if x is None and known is not None and _keeps(rows, known):
        x = known
    if x is None:
        return None
    ends = _last_lines(rows, x)
    places: dict[int, Place] = {}
    marks: list[tuple[float, int, list[int]]] = []  # height, column, whose
    for row in rows:
        left, across, right = row.sides(x)
        if across or not (left or right) or id(row) in ends:
            marks.append((row.top, 0, [id(char) for char in row.chars]))
            continue
        for column, side in ((1, True), (2, False)):
            chosen = [id(c) for c in row.chars if ((c["x0"] + c["x1"]) / 2 < x) is side]
            marks += [(row.top, column, chosen)] if chosen else []
    for number, (left_edge, top, right_edge, _) in enumerate(tables):
        crosses = left_edge < x < right_edge
        marks.append((top, 0 if crosses else 1 if right_edge <= x else 2, [number]))
    band, last = 0, 0
    for _, column, things in sorted(marks, key=lambda mark: mark[:2]):
        band += (column == 0) != (last == 0)
        last = column
        places |= dict.fromkeys(things, (band, column))
    return Columns(x, places)


def _keeps(rows: Sequence[_Row], x: float) -> bool:
    """Whether a page that shows no gutter keeps that of the page before: hardly a row crosses it,
    and one at least has text on both sides."""
    sides = [row.sides(x) for row in rows]
    across = sum(crosses for _, crosses, _ in sides)
    return across * 4 <= len(rows) and any(left and right for left, _, right in sides)


def _last_lines(rows: Sequence[_Row], x: float) -> set[int]:
    """The short last lines of paragraphs that run across both columns."""
    found: set[int] = set()
    for at, (above, row) in enumerate(pairwise(rows), 1):
        crosses = above.sides(x)[1] or id(above) in found
        if not crosses or row.sides(x) != (True, False, False):
            continue
        near = row.top - above.bottom
        below = rows[at + 1] if at + 1 < len(rows) else None
        lone = below is None or below.sides(x)[1] or below.top - row.bottom > 1.3 * max(near, 1.0)
        if lone and near < row.bottom - row.top:
            found.add(id(row))
    return found


def _rows(chars: Sequence[Char]) -> list[_Row]:
    rows: list[_Row] = []
    printed = [char for char in chars if not char["text"].isspace()]
    for char in sorted(printed, key=lambda c: c["top"] + c["bottom"]):
        middle = (char["top"] + char["bottom"]) / 2
        if rows and rows[-1].top <= middle <= rows[-1].bottom:
            rows[-1].chars.append(char)
        else:
            rows.append(_Row(char["top"], char["bottom"], [char]))
    for row in rows:
        row.pieces = _pieces(row.chars)
    return rows


def _pieces(chars: list[Char]) -> list[tuple[float, float, int]]:
    """Left and right end of each stretch, and how many characters it has."""
    found: list[tuple[float, float, int]] = []
    for char in sorted(chars, key=lambda c: float(c["x0"])):
        if found and char["x0"] - found[-1][1] < _GAP * char["size"]:
            left, right, count = found[-1]
            found[-1] = left, max(right, char["x1"]), count + 1
        else:
            found.append((char["x0"], char["x1"], 1))
    return found


def _gutter(rows: list[_Row]) -> float | None:
    """The middle of the white stripe between two columns; ``None`` where there are none."""
    pieces = [piece for row in rows for piece in row.pieces]
    if len(rows) < _MIN_ROWS:
        return None
    left = min(start for start, _, _ in pieces)
    width = max(end for _, end, _ in pieces) - left
    counts: dict[int, int] = {}
    for x in range(int(left + 0.3 * width), int(left + 0.7 * width)):
        counts[x] = sum(row.sides(x) == (True, False, True) for row in rows)
    most = max(counts.values(), default=0)
    if most < _MIN_ROWS:
        return None
    best = [x for x, count in counts.items() if count == most]
    stop = next((i for i, x in enumerate(best) if i and x != best[i - 1] + 1), len(best))
    middle = (best[0] + best[stop - 1]) / 2
    both = [row for row in rows if row.sides(middle) == (True, False, True)]
    size = sorted(char["size"] for row in both for char in row.chars)
    return middle if _are_columns(both, middle, size[len(size) // 2]) else None


def _are_columns(rows: list[_Row], x: float, size: float) -> bool:
    """Whether both sides of ``x`` are running text: alike in width, and their lines full."""
    sides = []
    for pick in (lambda piece: piece[1] <= x, lambda piece: piece[0] >= x):
        spans = [[piece for piece in row.pieces if pick(piece)] for row in rows]
        starts = [min(piece[0] for piece in span) for span in spans]
        ends = [max(piece[1] for piece in span) for span in spans]
        length = sum(piece[2] for span in spans for piece in span) / len(rows)
        full = sum(end >= max(ends) - _FULL * size for end in ends)
        flush = sum(start <= min(starts) + _FULL * size for start in starts)
        if length < _MIN_PIECE or 2 * full < len(rows) or 2 * flush < len(rows):
            return False
        sides.append(max(ends) - min(starts))
    return 0.6 <= sides[0] / sides[1] <= 1.67
