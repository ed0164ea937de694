"""Read OFD, the national format for fixed pages (GB/T 33190), with ofdkit."""

from __future__ import annotations

import unicodedata
from typing import Any

from ingest.loading.pdf_content import ReadPage, drawn_char
from ingest.loading.printed_pages import PrintedPage, printed_page, reading_of
from ingest.loading.reading import LoadLimits, Reading
from ingest.loading.zip_package import OFD, check_package, damaged

_POINTS = 72 / 25.4
"""OFD measures in millimetres."""


def read_ofd(data: bytes, where: str, limits: LoadLimits) -> Reading:
    """Paragraphs in the order of pages and of reading, without heads, feet and page numbers.

    :raises LoadError: ``not-ofd``, ``damaged-ofd``, ``too-large-expanded`` or ``unsafe-xml``.
    """
    import ofdkit

    check_package(data, where, limits, OFD)
    try:
        with ofdkit.open(data) as file:
            pages = [_page(page, number) for number, page in enumerate(file.pages)]
            title = file.info.title or ""
    except (ofdkit.OFDError, OSError, ValueError) as error:
        raise damaged(where, OFD) from error
    return reading_of(pages, title)


def _page(page: Any, number: int) -> PrintedPage:
    left, top, width, height = (part * _POINTS for part in page.box)
    chars = []
    for run in page.runs:
        x, low = run.x * _POINTS - left, run.y * _POINTS - top
        units = sum(map(_ems, run.text)) or 1.0
        step = (run.width or run.size * units) * _POINTS / units
        for char in run.text:
            right = x + step * _ems(char)
            chars.append(drawn_char(char, x, right, low, run.size * _POINTS))
            x = right
    return printed_page(ReadPage(number + 1, width, height, {"char": chars}), number)


def _ems(char: str) -> float:
    return 1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.5
