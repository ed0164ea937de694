"""The catalogue: which documents are in, and all about them, in one data base.

A document becomes visible, is replaced or disappears in one transaction, together with its
passages and its rows in the lexical index, so that a process killed at any moment leaves either
all of it or nothing. Vectors are kept elsewhere and are looked at only through the passages
listed here; ``stray`` names revisions whose vectors may lie there without being visible.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.document import PURCHASE_KINDS, CardEntry, Document, Metadata, Passage, Section
from ingest.storage.database import Connection, Database
from ingest.storage.rows import (
    DOCUMENT_COLUMNS,
    PASSAGE_COLUMNS,
    card_of,
    document_of,
    document_row,
    metadata_of,
    passage_of,
    passage_row,
)
from ingest.storage.sqlite import SqliteFile

_SCHEMA = """
create table if not exists meta (key text primary key, value text not null);
create table if not exists documents (
    id text primary key, revision text not null, source text not null, file text not null,
    format text not null, content_hash text not null, title text not null, work text not null,
    metadata text not null, text text not null, original text not null, lines text not null,
    sections text not null, repairs text not null, repair_count integer not null,
    passage_count integer not null, added text not null, card text not null,
    pages text not null
);
create table if not exists passages (
    id text primary key, document text not null references documents(id) on delete cascade,
    ordinal integer not null, start integer not null, "end" integer not null, text text not null,
    section integer not null, path text not null, citation text not null, kind text not null
);
create index if not exists passages_by_document on passages(document, ordinal);
create table if not exists stray (revision text primary key);
"""

TABLES = ("meta", "documents", "passages", "stray", "lexical")
"""All that a generation has, those first that others refer to."""

_NOTE_STRAY = "insert into stray values (?) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """What a list of documents shows of one.

    ``file`` is where its raw bytes lie; ``passages`` and ``repairs`` are counts; ``added`` is an
    ISO time; ``work`` is the title shared by all versions of one law, and ``superseded`` says
    that another version of it in the catalogue is newer and already effective.
    """

    id: str
    revision: str
    source: str
    file: str
    format: str
    content_hash: str
    title: str
    work: str
    metadata: Metadata
    passages: int
    repairs: int
    added: str
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of the catalogue with its outline."""

    record: DocumentRecord
    document: Document
    sections: list[Section]


class Catalogue:
    """The tables in ``place`` (a path: a SQLite file); made if not there and ``write`` is true."""

    def __init__(self, place: Database | Path, write: bool = False) -> None:
        self.database: Database = SqliteFile(place) if isinstance(place, Path) else place
        self._write = write
        self._local = threading.local()
        self._known: tuple[tuple[int, date], list[DocumentRecord]] | None = None
        if write:
            self.database.make(self.connection, _SCHEMA)

    @property
    def connection(self) -> Connection:
        """This thread's connection, in autocommit mode.

        :raises IndexStateError: if the place is missing or damaged.
        """
        found: Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self.database.connect(self._write)
            self._local.connection = found
        return found

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All changes made inside take effect together, or none of them."""
        with self.database.transaction(self.connection) as connection:
            yield connection

    def close(self) -> None:
        """Close this thread's connection."""
        found: Connection | None = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            self._local.connection = None

    # what the index as a whole says of itself

    def meta(self, key: str) -> str | None:
        """The value kept under ``key``."""
        row = self.connection.execute("select value from meta where key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        """Keep ``value`` under ``key``."""
        self.connection.execute(
            "insert into meta values (?, ?) on conflict (key) do update set value = excluded.value",
            (key, value),
        )

    @property
    def changes(self) -> int:
        """How often a document was added, replaced or removed."""
        return int(self.meta("changes") or 0)

    # documents

    def records(self) -> list[DocumentRecord]:
        """All documents, in order of title and version; read anew only after a change."""
        key = (self.changes, date.today())
        if self._known is None or self._known[0] != key:
            self._known = (key, self._read_records())
        return list(self._known[1])

    def _read_records(self) -> list[DocumentRecord]:
        rows = self.connection.execute(
            "select id, revision, source, file, format, content_hash, title, work, metadata,"
            " passage_count, repair_count, added from documents"
        ).fetchall()
        records = [_record(row) for row in rows]
        return _mark_superseded(sorted(records, key=lambda r: (r.title, _dated(r), r.id)))

    def _later_columns(self) -> str:
        """The columns that a catalogue of an earlier version lacks; empty lists in their place."""
        columns = self.database.columns(self.connection, "documents")
        return "card, pages" if {"card", "pages"} <= columns else "'[]', '[]'"

    def cards(self) -> dict[str, tuple[CardEntry, ...]]:
        """The cards of the documents that have one, by id."""
        if "card" not in self._later_columns():
            return {}
        rows = self.connection.execute("select id, card from documents where card != '[]'")
        return {id: card_of(card) for id, card in rows}

    def hashes(self) -> dict[str, str]:
        """Content hash of each document, by id."""
        return dict(self.connection.execute("select id, content_hash from documents").fetchall())

    def document(self, document_id: str) -> tuple[Document, list[Section]] | None:
        """The document and its outline, or ``None`` if it is not in."""
        row = self.connection.execute(
            f"select {DOCUMENT_COLUMNS}, {self._later_columns()} from documents where id = ?",
            (document_id,),
        ).fetchone()
        return document_of(row) if row else None

    def put(
        self,
        connection: Connection,
        document: Document,
        sections: Sequence[Section],
        passages: Sequence[Passage],
        file: str,
    ) -> None:
        """Store the document in the open transaction, in place of what has its id."""
        self.delete(connection, document.id)
        revision, work = revision_of(document), work_of(document.title)
        connection.execute(
            "insert into documents values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            document_row(document, sections, len(passages), file, revision, work),
        )
        connection.executemany(
            f"insert into passages ({PASSAGE_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?)",
            map(passage_row, passages),
        )
        self._count_change(connection)

    def delete(self, connection: Connection, document_id: str) -> None:
        """Take the document out in the open transaction, and note that its vectors are stray."""
        row = connection.execute(
            "select revision from documents where id = ?", (document_id,)
        ).fetchone()
        if row:
            connection.execute(_NOTE_STRAY, row)
            connection.execute("delete from documents where id = ?", (document_id,))
            self._count_change(connection)

    def _count_change(self, connection: Connection) -> None:
        connection.execute(
            "insert into meta values ('changes', '1') on conflict (key)"
            " do update set value = cast(cast(meta.value as integer) + 1 as text)"
        )

    # passages

    def passage_count(self) -> int:
        """The number of visible passages."""
        return int(self.connection.execute("select count(*) from passages").fetchone()[0])

    def some_passages(self, most: int) -> list[str]:
        """The ids of a few passages."""
        rows = self.connection.execute("select id from passages order by id limit ?", (most,))
        return [row[0] for row in rows]

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The visible ones among ``ids``, by id."""
        wanted = list(ids)
        found: dict[str, Passage] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self.connection.execute(
                f"select {PASSAGE_COLUMNS} from passages where id in ({marks})", part
            )
            found.update((row[0], passage_of(row)) for row in rows)
        return found

    def passages_of(self, document_id: str) -> list[Passage]:
        """The passages of one document in reading order."""
        rows = self.connection.execute(
            f"select {PASSAGE_COLUMNS} from passages where document = ? order by ordinal",
            (document_id,),
        )
        return [passage_of(row) for row in rows]

    def passages_with(self, word: str) -> dict[str, list[str]]:
        """The texts of the passages that hold ``word``, by document."""
        found: dict[str, list[str]] = {}
        for document, text in self.connection.execute(
            "select document, text from passages where instr(text, ?) > 0"
            " order by document, ordinal",
            (word,),
        ):
            found.setdefault(document, []).append(text)
        return found

    def passage_at(self, document_id: str, offset: int) -> Passage | None:
        """The passage that holds the character at ``offset``."""
        row = self.connection.execute(
            f"select {PASSAGE_COLUMNS} from passages"
            ' where document = ? and start <= ? and "end" > ?',
            (document_id, offset, offset),
        ).fetchone()
        return passage_of(row) if row else None

    # vectors that may be left over

    def mark_stray(self, revision: str) -> None:
        """Note that vectors of ``revision`` may exist without being visible."""
        self.connection.execute(_NOTE_STRAY, (revision,))

    def has_notes_of_strays(self) -> bool:
        """Whether any revision is noted."""
        return bool(self.connection.execute("select 1 from stray limit 1").fetchone())

    def strays(self) -> list[str]:
        """Revisions noted, less those that are visible."""
        rows = self.connection.execute(
            "select revision from stray where revision not in (select revision from documents)"
        )
        return [row[0] for row in rows]

    def forget_strays(self) -> None:
        """All noted revisions have been dealt with."""
        self.connection.execute("delete from stray")


def revision_of(document: Document) -> str:
    """Names a document in one state of its content; passage ids begin with it."""
    return f"{document.id}.{document.content_hash[:8]}"


@lru_cache(maxsize=16_384)
def work_of(title: str) -> str:
    """The name shared by all versions of a law: no state's name, brackets or version date."""
    bare = re.sub(r"[《》\s]", "", title)
    # A 修正案 is no version of the one before it: its year tells it from the others.
    bare = re.sub(
        r"(?<!修正案)[（(][^（）()]*(?:\d{4}|修正|修订|修改|全文)[^（）()]*[）)]$", "", bare
    )
    return bare.removeprefix("中华人民共和国")


def _dated(record: DocumentRecord) -> str:
    m = record.metadata
    return m.version or m.published or m.effective or ""


def _mark_superseded(records: list[DocumentRecord]) -> list[DocumentRecord]:
    """Of several dated versions of a work, all but the newest one in force are superseded."""
    today = date.today().isoformat()
    current: dict[str, str] = {}
    for record in records:
        in_force = (record.metadata.effective or "") <= today
        if _dated(record) and in_force and _versioned(record):
            current[record.work] = max(current.get(record.work, ""), _dated(record))
    return [
        replace(record, superseded=True)
        if _versioned(record) and _dated(record) and _dated(record) < current.get(record.work, "")
        else record
        for record in records
    ]


def _versioned(record: DocumentRecord) -> bool:
    return record.metadata.kind not in {"news", "document", *PURCHASE_KINDS}


def _record(row: Sequence[Any]) -> DocumentRecord:
    columns = list(row)
    columns[8] = metadata_of(columns[8])
    return DocumentRecord(*columns)
