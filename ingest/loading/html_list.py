"""The numbers that a browser prints before the items of ``<ol>``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement


class ListNumbers:
    """Counts the items of nested lists while a tree is walked."""

    def __init__(self) -> None:
        self._counters: list[int | None] = []  # of the open lists; None for bullets

    def open(self, element: HtmlElement) -> None:
        """A list begins."""
        numbered = element.tag == "ol" and not _UNNUMBERED.search(element.get("style") or "")
        self._counters.append(_integer(element.get("start"), 1) if numbered else None)

    def close(self) -> None:
        """The innermost list ends."""
        if self._counters:
            self._counters.pop()

    def label(self, item: HtmlElement) -> str:
        """What is printed before ``item``: ``"3. "``, or nothing where it numbers itself."""
        if not self._counters or self._counters[-1] is None:
            return ""
        value = _integer(item.get("value"), self._counters[-1])
        self._counters[-1] = value + 1
        if _UNNUMBERED.search(item.get("style") or ""):
            return ""
        start = next((text.strip() for text in item.itertext() if text.strip()), "")
        if not start or _NUMBERED.match(start):
            return ""
        return f"{_format(value, item.getparent().get('type') or '1')}. "


_UNNUMBERED = re.compile(r"list-style(?:-type)?\s*:[^;]*\b(?:none|disc|circle|square)\b", re.I)
_NUMBERED = re.compile(
    r"[(（〔]?(?:\d+|[一二三四五六七八九十百]+)[)）〕]?[.、．,，)）\s]|[(（][\d一二三四五六七八九十]+[)）]"
    r"|第[\d一二三四五六七八九十百千零〇]+[条章节编款项]|[①-⑳]"
)


def _integer(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value.strip()) else default


def _format(value: int, kind: str) -> str:
    if kind in ("a", "A") and value > 0:
        letters = ""
        while value:
            value, rest = divmod(value - 1, 26)
            letters = chr(ord(kind) + rest) + letters
        return letters
    if kind in ("i", "I") and 0 < value < 4000:
        roman = roman_numeral(value)
        return roman.lower() if kind == "i" else roman
    return str(value)


def roman_numeral(value: int) -> str:
    """``value`` (1 to 3999) in Roman capitals."""
    digits = []
    for size, symbol in _ROMAN:
        count, value = divmod(value, size)
        digits.append(symbol * count)
    return "".join(digits)


_ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)
