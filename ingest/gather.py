"""Which files a path means, and the names that documents made of them go by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ingest.bundles import BUNDLES
from ingest.load import FORMATS
from ingest.settings import Settings


def gather(path: Path) -> Iterator[Path]:
    """The file itself, or all files of known types below a folder, in order of name."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not _belongs_to_a_page(name))
        for name in sorted(names):
            if not name.startswith((".", "~$")) and Path(name).suffix.lower() in (
                *FORMATS,
                *BUNDLES,
            ):
                yield Path(folder, name)


def _belongs_to_a_page(folder: str) -> bool:
    """Whether a folder is hidden, or holds the pictures of a web page that was saved."""
    return folder.startswith(".") or folder.endswith(("_files", ".files"))


def link_elsewhere(file: Path, folder: Path) -> bool:
    """Whether a file below ``folder`` is a link that leads out of it."""
    return file.is_symlink() and not file.resolve().is_relative_to(folder.resolve())


def source_name(file: Path, settings: Settings) -> str:
    """The name a document goes by: its path, relative to the settings file where below it."""
    absolute = Path(os.path.abspath(file))
    base = settings.base.resolve()
    if absolute.is_relative_to(base):
        return as_text(absolute.relative_to(base).as_posix())
    return as_text(absolute.as_posix())


def as_text(path: str) -> str:
    """A path as text. Names from ZIP archives made in China are often GBK, not UTF-8."""
    raw = os.fsencode(path)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
