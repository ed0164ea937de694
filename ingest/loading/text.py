"""Read plain text: every line is a paragraph."""

from __future__ import annotations

from ingest.loading.encoding import decode
from ingest.loading.front_matter import split_front_matter
from ingest.loading.reading import Reading, line_blocks


def read_text(data: bytes, where: str) -> Reading:
    """The lines of a text file as paragraphs; a front matter becomes metadata.

    :raises LoadError: ``not-text``.
    """
    decoded = decode(data, where)
    head = split_front_matter(normal_newlines(decoded.text))
    blocks = line_blocks("\n".join((*head.unread, head.body)))
    return Reading(tuple(blocks), head.metadata, decoded.encoding)


def normal_newlines(text: str) -> str:
    """``text`` with ``\\n`` for each ``\\r\\n`` and ``\\r``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
