"""What each reader of a file format gives, and the limits it keeps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.document import Block, Metadata


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """How large a file may be. Sizes are bytes; ``max_ratio`` is expanded / packed size.
    ``max_seconds`` is what another program may take to convert it."""

    max_bytes: int = 50 * 2**20
    max_expanded_bytes: int = 300 * 2**20
    max_ratio: int = 200
    max_pages: int = 2000
    max_seconds: float = 120


@dataclass(frozen=True, slots=True)
class Scanning:
    """How scans are read: ``folder`` keeps what was recognised, so that a page is recognised once;
    ``on_page`` is told each page (from 1) before it is read, and how many there are."""

    folder: Path | None = None
    on_page: Callable[[int, int], None] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The blocks of a file in reading order and what its markup declares; ``hidden`` are texts that
    it holds and no reader sees, ``scanned`` the pages (from 1) whose text was recognised."""

    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=Metadata)
    encoding: str | None = None
    hidden: tuple[str, ...] = ()
    scanned: tuple[int, ...] = ()


CELL_SEPARATOR = " | "

_WIDE_PUNCTUATION = frozenset("“”‘’…—·")


def is_wide(char: str) -> bool:
    """True for Chinese characters and full-width punctuation, which no space surrounds."""
    return char in _WIDE_PUNCTUATION or unicodedata.east_asian_width(char) in "WF"


def join_lines(left: str, right: str) -> str:
    """Two halves of a wrapped line as one: a space only between two narrow characters."""
    if not left or not right:
        return left + right
    return left + ("" if is_wide(left[-1]) or is_wide(right[0]) else " ") + right


def table_block(rows: list[list[str]]) -> Block | None:
    """A table with one row a line; empty rows are left out, ``None`` where all are empty."""
    lines = []
    for row in _with_whole_head(rows):
        cells = [re.sub(r"\s+", " ", cell).strip() for cell in row]
        cells = [cell.replace(CELL_SEPARATOR, " ｜ ") for cell in cells]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            lines.append(CELL_SEPARATOR.join(cells))
    return Block("\n".join(lines), "table") if lines else None


def _with_whole_head(rows: list[list[str]]) -> list[list[str]]:
    """``rows``, a heading over several columns (单价 over 含税 and 不含税) said of each of them.

    A head of two rows shows by cells that span both, whose text was repeated already.
    """
    if len(rows) < 2 or re.search(r"\d", "".join(rows[0])):
        return rows
    top, below = list(rows[0]), rows[1]
    if not any(cell.strip() and cell == under for cell, under in zip(top, below, strict=False)):
        return rows
    for column, under in enumerate(below[1 : len(top)], 1):
        if under.strip() and not top[column].strip() and under != below[column - 1]:
            top[column] = top[column - 1]
    return [top, *rows[1:]]


def cell_text(blocks: Sequence[Block]) -> str:
    """What a cell holds, on one line; of a table within it the rows stay apart: 货物 60万元；…"""
    parts = []
    for block in blocks:
        if block.kind == "table":
            rows = (row.replace(CELL_SEPARATOR, " ") for row in block.text.split("\n"))
            parts.append("；".join(rows))
        else:
            parts.append(block.text.replace("\n", " "))
    return " ".join(parts)


LONGEST_REPEATED = 100
"""A merged cell with more text is printed in the first of its rows only."""


def line_blocks(text: str) -> list[Block]:
    """One paragraph for each line of ``text`` that is not blank."""
    lines = (line.strip() for line in re.split(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text))
    return [Block(line) for line in lines if line]


def plausible_title(title: str, blocks: tuple[Block, ...]) -> str | None:
    """``title`` of a file's properties where the first lines of its text say the same.

    Office programs fill the property with templates' names, other documents' titles or “附件：”.
    """
    wanted = "".join(title.split())
    head = "".join("".join(block.text.split()) for block in blocks[:_TITLE_BLOCKS])
    if len(wanted) < _MIN_TITLE or wanted not in head[:_TITLE_CHARS]:
        return None
    return " ".join(title.split())


_MIN_TITLE = 5
_TITLE_BLOCKS = 8
_TITLE_CHARS = 300
