"""Tables in a schema of PostgreSQL, through a few connections that all threads share.

Needs the extra ``postgres``. A statement outside of a transaction is put again, once, where the
connection turns out to be dead (a server that was restarted): each of them may be put twice.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool, PoolTimeout

from ingest.errors import IndexStateError, UserError
from ingest.faults import damaged, full, read_only
from ingest.storage.database import Connection
from ingest.storage.migrations import Kind, bring_up

WAIT = 30.0
"""Seconds that a statement waits for another's change."""

PATIENCE = 10.0
"""Seconds that a statement waits for a connection."""

AWAY = 2.0
"""Seconds for which a server that did not answer is not asked again."""

_MOST = 8
"""Connections of one process to one schema."""

_TRUST = {"connect_timeout": "5", "keepalives_idle": "30", "keepalives_interval": "10"}
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # what it warns of, the question says

_opened: dict[tuple[str, str], ConnectionPool] = {}
_away: dict[str, tuple[float, UserError]] = {}
_opening = threading.Lock()


class PostgresSchema:
    """The schema ``name`` of the data base at ``url``.

    :param kind: which tables it has.
    """

    def __init__(self, url: str, name: str, kind: Kind) -> None:
        self._url = url
        self.name = name
        self._kind: Kind = kind
        self._columns: dict[str, set[str]] = {}

    @property
    def where(self) -> str:
        """Address and schema, without the password."""
        return f"{shown(self._url)} {self.name}"

    def exists(self) -> bool:
        """Whether there is such a schema."""
        if self._kind == "shared":
            self.connect(write=False)
            return True
        with told(self._url), psycopg.connect(self._url, **_TRUST) as connection:  # type: ignore[arg-type]
            query = "select 1 from pg_namespace where nspname = %s"
            return connection.execute(query, (self.name,)).fetchone() is not None

    def connect(self, write: bool) -> PostgresConnection:
        """A connection; a schema that is not there is made with its tables if ``write`` is true."""
        if self._key not in _opened:
            if not write and self._kind != "shared" and not self.exists():
                raise damaged(self.where, "this part of the index is missing", "索引缺少这一部分")
            with told(self._url):
                bring_up(self._url, self.name, self._kind, shown(self._url))
        return PostgresConnection(self)

    def make(self, connection: Connection, tables: str) -> None:
        """Nothing: migrations made them."""

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[Connection]:
        """All changes made through what it gives take effect together, or none of them."""
        connection.execute("select 1")  # a dead connection is found out before it matters
        with told(self._url), self.pool.connection() as raw, raw.transaction():
            yield PostgresConnection(self, raw)

    def columns(self, connection: Connection, table: str) -> set[str]:
        """The columns of a table, looked up once."""
        if table not in self._columns:
            query = (
                "select column_name from information_schema.columns"
                " where table_schema = ? and table_name = ?"
            )
            rows = connection.execute(query, (self.name, table))
            self._columns[table] = {row[0] for row in rows}
        return self._columns[table]

    def fault(self, connection: Connection) -> str:
        """PostgreSQL looks after its files itself."""
        return ""

    def renumber(self, connection: Connection, table: str) -> None:
        """Let the next row be numbered after all that are there."""
        query = (
            "select column_name from information_schema.columns"
            " where table_schema = ? and table_name = ? and is_identity = 'YES'"
        )
        for (column,) in connection.execute(query, (self.name, table)).fetchall():
            connection.execute(
                "select setval(pg_get_serial_sequence(?, ?),"
                f" coalesce(max({column}), 0) + 1, false) from {table}",
                (table, column),
            )

    def drop(self) -> None:
        """Remove the schema with all its tables."""
        pool = _opened.pop(self._key, None)
        if pool is not None:
            pool.close()
        with told(self._url), psycopg.connect(self._url, **_TRUST) as connection:  # type: ignore[arg-type]
            named = sql.Identifier(self.name)
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(named))

    @property
    def pool(self) -> ConnectionPool:
        """The connections of this process."""
        found = _opened.get(self._key)
        if found is None:
            with _opening:
                found = _opened.get(self._key) or self._new_pool()
                _opened[self._key] = found
        return found

    @property
    def url(self) -> str:
        """Where the data base is, with its password if that is in it."""
        return self._url

    @property
    def _key(self) -> tuple[str, str]:
        return (self._url, self.name)

    def _new_pool(self) -> ConnectionPool:
        path = sql.SQL("set search_path to {}").format(sql.Identifier(self.name))
        return ConnectionPool(
            self._url,
            kwargs={**_TRUST, "autocommit": True},
            configure=lambda connection: _settle(connection, path),
            min_size=0,
            max_size=_MOST,
            timeout=PATIENCE,
            reconnect_timeout=1,
            open=True,
        )


class PostgresConnection:
    """Statements through any connection of the process, or, in a transaction, through its own."""

    def __init__(self, schema: PostgresSchema, own: psycopg.Connection | None = None) -> None:
        self._schema = schema
        self._own = own

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Fetched:
        """Run one statement; its rows are read at once."""
        if self._own is not None:
            with told(self._schema.url):
                return _fetched(self._own, statement, values)
        _refuse_away(self._schema.url)
        try:
            try:
                return self._once(statement, values)
            except UserError as error:
                if error.code != "no-database" or isinstance(error.__cause__, PoolTimeout):
                    raise
                self._schema.pool.check()
                return self._once(statement, values)
        except UserError as error:
            if error.code == "no-database":
                _away[self._schema.url] = (time.monotonic(), error)
            raise

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run one statement for each of ``rows``."""
        with told(self._schema.url):
            if self._own is not None:
                self._own.cursor().executemany(translated(statement), map(_storable, rows))
                return
            with self._schema.pool.connection() as connection, connection.transaction():
                connection.cursor().executemany(translated(statement), map(_storable, rows))

    def close(self) -> None:
        """Nothing: the connections are the process's."""

    def _once(self, statement: str, values: Sequence[Any]) -> Fetched:
        with told(self._schema.url), self._schema.pool.connection() as connection:
            return _fetched(connection, statement, values)


class Fetched:
    """Rows that were read."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        """The next row, ``None`` after the last."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class Lock:
    """Held by one process at a time among all machines; let go of when it ends, however it does.

    :raises IndexStateError: on creation, if another has it after ``wait`` seconds.
    """

    def __init__(self, url: str, name: str, wait: float) -> None:
        end = time.monotonic() + wait
        with told(url):
            self._connection = psycopg.connect(url, autocommit=True, **_TRUST)  # type: ignore[arg-type]
            query = "select pg_try_advisory_lock(hashtextextended(%s, 0))"
            while not self._connection.execute(query, (name,)).fetchone()[0]:  # type: ignore[index]
                if time.monotonic() >= end:
                    self._connection.close()
                    raise IndexStateError(
                        "busy",
                        shown(url),
                        "another process is changing the index",
                        "Wait until it has ended",
                        ("另一个进程正在更新索引", "请等它结束后再试"),
                    )
                time.sleep(0.1)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        # the server notices a closed connection only after a while
        with suppress(psycopg.Error):
            self._connection.execute("select pg_advisory_unlock_all()")
        self._connection.close()


def shown(url: str) -> str:
    """An address without its password."""
    bare = re.sub(r"(//[^:/@]*):[^@]*@", r"\1@", url)
    return re.sub(r"([?&])(ssl)?password=[^&]*&?", r"\1", bare).rstrip("?&")


@lru_cache(maxsize=4096)
def translated(statement: str) -> str:
    """A statement with the signs for values that psycopg knows."""
    return statement.replace("%", "%%").replace("?", "%s")


@contextmanager
def told(url: str) -> Iterator[None]:
    """What PostgreSQL says went wrong becomes one line; faults of the program stay as they are."""
    try:
        yield
    except psycopg.Error as error:
        found = _explained(error, shown(url))
        if found is None:
            raise
        raise found from error


def _refuse_away(url: str) -> None:
    since, error = _away.get(url, (0.0, None))
    if error is not None:
        if time.monotonic() - since < AWAY:
            kind, parts = error.__reduce__()
            raise kind(*parts)  # type: ignore[arg-type]
        _away.pop(url, None)


def _explained(error: psycopg.Error, where: str) -> UserError | None:
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, psycopg.errors.DiskFull):
        return full(where)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return read_only(where)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return UserError(
            "no-permission",
            where,
            f"this is not allowed ({reason})",
            "Make the user of the setting store.catalogue the owner of the data base",
            (f"没有权限（{reason}）", "请让 store.catalogue 所用的用户成为数据库的所有者"),
        )
    missing = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)
    if isinstance(error, missing):
        return damaged(where, f"tables are missing ({reason})", f"缺少数据表（{reason}）")
    if isinstance(error, psycopg.OperationalError):
        return IndexStateError(
            "no-database",
            where,
            f"PostgreSQL does not answer ({reason})",
            "Start the server, or correct the setting store.catalogue",
            (f"PostgreSQL 没有应答（{reason}）", "请启动数据库服务器，或更正设置 store.catalogue"),
        )
    return None


def _storable(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values as PostgreSQL takes them: its texts may not hold the character 0."""
    return tuple(v.replace("\0", "\ufffd") if isinstance(v, str) else v for v in values)


def _fetched(connection: psycopg.Connection, statement: str, values: Sequence[Any]) -> Fetched:
    cursor = connection.execute(translated(statement), _storable(values))
    return Fetched(cursor.fetchall() if cursor.description else [])


def _settle(connection: psycopg.Connection, path: sql.Composed) -> None:
    connection.execute(path)
    connection.execute(f"set lock_timeout to '{WAIT:g}s'")
