"""What a sync would change, without changing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

from ingest.document import document_id
from ingest.errors import UserError
from ingest.index import Index, read_current
from ingest.known import as_decided
from ingest.originals import content_hash
from ingest.prepare import Origin
from ingest.settings import Settings
from ingest.sources.sync import obtained
from ingest.storage.catalogue import DocumentRecord, work_of
from ingest.storage.decisions import Decisions

Change = Literal["new", "new-version", "changed", "unchanged", "removed"]
"""``changed``: other bytes under the name that it has; ``removed``: an editor took it out, and it
stays out unless it is named."""


@dataclass(slots=True)
class Look:
    """What would become of each text, in the order of the list, and what cannot be had."""

    found: list[tuple[Change, str]] = field(default_factory=list)
    missing: list[UserError] = field(default_factory=list)
    waiting: int = 0
    sought: list[str] = field(default_factory=list)

    def count(self, change: Change) -> int:
        """How many texts have this change."""
        return sum(one == change for one, _ in self.found)


def look(
    settings: Settings, names: Sequence[str] = (), everything: bool = False, web: bool = False
) -> Look:
    """Compare the sources with what is in; writes nothing and keeps nobody else from writing.

    The parameters are those of :func:`ingest.sources.sync.sync`, as are the errors.
    """
    records = _records(settings)
    decided = Decisions(settings).all()
    with TemporaryDirectory() as folder:

        def keep(data: bytes, suffix: str) -> Path:
            file = Path(folder) / f"{hashlib.sha256(data).hexdigest()}{suffix}"
            file.write_bytes(data)
            return file

        had = obtained(settings, names, everything, web, keep, remember=False)
        found = Look([], [one.error for one in had.missing], had.waiting, had.sought)
        for origin in had.origins:
            standing = [origin] if names else list(as_decided(origin, decided, settings))
            change: Change = _change(standing[0], records) if standing else "removed"
            found.found.append((change, origin.source))
    return found


def _records(settings: Settings) -> list[DocumentRecord]:
    if read_current(settings) is None:
        return []
    index = Index.open(settings)
    try:
        return index.documents()
    finally:
        index.close()


def _change(origin: Origin, records: Sequence[DocumentRecord]) -> Change:
    id = document_id(origin.source)
    known = next((record for record in records if record.id == id), None)
    if known is not None:
        same = known.content_hash == (origin.content_hash or content_hash(origin.file))
        return "unchanged" if same else "changed"
    page, dated, _ = origin.source.partition("#")
    work = work_of(PurePosixPath(origin.source).stem)
    earlier = any(r.source.partition("#")[0] == page if dated else r.work == work for r in records)
    return "new-version" if earlier else "new"
