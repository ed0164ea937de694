"""The texts that a list page of a site links to.

Such pages have a line for each text: a link, whose title may be cut (the whole then stands in its
``title``), and the day of publication, in the line or in the address. Links of menus and feet have
neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ingest.loading.html import parsed_page

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LINES = {"li", "tr", "dd", "dt", "p", "div"}
_LONGEST_LINE = 300
_SHORTEST_TITLE = 6
_HAN = re.compile(r"[\u3400-\u9fff]")
_CUT = re.compile(r"(?:\.{3,}|…+)$")
_MARK = re.compile(r"^[\s·•●◆■►▪\-]+")
_DAY = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d{2})\s*(?:[-./]|年)\s*(?P<m>\d{1,2})\s*(?:[-./]|月)\s*"
    r"(?P<d>\d{1,2})(?!\d)日?"
)
_BRACKETED_DAY = re.compile(rf"\s*[\[(（]?{_DAY.pattern}[\])）]?\s*$")
_DAY_IN_ADDRESS = re.compile(r"/t?(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})_\d+")


@dataclass(frozen=True, slots=True)
class Linked:
    """A text that a page links to; ``date`` is ISO, empty where the page gives none."""

    title: str
    url: str
    date: str = ""


def linked(data: bytes, base: str) -> list[Linked]:
    """The texts that the page with these bytes lists, each once, in its order.

    :param base: the address that it was fetched from.
    :raises LoadError: if it is no text.
    """
    root, _ = parsed_page(data, base)
    found: dict[str, Linked] = {}
    for link in root.iter("a") if root is not None else ():
        one = _text_of(link, base)
        if one is not None:
            found.setdefault(one.url, one)
    return list(found.values())


def _text_of(link: HtmlElement, base: str) -> Linked | None:
    """What a link leads to, if it is a line of a list."""
    shown = _MARK.sub("", " ".join(link.text_content().split()))
    whole = " ".join((link.get("title") or "").split())
    title = whole if _CUT.search(shown) or len(whole) > len(shown) else shown
    title = _BRACKETED_DAY.sub("", title)
    url = _address(base, link.get("href"))
    if not url or len(_HAN.findall(title)) < _SHORTEST_TITLE:
        return None
    day = _day(_line(link)) or _day_in(url)
    return Linked(title, url, day) if day else None


def _address(base: str, href: str | None) -> str:
    try:
        url = urljoin(base, (href or "").strip()).partition("#")[0]
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _line(link: HtmlElement) -> str:
    """The text of the line in which a link stands alone; empty if it stands among others."""
    for above in link.iterancestors():
        if above.tag in _LINES:
            text = " ".join(above.text_content().split())
            several = sum(1 for other in above.iter("a") if other.text_content().strip()) > 1
            if several or len(text) > _LONGEST_LINE:
                return ""
            if _DAY.search(text):
                return text
    return ""


def _days(found: Iterator[re.Match[str]]) -> str:
    for match in found:
        year, month, day = (int(match[name]) for name in "ymd")
        if 1 <= month <= 12 and 1 <= day <= 31:
            return f"{year:04}-{month:02}-{day:02}"
    return ""


def _day(line: str) -> str:
    return _days(_DAY.finditer(line))


def _day_in(url: str) -> str:
    return _days(_DAY_IN_ADDRESS.finditer(url))
