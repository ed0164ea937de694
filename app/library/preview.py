"""What an editor sees of a document before it goes in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.library.drafts import Draft
from ingest.document import Document, Section
from ingest.index import Index
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import Settings
from ingest.shingles import likeness, sketch
from ingest.storage.catalogue import DocumentRecord, work_of
from ingest.suspicious import Flag, flags_of

ALIKE = 0.5
HELD = 0.8
MOST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """A document of the corpus that resembles the draft; ``share`` in [0, 1] of common text.

    ``same`` says that its file has the very same bytes.
    """

    record: DocumentRecord
    share: float
    same: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The draft as a document, and what the corpus has that is like it.

    ``versions`` are documents of the same work (other versions of one law), ``flags`` what an
    editor should look at twice.
    """

    draft: Draft
    document: Document
    sections: list[Section]
    passages: int
    alike: tuple[Alike, ...]
    versions: tuple[DocumentRecord, ...]
    flags: tuple[Flag, ...] = ()


class Sketches:
    """Sketches of the documents of the index, made once for each content."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, np.ndarray] = OrderedDict()

    def of(self, index: Index, record: DocumentRecord) -> np.ndarray:
        """The sketch of a document; empty if it was removed meanwhile."""
        with self._lock:
            found = self._made.get(record.content_hash)
        if found is None:
            stored = index.catalogue.document(record.id)
            found = sketch(stored[0].text) if stored else np.empty(0, np.uint64)
            with self._lock:
                self._made[record.content_hash] = found
                while len(self._made) > 20_000:
                    self._made.popitem(last=False)
        return found


def prepared_draft(draft: Draft, file: Path, source: str, settings: Settings) -> Prepared:
    """The draft cleaned, structured and split; its address is where it was fetched from.

    :raises LoadError: if it cannot be read as a document.
    """
    prepared = prepare(Origin(source, file), settings)
    document = prepared.document
    if draft.url and not document.metadata.url:
        metadata = replace(document.metadata, url=draft.url)
        prepared = replace(prepared, document=replace(document, metadata=metadata))
    return prepared


def preview_of(draft: Draft, prepared: Prepared, index: Index | None, known: Sketches) -> Preview:
    """Compare a draft with the corpus (``None``: there is none yet)."""
    document = prepared.document
    records: Sequence[DocumentRecord] = index.documents() if index else ()
    own = sketch(document.text)
    alike = []
    for record in records:
        same = record.content_hash == draft.content_hash
        found = likeness(own, known.of(index, record)) if index else None
        if found and (same or found.resemblance >= ALIKE or found.containment >= HELD):
            alike.append(Alike(record, 1.0 if same else found.resemblance, same))
    alike.sort(key=lambda one: (-one.same, -one.share))
    work = work_of(document.title)
    return Preview(
        draft,
        document,
        prepared.sections,
        len(prepared.passages),
        tuple(alike[:MOST_ALIKE]),
        tuple(record for record in records if record.work == work),
        tuple(flags_of(document, records)),
    )
