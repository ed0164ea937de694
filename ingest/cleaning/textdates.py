"""Dates as Chinese documents print them."""

from __future__ import annotations

import re
from datetime import date

_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {
    "零": "0",
    "○": "0",
    "Ｏ": "0",
}
DATE = (
    r"(?P<y>(?:19|20)\d{2}|[一二][〇零○Ｏ一二三四五六七八九]{3}|"
    r"(?:中[华華])?民[国國]\s*(?:\d{2,3}|[一二三四五六七八九十百零〇]{1,4}))\s*[年./-]\s*"
    r"(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})\s*[月./-]\s*"
    r"(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})\s*日?(?!\d)"
)
"""A date in figures (2024年10月24日, 2024-10-24) or in characters (二〇二四年十月二十四日), also in
years of the Republic (民國98年8月31日)."""

_DATE = re.compile(DATE)
_FIRST_YEAR = 1912
"""民國元年."""


def find_date(text: str) -> str | None:
    """The first date in ``text`` as ``YYYY-MM-DD``; ``None`` where there is none.

    >>> find_date("自二〇二四年十月二十四日起施行")
    '2024-10-24'
    """
    dates = find_dates(text)
    return dates[0] if dates else None


def find_dates(text: str) -> list[str]:
    """All dates in ``text`` as ``YYYY-MM-DD``, in reading order; impossible ones left out."""
    found = (iso(match) for match in _DATE.finditer(text))
    return [day for day in found if day]


def iso(match: re.Match[str]) -> str | None:
    """The date that a match of :data:`DATE` stands for; ``None`` where the calendar has none."""
    republic = re.match(r"(?:中[华華])?民[国國]\s*(?P<n>.+)", match["y"])
    try:
        if republic:
            year = _FIRST_YEAR - 1 + _small(republic["n"].replace("一百", "").lstrip("零〇") or "0")
            year += 100 * republic["n"].startswith("一百")
        else:
            year = int("".join(_DIGITS.get(c, c) for c in match["y"]))
        return date(year, _small(match["m"]), _small(match["d"])).isoformat()
    except ValueError:
        return None


def _small(text: str) -> int:
    """The value of a number below 100: ``24`` or ``二十四``."""
    if text.isdigit() and text.isascii():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    unit = int(_DIGITS[ones]) if ones else 0
    return (int(_DIGITS[tens]) if tens else 1) * 10 + unit if ten else unit
