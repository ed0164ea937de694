"""Running heads, feet and page numbers of a PDF.

Most pages of a file repeat them. A file of one or two pages repeats nothing: there, a small line
that stands well apart in the margin is a head or foot, and a page number one that says the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ingest.loading.pdf_lines import PrintedLine

_PAGE_NUMBER = re.compile(
    r"[-—–－·•\s]*(?:第\s*)?(?P<page>\d{1,4}|[ivxIVX]{1,7})(?:\s*页)?"
    r"(?:\s*[,，/]?\s*共?\s*\d{1,4}\s*页?)?[-—–－·•\s]*"
)
_DRESSED = re.compile(r"[-—–－·•].*[-—–－·•]|第.*页.*|.*[/共].*")
_SENTENCE = ("。", "；", "，", "、", "：", "！", "？")
_CONTENT = re.compile(
    r"附\s*[件表录]|第[一二三四五六七八九十百零〇\d]+[编章节条]|[一二三四五六七八九十]+、"
)
_EDGE_LINES = 2
_MARGIN = 0.1
"""The share of a page's height, above and below, that is margin."""
_DEEP = 0.065
"""No text reaches so far into the margin; what stands there apart is a head or foot of any size."""
_APART = 1.25
"""A head or foot is so many times further from the text than its lines from one another."""
_LARGE = 1.3
"""No head or foot is set so many times larger than the text."""
_SMALL = 0.92
"""A head or foot set smaller than this part of the text needs no such distance."""


def without_furniture(
    pages: Sequence[Sequence[PrintedLine]], heights: Sequence[float] | None = None
) -> list[list[PrintedLine]]:
    """The pages without heads, feet and page numbers.

    :param pages: the lines of each page in reading order.
    :param heights: the height of each page, without which nothing but repetition tells.
    """
    counted = _counted(pages)
    filled = sum(1 for lines in pages if lines)
    numbers = sum(count for (text, _), count in counted.items() if text == "#")
    least = max(3, filled / 2)
    repeated = {key for key, count in counted.items() if count >= least}
    if filled > 1 and numbers >= max(2, filled / 2):
        repeated |= {key for key in counted if key[0] == "#"}
    alternating = [_alternating(pages[parity::2]) for parity in (0, 1)]
    found = []
    for number, lines in enumerate(pages):
        height = heights[number] if heights else 0.0
        gone: set[int] = set()
        for top in (True, False):
            lone = height if filled <= 2 else 0.0
            gone |= _gone(lines, top, repeated, number + 1, lone)
            gone |= _of_every_other(lines, top, alternating[number % 2], height, gone)
        found.append([line for line in lines if id(line) not in gone])
    return found


def _alternating(pages: Sequence[Sequence[PrintedLine]]) -> set[tuple[str, bool]]:
    """What left or right pages, ``pages``, repeat at their edges."""
    least = max(2, len(pages) / 2)
    counted = _counted(pages).items()
    return {key for key, count in counted if len(key[0]) > 1 and count >= least}


def _counted(pages: Sequence[Sequence[PrintedLine]]) -> Counter[tuple[str, bool]]:
    """On how many pages what stands at an edge does so."""
    return Counter(
        key
        for lines in pages
        for key in {_key(line.text, top) for top in (True, False) for line in _edge(lines, top)}
        if key[0]
    )


def _of_every_other(
    lines: Sequence[PrintedLine],
    top: bool,
    repeated: set[tuple[str, bool]],
    height: float,
    gone: set[int],
) -> set[int]:
    """Heads that only left or only right pages have: small or apart, in the margin."""
    found: set[int] = set()
    for line in _edge([line for line in lines if id(line) not in gone], top):
        inner = [other for other in lines if id(other) not in gone | found and other is not line]
        if _key(line.text, top) not in repeated or not _in_margin(line, top, height):
            break
        if _opens(line.text) or _is_large(line, inner) or not _apart(line, inner, 0.0):
            break
        found.add(id(line))
    return found


def _edge(lines: Sequence[PrintedLine], top: bool) -> list[PrintedLine]:
    """The outermost lines of a page, the outermost first."""
    ordered = sorted(lines, key=lambda line: line.top if top else -line.bottom)
    return ordered[: min(_EDGE_LINES, len(ordered))]


def _key(text: str, top: bool) -> tuple[str, bool]:
    """What a line repeats from page to page: its text without numbers, and top or bottom."""
    if _PAGE_NUMBER.fullmatch(text):
        return "#", top
    if text.endswith(_SENTENCE):
        return "", top
    return re.sub(r"\d+", "0", "".join(text.split())), top


def _gone(
    lines: Sequence[PrintedLine],
    top: bool,
    repeated: set[tuple[str, bool]],
    page: int,
    height: float,
) -> set[int]:
    """The furniture at one edge, from outside inwards until a line is none."""
    gone: set[int] = set()
    edge = _edge(lines, top)
    for at, line in enumerate(edge):
        inner = [other for other in lines if id(other) not in gone and other is not line]
        key = _key(line.text, top)
        says_page = key[0] == "#" and (key in repeated or _numbers(line, inner, page, height))
        is_repeated = key in repeated and (at == 0 or _apart(line, inner, 0.0))
        is_repeated = is_repeated and not _is_large(line, inner)
        in_margin = height > 0 and _in_margin(line, top, height)
        deep = height > 0 and _in_margin(line, top, height, _DEEP)
        smaller = 0.0 if deep and not _is_large(line, inner) else 1.0
        lone = in_margin and bool(inner) and _apart(line, inner, smaller) and not _opens(line.text)
        if not (says_page or is_repeated or lone):
            break
        gone.add(id(line))
    return gone


def _numbers(line: PrintedLine, inner: list[PrintedLine], page: int, height: float) -> bool:
    """Whether a number at the edge of a file that has hardly another counts its pages."""
    if (
        not height
        or not inner
        or not (_in_margin(line, False, height) or _in_margin(line, True, height))
    ):
        return False
    match = _PAGE_NUMBER.fullmatch(line.text)
    if match is None:
        return False
    return bool(_DRESSED.fullmatch(line.text.strip())) or match["page"] == str(page)


def _is_large(line: PrintedLine, inner: Sequence[PrintedLine]) -> bool:
    """Whether ``line`` is a title, which a running head may repeat on other pages."""
    sizes = sorted(other.size for other in inner)
    return bool(sizes) and line.size >= _LARGE * sizes[len(sizes) // 2]


def _in_margin(line: PrintedLine, top: bool, height: float, margin: float = _MARGIN) -> bool:
    return line.bottom <= margin * height if top else line.top >= (1 - margin) * height


def _opens(text: str) -> bool:
    return bool(_CONTENT.match(text)) or text.endswith(_SENTENCE)


def _apart(line: PrintedLine, inner: list[PrintedLine], smaller: float) -> bool:
    """Whether ``line`` is set smaller than the text or stands further from it than its lines do.

    :param smaller: 1 where it must be smaller and apart, 0 where either will do.
    """
    inner = [x for x in inner if x.bottom <= line.top or x.top >= line.bottom]
    if not inner:
        return True
    sizes = sorted(other.size for other in inner)
    small = line.size <= _SMALL * sizes[len(sizes) // 2]
    distance = min(max(other.top - line.bottom, line.top - other.bottom) for other in inner)
    ordered = sorted(inner, key=lambda other: other.top)
    gaps = sorted(max(b.top - a.bottom, 0.0) for a, b in pairwise(ordered))
    usual = gaps[len(gaps) // 2] if gaps else line.size
    apart = distance > max(_APART * usual, 0.5 * line.size)
    return (small and apart) if smaller else (small or apart)
