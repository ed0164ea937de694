"""What the files of a model hold, as a hash: they are large, and never change while in use."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


def digest_of(file: Path) -> bytes:
    """SHA-256 of a file's bytes, read again only when size or time of the last change differ.

    :raises OSError: if it cannot be read.
    """
    about = file.stat()
    return _digest(file, about.st_ino, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(file: Path, _inode: int, _size: int, _changed: int) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
