"""Connections to SQLite that read wherever reading is possible, and whose errors are one line.

A database in WAL mode wants to write even to be read. In a folder that may not be written to, or on
a full disk, readers therefore fall back to opening it read-only, and to opening it as a file that
nobody changes where its log is empty.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from ingest.errors import UserError
from ingest.faults import damaged, explained

P = ParamSpec("P")
T = TypeVar("T")

WAIT = 30
"""Seconds that a change waits for another process's."""


class _Cursor(sqlite3.Cursor):
    """A cursor whose errors are those of :mod:`ingest.faults`."""

    def execute(self, *args: Any) -> _Cursor:
        return self._told(super().execute, *args)

    def executemany(self, *args: Any) -> _Cursor:
        return self._told(super().executemany, *args)

    def executescript(self, *args: Any) -> sqlite3.Cursor:
        return self._told(super().executescript, *args)

    def fetchone(self) -> Any:
        return self._told(super().fetchone)

    def fetchall(self) -> list[Any]:
        return self._told(super().fetchall)

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _told(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error
        except (OverflowError, UnicodeEncodeError):
            raise _no_value() from None

    def _explained(self, error: sqlite3.DatabaseError) -> Exception:
        fault = isinstance(error, (sqlite3.ProgrammingError, sqlite3.IntegrityError))
        path = getattr(self.connection, "path", "")
        return error if fault else explained(error, path) or error


def _no_value() -> UserError:
    """Of a number beyond 64 bits, or half a character, which no database holds."""
    return UserError(
        "bad-value",
        "value",
        "there is no such number or text",
        "Send whole characters and smaller numbers",
        ("数字过大，或含有不完整的字符", "请更正后再试"),
    )


class Connection(sqlite3.Connection):
    """A connection in autocommit mode; ``path`` is the file."""

    path: Path

    def cursor(self, factory: Any = _Cursor) -> Any:
        """A cursor whose errors are one line."""
        return super().cursor(factory)

    def execute(self, *args: Any) -> Any:
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        return self.cursor().executemany(*args)

    def executescript(self, *args: Any) -> Any:
        return self.cursor().executescript(*args)


class SqliteFile:
    """The tables in one file, as a :class:`ingest.storage.database.Database`.

    :param private: the file is its owner's only.
    """

    def __init__(self, path: Path, private: bool = False) -> None:
        self.path = path
        self._private = private

    @property
    def where(self) -> str:
        """The file's path."""
        return str(self.path)

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def connect(self, write: bool) -> Connection:
        """See :func:`connect`; with ``write``, its folder is made too."""
        if write:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._private:
                self.path.touch(mode=0o600)
        return connect(self.path, write)

    def make(self, connection: Any, tables: str) -> None:
        """Run a script that makes what is not there."""
        connection.executescript(tables)

    def transaction(self, connection: Any) -> AbstractContextManager[Any]:
        """See :func:`transaction`."""
        return transaction(connection)

    def columns(self, connection: Any, table: str) -> set[str]:
        """The columns of a table."""
        return {row[1] for row in connection.execute(f"pragma table_info({table})")}

    def fault(self, connection: Any) -> str:
        """What ``PRAGMA quick_check`` finds first."""
        found = str(connection.execute("pragma quick_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    def renumber(self, connection: Any, table: str) -> None:
        """Nothing: SQLite does so by itself."""

    def drop(self) -> None:
        """Remove the file with its log."""
        for ending in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


def connect(path: Path, write: bool) -> Connection:
    """Open ``path``; it is made if it is not there and ``write`` is true.

    :raises IndexStateError: if it is missing or damaged.
    :raises UserError: if the operating system does not let it be opened.
    """
    if write:
        return _settled(_open(path, "mode=rwc"))
    if not path.is_file():
        raise damaged(path, "this file is missing", "缺少这个文件")
    try:
        return _settled(_open(path, "mode=rw"))
    except UserError as error:
        for mode in ("mode=ro", "immutable=1"):
            if mode == "immutable=1" and not _settled_log(path):
                break
            try:
                return _tried(_open(path, mode))
            except UserError:
                continue
        raise error


def copy(source: Path, target: Path) -> None:
    """Make ``target`` what ``source`` is at this moment, whoever has either of them open.

    :raises UserError: if one of them is damaged or cannot be written.
    """
    with closing(connect(source, write=False)) as reading:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(_open(target, "mode=rwc")) as writing:
            try:
                reading.backup(writing)
            except sqlite3.DatabaseError as error:
                raise explained(error, target) or error from error


def faults_of(path: Path) -> list[str]:
    """What ``PRAGMA integrity_check`` finds; empty where the file is sound."""
    try:
        with closing(connect(path, write=False)) as connection:
            rows = connection.execute("pragma integrity_check(20)").fetchall()
    except UserError as error:
        return [error.what]
    return [str(row[0]) for row in rows if row[0] != "ok"]


def readable_rows(path: Path, query: str) -> Iterable[tuple[Any, ...]]:
    """As many rows of a damaged file as can still be read."""
    rows: list[tuple[Any, ...]] = []
    try:
        with closing(connect(path, write=False)) as connection:
            for row in connection.execute(query):
                rows.append(row)
    except (UserError, sqlite3.Error, UnicodeDecodeError):
        pass
    return rows


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All changes made inside take effect together, or none of them."""
    connection.execute("begin immediate")
    try:
        yield connection
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _open(path: Path, how: str) -> Connection:
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?{how}",
            uri=True,
            timeout=WAIT,
            isolation_level=None,
            check_same_thread=False,  # those who share one take turns
            factory=Connection,
        )
    except sqlite3.DatabaseError as error:
        raise explained(error, path) or error from error
    connection.path = path
    return connection


def _settled(connection: Connection) -> Connection:
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma synchronous = full")
    except UserError:
        connection.close()
        raise
    return _tried(connection)


def _tried(connection: Connection) -> Connection:
    """The connection, once something was read through it."""
    try:
        connection.execute("select count(*) from sqlite_master").fetchone()
    except UserError:
        connection.close()
        raise
    return connection


def _settled_log(path: Path) -> bool:
    """Whether all that was written is in the file itself."""
    log = path.with_name(f"{path.name}-wal")
    return not log.exists() or log.stat().st_size == 0
