"""What a change of a document changed in what is known of it: old and new values, for the log."""

from __future__ import annotations

from typing import NamedTuple

from ingest.document import Metadata
from ingest.storage.decisions import Values

FIELDS = (
    "title", "issuer", "number", "published", "effective", "expires", "version",
    "region", "kind", "url",
)  # fmt: skip
"""What an editor may correct of a document's metadata."""


class Known(NamedTuple):
    """What is known of a document: its metadata, the hash of its bytes, how many passages."""

    metadata: Metadata
    content_hash: str
    passages: int


def values_changed(before: Known | None, after: Known | None) -> Values:
    """The fields that differ, with the value before and after; also ``passages``, their number,
    where the file is another. Nothing where the document came or went."""
    if before is None or after is None:
        return ()
    found = [
        (name, getattr(before.metadata, name), getattr(after.metadata, name)) for name in FIELDS
    ]
    if before.content_hash != after.content_hash:
        found.append(("passages", str(before.passages), str(after.passages)))
    return tuple((name, old, new) for name, old, new in found if old != new)
