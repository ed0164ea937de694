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

from ingest.document import Block
from ingest.loading.pdf_columns import WHOLE, Place
from ingest.loading.radicals import fold_radicals
from ingest.loading.reading import join_lines

Frame = tuple[int, int]
"""Page and column: lines of one frame share their margins."""


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
    place: Place = WHOLE

    @property
    def frame(self) -> Frame:
        """The page and the column of it that the line stands in."""
        return self.page, self.place[1]


@dataclass(frozen=True, slots=True)
class Margins:
    """Where full lines begin and end. ``indented``: paragraphs begin further right."""

    left: float
    right: float
    indented: bool


def tidy(text: str) -> str:
    """A printed line without the spaces of letters spread to fill it: 同 步 更 新 → 同步更新.

    One space alone stays (目 录, 第一条 为了): it may be the author's. Radicals that a font lends
    become the characters they stand for.
    """
    return _SPREAD.sub(lambda run: run[0].replace(" ", ""), fold_radicals(text).strip())


def margins(lines: list[PrintedLine]) -> Margins:
    """The margins of a run of lines of text, by what most of them do."""
    if not lines:
        return Margins(0.0, 0.0, False)
    size = sorted(line.size for line in lines)[len(lines) // 2]
    lines = [line for line in lines if line.size < 1.2 * size]  # a title may be wider
    right = max(line.right for line in lines)
    full = [line for line in lines if line.right > right - 2 * line.size]
    starts = Counter(round(line.left) for line in full)
    # The left margin is where lines that fill the measure begin most often, or further left.
    often = max(starts.values())
    left = min(start for start, count in starts.items() if count * 4 >= often)
    indented = sum(1 for line in lines if size < line.left - left < 4 * size)
    return Margins(float(left), right, indented * 20 > len(lines))


def paragraphs(lines: list[PrintedLine], bounds: dict[Frame, Margins]) -> list[Block]:
    """The text of consecutive lines, those of one paragraph joined, with their pages.

    :param lines: in reading order, over any number of pages.
    :param bounds: the margins of each frame.
    """
    if not lines:
        return []
    found = [_block(lines[0])]
    for above, line in pairwise(lines):
        if _begins_paragraph(above, line, bounds):
            found.append(_block(line))
        else:
            found[-1] = joined(found[-1], _block(line))
    return found


def joined(above: Block, below: Block) -> Block:
    """Two parts of one paragraph as one."""
    text = join_lines(above.text, below.text)
    shift = len(text) - len(below.text)
    more = tuple((shift + at, page) for at, page in below.pages if page != above.pages[-1][1])
    return Block(text, pages=(*above.pages, *more))


def _block(line: PrintedLine) -> Block:
    return Block(line.text, pages=((0, line.page + 1),))


_NUMBERED = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]+[编章节条][\s　]"
    r"|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.．、](?!\d)|附件?\s*\d*[:：]"
)
_WIDE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’]"
_SPREAD = re.compile(f"{_WIDE}(?: {_WIDE}){{3,}}")
_LEADERS = re.compile(r"[.…·]{4,}\s*\d+$")  # a line of a table of contents
_ENDS = tuple("。；：！？”）…")
_DATE = re.compile(
    r"[〇○零一二三四五六七八九十\d]{2,4}\s*年\s*[〇零元正一二三四五六七八九十\d]{1,3}\s*月"
    r"(?:\s*[〇零一二三四五六七八九十\d]{1,3}\s*日)?"
)
_ANNEX = re.compile(r"附\s*[件表录图]?\s*[\d一二三四五六七八九十]*\s*(?:[:：]|$)")
_ASIDE = 0.45
"""A line that begins beyond this part of the measure is a signature, a date or a caption."""


def _begins_paragraph(above: PrintedLine, line: PrintedLine, bounds: dict[Frame, Margins]) -> bool:
    here, there = bounds[line.frame], bounds[above.frame]
    size = max(line.size, above.size)
    if (above.place[1] == 0) != (line.place[1] == 0) and above.page == line.page:
        return True
    if _stands_alone(above, there) or _stands_alone(line, here) or _ANNEX.match(line.text):
        return True
    if min(line.size, above.size) < 0.85 * size or _LEADERS.search(above.text):
        return True
    if line.frame == above.frame and line.top - above.bottom > 1.6 * size:
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


def _stands_alone(line: PrintedLine, bounds: Margins) -> bool:
    """Whether ``line`` is a date or stands at the right, as the lines of a signature do."""
    if _DATE.fullmatch(line.text.strip("（）() ")):
        return True
    return line.left - bounds.left > _ASIDE * max(bounds.right - bounds.left, 1.0)


def _full(line: PrintedLine, bounds: Margins, below: PrintedLine) -> bool:
    """True where ``line`` reaches the right margin, or breaks early for a long word below."""
    missing = bounds.right - line.right
    if missing < 1.6 * line.size:
        return True
    word = re.match(r"[A-Za-z0-9.,%/:_-]+", below.text)
    return word is not None and missing < 0.6 * line.size * len(word[0]) + line.size
