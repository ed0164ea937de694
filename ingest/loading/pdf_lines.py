"""From the printed lines of a PDF back to its paragraphs.

A PDF knows where characters stand, not which lines belong together. Chinese official documents
are set justified with paragraphs indented by two characters, so a line that ends before the right
margin ends its paragraph, and a line that is indented begins one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from ingest.loading.reading import join_lines


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line of a page. Lengths are points, measured from the top left of the page."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    page: int


@dataclass(frozen=True, slots=True)
class Margins:
    """Where full lines begin and end. ``indented``: paragraphs begin further right."""

    left: float
    right: float
    indented: bool


def tidy(text: str) -> str:
    """A printed line without the spaces of letters spread to fill it: 同 步 更 新 → 同步更新.

    One space alone stays (目 录, 第一条 为了): it may be the author's.
    """
    return _SPREAD.sub(lambda run: run[0].replace(" ", ""), text.strip())


def without_furniture(pages: list[list[PrintedLine]]) -> list[list[PrintedLine]]:
    """The pages without the headers, footers and page numbers that most of them repeat."""
    counted: Counter[tuple[str, bool]] = Counter()
    for lines in pages:
        counted.update({key for line in _edges(lines) if (key := _key(line, lines))})
    filled = sum(1 for lines in pages if lines)
    numbers = sum(count for (text, _), count in counted.items() if text == "#")
    repeated = {key for key, count in counted.items() if count >= max(3, filled / 2)}
    if filled > 1 and numbers >= max(2, filled / 2):
        repeated |= {key for key in counted if key[0] == "#"}
    return [
        [line for line in lines if not (line in _edges(lines) and _key(line, lines) in repeated)]
        for lines in pages
    ]


def margins(lines: list[PrintedLine]) -> Margins:
    """The margins of a run of lines of text, by what most of them do."""
    if not lines:
        return Margins(0.0, 0.0, False)
    right = max(line.right for line in lines)
    full = [line for line in lines if line.right > right - 2 * line.size]
    starts = Counter(round(line.left) for line in full)
    # The left margin is where lines that fill the measure begin most often, or further left.
    often = max(starts.values())
    left = min(start for start, count in starts.items() if count * 4 >= often)
    size = sorted(line.size for line in lines)[len(lines) // 2]
    indented = sum(1 for line in lines if size < line.left - left < 4 * size)
    return Margins(float(left), right, indented * 20 > len(lines))


def paragraphs(lines: list[PrintedLine], bounds: dict[int, Margins]) -> list[str]:
    """The text of consecutive lines, those of one paragraph joined.

    :param lines: in reading order, over any number of pages.
    :param bounds: the margins of each page by its number.
    """
    if not lines:
        return []
    found = [lines[0].text]
    for above, line in pairwise(lines):
        if _begins_paragraph(above, line, bounds):
            found.append(line.text)
        else:
            found[-1] = join_lines(found[-1], line.text)
    return found


_PAGE_NUMBER = re.compile(
    r"[-—–－·•\s]*(?:第\s*)?(?:\d{1,4}|[ivxIVX]{1,7})(?:\s*页)?(?:\s*[,，/]?\s*共?\s*\d{1,4}\s*页?)?[-—–－·•\s]*"
)
_NUMBERED = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]+[编章节条][\s　]"
    r"|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.．、](?!\d)|附件?\s*\d*[:：]"
)
_WIDE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’]"
_SPREAD = re.compile(f"{_WIDE}(?: {_WIDE}){{3,}}")
_LEADERS = re.compile(r"[.…·]{4,}\s*\d+$")  # a line of a table of contents
_ENDS = tuple("。；：！？”）…")
_EDGE_LINES = 2


def _edges(lines: list[PrintedLine]) -> list[PrintedLine]:
    return lines if len(lines) <= 2 * _EDGE_LINES else [*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]]


def _key(line: PrintedLine, lines: list[PrintedLine]) -> tuple[str, bool] | None:
    """What a line repeats from page to page: its text without numbers, and top or bottom."""
    at_top = line in lines[:_EDGE_LINES]
    if _PAGE_NUMBER.fullmatch(line.text):
        return "#", at_top
    text = re.sub(r"\d+", "0", "".join(line.text.split()))
    return (text, at_top) if text else None


def _begins_paragraph(above: PrintedLine, line: PrintedLine, bounds: dict[int, Margins]) -> bool:
    here, there = bounds[line.page], bounds[above.page]
    size = max(line.size, above.size)
    if min(line.size, above.size) < 0.85 * size or _LEADERS.search(above.text):
        return True
    if line.page == above.page and line.top - above.bottom > 1.6 * size:
        return True
    if line.left > here.left + 1.2 * size:
        # Indented; but a line under one that is indented as far continues it (a quotation).
        same = abs(line.left - above.left) < 0.5 * size and line.page == above.page
        if not same or not _full(above, there, line) or _NUMBERED.match(line.text):
            return True
        return above.text.endswith(_ENDS)
    if not _full(above, there, line):
        return True
    if _NUMBERED.match(line.text) and above.text.endswith(_ENDS):
        return True
    return not here.indented and above.text.endswith("。") and bool(_NUMBERED.match(line.text))


def _full(line: PrintedLine, bounds: Margins, below: PrintedLine) -> bool:
    """True where ``line`` reaches the right margin, or breaks early for a long word below."""
    missing = bounds.right - line.right
    if missing < 1.6 * line.size:
        return True
    word = re.match(r"[A-Za-z0-9.,%/:_-]+", below.text)
    return word is not None and missing < 0.6 * line.size * len(word[0]) + line.size
