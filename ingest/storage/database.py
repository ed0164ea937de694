"""What catalogue, decisions and the stores of the app know of the data base that they lie in.

There are two kinds: a SQLite file (:mod:`ingest.storage.sqlite`) and a schema of PostgreSQL
(:mod:`ingest.storage.postgres`). Both are spoken to in the SQL that both understand, with ``?`` for
values; outside of a transaction a statement takes effect at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:
        """The next row, ``None`` after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Takes statements; what goes wrong is a :class:`ingest.errors.UserError`, save for faults of
    the program."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each of ``rows``."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Database(Protocol):
    """Tables in one place."""

    @property
    def where(self) -> str:
        """The place as errors name it."""
        ...

    def exists(self) -> bool:
        """Whether the place is there."""
        ...

    def connect(self, write: bool) -> Connection:
        """A connection for one thread.

        :param write: make the place if it is not there.
        :raises UserError: if it is missing, damaged or cannot be reached.
        """
        ...

    def make(self, connection: Connection, tables: str) -> None:
        """Make the tables that are not there yet; ``tables`` are SQLite's statements for them."""
        ...

    def transaction(self, connection: Connection) -> AbstractContextManager[Connection]:
        """All changes made through what it gives take effect together, or none of them."""
        ...

    def columns(self, connection: Connection, table: str) -> set[str]:
        """The columns of a table, none where there is no such table."""
        ...

    def fault(self, connection: Connection) -> str:
        """What the data base itself finds damaged at a quick look, empty where it finds nothing."""
        ...

    def renumber(self, connection: Connection, table: str) -> None:
        """Let the next row of a table be numbered after those that were put in with a number."""
        ...

    def drop(self) -> None:
        """Remove the place with all tables."""
        ...
