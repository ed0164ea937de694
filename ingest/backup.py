"""One file with all that cannot be made anew, written while the server runs.

It holds the catalogue (names, sources, metadata, texts), the decisions with their log, the original
of every document wherever it lies, the originals that undoing needs, and whatever else people left
in the data folder (feedback, shared conversations, second factors of logins and the key that seals
answers, so that a backup is to be kept like a password). Vectors, the reader's too, are not in it:
restoring makes them. Not in it either are previews not yet added, sessions, and ``config.yaml``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.archive import CATALOGUE, writing_archive
from ingest.durable import PARTIAL
from ingest.errors import IndexStateError, UserError
from ingest.generations import CATALOGUE as SERVING
from ingest.generations import CURRENT, folder_of, read_current
from ingest.originals import FOLDER, all_kept, content_hash, find, kept_file
from ingest.settings import Settings
from ingest.storage.catalogue import Catalogue, DocumentRecord
from ingest.storage.decisions import FILE
from ingest.storage.places import MEANINGS, refuse_postgres
from ingest.storage.sqlite import connect, copy
from ingest.twins import FILE as TWINS

OTHERS = "others"
_LEFT_OUT = {"generations", FOLDER, MEANINGS, "drafts", "sessions.sqlite", CURRENT, FILE, TWINS}
_KEY_OF_ANSWERS = "answers.key"
_LEFT_OUT_ENDINGS = (PARTIAL, ".lock", ".key", "-wal", "-shm", "-journal")
_TRIES = 40
_OLD = 3600.0


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds; ``without`` are the sources of documents whose original is nowhere."""

    documents: int
    originals: int
    size: int
    without: tuple[str, ...]


def back_up(file: Path, settings: Settings) -> BackedUp:
    """Write a backup of the serving index to ``file``, in place of what is there.

    Needs no lock: others may ask and change meanwhile.

    :raises IndexStateError: if there is no index, or it is damaged.
    :raises UserError: if ``file`` cannot be written, or the documents are kept in PostgreSQL.
    """
    refuse_postgres(settings)
    if file.is_dir():
        raise UserError(
            "is-a-folder",
            str(file),
            "this is a folder",
            "Give the name of a file to be written",
            ("这是文件夹", "请给出要写入的文件名"),
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    _sweep(file)
    with tempfile.TemporaryDirectory(
        prefix=f".{file.name[:80]}.", suffix=PARTIAL, dir=file.parent
    ) as name:
        folder = Path(name)
        recipe = _snapshot(settings, folder)
        catalogue = Catalogue(folder / CATALOGUE)
        records = catalogue.records()
        catalogue.close()
        originals, without = _originals(records, settings)
        with writing_archive(file) as archive:
            for snapshot in (CATALOGUE, FILE):
                if (folder / snapshot).exists():
                    archive.put(snapshot, folder / snapshot)
            for original, hash in originals.items():
                if archive.put(f"{FOLDER}/{kept_name(original, hash, settings)}", original) != hash:
                    raise _changing(settings)
            for other, inside in _others(settings, file, folder):
                archive.put(f"{OTHERS}/{inside}", other)
            made = datetime.now(UTC).isoformat(timespec="seconds")
            archive.close(made, recipe, len(records))
    return BackedUp(len(records), len(originals), file.stat().st_size, tuple(without))


def kept_name(original: Path, hash: str, settings: Settings) -> str:
    """What an original is called in a backup, as among the kept copies."""
    return kept_file(hash, original.suffix, settings).name


def _snapshot(settings: Settings, folder: Path) -> str:
    """Copies of catalogue and decisions that belong together; gives the recipe.

    A change writes the decisions first and last. If those are the same before and after the
    catalogue was copied, then all three copies are of one state, or of one that settles.
    """
    decisions = settings.data_folder / FILE
    for _ in range(_TRIES):
        current = read_current(settings)
        if current is None:
            raise IndexStateError(
                "no-index",
                str(settings.data_folder),
                "there is no index to back up",
                "Run `python -m ingest add corpus` first",
                ("没有可备份的索引", "请先运行 python -m ingest add corpus"),
            )
        if decisions.exists():
            copy(decisions, folder / FILE)
        before = _decided(folder / FILE)
        copy(folder_of(settings, current["generation"]) / SERVING, folder / CATALOGUE)
        if before == _decided(decisions) and read_current(settings) == current:
            return current["recipe"]
        time.sleep(0.25)
    raise _changing(settings)


def _decided(file: Path) -> list[Any]:
    if not file.exists():
        return []
    with closing(connect(file, write=False)) as connection:
        return [
            *connection.execute("select * from decisions order by document").fetchall(),
            *connection.execute("select id, state from changes order by id").fetchall(),
        ]


def _originals(
    records: list[DocumentRecord], settings: Settings
) -> tuple[dict[Path, str], list[str]]:
    """The originals by path, with their hashes; and the sources of documents that have none."""
    found: dict[str, Path] = {}
    without = []
    for record in records:
        if record.content_hash not in found:
            file = find(record.file, record.content_hash, settings)
            if file is None:
                without.append(record.source)
            else:
                found[record.content_hash] = file
    for file, hash in all_kept(settings):
        if hash not in found and content_hash(file) == hash:
            found[hash] = file
    return {file: hash for hash, file in found.items()}, without


def _others(settings: Settings, target: Path, scratch: Path) -> Iterator[tuple[Path, str]]:
    """What else lies in the data folder, and its path there; databases as they are now."""
    data = settings.data_folder
    for below, folders, names in os.walk(data):
        top = Path(below) == data
        folders[:] = [
            name for name in folders if name[0] != "." and not (top and name in _LEFT_OUT)
        ]
        for name in sorted(names):
            file = Path(below, name)
            left_out = name.endswith(_LEFT_OUT_ENDINGS) and not (top and name == _KEY_OF_ANSWERS)
            if name[0] == "." or left_out or (top and name in _LEFT_OUT):
                continue
            if file.is_symlink() or not file.is_file() or file.resolve() == target.resolve():
                continue
            inside = file.relative_to(data).as_posix()
            if file.suffix == ".sqlite":
                copy(file, scratch / "other.sqlite")
                yield scratch / "other.sqlite", inside
                (scratch / "other.sqlite").unlink()
            else:
                yield file, inside


def _sweep(file: Path) -> None:
    """Remove what backups to this file left that were killed."""
    for left in file.parent.glob(f".{file.name[:80]}.*{PARTIAL}"):
        if time.time() - left.lstat().st_mtime > _OLD:
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _changing(settings: Settings) -> UserError:
    return IndexStateError(
        "busy",
        str(settings.data_folder),
        "the documents are being changed too often to be copied",
        "Try again in a while",
        ("文档正在频繁更改，无法备份", "请稍后再试"),
    )
