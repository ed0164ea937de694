"""Tables from one data base into another, of the same kind or not."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.errors import IndexStateError
from ingest.storage.database import Database
from ingest.storage.sqlite import SqliteFile, copy


def copy_tables(source: Database, target: Database, tables: Sequence[str]) -> None:
    """Make ``tables`` of ``target`` hold the rows that they have in ``source``, all together or
    none; a SQLite file becomes a copy of another as a whole.

    :raises UserError: if one of the two is damaged or does not answer, or ``source`` was made by an
        earlier version of the program.
    """
    if isinstance(source, SqliteFile) and isinstance(target, SqliteFile):
        copy(source.path, target.path)
        return
    reading, writing = source.connect(write=False), target.connect(write=True)
    try:
        with target.transaction(writing) as connection:
            for table in tables:
                connection.execute(f"delete from {table}")
            for table in tables:
                columns = source.columns(reading, table)
                if not target.columns(writing, table) <= columns | {"rowid"}:
                    raise _older(source.where)
                named = ", ".join(f'"{column}"' for column in sorted(columns))
                marks = ",".join("?" * len(columns))
                rows = reading.execute(f"select {named} from {table}")
                connection.executemany(f"insert into {table} ({named}) values ({marks})", rows)
                target.renumber(connection, table)
    finally:
        reading.close()
        writing.close()


def _older(where: str) -> IndexStateError:
    return IndexStateError(
        "older-tables",
        where,
        "an earlier version of the program made it",
        "Run `python -m ingest build` before, with the settings as they were",
        ("由较早版本的程序建立", "请先按原来的设置运行 python -m ingest build"),
    )
