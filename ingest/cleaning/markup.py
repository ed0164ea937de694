"""Leftovers of HTML in text, invisible characters, and white space at the edges of a line."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ingest.cleaning.edits import Edit
from ingest.loading.radicals import RADICALS, folded

_TAGS = "span|font|strong|br|div|td|tr|th|tbody|table|img|o:p|em|ul|ol|li|p|b|a|u|i"
_TAG = re.compile(
    rf"</?(?:{_TAGS})(?:\s+[a-zA-Z:-]+\s*=[^<>\n]*|\s*)/?>"  # whole
    r"|(?<![<a-zA-Z0-9/])/(?:span|font|strong|div|td|tr|p)>"  # its < swallowed
    r"|<!--.*?-->",
    re.IGNORECASE | re.MULTILINE,
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});")
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_SPACES = "\u00a0\u2002\u2003\u2009\u3000"
_LEADING = re.compile(r"\A\s+")
_TRAILING = re.compile(r"\s+\Z")


def tag_edits(text: str) -> list[Edit]:
    """The edits that take tags out and put in the characters that entities stand for."""
    return sorted(_tags_and_entities(text), key=lambda e: e.start)


def invisible_edits(text: str) -> list[Edit]:
    """The edits that take out zero-width and control characters and make no-break spaces plain."""
    edits = [Edit(m.start(), m.end(), "", "space") for m in _INVISIBLE.finditer(text)]
    edits += [Edit(m.start(), m.end(), " ", "space") for m in re.finditer("\u00a0", text)]
    return sorted(edits, key=lambda e: e.start)


def radical_edits(text: str) -> list[Edit]:
    """The edits that make radicals copied from a PDF the characters they stand for."""
    return [
        Edit(match.start(), match.end(), folded(match[0]), "encoding")
        for match in RADICALS.finditer(text)
        if folded(match[0]) != match[0]
    ]


def edge_edits(text: str) -> list[Edit]:
    """The edits that take out white space at the beginning and at the end of ``text``."""
    if not text.strip():
        return [Edit(0, len(text), "", "space")] if text else []
    return [
        Edit(m.start(), m.end(), "", "space")
        for pattern in (_LEADING, _TRAILING)
        for m in pattern.finditer(text)
    ]


def _tags_and_entities(text: str) -> Iterator[Edit]:
    for match in _TAG.finditer(text):
        yield Edit(match.start(), match.end(), "", "boilerplate")
    for match in _ENTITY.finditer(text):
        character = html.unescape(match[0])
        if character == match[0]:
            continue
        if character in _SPACES:
            yield Edit(match.start(), match.end(), " ", "space")
        else:
            yield Edit(match.start(), match.end(), character, "encoding")
