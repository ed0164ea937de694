"""Refuse a PDF whose compressed streams expand to more than a document holds."""

from __future__ import annotations

import re
import zlib

from ingest.errors import LoadError
from ingest.loading.reading import LoadLimits


def check_streams(data: bytes, where: str, limits: LoadLimits) -> None:
    """Expand each Flate stream in pieces, keeping none, and count.

    :raises LoadError: ``too-large-expanded``.
    """
    total = 0
    for match in _STREAM.finditer(data):
        start = match.end()
        if data[start] & 0x0F != _DEFLATE:  # another filter, or none
            continue
        expand = zlib.decompressobj()
        pending = data[start : start + _PIECE]
        position = start + _PIECE
        try:
            while pending and not expand.eof:
                total += len(expand.decompress(pending, _PIECE))
                if total > limits.max_expanded_bytes:
                    raise LoadError(
                        "too-large-expanded",
                        where,
                        "the PDF expands to far more than a document holds",
                        "Check where it comes from, or raise the limit",
                        ("PDF 解压后过大", "请检查来源或调高上限"),
                    )
                pending = expand.unconsumed_tail
                if not pending and not expand.eof:
                    pending = data[position : position + _PIECE]
                    position += _PIECE
        except zlib.error:
            continue  # no Flate stream after all


_STREAM = re.compile(rb"\bstream\r?\n(?=.)", re.DOTALL)
_DEFLATE = 8  # the low four bits of a zlib header (RFC 1950, 2.2)
_PIECE = 2**20
