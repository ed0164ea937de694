"""What passages mean, as the reader's encoder has it: made once, kept, and looked up when asked.

They lie beside the index in a place named after encoder and recipe: ``data/meanings/NAME.sqlite``,
or a schema of PostgreSQL, which all machines see. A row for each passage has its vector as 8-bit
integers. They are derived: a passage without one is encoded when a question first needs it, and a
file that is lost or damaged is made anew.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

import numpy as np

from ingest.aside import Aside
from ingest.encoder import WIDTH, Encoder, encoder_of, place_text
from ingest.errors import SettingsError, UserError
from ingest.faults import damaged
from ingest.index import Index, read_current
from ingest.settings import Settings
from ingest.storage.database import Connection, Database
from ingest.storage.places import MEANINGS, meanings_place, meanings_places
from ingest.storage.sqlite import SqliteFile

_LOG = logging.getLogger(__name__)
_BATCH = 64
_ROUNDING = 0.03
"""So far from 1 a vector's length may be for being kept in 8 bits."""
_UNREADABLE = (UserError, sqlite3.Error)
_SCHEMA = """
create table if not exists meanings (
    stamp integer primary key autoincrement, id text not null unique, text blob not null,
    scale real not null, vector blob not null
)
"""

_ASIDE = Aside()

OnMeaning = Callable[[int, int], None]
"""Called with how many of how many passages are encoded."""


def place_of(settings: Settings, encoder: Encoder, recipe: str) -> Database:
    """Where the vectors lie that ``encoder`` makes of an index by ``recipe``."""
    named = hashlib.sha256(f"{encoder.fingerprint} {recipe}".encode()).hexdigest()[:16]
    return meanings_place(settings, named)


def fill(settings: Settings, on_progress: OnMeaning | None = None) -> None:
    """Encode what the serving index holds and is not encoded yet, equal texts once, and forget what
    is gone; interrupted, it goes on next time.

    The caller holds :func:`ingest.index.writing`, so that one process fills at a time. Nothing is
    done where the settings name no reader with an encoder, or nothing was ever ingested.
    """
    encoder = encoder_of(settings)
    if encoder is None or read_current(settings) is None:
        return
    with closing(Index.open(settings)) as index:
        place = place_of(settings, encoder, index.recipe)
        try:
            for other in meanings_places(settings):
                if other.where != place.where:
                    other.drop()
            with closing(_opened(place)) as connection:
                _fill(place, connection, encoder, index, on_progress)
        except SettingsError:
            raise
        except (OSError, *_UNREADABLE) as error:
            # questions are answered without; the next change tries again
            _LOG.warning("%s: the vectors of the reader are not kept (%s)", place.where, error)


def keep_filled(settings: Settings) -> None:
    """:func:`fill` where it was ever done, so that a change of one document stays small."""
    if ever_filled(settings):
        fill(settings)


def ever_filled(settings: Settings) -> bool:
    """Whether vectors were ever kept; a folder that somebody emptied says so too."""
    return (settings.data_folder / MEANINGS).is_dir() or bool(meanings_places(settings))


def _opened(place: Database) -> Connection:
    """The place for writing; a file is made anew if it is damaged."""
    if isinstance(place, SqliteFile) and place.path.is_dir():
        shutil.rmtree(place.path)
    try:
        return _sound(place)
    except _UNREADABLE:
        if not isinstance(place, SqliteFile):
            raise
        place.drop()
        return _sound(place)


def _sound(place: Database) -> Connection:
    connection = place.connect(write=True)
    try:
        place.make(connection, _SCHEMA)
        if fault := place.fault(connection):
            raise damaged(place.where, fault, fault)
    except _UNREADABLE:
        connection.close()
        raise
    return connection


def _fill(
    place: Database,
    connection: Connection,
    encoder: Encoder,
    index: Index,
    on_progress: OnMeaning | None,
) -> None:
    known = {
        id: hash if is_sound(scale, vector) else b""
        for id, hash, scale, vector in rows_of(connection)
    }
    wanted = dict(_texts(index))
    hashes = {id: _hash(text) for id, text in wanted.items()}
    gone = [(id,) for id, hash in known.items() if hashes.get(id) != hash]
    left = {id for (id,) in gone if known[id]}
    _ASIDE.put(encoder.fingerprint, (row[1:] for row in rows_of(connection) if row[0] in left))
    with place.transaction(connection) as changing:
        changing.executemany("delete from meanings where id = ?", gone)
        missing = [id for id in wanted if known.get(id) != hashes[id]]
        missing = _not_brought_back(changing, encoder.fingerprint, missing, hashes)
    alike: dict[bytes, list[str]] = {}
    for id in missing:
        alike.setdefault(hashes[id], []).append(id)
    each, done = list(alike), 0
    for at in range(0, len(each), _BATCH):
        part = each[at : at + _BATCH]
        vectors = encoder.passages([wanted[alike[text][0]] for text in part])
        rows = [
            (id, text, *_packed(vector))
            for text, vector in zip(part, vectors, strict=True)
            for id in alike[text]
        ]
        with place.transaction(connection) as changing:
            changing.executemany(
                "insert into meanings (id, text, scale, vector) values (?,?,?,?)", rows
            )
        done += len(rows)
        if on_progress:
            on_progress(done, len(missing))


def _not_brought_back(
    connection: Connection,
    encoder: str,
    missing: Sequence[str],
    hashes: Mapping[str, bytes],
) -> list[str]:
    """Those of ``missing`` that have to be encoded; the others were put aside and are in again."""
    known = {id: found for id in missing if (found := _ASIDE.of(encoder, hashes[id]))}
    connection.executemany(
        "insert into meanings (id, text, scale, vector) values (?,?,?,?)",
        [(id, hashes[id], *found) for id, found in known.items()],
    )
    return [id for id in missing if id not in known]


def rows_of(connection: Connection) -> Iterator[tuple[str, bytes, float, bytes]]:
    """All that is kept: id, hash of the text, scale and vector."""
    yield from connection.execute("select id, text, scale, vector from meanings")


def hashes_of(index: Index) -> dict[str, bytes]:
    """What should be kept: the ids of all passages with the hashes of their texts."""
    return {id: _hash(text) for id, text in _texts(index)}


def is_sound(scale: float, vector: bytes) -> bool:
    """Whether a row holds a unit vector."""
    if len(vector) != WIDTH:
        return False
    length = float(np.linalg.norm(np.frombuffer(vector, np.int8).astype(np.float32))) * scale
    return abs(length - 1) < _ROUNDING


def _texts(index: Index) -> Iterator[tuple[str, str]]:
    for record in index.documents():
        for passage in index.passages_of(record.id):
            yield passage.id, place_text(record.title, passage.path, passage.text)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:8]


def _packed(vector: np.ndarray) -> tuple[float, bytes]:
    scale = float(np.abs(vector).max()) / 127 or 1.0
    return scale, np.round(vector / scale).astype(np.int8).tobytes()


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept as of one moment; ``row`` says where the vector of an id is."""

    stamp: int = 0
    row: Mapping[str, int] = field(default_factory=dict)
    vectors: np.ndarray = field(default_factory=lambda: np.empty((0, WIDTH), np.int8))
    scales: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))

    def with_rows(self, rows: Sequence[tuple[str, float, bytes]], stamp: int) -> _Kept:
        """New rows after the old ones; an id's newest row counts."""
        fresh = {id: (scale, vector) for id, scale, vector in rows}
        kept = [id for id in self.row if id not in fresh]
        old = np.array([self.row[id] for id in kept], np.int64)
        more = np.frombuffer(b"".join(vector for _, vector in fresh.values()), np.int8)
        scales = np.array([scale for scale, _ in fresh.values()], np.float32)
        return _Kept(
            stamp,
            {id: n for n, id in enumerate([*kept, *fresh])},
            np.concatenate([self.vectors[old], more.reshape(-1, WIDTH)]),
            np.concatenate([self.scales[old], scales]),
        )

    def cosines(self, question: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines of a question with some rows."""
        found = np.empty(len(rows), np.float32)
        for at in range(0, len(rows), 4096):
            part = rows[at : at + 4096]
            found[at : at + 4096] = self.vectors[part].astype(np.float32) @ question
        return found * self.scales[rows]


class Meanings:
    """The vectors kept of the passages of an index, for reading, from many threads; none where
    nothing was kept.

    :param place: see :func:`place_of`.
    """

    def __init__(self, place: Database) -> None:
        self._place = place
        self._kept = _Kept()
        self._refreshing = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept.row)

    def cosines(self, question: np.ndarray, ids: Sequence[str]) -> np.ndarray:
        """Cosines of a question with passages, float32 ``(len(ids),)``; NaN where none is kept.

        :param question: a unit vector of the encoder.
        """
        kept = self._kept
        rows = np.array([kept.row.get(id, -1) for id in ids], np.int64)
        found = np.full(len(ids), np.nan, np.float32)
        there = rows >= 0
        if there.any():
            found[there] = kept.cosines(question, rows[there])
        return found

    def nearest(self, question: np.ndarray, k: int) -> tuple[list[str], np.ndarray]:
        """Ids and cosines of the ``k`` nearest passages kept, best first; some may be gone from
        the index."""
        kept = self._kept
        every = kept.cosines(question, np.arange(len(kept.scales)))
        k = min(k, len(every))
        best = np.argpartition(-every, k - 1)[:k] if k else np.empty(0, np.int64)
        best = best[np.argsort(-every[best], kind="stable")]
        ids = list(kept.row)
        return [ids[row] for row in best], every[best]

    def refresh(self) -> None:
        """See what was written since."""
        with (
            self._refreshing,
            suppress(*_UNREADABLE),
            closing(self._place.connect(write=False)) as connection,
        ):
            (last,) = connection.execute("select coalesce(max(stamp), 0) from meanings").fetchone()
            kept = self._kept
            if last == kept.stamp:
                return
            if last < kept.stamp:  # it was made anew
                kept = _Kept()
            rows = connection.execute(
                "select id, scale, vector from meanings where stamp > ? and length(vector) = ?"
                " order by stamp",
                (kept.stamp, WIDTH),
            ).fetchall()
            self._kept = kept.with_rows(rows, last)
