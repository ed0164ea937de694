"""The one file of a backup: a ZIP archive with a manifest that holds every entry's hash."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ingest.durable import copied, written
from ingest.errors import UserError

MANIFEST = "manifest.json"
CATALOGUE = "catalogue.sqlite"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``made`` is an ISO time in UTC; ``recipe`` that of the index;
    ``files`` the SHA-256 (hex) of each entry by its name."""

    format: int
    made: str
    recipe: str
    documents: int
    files: dict[str, str]


class Writer:
    """Puts entries into a backup."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files: dict[str, str] = {}

    def put(self, name: str, source: Path) -> str:
        """Add a file; gives the hash of what was added."""
        with source.open("rb") as stream, self._archive.open(name, "w", force_zip64=True) as entry:
            self.files[name] = copied(stream, entry)  # type: ignore[arg-type]
        return self.files[name]

    def close(self, made: str, recipe: str, documents: int) -> None:
        """Add the manifest."""
        manifest = Manifest(FORMAT, made, recipe, documents, self.files)
        self._archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False))


@contextmanager
def writing_archive(file: Path) -> Iterator[Writer]:
    """A backup that is there, whole, once the block has ended without an exception.

    :raises OSError: if it cannot be written.
    """
    with (
        written(file, private=True) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        yield Writer(archive)


class Reader:
    """A backup, opened after all its entries were checked against the manifest.

    :raises UserError: if the file is no backup, or damaged.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._archive = zipfile.ZipFile(file)
            values = json.loads(self._archive.read(MANIFEST))
            self.manifest = Manifest(**values)
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, NotImplementedError):
            raise self._bad("it is no backup of this program", "不是本程序的备份文件") from None
        if self.manifest.format != FORMAT:
            raise self._bad(
                "it was made by another version of the program", "由本程序的其他版本制作"
            )
        for name, hash in self.manifest.files.items():
            self._check(name, hash)

    def names(self, folder: str = "") -> list[str]:
        """The entries, or those below a folder."""
        return [name for name in self.manifest.files if name.startswith(folder)]

    def take(self, name: str, target: Path) -> None:
        """Write an entry to a file."""
        with self._archive.open(name) as entry, written(target) as stream:
            if copied(entry, stream) != self.manifest.files[name]:  # type: ignore[arg-type]
                raise self._damaged(name)

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def _check(self, name: str, hash: str) -> None:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise self._bad(f"it holds the name {name!r}", f"含有不允许的名称 {name!r}")
        try:
            with self._archive.open(name) as entry:
                same = _hash_of(entry) == hash  # type: ignore[arg-type]
        except (zipfile.BadZipFile, KeyError, EOFError, ValueError, zipfile.zlib.error):  # type: ignore[attr-defined]
            same = False
        if not same:
            raise self._damaged(name)

    def _damaged(self, name: str) -> UserError:
        return self._bad(f"the backup is damaged at {name}", f"备份文件已损坏（{name}）")

    def _bad(self, what: str, zh: str) -> UserError:
        return UserError(
            "bad-backup",
            str(self._file),
            what,
            "Give another file made by `python -m ingest backup`; nothing was changed",
            (zh, "请换用另一份由 python -m ingest backup 生成的文件；没有作任何更改"),
        )


def _hash_of(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()
