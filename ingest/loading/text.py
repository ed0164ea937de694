"""Read plain text: every line is a paragraph, or a heading where ``#`` says so."""

from __future__ import annotations

import re

from ingest.document import Block
from ingest.loading.encoding import decode
from ingest.loading.front_matter import split_front_matter
from ingest.loading.reading import Reading, line_blocks
from ingest.loading.wrapping import unwrapped


def read_text(data: bytes, where: str) -> Reading:
    """The lines of a text file as paragraphs; a front matter becomes metadata.

    Lines that were cut at a fixed width are joined. Texts
    copied from Markdown keep their ``# `` before titles: those lines are headings.

    :raises LoadError: ``not-text``.
    """
    decoded = decode(data, where)
    head = split_front_matter(normal_newlines(decoded.text))
    body = unwrapped(head.body.split("\n"))
    lines = line_blocks("\n".join((*head.unread, *body)))
    blocks = [_heading(line) or line for line in lines]
    return Reading(tuple(blocks), head.metadata, decoded.encoding)


def normal_newlines(text: str) -> str:
    """``text`` with ``\\n`` for each ``\\r\\n`` and ``\\r``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


_NUMBER_SIGNS = re.compile(r"(#{1,6})\s+(\S.*)")


def _heading(line: Block) -> Block | None:
    match = _NUMBER_SIGNS.fullmatch(line.text)
    return Block(match[2], "heading", len(match[1])) if match else None
