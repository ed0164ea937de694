"""Tables of a PDF: cells whose wrapped lines are joined, rows continued over page breaks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ingest.document import Block
from ingest.loading.pdf_columns import WHOLE, Box, Char, Place
from ingest.loading.pdf_lines import tidy
from ingest.loading.reading import LONGEST_REPEATED, join_lines, table_block


@dataclass(slots=True)
class PrintedTable:
    """A ruled table: its box and place on its first page, cell texts by row and column, and the
    page (from 1) of each row."""

    box: Box
    rows: list[list[str]]
    header: list[str] = field(default_factory=list)
    place: Place = WHOLE
    merged: bool = False
    pages: list[int] = field(default_factory=list)


def printed_table(
    box: Box,
    cells: Sequence[Sequence[str | None]],
    boxes: Sequence[Sequence[Box | None]] = (),
) -> PrintedTable | None:
    """The table, or ``None`` where the rules only frame text: fewer than two columns or cells, or
    one cell that holds the article of a printed web page. What a cell over several rows says is
    repeated in each of them.

    :param cells: texts by row and column, ``None`` where a cell from above or the left goes on.
    :param boxes: where each cell stands.
    """
    lines = [(cell or "").splitlines() for row in cells for cell in row]
    longest = max(lines, key=lambda cell: sum(map(len, cell)), default=[])
    length = sum(map(len, longest))
    every = sum(len(line) for cell in lines for line in cell)
    if len(longest) >= _PROSE_LINES and length >= _PROSE_CHARS and length * 5 > every * 4:
        return None
    rows = [[_joined(cell or "") for cell in row] for row in cells]
    merged = _fill_merged(rows, boxes)
    used = {column for row in rows for column, cell in enumerate(row) if cell}
    if len(used) < 2:
        return None
    return PrintedTable(box, rows, rows[0], merged=merged)


def _fill_merged(rows: list[list[str]], boxes: Sequence[Sequence[Box | None]]) -> bool:
    """Write the text of cells that span rows into the rows below; whether there was one."""
    found = False
    for at, cells in enumerate(boxes[1:], 1):
        bottom = max((cell[3] for cell in cells if cell), default=0.0)
        top = min((cell[1] for cell in cells if cell), default=0.0)
        for column, cell in enumerate(cells):
            if cell is not None or rows[at][column]:
                continue
            over = next((b for b in range(at - 1, -1, -1) if boxes[b][column] is not None), None)
            spanning = boxes[over][column] if over is not None else None
            if over is None or spanning is None or spanning[3] < (top + bottom) / 2:
                continue
            text = rows[over][column]
            if text and len(text) <= LONGEST_REPEATED:
                rows[at][column], found = text, True
    return found


def cell_texts(
    cells: Sequence[Sequence[Box | None]], chars: Sequence[Char]
) -> list[list[str | None]]:
    """What stands in each cell, its lines apart; ``None`` where there is no cell.

    :param cells: their boxes by row and column.
    :param chars: the characters of the page.
    """
    placed = sorted(((c["top"] + c["bottom"]) / 2, n, c) for n, c in enumerate(chars))
    heights = [height for height, _, _ in placed]
    found: list[list[str | None]] = []
    for row in cells:
        texts: list[str | None] = []
        for box in row:
            if box is None:
                texts.append(None)
                continue
            left, top, right, bottom = box
            between = placed[bisect_left(heights, top) : bisect_left(heights, bottom)]
            texts.append(
                _lines([c for _, _, c in between if left <= (c["x0"] + c["x1"]) / 2 < right])
            )
        found.append(texts)
    return found


def _lines(chars: list[Char]) -> str:
    """The lines that ``chars`` make, from top to bottom."""
    lines: list[list[Char]] = []
    for char in sorted(chars, key=lambda c: float(c["bottom"])):
        if lines and char["bottom"] - lines[-1][-1]["bottom"] <= _SAME_LINE:
            lines[-1].append(char)
        else:
            lines.append([char])
    return "\n".join(filter(None, map(_line, lines)))


def _line(chars: list[Char]) -> str:
    chars.sort(key=lambda c: float(c["x0"]))
    text = chars[0]["text"]
    for before, char in pairwise(chars):
        text += (" " if char["x0"] - before["x1"] > WORD_GAP * char["size"] else "") + char["text"]
    return " ".join(text.split())


def continues(above: PrintedTable, below: PrintedTable) -> bool:
    """True where ``below``, first on its page, goes on with ``above``, last on the one before."""
    same_place = all(abs(above.box[side] - below.box[side]) < _TOLERANCE for side in (0, 2))
    return same_place and len(above.rows[0]) == len(below.rows[0])


def append(above: PrintedTable, below: PrintedTable) -> None:
    """Add the rows of ``below``, without a repeated header, mending a row that the page cut."""
    rows, pages = below.rows, below.pages
    if rows[0] == above.header:
        rows, pages = rows[1:], pages[1:]
    if not rows:
        return
    last, first = above.rows[-1], rows[0]
    if _is_cut(last, first, above.rows if not above.merged else []):
        above.rows[-1] = [join_lines(a, b) for a, b in zip(last, first, strict=True)]
        rows, pages = rows[1:], pages[1:]
    above.rows += rows
    above.pages += pages


def block_of(table: PrintedTable) -> Block | None:
    """The table as one block, ``None`` where it is empty."""
    block = table_block(table.rows)
    if block is None:
        return None
    starts: list[tuple[int, int]] = []
    at = 0
    filled = [p for row, p in zip(table.rows, table.pages, strict=True) if any(map(str.strip, row))]
    for line, page in zip(block.text.split("\n"), filled, strict=False):
        starts.append((at, page))
        at += len(line) + 1
    return replace(block, pages=tuple(starts))


_TOLERANCE = 5.0
_SAME_LINE = 3.0
"""Points by which the characters of a line differ in height."""
WORD_GAP = 0.3
"""Ems that part two words; programs put a quarter between Chinese and figures."""
_PROSE_LINES, _PROSE_CHARS = 8, 250
"""A cell with so much text, and four fifths of all there is, is an article in a frame."""
_WRAPPED = 8
"""Characters from which a cell is long enough to have been wrapped and cut."""
_ENDS = tuple("。；！？")


def _is_cut(last: list[str], first: list[str], rows: list[list[str]]) -> bool:
    """True where ``first`` holds the rest of ``last``: it has no first cell though rows have one
    (as a rule, so that it is no cell that spans several rows), or ends sentences of ``last``."""
    if first[0] or not any(first):
        return False
    if rows and sum(1 for row in rows if row[0]) * 10 >= len(rows) * 9:
        return True
    pairs = [(a, b) for a, b in zip(last, first, strict=True) if b]
    return all(len(a) >= _WRAPPED and not a.endswith(_ENDS) for a, b in pairs)


def _joined(cell: str) -> str:
    text = ""
    for line in cell.splitlines():
        text = join_lines(text, tidy(line))
    return text
