"""Secret keys that the server makes once and keeps beside its data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ingest.settings import Settings
from ingest.storage.places import shared_schema

LENGTH = 32


def kept_key(settings: Settings, name: str) -> bytes:
    """The key called ``name``, made where there is none; all servers of one installation share it.

    :raises OSError: if it cannot be kept in the data folder.
    :raises UserError: if it cannot be kept in PostgreSQL.
    """
    if settings.store.catalogue is None:
        return _in_file(settings.data_folder / name)
    connection = shared_schema(settings).connect(write=True)
    connection.execute(
        "insert into keys values (?, ?) on conflict do nothing",
        (name, secrets.token_bytes(LENGTH)),
    )
    return bytes(connection.execute("select key from keys where name = ?", (name,)).fetchone()[0])


def _in_file(file: Path) -> bytes:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) >= LENGTH:
            return key
        file.unlink(missing_ok=True)  # a process was killed while it wrote
        return _in_file(file)
    with os.fdopen(handle, "wb") as out:
        key = secrets.token_bytes(LENGTH)
        out.write(key)
    return key
