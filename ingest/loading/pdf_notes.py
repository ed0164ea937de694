"""Footnotes of a PDF: small lines at the foot of a page that would cut the paragraph in two."""

from __future__ import annotations

import re

from ingest.document import Block
from ingest.loading.pdf_lines import PrintedLine, joined

_MARK = re.compile(
    r"[①-⑳*※†]|\[\d{1,3}\]|〔\d{1,3}〕|注\s*\d*\s*[:：]|\d{1,2}(?![\d年月日])\s*[^\d.、．\s]"
)
_SMALL = 0.9
"""A note is set smaller than this part of the text."""
_MOST = 0.5
"""More of a page than this is no footnote."""


def split_notes(lines: list[PrintedLine]) -> tuple[list[PrintedLine], list[PrintedLine]]:
    """The lines of a page without its footnotes, and these.

    :param lines: in reading order, without the foot of the page.
    """
    if not lines:
        return [], []
    size = sorted(line.size for line in lines)[len(lines) // 2]
    begin = len(lines)
    while begin and lines[begin - 1].size < _SMALL * size:
        begin -= 1
    while begin < len(lines) and not _MARK.match(lines[begin].text):
        begin += 1
    if len(lines) - begin > _MOST * len(lines):
        return lines, []
    return lines[:begin], lines[begin:]


def notes_of(lines: list[PrintedLine]) -> list[Block]:
    """The notes that ``lines`` print, each from its mark to the next one."""
    found: list[Block] = []
    for line in lines:
        block = Block(line.text, pages=((0, line.page + 1),))
        if not found or _MARK.match(line.text):
            found.append(block)
        else:
            found[-1] = joined(found[-1], block)
    return found
