"""A backup becomes the data folder again, on this machine or another."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from ingest.archive import CATALOGUE, MANIFEST, Reader
from ingest.durable import sync_tree
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.generations import read_current, set_current
from ingest.index import Index, recipe_of
from ingest.known import register_of
from ingest.originals import FOLDER as ORIGINALS
from ingest.pending import OTHERS, PREFIX, Pending, take_over
from ingest.pipeline import build
from ingest.revector import with_new_vectors
from ingest.settings import Settings
from ingest.storage.catalogue import TABLES
from ingest.storage.decisions import FILE, Decisions
from ingest.storage.moving import copy_tables
from ingest.storage.places import refuse_postgres
from ingest.storage.sqlite import SqliteFile


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored index holds; ``made`` is when the backup was."""

    documents: int
    passages: int
    made: str


def restore(file: Path, settings: Settings, embedder: Embedder, replace: bool = False) -> Restored:
    """Make the data folder what it was when ``file`` was made; vectors are computed anew.

    What served before serves until all is ready. Killed at any moment, either the old or the
    restored state is whole. The caller holds :func:`ingest.index.writing`.

    :param replace: do so even if there are documents already.
    :raises UserError: if ``file`` is no backup or damaged, or there are documents already, or they
        are kept in PostgreSQL.
    """
    refuse_postgres(settings)
    data = settings.data_folder
    if not replace and (_serves(settings) or Decisions(settings).exists()):
        raise UserError(
            "already-in",
            str(data),
            "there are documents already, which the backup would replace",
            "Give --replace to do so, or set another data folder",
            ("已有文档，恢复会将其替换", "确要替换请加 --replace，或另设数据文件夹"),
        )
    backup = _opened(file)
    staged = data / f"{PREFIX}{secrets.token_hex(4)}"
    try:
        _unpack(backup, staged)
        inside = settings.model_copy(update={"data": staged})
        index = _indexed(staged, inside, embedder, backup.manifest.recipe)
        pending = Pending(staged.name, index.generation, index.recipe)
        restored = Restored(
            len(index.documents()), index.catalogue.passage_count(), backup.manifest.made
        )
        index.close()
        sync_tree(staged)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    finally:
        backup.close()
    take_over(pending, settings)
    return restored


def _serves(settings: Settings) -> bool:
    try:
        return read_current(settings) is not None
    except UserError:
        return True


def _opened(file: Path) -> Reader:
    if not file.is_file():
        raise UserError(
            "missing-file",
            str(file),
            "there is no such file",
            "Check the path",
            ("文件不存在", "请检查路径"),
        )
    return Reader(file)


def _unpack(backup: Reader, staged: Path) -> None:
    for name in backup.names():
        if name in (CATALOGUE, FILE) or name.startswith((f"{ORIGINALS}/", f"{OTHERS}/")):
            backup.take(name, staged / name)
            if name.startswith(f"{OTHERS}/"):  # keys, second factors, logs: the server's alone
                (staged / name).chmod(0o600)
    if CATALOGUE not in backup.manifest.files:
        raise UserError(
            "bad-backup",
            MANIFEST,
            "the backup has no catalogue",
            "Give another file made by `python -m ingest backup`",
            ("备份中没有目录", "请换用另一份由 python -m ingest backup 生成的文件"),
        )


def _indexed(staged: Path, inside: Settings, embedder: Embedder, recipe: str) -> Index:
    """An index over the unpacked backup, by the recipe of the settings."""
    wanted = recipe_of(inside, embedder.fingerprint)
    if recipe == wanted:
        index = with_new_vectors(SqliteFile(staged / CATALOGUE), inside, recipe, embedder)
        Decisions(inside).hold_all(register_of(index.documents()))
        index.serve()
        return index
    index = Index.new_generation(inside, recipe)
    copy_tables(SqliteFile(staged / CATALOGUE), index.catalogue.database, TABLES)
    index.close()
    set_current(inside, index.generation, recipe)
    summary = build(inside, embedder)
    if summary.lost:
        raise UserError(
            "cannot-convert",
            "; ".join(summary.lost),
            "the backup was made with another model, passage size or version of the program, and"
            " these documents cannot be read again",
            "Restore with the same embedding and split settings as it was made with",
            (
                "备份是用另一个模型、段落长度或程序版本制作的，而这些文档无法重新读取",
                "请使用制作备份时的 embedding 和 split 设置恢复",
            ),
        )
    return Index.open(inside)
