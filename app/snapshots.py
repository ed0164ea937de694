"""Where snapshots of conversations are kept by their id: files of ``data/shared``, or a table in
PostgreSQL, which every server reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from ingest.settings import Settings
from ingest.storage.database import Connection
from ingest.storage.places import shared_schema

FOLDER = "shared"


class Snapshots(Protocol):
    """Snapshots by id; an id is a name that any file may have."""

    def ids(self) -> list[str]:
        """All that are kept."""
        ...

    def put(self, id: str, content: bytes) -> None:
        """Keep one."""
        ...

    def get(self, id: str) -> bytes | None:
        """One, ``None`` if there is none."""
        ...

    def remove(self, id: str) -> None:
        """Forget one, if it is there."""
        ...


def snapshots_of(settings: Settings) -> Snapshots:
    """Where this installation keeps them."""
    if settings.store.catalogue is None:
        return _Folder(settings.data_folder / FOLDER)
    return _Table(shared_schema(settings).connect(write=True))


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ids(self) -> list[str]:
        return [file.stem for file in self._folder.glob("*.json")]

    def put(self, id: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._file(id).with_suffix(".partial")
        partial.write_bytes(content)
        os.replace(partial, self._file(id))

    def get(self, id: str) -> bytes | None:
        try:
            return self._file(id).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, id: str) -> None:
        self._file(id).unlink(missing_ok=True)

    def _file(self, id: str) -> Path:
        return self._folder / f"{id}.json"


class _Table:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ids(self) -> list[str]:
        return [row[0] for row in self._connection.execute("select id from shares")]

    def put(self, id: str, content: bytes) -> None:
        self._connection.execute("insert into shares values (?, ?)", (id, content))

    def get(self, id: str) -> bytes | None:
        row = self._connection.execute("select content from shares where id = ?", (id,)).fetchone()
        return bytes(row[0]) if row else None

    def remove(self, id: str) -> None:
        self._connection.execute("delete from shares where id = ?", (id,))
