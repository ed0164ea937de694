"""Whether a text is valid, as far as it is known: never more than the sources say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

from ingest.document import PURCHASE_KINDS, Metadata
from ingest.storage.catalogue import DocumentRecord

State = Literal[
    "current",  # the source says that it is in force
    "newest",  # nobody says so; no newer version is known here
    "superseded",  # a newer version is in force, here or as the source says
    "repealed",  # the source says so
    "pending",  # the day of coming into force is yet to come
    "expired",  # the last day for which it was made is over
    "unstated",  # news, and what bears no date
]
STATES: tuple[State, ...] = get_args(State)


def state_of(record: DocumentRecord, today: date | None = None) -> State:
    """How a document of the catalogue stands on ``today``."""
    now = (today or date.today()).isoformat()
    metadata = record.metadata
    if metadata.validity == "repealed":
        return "repealed"
    if record.superseded or metadata.validity == "amended":
        return "superseded"
    if metadata.expires and metadata.expires < now:
        return "expired"
    if metadata.effective and metadata.effective > now:
        return "pending"
    if metadata.validity == "in-force":
        return "current"
    dated = metadata.version or metadata.effective or metadata.published
    return (
        "newest" if dated and metadata.kind not in ("news", None, *PURCHASE_KINDS) else "unstated"
    )


def holds(record: DocumentRecord) -> bool:
    """Whether nothing is known that keeps a document from being in force: it is not repealed or
    superseded, its time is not over, and its day has come."""
    return state_of(record) not in ("superseded", "repealed", "expired", "pending")


def date_of(record: DocumentRecord) -> str | None:
    """The date that tells versions of a document apart."""
    return date_in(record.metadata)


def date_in(metadata: Metadata) -> str | None:
    """The same, of what a document says of itself."""
    return metadata.version or metadata.published or metadata.effective


def replaced_by(record: DocumentRecord, records: Iterable[DocumentRecord]) -> DocumentRecord | None:
    """The version that holds in the place of a superseded one, where it is in the catalogue."""
    if not record.superseded:
        return None
    versions = (r for r in records if r.work == record.work and r.metadata.version)
    holding = [r for r in versions if not r.superseded and state_of(r) != "pending"]
    return max(holding, key=lambda r: r.metadata.version or "", default=None)
