"""The last steps of restoring a backup, which whoever changes the index next takes if the process
that began them was killed.

All is made ready in a folder ``data/.restoring-…``. One small file then says that it is to be taken
over; from there on every step can be repeated until that file is removed. Before, nothing of the
data folder has changed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.durable import copied, sync_folder, written
from ingest.generations import folder_of, set_current
from ingest.originals import FOLDER as ORIGINALS
from ingest.originals import content_hash, promised
from ingest.settings import Settings
from ingest.storage.decisions import FILE
from ingest.storage.sqlite import copy, faults_of

PREFIX = ".restoring-"
OTHERS = "others"
_NOTE = "restoring.json"


@dataclass(frozen=True, slots=True)
class Pending:
    """A restored data folder, ready to be taken over: its name, and what is to serve."""

    folder: str
    generation: str
    recipe: str


def take_over(pending: Pending, settings: Settings) -> None:
    """Let what was restored serve; the caller holds :func:`ingest.index.writing`.

    :param pending: its folder is complete and on the disk.
    """
    with written(settings.data_folder / _NOTE) as stream:
        stream.write(json.dumps(asdict(pending)).encode())
    finish_pending(settings)


def finish_pending(settings: Settings) -> None:
    """Take the steps that a killed process left, and sweep what others left that came less far.

    The caller holds :func:`ingest.index.writing`.
    """
    data = settings.data_folder
    note = data / _NOTE
    if note.exists():
        pending = Pending(**json.loads(note.read_bytes()))
        _move(data / pending.folder, pending, settings)
        set_current(settings, pending.generation, pending.recipe)
        note.unlink()
        sync_folder(data)
    for left in data.glob(f"{PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


def _move(staged: Path, pending: Pending, settings: Settings) -> None:
    data = settings.data_folder
    (data / ORIGINALS).mkdir(exist_ok=True)
    if (staged / ORIGINALS).is_dir():
        for file in (staged / ORIGINALS).iterdir():
            target = data / ORIGINALS / file.name
            if content_hash(target) != promised(file.name):
                file.replace(target)
        sync_folder(data / ORIGINALS)
    generation = folder_of(settings, pending.generation)
    generation.parent.mkdir(exist_ok=True)
    if not generation.exists():
        (staged / "generations" / pending.generation).replace(generation)
        sync_folder(generation.parent)
    if (staged / FILE).exists():
        _put_damaged_aside(data / FILE)
        copy(staged / FILE, data / FILE)
    for file in sorted((staged / OTHERS).rglob("*")):
        if file.is_file():
            target = data / file.relative_to(staged / OTHERS)
            if file.suffix == ".sqlite":
                _put_damaged_aside(target)
                target.touch(mode=file.stat().st_mode & 0o777)
                copy(file, target)
            else:
                with file.open("rb") as source, written(target) as stream:
                    os.fchmod(stream.fileno(), file.stat().st_mode & 0o777)
                    copied(source, stream)


def _put_damaged_aside(target: Path) -> None:
    """Make way for a data base: what cannot be read cannot be written into either."""
    if target.is_dir() or (target.exists() and faults_of(target)):
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        target.replace(target.with_name(f"{target.name}.damaged-{secrets.token_hex(3)}"))
