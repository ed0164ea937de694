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

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ingest.storage.changes import (
    LATER,
    Action,
    Change,
    Decision,
    Edits,
    Face,
    Held,
    Standing,
    Values,
    Wanted,
    as_json,
    change,
    columns,
    decision,
    edits_of,
    insert,
    kept_columns,
    standing,
    wanted_changes,
    whole,
)
from ingest.storage.sqlite import connect, readable_rows, transaction

__all__ = [
    "FILE",
    "Action",
    "Change",
    "Decision",
    "Decisions",
    "Edits",
    "Face",
    "Held",
    "Standing",
    "Values",
    "Wanted",
    "edits_of",
]

FILE = "library.sqlite"

_SCHEMA = """
create table if not exists decisions (
    document text primary key, source text not null, present integer not null,
    file text, edits text not null
);
create table if not exists changes (
    id integer primary key autoincrement, at text not null, who text not null,
    action text not null, document text not null, title text not null,
    before text not null, after text not null, undoes integer, state text not null,
    face text not null default 'command', fields text not null default '[]'
);
create index if not exists changes_by_document on changes(document, id);
create table if not exists held (
    document text primary key, source text not null, file text not null,
    content_hash text not null, title text not null
);
"""


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
            return {row[0]: decision(row) for row in rows}

    def changes(
        self,
        most: int = 200,
        before: int | None = None,
        document: str | None = None,
        wanted: Wanted | None = None,
    ) -> list[Change]:
        """The newest changes that took effect, newest first.

        :param before: only changes with a smaller id, for the next page.
        :param document: only changes of this document.
        :param wanted: only such changes.
        """
        if not self.path.exists():
            return []
        with self._reading() as connection:
            rows = connection.execute(
                f"select {columns(connection)} from changes c where state = 'done'"
                " and (:before is null or id < :before)"
                " and (:document is null or document = :document)"
                f" and {wanted_changes(connection)} order by id desc limit :most",
                {
                    "before": before,
                    "document": document,
                    "most": most,
                    **asdict(wanted or Wanted()),
                },
            )
            return [change(row) for row in rows]

    def change(self, id: int) -> Change | None:
        """One change that took effect."""
        if not self.path.exists():
            return None
        with self._reading() as connection:
            row = connection.execute(
                f"select {columns(connection)} from changes c where state = 'done' and id = ?",
                (id,),
            ).fetchone()
            return change(row) if row else None

    def begin(
        self,
        who: str,
        action: Action,
        title: str,
        before: Standing,
        after: Standing,
        in_corpus: bool,
        undoes: int | None = None,
        face: Face = "command",
    ) -> int:
        """Note a change and set the decision; the index is to be changed next.

        :param in_corpus: ``after.file`` lies in the corpus folder, which stays its master.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection, transaction(connection):
            self._set(connection, after, in_corpus)
            row = (who, action, title, before, after, face)
            return insert(connection, "begun", *row, undoes=undoes)

    def finish(self, id: int, title: str | None = None, values: Values = ()) -> None:
        """The change took effect; ``title`` is the document's, if it was not known before, and
        ``values`` what was changed."""
        with self._writing() as connection, transaction(connection):
            connection.execute(
                "update changes set state = 'done', title = coalesce(?, title), fields = ?"
                " where id = ?",
                (title, as_json(values), id),
            )

    def note(
        self,
        who: str,
        action: Action,
        title: str,
        before: Standing,
        after: Standing,
        values: Values = (),
    ) -> None:
        """Put a change into the log that a command made and that decides nothing."""
        with self._writing() as connection, transaction(connection):
            row = (who, action, title, before, after)
            insert(connection, "done", *row, "command", values=values)

    def cancel(self, id: int, in_corpus: Callable[[str], bool]) -> None:
        """The change did not take effect: decide as before it."""
        with self._writing() as connection, transaction(connection):
            row = connection.execute("select before from changes where id = ?", (id,)).fetchone()
            before = standing(row[0])
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
            if took_effect(standing(after)):
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
            # A file of an earlier version lacks the last columns of the log
            rows["changes"] = [(*row, *LATER.values())[:12] for row in rows["changes"]]
            for table, width in (("decisions", 5), ("changes", 12), ("held", 5)):
                connection.executemany(
                    f"insert or ignore into {table} values ({','.join('?' * width)})",
                    [row for row in rows[table] if len(row) == width and whole(table, row)],
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

    def hold(self, held: Held) -> None:
        """Note that a document is in."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing() as connection, transaction(connection):
            _hold(connection, [held])

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
                as_json(to.edits),
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
            for column in sorted(LATER.keys() - kept_columns(connection)):
                connection.execute(
                    f"alter table changes add column {column} text not null"
                    f" default '{LATER[column]}'"
                )
            yield connection


def _hold(connection: sqlite3.Connection, held: Iterable[Held]) -> None:
    connection.executemany(
        "insert or replace into held values (?,?,?,?,?)",
        [(one.id, one.source, one.file, one.content_hash, one.title) for one in held],
    )
