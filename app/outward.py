"""What a reader elsewhere is told of files: their names, never where they lie on this machine."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath, PureWindowsPath

from ingest.errors import UserError
from ingest.faults import explained

_PATH = re.compile(r"(?<![\w/:.])(?:/|[A-Za-z]:\\)[^\s:：，。；;、（）()\"'“”《》]+")


def outward_source(source: str) -> str:
    """The name a document goes by: an address or a path within the project stays, of a path on
    this machine the file's name."""
    return _name(source) if _absolute(source) else source


def outward(error: UserError) -> UserError:
    """The error with the names of files for their paths."""
    zh = (_without_paths(error.zh[0]), _without_paths(error.zh[1])) if error.zh else None
    where = _name(error.where) if _is_path(error.where) else _without_paths(error.where)
    what, remedy = _without_paths(error.what), _without_paths(error.remedy)
    return UserError(error.code, where, what, remedy, zh)


def explained_outward(error: Exception) -> UserError | None:
    """What a reader elsewhere is told of an error that the system or a mistake caused; ``None`` of
    a fault of the program."""
    found = explained(error, "server")
    return outward(found) if found else None


def _without_paths(text: str) -> str:
    return _PATH.sub(lambda found: _name(found[0]) if _is_path(found[0]) else found[0], text)


def _absolute(source: str) -> bool:
    """Whether a document goes by a path of this or, in a restored backup, another machine."""
    return source.startswith(("/", "\\")) or bool(PureWindowsPath(source).drive)


def _is_path(text: str) -> bool:
    """Whether it is a path of this machine: ``/api/v1`` in a hint is none, ``/var/lib/x`` is."""
    if PureWindowsPath(text).drive:
        return True
    parts = PurePosixPath(text).parts
    return len(parts) > 1 and parts[0] == "/" and os.path.lexists(f"/{parts[1]}")


def _name(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name
