"""Secret keys that the server makes once and keeps beside its data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

LENGTH = 32


def kept_key(file: Path) -> bytes:
    """The key in ``file``, made where there is none; all processes over one folder share it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) >= LENGTH:
            return key
        file.unlink(missing_ok=True)  # a process was killed while it wrote
        return kept_key(file)
    with os.fdopen(handle, "wb") as out:
        key = secrets.token_bytes(LENGTH)
        out.write(key)
    return key
