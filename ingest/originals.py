"""The raw bytes of documents: where they lie, and that they are still the same.

The catalogue notes a file as ``corpus:PATH`` or ``data:PATH``, relative to the corpus or the data
folder, so that either may be moved or renamed. (Before, notes were relative to the settings file or
absolute; they are still understood.) Whoever reads a document's bytes finds them by their SHA-256,
first where they were noted, then among the copies in ``data/originals``, whose names are it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.durable import PARTIAL, copied, written
from ingest.errors import LoadError
from ingest.settings import Settings

FOLDER = "originals"
CORPUS, _DATA = "corpus:", "data:"
"""What the note of a file in the corpus folder, or in the data folder, begins with."""
_HASH = re.compile(r"[0-9a-f]{64}")


def content_hash(file: Path) -> str:
    """SHA-256 (hex) of a file's bytes; empty where it cannot be read, as loading will say."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def located(note: str, settings: Settings) -> Path:
    """The path that a note of the catalogue or of a decision means."""
    if note.startswith(CORPUS):
        return settings.corpus_folder / note.removeprefix(CORPUS)
    if note.startswith(_DATA):
        return settings.data_folder / note.removeprefix(_DATA)
    return settings.base / note


def find(note: str, hash: str, settings: Settings) -> Path | None:
    """A file that holds exactly the bytes with this hash, ``None`` if there is none (any more)."""
    if not hash:
        return None
    noted = located(note, settings) if note else None
    for place in (*([noted] if noted else ()), *kept_copies(hash, settings)):
        if place.is_file() and content_hash(place) == hash:
            return place
    return None


def keep(file: Path, hash: str, settings: Settings, always: bool = False) -> str:
    """Where the raw bytes lie from now on, as a note.

    A file outside the corpus folder (with ``always``, any file) is copied to ``data/originals``.

    :raises LoadError: if the file no longer has the bytes with this hash.
    """
    inside = file.resolve()
    if not always and inside.is_relative_to(settings.corpus_folder) and _nameable(file):
        return CORPUS + inside.relative_to(settings.corpus_folder).as_posix()
    target = kept_file(hash, file.suffix, settings)
    if content_hash(target) != hash:
        with file.open("rb") as source, written(target) as stream:
            if copied(source, stream) != hash:
                raise altered(str(file))
    return _DATA + target.relative_to(settings.data_folder).as_posix()


def keep_bytes(data: bytes, suffix: str, settings: Settings) -> Path:
    """The file under ``data/originals`` that holds ``data`` from now on."""
    hash = hashlib.sha256(data).hexdigest()
    target = kept_file(hash, suffix, settings)
    if content_hash(target) != hash:
        with written(target) as stream:
            stream.write(data)
    return target


def kept_file(hash: str, suffix: str, settings: Settings) -> Path:
    """Where a copy of a file with these bytes and this ending is kept."""
    return settings.data_folder / FOLDER / f"{hash}{suffix.lower()}"


def kept_copies(hash: str, settings: Settings) -> Iterator[Path]:
    """The files in ``data/originals`` that say they have these bytes."""
    if _HASH.fullmatch(hash):
        yield from sorted((settings.data_folder / FOLDER).glob(f"{hash}.*"))


def all_kept(settings: Settings) -> Iterator[tuple[Path, str]]:
    """All kept copies and the hashes that their names promise."""
    folder = settings.data_folder / FOLDER
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        hash = promised(file.name)
        if hash and file.is_file() and file.suffix != PARTIAL:
            yield file, hash


def promised(note: str) -> str:
    """The hash in the name of a kept copy, empty for any other file."""
    stem = note.replace("\\", "/").rsplit("/", 1)[-1].partition(".")[0]
    return stem if _HASH.fullmatch(stem) else ""


def in_corpus(note: str, settings: Settings) -> bool:
    """Whether a noted file lies in the corpus folder."""
    return bool(note) and located(note, settings).resolve().is_relative_to(settings.corpus_folder)


def missing(source: str) -> LoadError:
    """The error of a document whose bytes are nowhere."""
    return LoadError(
        "original-missing",
        source,
        "its file is neither where it was nor among the originals",
        "Put it back, restore a backup, or let it go: `remove` it, or `build --drop-missing NAME`",
        (
            "原文件不在原处，originals 中也没有",
            "请放回原处或从备份恢复；如不再需要，请用 remove 移除，或用 build --drop-missing 名称",
        ),
    )


def altered(source: str) -> LoadError:
    """The error of a document whose file holds other bytes than when it went in."""
    return LoadError(
        "original-altered",
        source,
        "its original was altered since it went in and is not read",
        "Put the unaltered file back, restore a backup, or add the new text as a document",
        ("原件在入库后被改动，不予采用", "请放回未经改动的文件、从备份恢复，或将新文本另行入库"),
    )


def _nameable(file: Path) -> bool:
    """Whether the file's name is text, so that it can be noted."""
    try:
        os.fspath(file).encode()
    except UnicodeEncodeError:
        return False
    return True
