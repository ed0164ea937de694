"""A damaged file of decisions gives way to one with what can still be read of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.settings import Settings
from ingest.storage.changes import LATER, decision, standing
from ingest.storage.decisions import FILE, SCHEMA
from ingest.storage.sqlite import SqliteFile, readable_rows

_WIDTHS = {"decisions": 5, "changes": 12, "held": 5}


def salvage(settings: Settings) -> Path:
    """Put the file aside and begin a new one.

    :return: where the damaged file lies now.
    """
    file = SqliteFile(settings.data_folder / FILE)
    rows = {table: list(readable_rows(file.path, f"select * from {table}")) for table in _WIDTHS}
    # A file of an earlier version lacks the last columns of the log
    rows["changes"] = [(*row, *LATER.values())[:12] for row in rows["changes"]]
    aside = file.path.with_name(f"{FILE}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for ending in ("-wal", "-shm"):
        file.path.with_name(FILE + ending).unlink(missing_ok=True)
    file.path.replace(aside)
    with closing(file.connect(write=True)) as connection:
        file.make(connection, SCHEMA)
        with file.transaction(connection) as changing:
            for table, width in _WIDTHS.items():
                changing.executemany(
                    f"insert or ignore into {table} values ({','.join('?' * width)})",
                    [row for row in rows[table] if len(row) == width and _whole(table, row)],
                )
    return aside


def _whole(table: str, row: tuple[Any, ...]) -> bool:
    """Whether a row of a damaged file can be understood."""
    try:
        if table == "decisions":
            decision(row[1:])
        elif table == "changes":
            standing(row[6]), standing(row[7])
        return None not in row[:5] or table == "decisions"
    except (ValueError, TypeError, KeyError):
        return False
