"""What people decided about documents, and the log of it: kept beside the index.

The corpus folder says what the documents are; editors may remove one, replace its file, add one
that the folder never had, or correct what was found in it. Such decisions are kept here, by
document, so that a rebuild honours them. Every decision is a change in the log: who, when, what,
and how the document stood before and after, which is what undoing needs.

Beside them stands the register: which documents are in, where their bytes lie and what hash they
have. It is what a rebuild goes by when the catalogue is lost, so that decisions, register and
originals are enough to make the index anew.

A change is written in two steps around the change of the index: ``begin`` notes it and sets the
decision, ``finish`` closes it. What a killed process left open is settled by ``settle``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ingest.settings import Settings
from ingest.storage.changes import (
    LATER,
    Action,
    Change,
    Decision,
    Edits,
    Face,
    Held,
    Noted,
    Standing,
    Values,
    Wanted,
    as_json,
    change,
    columns,
    conditions,
    decision,
    edits_of,
    insert,
    standing,
)
from ingest.storage.database import Connection
from ingest.storage.places import shared_place
from ingest.storage.sqlite import SqliteFile

__all__ = [
    "FILE",
    "Action",
    "Change",
    "Decision",
    "Decisions",
    "Edits",
    "Face",
    "Held",
    "Noted",
    "Standing",
    "Values",
    "Wanted",
    "edits_of",
]

FILE = "library.sqlite"

SCHEMA = """
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
    """Decisions and log of one installation; a file is made by the first change."""

    def __init__(self, settings: Settings) -> None:
        self._database = shared_place(settings, FILE)

    @property
    def where(self) -> str:
        """Where they lie, as errors say it."""
        return self._database.where

    @property
    def file(self) -> Path | None:
        """The file that holds them, if it is one."""
        return self._database.path if isinstance(self._database, SqliteFile) else None

    def exists(self) -> bool:
        """Whether there may be any."""
        return self._database.exists()

    def all(self) -> dict[str, Decision]:
        """Every decision, by the document's source."""
        if not self._database.exists():
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

        :param most: at most so many; -1: all.
        :param before: only changes with a smaller id, for the next page.
        :param document: only changes of this document.
        :param wanted: only such changes.
        """
        if not self._database.exists():
            return []
        with self._reading() as connection:
            kept = self._database.columns(connection, "changes")
            limits = {"id < ?": before, "document = ?": document}
            limits = {limit: value for limit, value in limits.items() if value is not None}
            limits |= conditions(wanted or Wanted(), kept)
            where = " and ".join(["state = 'done'", *limits])
            rows = connection.execute(
                f"select {columns(kept)} from changes c where {where}"
                f" order by id desc {'limit ?' if most >= 0 else ''}",
                [*limits.values(), *([most] if most >= 0 else [])],
            )
            return [change(row) for row in rows]

    def change(self, id: int) -> Change | None:
        """One change that took effect."""
        if not self._database.exists():
            return None
        with self._reading() as connection:
            kept = self._database.columns(connection, "changes")
            row = connection.execute(
                f"select {columns(kept)} from changes c where state = 'done' and id = ?", (id,)
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
        with self._changing() as connection:
            self._set(connection, after, in_corpus)
            noted = Noted(action, title, before, after)
            return insert(connection, "begun", who, noted, face, undoes)

    def finish(self, id: int, title: str | None = None, values: Values = ()) -> None:
        """The change took effect; ``title`` is the document's, if it was not known before, and
        ``values`` what was changed."""
        with self._changing() as connection:
            connection.execute(
                "update changes set state = 'done', title = coalesce(?, title), fields = ?"
                " where id = ?",
                (title, as_json(values), id),
            )

    def note(self, who: str, *changes: Noted) -> None:
        """Put changes into the log that a command made and that decide nothing."""
        with self._changing() as connection:
            for noted in changes:
                insert(connection, "done", who, noted, "command")

    def cancel(self, id: int, in_corpus: Callable[[str], bool]) -> None:
        """The change did not take effect: decide as before it."""
        with self._changing() as connection:
            row = connection.execute("select before from changes where id = ?", (id,)).fetchone()
            before = standing(row[0])
            if before.file:
                self._set(connection, before, in_corpus(before.file))
            else:
                connection.execute("delete from decisions where document = ?", (before.document,))
            connection.execute("update changes set state = 'failed' where id = ?", (id,))

    def open_changes(self) -> list[int]:
        """Changes that are neither done nor given up: being made, or left by a killed process."""
        if not self._database.exists():
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
        if not self._database.exists():
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

    def renew(self) -> None:
        """Give tables of an earlier version of the program what they lack."""
        with self._changing():
            pass

    def forget(self, source: str) -> None:
        """Let the corpus folder decide about a document's presence and file again."""
        if source in self.all():
            with self._changing() as connection:
                connection.execute(
                    "update decisions set present = 1, file = null where source = ?", (source,)
                )

    # the register

    def held(self) -> list[Held]:
        """The register; empty in a data folder of an earlier version of the program."""
        if not self._database.exists():
            return []
        with self._reading() as connection:
            if not self._database.columns(connection, "held"):
                return []
            rows = connection.execute("select source, file, content_hash, title from held")
            return [Held(*row) for row in rows]

    def hold(self, *held: Held) -> None:
        """Note that documents are in."""
        with self._changing() as connection:
            _hold(connection, held)

    def hold_all(self, held: Iterable[Held]) -> None:
        """Note that these documents and no others are in."""
        wanted = {one.id: one for one in held}
        if wanted == {one.id: one for one in self.held()}:
            return
        with self._changing() as connection:
            connection.execute("delete from held")
            _hold(connection, wanted.values())

    def _set(self, connection: Connection, to: Standing, in_corpus: bool) -> None:
        if to.present and in_corpus and not to.edits:
            connection.execute("delete from decisions where document = ?", (to.document,))
            return
        connection.execute(
            _replacing("decisions", "source, present, file, edits"),
            (
                to.document,
                to.source,
                int(to.present),
                None if in_corpus else to.file,
                as_json(to.edits),
            ),
        )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with closing(self._database.connect(write=False)) as connection:
            yield connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with closing(self._database.connect(write=True)) as connection:
            self._database.make(connection, SCHEMA)
            with self._database.transaction(connection) as changing:
                kept = self._database.columns(changing, "changes")
                for column in sorted(LATER.keys() - kept):  # of an earlier version's file
                    changing.execute(
                        f"alter table changes add column {column} text not null"
                        f" default '{LATER[column]}'"
                    )
                yield changing


def _replacing(table: str, columns: str) -> str:
    """A statement that puts a row in the place of its document's."""
    names = columns.split(", ")
    new = ", ".join(f"{name} = excluded.{name}" for name in names)
    marks = ",".join("?" * (len(names) + 1))
    return (
        f"insert into {table} (document, {columns}) values ({marks})"
        f" on conflict (document) do update set {new}"
    )


def _hold(connection: Connection, held: Iterable[Held]) -> None:
    connection.executemany(
        _replacing("held", "source, file, content_hash, title"),
        [(one.id, one.source, one.file, one.content_hash, one.title) for one in held],
    )
