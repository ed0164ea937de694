"""What a document says of itself."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.document import Metadata


def find_metadata(lines: Sequence[str], declared: Metadata, source: str) -> Metadata:
    """``declared``, completed from the clean ``lines`` and the name in ``source``."""
    title = lines[0] if lines and len(lines[0]) <= 60 else None
    return Metadata(title=title).merged_under(declared)
