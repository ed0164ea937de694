"""Pages of fixed layout (PDF, OFD, scans): from what stands on them to paragraphs and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ingest.document import Block, BlockKind, Metadata
from ingest.loading.pdf_chars import Mark, readable, unseen
from ingest.loading.pdf_columns import WHOLE, Columns, Place, find_columns
from ingest.loading.pdf_furniture import without_furniture
from ingest.loading.pdf_lines import Frame, Margins, PrintedLine, margins, paragraphs, tidy
from ingest.loading.pdf_notes import notes_of, split_notes
from ingest.loading.pdf_sidebar import Sidebar, as_if_alone, find_sidebars
from ingest.loading.pdf_tables import (
    WORD_GAP,
    PrintedTable,
    append,
    block_of,
    cell_texts,
    continues,
    printed_table,
)
from ingest.loading.pdf_title import largest_title
from ingest.loading.reading import Reading, plausible_title

if TYPE_CHECKING:
    from pdfplumber.page import Page


@dataclass(slots=True)
class PrintedPage:
    """The lines and tables of one page; ``hidden`` is text on it that nobody sees, ``gutter`` where
    its columns part, ``pale`` what may be a watermark that lies on no text, ``beside`` the lines of
    menus and lists of links beside the text."""

    lines: list[PrintedLine] = field(default_factory=list)
    tables: list[PrintedTable] = field(default_factory=list)
    has_image: bool = False
    height: float = 0.0
    hidden: str = ""
    gutter: float | None = None
    pale: frozenset[Mark] = frozenset()
    beside: list[PrintedLine] = field(default_factory=list)


_Y_TOLERANCE = 6.0
"""Points by which characters of one line differ in height: punctuation of another font does."""
_MAX_RULES = 5000
"""A page with more lines than that is a drawing; looking for tables in it takes minutes."""


def reading_of(
    pages: list[PrintedPage],
    title: str = "",
    scanned: tuple[int, ...] = (),
    flowing: bool = True,
) -> Reading:
    """What the pages say, in reading order, without heads, feet and page numbers.

    :param title: what the file's properties call it.
    :param scanned: pages (from 1) whose text was recognised.
    :param flowing: whether a paragraph may go on over the page, as on slides none does.
    """
    blocks = tuple(_blocks(pages, flowing))
    hidden = tuple(page.hidden for page in pages if page.hidden)
    named = plausible_title(title, blocks) or largest_title([page.lines for page in pages])
    return Reading(blocks, Metadata(title=named), hidden=hidden, scanned=scanned)


def printed_page(
    page: Page, number: int, gutter: float | None = None, marks: set[Mark] | None = None
) -> PrintedPage:
    """What is to be read on ``page``, which has the ``number`` (from 0).

    :param gutter: where the columns of the page before part.
    :param marks: the watermarks of other pages; those of this one are added.
    """
    marks = set() if marks is None else marks
    tables = []
    rules = len(page.lines) + len(page.rects) + len(page.curves)
    page_height, has_image = float(page.height), bool(page.images)
    out_of_sight = unseen(page)
    hidden = "".join(char["text"] for char in out_of_sight).strip()
    page, pale = readable(page, marks, out_of_sight)
    for found in page.find_tables() if rules <= _MAX_RULES else ():
        cells = [row.cells for row in found.rows]
        table = printed_table(found.bbox, cell_texts(cells, page.chars), cells)
        if table:
            table.pages = [number + 1] * len(table.rows)
            tables.append(table)
    boxes = [table.box for table in tables]
    text = page.filter(lambda thing: not _inside(thing, boxes)) if boxes else page
    sidebars = find_sidebars(text.chars, page_height)
    text, beside = _without(sidebars, text, number)
    columns = find_columns(text.chars, boxes, gutter)
    if columns is None:
        lines = _lines(text, number)
        for sidebar in sidebars:
            lines = as_if_alone(lines, sidebar)
        return PrintedPage(lines, tables, has_image, page_height, hidden, pale=pale, beside=beside)
    for order, table in enumerate(tables):
        table.place = columns.places.get(order, WHOLE)
    lines = []
    for column in (0, 1, 2):
        part = text.filter(partial(_stands_in, columns, column))
        lines += _lines(part, number, columns.places)
    lines.sort(key=_reading_order)
    return PrintedPage(lines, tables, has_image, page_height, hidden, columns.gutter, pale, beside)


def _without(sidebars: list[Sidebar], page: Page, number: int) -> tuple[Page, list[PrintedLine]]:
    """``page`` without ``sidebars``, and the lines of these."""
    gone = {id for sidebar in sidebars for id in sidebar.chars}
    if not gone:
        return page, []
    beside = [
        line
        for sidebar in sidebars
        for line in _lines(page.filter(partial(_is_of, sidebar.chars)), number)
    ]
    return page.filter(lambda thing: id(thing) not in gone), beside


def _is_of(chars: frozenset[int], thing: dict[str, Any]) -> bool:
    return id(thing) in chars


def _stands_in(columns: Columns, column: int, thing: dict[str, Any]) -> bool:
    return thing.get("object_type") != "char" or columns.holds(thing, column)


def _lines(page: Page, number: int, places: dict[int, Place] | None = None) -> list[PrintedLine]:
    return [
        PrintedLine(
            text=tidy(line["text"]),
            left=line["x0"],
            right=line["x1"],
            top=line["top"],
            bottom=line["bottom"],
            size=_size(line["chars"]),
            page=number,
            place=next((places[id(c)] for c in line["chars"] if id(c) in places), WHOLE)
            if places
            else WHOLE,
        )
        for line in page.extract_text_lines(
            return_chars=True, y_tolerance=_Y_TOLERANCE, x_tolerance_ratio=WORD_GAP
        )
        if line["text"].strip()
    ]


def _size(chars: list[dict[str, Any]]) -> float:
    sizes = sorted(char["size"] for char in chars)
    return float(sizes[len(sizes) // 2])


def _inside(thing: dict[str, Any], boxes: list[tuple[float, float, float, float]]) -> bool:
    if thing.get("object_type") != "char":
        return False
    x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes)


def _blocks(pages: list[PrintedPage], flowing: bool) -> list[Block]:
    """Paragraphs and tables over page breaks, then the footnotes and what stands beside."""
    clean = without_furniture([page.lines for page in pages], [page.height for page in pages])
    parted = [split_notes(lines) for lines in clean]
    kept = [text for text, _ in parted]
    notes = [note for _, notes in parted for note in notes]
    bounds = _margins(kept)
    blocks: list[Block] = []
    lines: list[PrintedLine] = []
    table: PrintedTable | None = None
    last_is_table = False

    def flush() -> None:
        nonlocal lines, table
        blocks.extend(paragraphs(lines, bounds))
        lines = []

    def flush_table() -> None:
        nonlocal table
        block = block_of(table) if table else None
        blocks.extend([block] if block else [])
        table = None

    for page, text in zip(pages, kept, strict=True):
        parts: list[PrintedLine | PrintedTable] = [*text, *page.tables]
        parts.sort(key=_reading_order)
        first = True
        for part in parts:
            if isinstance(part, PrintedLine):
                flush_table()
                lines.append(part)
            elif table and first and last_is_table and continues(table, part):
                append(table, part)
            else:
                flush_table()
                flush()
                table = part
            last_is_table = isinstance(part, PrintedTable)
            first = False
        if not flowing:
            flush_table()
            flush()
    flush_table()
    flush()
    beside = [line for page in pages for line in page.beside]
    return blocks + notes_of(notes) + _beside(beside)


def _beside(lines: list[PrintedLine]) -> list[Block]:
    """Sidebars as blocks: they are text where one holds a sentence."""
    kind: BlockKind = "paragraph" if any(line.text.endswith("。") for line in lines) else "aside"
    return [Block(line.text, kind, pages=((0, line.page + 1),)) for line in lines]


_ENOUGH_LINES = 8


def _reading_order(part: PrintedLine | PrintedTable) -> tuple[Place, float]:
    return part.place, part.top if isinstance(part, PrintedLine) else part.box[1]


def _margins(pages: list[list[PrintedLine]]) -> dict[Frame, Margins]:
    """The margins of each frame; short ones take those of the whole document."""
    everywhere: dict[int, list[PrintedLine]] = {}
    frames: dict[Frame, list[PrintedLine]] = {}
    for line in (line for lines in pages for line in lines):
        everywhere.setdefault(line.place[1], []).append(line)
        frames.setdefault(line.frame, []).append(line)
    whole = {column: margins(lines) for column, lines in everywhere.items()}
    found = {}
    for frame, lines in frames.items():
        of_all = whole[frame[1]]
        own = margins(lines) if len(lines) >= _ENOUGH_LINES else of_all
        found[frame] = own if own.right > of_all.right - 60 else of_all
    return found
