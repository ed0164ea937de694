"""The same text from two sources: which documents are copies of one another, and which one answers.

Copies are looked for by MinHash over shingles (:mod:`ingest.shingles`) and taken for one text only
if they have the same words: what stands in the middle of the shorter one stands in the other word
for word, one's title holds the other's, and no version, day of effect, number or region differs.
So versions of a law stay apart however alike they are; page furniture, punctuation and script do
not count.

``data/twins.npz`` keeps what was found, by the hash of the documents' bytes. It is derived: lost or
damaged, it is made anew by the next change.
"""

from __future__ import annotations

import io
import threading
import weakref
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest import PIPELINE_VERSION
from ingest.cleaning.holes import HOLE
from ingest.durable import written
from ingest.index import Index
from ingest.settings import Settings
from ingest.shingles import bare, shingles
from ingest.storage.catalogue import DocumentRecord, StoredDocument, work_of

FILE = "twins.npz"
_VALUES = 128
_ALIKE = 0.7
"""An estimate from so many values is off by less than 0.1; copies share more than 0.8."""
_EDGE, _LONGEST_EDGE = 20, 300
"""A twentieth at either end, so many characters at most, may be page furniture."""
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """``kept`` says of each copy that does not answer which document does in its place, by id;
    ``copies`` has for every document of which there are copies the others, by id."""

    kept: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, tuple[DocumentRecord, ...]] = field(default_factory=dict)

    def of(self, id: str) -> tuple[DocumentRecord, ...]:
        """The other copies of a document's text."""
        return self.copies.get(id, ())

    def without_copies(self, records: Sequence[DocumentRecord]) -> list[DocumentRecord]:
        """The documents that answer."""
        return [record for record in records if record.id not in self.kept]

    def answering(self, ids: Collection[str]) -> frozenset[str]:
        """``ids`` with the documents that answer in the place of copies."""
        return frozenset(self.kept.get(id, id) for id in ids)


def twins_of(index: Index) -> Twins:
    """What is known of the index as it is now; the same object until that changes."""
    with _LOCK:
        pairs = _pairs(*_state(index.settings))
        key = (index.changes, pairs)
        known = _KNOWN.get(index)
        if known is None or known[0] != key:
            known = _KNOWN[index] = (key, _grouped(index.documents(), pairs))
        return known[1]


def note_twins(index: Index) -> None:
    """Look for copies among the documents that were not looked at before; the caller holds
    :func:`ingest.index.writing`."""
    file = index.settings.data_folder / FILE
    records = {r.content_hash: r for r in index.documents()}
    before = _read(file)
    if records.keys() == before.hashes.keys():
        return
    made = {hash: values for hash, values in before.hashes.items() if hash in records}
    pairs = {pair for pair in before.pairs if pair <= records.keys()}
    names = list(made)
    table = np.empty((len(records), _VALUES), np.uint32)
    table[: len(names)] = list(made.values()) or table[:0]
    for hash, record in records.items():
        stored = _stored(record, index) if hash not in made else None
        if stored is None:
            continue
        values = signature(stored.document.text)
        for at in _near(values, table[: len(names)]):
            copy = _stored(records[names[at]], index)
            if copy is not None and same_text(stored, copy):
                pairs.add(frozenset((hash, names[at])))
        table[len(names)] = made[hash] = values
        names.append(hash)
    _write(file, _Noted(made, frozenset(pairs)))


def _stored(record: DocumentRecord, index: Index) -> StoredDocument | None:
    found = index.catalogue.document(record.id)
    return StoredDocument(record, *found) if found else None


def same_text(one: StoredDocument, other: StoredDocument) -> bool:
    """Whether two documents are copies of one text; see the head of this module."""
    if _contradict(one.record, other.record):
        return False
    short, long = sorted(
        ([bare(piece) for piece in each.document.text.split(HOLE)] for each in (one, other)),
        key=lambda pieces: sum(map(len, pieces)),
    )
    edge = min(sum(map(len, short)) // _EDGE, _LONGEST_EDGE)
    # What a hole stands for in one copy may stand in the other
    return bool(edge) and _in_order(list(_middle(short, edge)), "".join(long))


def _contradict(one: DocumentRecord, other: DocumentRecord) -> bool:
    """Whether two documents say of themselves that they are not the same: two provinces may have
    the same rules."""
    a, b = bare(work_of(one.title)), bare(work_of(other.title))
    if a not in b and b not in a:
        return True
    ours, theirs = one.metadata, other.metadata
    said = (
        (ours.version, theirs.version),
        (ours.number, theirs.number),
        (ours.region, theirs.region),
        (ours.effective, theirs.effective),
    )
    return any(x and y and bare(x) != bare(y) for x, y in said)


def signature(text: str) -> np.ndarray:
    """The MinHash of a text's shingles, uint32 of shape ``(128,)``."""
    # SciPy, which it imports, takes half a second that readers need not wait for
    from datasketch import MinHash

    made = MinHash(_VALUES, hashfunc=int)
    hashes = (shingles(text) & np.uint64(0xFFFFFFFF)).tolist()
    for at in range(0, len(hashes), _AT_ONCE):
        made.update_batch(hashes[at : at + _AT_ONCE])
    return np.asarray(made.hashvalues, np.uint32)


def _near(values: np.ndarray, table: np.ndarray) -> list[int]:
    """The rows of ``table`` that share enough with ``values``."""
    shared = np.count_nonzero(table == values, axis=1)
    found: list[int] = np.flatnonzero(shared >= _ALIKE * _VALUES).tolist()
    return found


def _middle(pieces: Sequence[str], edge: int) -> Iterator[str]:
    """The pieces without ``edge`` characters at either end of the whole."""
    at, end = 0, sum(map(len, pieces)) - edge
    for piece in pieces:
        yield piece[max(edge - at, 0) : max(end - at, 0)]
        at += len(piece)


def _in_order(pieces: Sequence[str], text: str) -> bool:
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _grouped(records: Sequence[DocumentRecord], pairs: frozenset[frozenset[str]]) -> Twins:
    """The copies among ``records``; of each group the document that says most of itself answers."""
    by_hash: dict[str, list[DocumentRecord]] = {}
    for record in records:
        by_hash.setdefault(record.content_hash, []).append(record)
    groups = {record.id: [record] for record in records}
    together = [ids for ids in by_hash.values() if len(ids) > 1]
    together += [[r for hash in pair for r in by_hash.get(hash, ())] for pair in pairs]
    for some in together:
        joined = {r.id: r for one in some for r in groups[one.id]}
        for id in joined:
            groups[id] = list(joined.values())
    kept, copies = {}, {}
    for group in groups.values():
        best, *others = sorted(group, key=_worth)
        kept.update({other.id: best.id for other in others})
        copies.update(
            {one.id: tuple(o for o in group if o.id != one.id) for one in group if others}
        )
    return Twins(kept, copies)


def _worth(record: DocumentRecord) -> tuple[bool, bool, bool, bool, int, str, str]:
    """Smallest for the copy that is worth most to a reader."""
    said = record.metadata
    unknown = (said.validity is None, said.version is None, said.url is None)
    return (record.superseded, *unknown, record.repairs, record.added, record.id)


@dataclass(frozen=True, slots=True)
class _Noted:
    """Signatures by content hash, and pairs of hashes of copies."""

    hashes: dict[str, np.ndarray]
    pairs: frozenset[frozenset[str]]


def _state(settings: Settings) -> tuple[Path, int]:
    file = settings.data_folder / FILE
    try:
        return file, file.stat().st_mtime_ns
    except OSError:
        return file, 0


@lru_cache(maxsize=8)
def _pairs(file: Path, changed: int) -> frozenset[frozenset[str]]:
    """``changed`` is the file's time, so that a changed file is read again."""
    return _read(file).pairs if changed else frozenset()


def _read(file: Path) -> _Noted:
    """What is noted; nothing where the file is missing, damaged or of another pipeline."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as held:
            if str(held["pipeline"]) != str(PIPELINE_VERSION):
                return _Noted({}, frozenset())
            hashes, values = held["hashes"].tolist(), held["signatures"]
            if values.shape != (len(hashes), _VALUES):
                return _Noted({}, frozenset())
            found = dict(zip(hashes, values, strict=True))
            return _Noted(found, frozenset(frozenset(pair) for pair in held["pairs"].tolist()))
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return _Noted({}, frozenset())


def _write(file: Path, noted: _Noted) -> None:
    values = list(noted.hashes.values())
    with written(file) as stream:
        np.savez(
            stream,
            pipeline=np.array(str(PIPELINE_VERSION)),
            hashes=np.array(list(noted.hashes), "U64"),
            signatures=np.stack(values) if values else np.empty((0, _VALUES), np.uint32),
            pairs=np.array([sorted(pair) for pair in noted.pairs], "U64").reshape(-1, 2),
        )


_LOCK = threading.Lock()
_KNOWN: weakref.WeakKeyDictionary[Index, tuple[object, Twins]] = weakref.WeakKeyDictionary()
