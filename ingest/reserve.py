"""Some space set aside, so that documents can be removed from a full disk: removing writes too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.settings import Settings

_FILE = ".reserve"
_SIZE = 8_000_000
_PLENTY = 20 * _SIZE


def set_aside(settings: Settings) -> None:
    """Take the space while there is plenty of it."""
    file = settings.data_folder / _FILE
    with suppress(OSError):
        if not file.exists() and shutil.disk_usage(file.parent).free > _PLENTY:
            _fill(file)


@contextmanager
def room(settings: Settings) -> Iterator[None]:
    """Let go of the space for the length of a block, if there is none otherwise."""
    file = settings.data_folder / _FILE
    with suppress(OSError):
        if shutil.disk_usage(settings.data_folder).free < _SIZE:
            file.unlink(missing_ok=True)
    try:
        yield
    finally:
        set_aside(settings)


def _fill(file: Path) -> None:
    try:
        with file.open("wb") as stream:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, _SIZE)
            else:
                stream.write(os.urandom(_SIZE))
    except OSError:
        file.unlink(missing_ok=True)
        raise
