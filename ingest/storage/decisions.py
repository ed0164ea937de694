"""What people decided about documents, and the log of it: one SQLite file beside the index.

The corpus folder says what the documents are; editors may remove one, replace its file, add one
that the folder never had, or correct what was found in it. Such decisions are kept here, by
document, so that a rebuild honours them. Every decision is a change in the log: who, when, what,
and how the document stood before and after, which is what undoing needs.

The same file holds the register: which documents are in, where their bytes lie and what hash they
have. It is what a rebuild goes by when the catalogue is lost, so that this file and the originals
are enough to make the index anew.

A change is written in two steps around the change of the index: ``begin`` notes it and sets the
decision, ``finish`` closes it. What a killed process left open is settled by ``settle``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ingest.document import document_id
from ingest.storage.sqlite import connect, readable_rows, transaction

Action = Literal["add", "replace", "edit", "remove", "undo"]
Edits = tuple[tuple[str, str | None], ...]
"""Corrected metadata: names of fields of ``Metadata`` and their values, ``None`` for nothing."""

FILE = "library.sqlite"

_SCHEMA = """
create table if not exists decisions (
    document text primary key, source text not null, present integer not null,
    file text, edits text not null
);
create table if not exists changes (
    id integer primary key autoincrement, at text not null, who text not null,
    action text not null, document text not null, title text not null,
    before text not null, after text not null, undoes integer, state text not null
);
create index if not exists changes_by_document on changes(document, id);
create table if not exists held (
    document text primary key, source text not null, file text not null,
    content_hash text not null, title text not null
);
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands: whether it is in, which file it is read from, what was corrected.

    ``file`` is a note as in the catalogue (:mod:`ingest.originals`); ``content_hash`` is that of
    its bytes. Both are empty where the document was never in.
    """

    source: str
    present: bool
    file: str = ""
    content_hash: str = ""
    edits: Edits = ()

    @property
    def document(self) -> str:
        """The document's id."""
        return document_id(self.source)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one document; ``file`` is ``None`` where the corpus folder has it."""

    source: str
    present: bool
    file: str | None
    edits: Edits


@dataclass(frozen=True, slots=True)
class Held:
    """A line of the register: a document that is in; ``file`` is a note of where its bytes lie."""

    source: str
    file: str
    content_hash: str
    title: str

    @property
    def id(self) -> str:
        """The document's id."""
        return document_id(self.source)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. ``at`` is an ISO time in UTC; ``undoes`` the id of an earlier change.

    ``last`` says that nothing was done to the document since, so that it can be undone.
    """

    id: int
    at: str
    who: str
    action: Action
    document: str
    title: str
    before: Standing
    after: Standing
    undoes: int | None = None
    last: bool = False


class Decisions:
    """Decisions and log under the folder ``data``; the file is made by the first change."""

    def __init__(self, data: Path) -> None:
        self.path = data / FILE

    def all(self) -> dict[str, Decision]:
        """Every decision, by the document's source."""
        if not self.path.exists():
            return {}
        with self._reading() as connection:
            rows = connection.execute("select source, present, file, edits from decisions")
            return {row[0]: _decision(row) for row in rows}

    def changes(
        self, most: int = 200, before: int | None = None, document: str | None = None
    ) -> list[Change]:
        """The newest changes that took effect, newest first.

        :param before: only changes with a smaller id, for the next page.
        :param document: only changes of this document.
        """
        if not self.path.exists():
            return []
        with self._reading() as connection:
            rows = connection.execute(
                f"select {_COLUMNS} from changes c where state = 'done'"
                " and (?1 is null or id < ?1) and (?2 is null or document = ?2)"
                " order by id desc limit ?3",
                (before, document, most),
            )
            return [_change(row) for row in rows]

    def change(self, id: int) -> Change | None:
        """One change that took effect."""
        if not self.path.exists():
            return None
        with self._reading() as connection:
            row = connection.execute(
                f"select {_COLUMNS} from changes c where state = 'done' and id = ?", (id,)
            ).fetchone()
            return _change(row) if row else None

    def begin(
        self,
        who: str,
        action: Action,
        title: str,
        before: Standing,
        after: Standing,
        in_corpus: bool,
        undoes: int | None = None,
    ) -> int:
        """Note a change and set the decision; the index is to be changed next.

        :param in_corpus: ``after.file`` lies in the corpus folder, which stays its master.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection, transaction(connection):
            self._set(connection, after, in_corpus)
            cursor = connection.execute(
                "insert into changes (at, who, action, document, title, before, after, undoes,"
                " state) values (?,?,?,?,?,?,?,?,'begun')",
                (
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    who,
                    action,
                    after.document,
                    title,
                    _json(asdict(before)),
                    _json(asdict(after)),
                    undoes,
                ),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def finish(self, id: int, title: str | None = None) -> None:
        """The change took effect; ``title`` is the document's, if it was not known before."""
        with self._writing() as connection, transaction(connection):
            connection.execute(
                "update changes set state = 'done', title = coalesce(?, title) where id = ?",
                (title, id),
            )

    def cancel(self, id: int, in_corpus: Callable[[str], bool]) -> None:
        """The change did not take effect: decide as before it."""
        with self._writing() as connection, transaction(connection):
            row = connection.execute("select before from changes where id = ?", (id,)).fetchone()
            before = _standing(row[0])
            if before.file:
                self._set(connection, before, in_corpus(before.file))
            else:
                connection.execute("delete from decisions where document = ?", (before.document,))
            connection.execute("update changes set state = 'failed' where id = ?", (id,))

    def open_changes(self) -> list[int]:
        """Changes that are neither done nor given up: being made, or left by a killed process."""
        if not self.path.exists():
            return []
        with self._reading() as connection:
            rows = connection.execute("select id from changes where state = 'begun' order by id")
            return [row[0] for row in rows]

    def settle(
        self, took_effect: Callable[[Standing], bool], in_corpus: Callable[[str], bool]
    ) -> None:
        """Close what a killed process left open; only while nobody else may change the index.

        :param took_effect: whether the index shows a document as it should stand.
        """
        if not self.path.exists():
            return
        with self._reading() as connection:
            rows = connection.execute(
                "select id, after from changes where state = 'begun' order by id"
            ).fetchall()
        for id, after in rows:
            if took_effect(_standing(after)):
                self.finish(id)
            else:
                self.cancel(id, in_corpus)

    def forget(self, source: str) -> None:
        """Let the corpus folder decide about a document's presence and file again."""
        if source in self.all():
            with self._writing() as connection, transaction(connection):
                connection.execute(
                    "update decisions set present = 1, file = null where source = ?", (source,)
                )

    def salvage(self) -> Path:
        """Put a damaged file aside and begin a new one with what can still be read of it.

        :return: where the damaged file lies now.
        """
        rows = {
            table: list(readable_rows(self.path, f"select * from {table}"))
            for table in ("decisions", "changes", "held")
        }
        aside = self.path.with_name(f"{FILE}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        for ending in ("-wal", "-shm"):
            self.path.with_name(FILE + ending).unlink(missing_ok=True)
        self.path.replace(aside)
        with self._writing() as connection, transaction(connection):
            for table, width in (("decisions", 5), ("changes", 10), ("held", 5)):
                connection.executemany(
                    f"insert or ignore into {table} values ({','.join('?' * width)})",
                    [row for row in rows[table] if len(row) == width and _whole(table, row)],
                )
        return aside

    # the register

    def held(self) -> list[Held]:
        """The register; empty in a data folder of an earlier version of the program."""
        if not self.path.exists():
            return []
        with self._reading() as connection:
            if not connection.execute("select 1 from sqlite_master where name = 'held'").fetchone():
                return []
            rows = connection.execute("select source, file, content_hash, title from held")
            return [Held(*row) for row in rows]

    def hold(self, *held: Held) -> None:
        """Note that documents are in."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection, transaction(connection):
            _hold(connection, held)

    def hold_all(self, held: Iterable[Held]) -> None:
        """Note that these documents and no others are in."""
        wanted = {one.id: one for one in held}
        if wanted == {one.id: one for one in self.held()}:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection, transaction(connection):
            connection.execute("delete from held")
            _hold(connection, wanted.values())

    def _set(self, connection: sqlite3.Connection, to: Standing, in_corpus: bool) -> None:
        if to.present and in_corpus and not to.edits:
            connection.execute("delete from decisions where document = ?", (to.document,))
            return
        connection.execute(
            "insert or replace into decisions values (?,?,?,?,?)",
            (
                to.document,
                to.source,
                to.present,
                None if in_corpus else to.file,
                _json(to.edits),
            ),
        )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(connect(self.path, write=False)) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(connect(self.path, write=True)) as connection:
            connection.executescript(_SCHEMA)
            yield connection


_COLUMNS = (
    "id, at, who, action, document, title, before, after, undoes,"
    " not exists (select 1 from changes n where n.document = c.document and n.state = 'done'"
    " and n.id > c.id)"
)


def _hold(connection: sqlite3.Connection, held: Iterable[Held]) -> None:
    connection.executemany(
        "insert or replace into held values (?,?,?,?,?)",
        [(one.id, one.source, one.file, one.content_hash, one.title) for one in held],
    )


def edits_of(values: Mapping[str, str | None]) -> Edits:
    """``values`` in the form that decisions keep."""
    return tuple(sorted(values.items()))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _edits(value: Any) -> Edits:
    return tuple((str(name), text) for name, text in value)


def _standing(text: str) -> Standing:
    values = json.loads(text)
    return Standing(**{**values, "edits": _edits(values["edits"])})


def _whole(table: str, row: tuple[Any, ...]) -> bool:
    """Whether a row of a damaged file can be understood."""
    try:
        if table == "decisions":
            _decision(row[1:])
        elif table == "changes":
            _standing(row[6]), _standing(row[7])
        return None not in row[:5] or table == "decisions"
    except (ValueError, TypeError, KeyError):
        return False


def _decision(row: tuple[Any, ...]) -> Decision:
    source, present, file, edits = row
    return Decision(source, bool(present), file, _edits(json.loads(edits)))


def _change(row: tuple[Any, ...]) -> Change:
    id, at, who, action, document, title, before, after, undoes, last = row
    standings = (_standing(before), _standing(after))
    return Change(id, at, who, action, document, title, *standings, undoes, bool(last))
