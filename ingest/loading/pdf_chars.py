"""Characters of a PDF page that are printed but are no text of their own.

Some are there for no reader. Bold is faked by printing a character two to four times, a little
apart, and a shadow in another colour, further apart; a watermark lies across the text, slanting, or
large or pale over it. All of them would stand inside the sentences.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdfplumber.page import Page

Char = dict[str, Any]

UNKNOWN = "\ufffd"
"""A character of which the font does not say what it is."""


Mark = tuple[int, int, str]
"""Size, lightness and characters of a watermark."""


def unseen(page: Page) -> list[Char]:
    """Characters that nobody sees: off the page, a point high at most, or white on white."""
    left, top, right, bottom = page.bbox
    found = []
    for char in page.chars:
        x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
        inside = left <= x <= right and top <= y <= bottom
        white = _lightness(char["non_stroking_color"]) >= _WHITE and _is_filled(char)
        if not inside or char["size"] <= _SMALLEST or (white and not _has_ground(page, x, y)):
            found.append(char)
    return found


def _is_filled(char: Char) -> bool:
    """Whether it is painted at all: a text layer over a scan is not, and it is to be read."""
    return char["non_stroking_color"] is not None


def _has_ground(page: Page, x: float, y: float) -> bool:
    """Whether a picture or a coloured area lies at a point."""
    for area in (*page.images, *page.rects, *page.curves):
        if not (area["x0"] <= x <= area["x1"] and area["top"] <= y <= area["bottom"]):
            continue
        if area["object_type"] == "image":
            return True
        if area.get("fill") and _lightness(area.get("non_stroking_color")) < _WHITE:
            return True
    return False


def readable(page: Page, marks: set[Mark], unseen: Sequence[Char]) -> tuple[Page, frozenset[Mark]]:
    """``page`` without what is :func:`unseen`, overprinted doubles and watermarks; and what may be
    one.

    :param marks: watermarks of other pages, which lie here in the white, too; those of this page
        are added.
    """
    gone = {id(char) for char in unseen}
    chars = [char for char in page.chars if id(char) not in gone]
    laid, pale = _overlaid(chars, marks)
    dropped = gone | _slanting(chars) | laid
    dropped |= _doubles([char for char in chars if id(char) not in dropped])
    if not dropped:
        return page, pale
    return page.filter(lambda thing: id(thing) not in dropped), pale


_WHITE, _SMALLEST = 0.98, 1.0
"""How light white is; points that no print is smaller than."""
_DOUBLE = 0.15
"""Ems by which a faked bold is shifted at most; the narrowest letters are a quarter em wide."""
_SHADOW = 0.6
"""Ems by which a shadow, which has another colour, is shifted at most."""
_STRAIGHT = 5.0
"""Degrees by which the lines of a crooked scan with a text layer may slant."""
_LARGE, _PALE = 1.6, 0.7
"""How many times larger than the text, and how light (0 black, 1 white), a watermark is."""
_SHARE = 0.3
"""At least so many characters of a watermark lie on characters of the text."""
_OVERLAP = 0.2
"""The part of the smaller of two characters by which they overlap."""


def _doubles(chars: list[Char]) -> set[int]:
    """Characters printed again where the same one stands already; of a character and its shadow,
    which is printed first, the shadow."""
    seen: defaultdict[tuple[str, int, int], list[Char]] = defaultdict(list)
    doubles: set[int] = set()
    for char in chars:
        near = max(_SHADOW * char["size"], 0.1)
        column, row = char["x0"] / (2 * near), char["top"] / (2 * near)
        again = False
        # of cells twice as large as what is near, the four around a point hold all that is
        for x in {int(column - 0.5), int(column + 0.5)}:
            for y in {int(row - 0.5), int(row + 0.5)}:
                for other in seen.get((char["text"], x, y), ()):
                    if _lies_on(char, other, _DOUBLE):
                        again = True
                    elif _is_shadow(other, char):
                        doubles.add(id(other))
        if again:
            doubles.add(id(char))
        else:
            seen[char["text"], int(column), int(row)].append(char)
    return doubles


def _lies_on(char: Char, other: Char, ems: float) -> bool:
    near = max(ems * char["size"], 0.1)
    return abs(other["x0"] - char["x0"]) <= near and abs(other["top"] - char["top"]) <= near


def _is_shadow(shadow: Char, char: Char) -> bool:
    """Whether ``shadow`` is the same character in the same size and a colour of its own."""
    return (
        abs(shadow["size"] - char["size"]) < 0.01 * char["size"]
        and shadow["non_stroking_color"] != char["non_stroking_color"]
        and _lies_on(char, shadow, _SHADOW)
    )


def _slanting(chars: list[Char]) -> set[int]:
    """Characters on a slanting line, on a page most of which is straight."""
    slanting = {id(char) for char in chars if _slants(char)}
    return slanting if 2 * len(slanting) < len(chars) else set()


def _slants(char: Char) -> bool:
    across, up = char["matrix"][0], char["matrix"][1]
    if not across or not up:
        return False
    angle = math.degrees(math.atan2(up, across)) % 90
    return min(angle, 90 - angle) > _STRAIGHT


def _overlaid(chars: list[Char], marks: set[Mark]) -> tuple[set[int], frozenset[Mark]]:
    """Large or pale characters that lie on those of the text or make a watermark of another page,
    and the pale ones that do neither."""
    if not chars:
        return set(), frozenset()
    usual = sorted(char["size"] for char in chars)[len(chars) // 2]
    groups: defaultdict[tuple[int, int], list[Char]] = defaultdict(list)
    text: list[Char] = []
    for char in chars:
        light = _lightness(char["non_stroking_color"])
        if char["text"].isspace():
            continue
        if char["size"] >= _LARGE * usual or _PALE <= light < 1:
            groups[round(char["size"]), round(10 * light)].append(char)
        else:
            text.append(char)
    found: set[int] = set()
    pale: set[Mark] = set()
    for (size, light), group in groups.items():
        mark = size, light, "".join(sorted({char["text"] for char in group}))
        if mark in marks:
            found |= {id(char) for char in group}
            continue
        covered = sum(any(_covers(char, other) for other in text) for char in group)
        if covered >= max(2, _SHARE * len(group)):
            found |= {id(char) for char in group}
            marks.add(mark)
        elif light >= 10 * _PALE:
            pale.add(mark)
    return found, frozenset(pale)


def _covers(char: Char, other: Char) -> bool:
    """Whether the two overlap by more than neighbours in sound text do."""
    width = min(char["x1"], other["x1"]) - max(char["x0"], other["x0"])
    height = min(char["bottom"], other["bottom"]) - max(char["top"], other["top"])
    if width <= 0 or height <= 0:
        return False
    return width * height > _OVERLAP * min(_area(char), _area(other))


def _area(char: Char) -> float:
    return float((char["x1"] - char["x0"]) * (char["bottom"] - char["top"]))


@lru_cache(maxsize=1024)
def _lightness(color: Any) -> float:
    """From 0 (black) to 1 (white); patterns and spot colours count as black."""
    if isinstance(color, int | float):
        color = (color,)
    if not isinstance(color, tuple | list) or not all(isinstance(c, int | float) for c in color):
        return 0.0
    if len(color) == 4:
        cyan, magenta, yellow, black = color
        return (1 - black) * (3 - cyan - magenta - yellow) / 3
    return sum(color) / len(color) if len(color) in (1, 3) else 0.0
