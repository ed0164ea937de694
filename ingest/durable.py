"""Files that are whole once they have their name, even after a power cut.

A file is written under another name, flushed to the disk, renamed, and its folder is flushed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PARTIAL = ".partial"
_PIECE = 1 << 20


@contextmanager
def written(target: Path, private: bool = False) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file ``target`` when the block ends without an exception.

    :param private: nobody but the user of this process may read it.
    :raises OSError: if they cannot be written; what ``target`` held before stays then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with partial.open("wb") as stream:
            if private:
                os.fchmod(stream.fileno(), 0o600)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def copied(source: BinaryIO, target: BinaryIO) -> str:
    """Copy one stream to the other; gives the SHA-256 (hex) of what was copied."""
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Flush all files and folders below ``folder``, and itself, to the disk."""
    for below, _, names in os.walk(folder):
        for name in names:
            try:
                handle = os.open(os.path.join(below, name), os.O_RDONLY)
            except FileNotFoundError:  # a journal that came and went
                continue
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(below))
