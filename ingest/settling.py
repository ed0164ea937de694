"""Changes that a killed process left open are closed, as the index shows the documents."""

from __future__ import annotations

from ingest.index import Index
from ingest.originals import in_corpus
from ingest.settings import Settings
from ingest.storage.decisions import Decisions, Standing


def settle(index: Index, settings: Settings) -> None:
    """Close all open changes: those that took effect stay, the others are as if never made.

    The caller holds :func:`ingest.index.writing`.
    """
    hashes = index.catalogue.hashes()

    def took_effect(standing: Standing) -> bool:
        return shown(standing, index, hashes)

    Decisions(settings).settle(took_effect, lambda file: in_corpus(file, settings))


def shown(standing: Standing, index: Index, hashes: dict[str, str]) -> bool:
    """Whether the index shows a document as it should stand; ``hashes`` are those of all in it."""
    found = hashes.get(standing.document)
    if not standing.present:
        return found is None
    if found != standing.content_hash:
        return False
    stored = index.catalogue.document(standing.document)
    metadata = stored[0].metadata if stored else None
    return all(getattr(metadata, name, None) == value for name, value in standing.edits)
