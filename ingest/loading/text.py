"""Read plain text: every line is a paragraph, or a heading where ``#`` says so."""

from __future__ import annotations

import re

from ingest.document import Block
from ingest.loading.encoding import decode
from ingest.loading.front_matter import split_front_matter
from ingest.loading.reading import Reading, line_blocks


def read_text(data: bytes, where: str) -> Reading:
    """The lines of a text file as paragraphs; a front matter becomes metadata.

    Texts copied from Markdown keep their ``# `` before titles: those lines are headings.

    :raises LoadError: ``not-text``.
    """
    decoded = decode(data, where)
    head = split_front_matter(normal_newlines(decoded.text))
    lines = line_blocks("\n".join((*head.unread, head.body)))
    blocks = [_heading(line) or line for line in lines]
    return Reading(tuple(blocks), head.metadata, decoded.encoding)


def normal_newlines(text: str) -> str:
    """``text`` with ``\\n`` for each ``\\r\\n`` and ``\\r``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


_NUMBER_SIGNS = re.compile(r"(#{1,6})\s+(\S.*)")


def _heading(line: Block) -> Block | None:
    match = _NUMBER_SIGNS.fullmatch(line.text)
    return Block(match[2], "heading", len(match[1])) if match else None
