"""Which generation of the index serves, and the folders of all of them.

``data/current.json`` names the one that serves, the one before it, and the serving one's recipe.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.durable import written
from ingest.errors import IndexStateError, UserError
from ingest.faults import damaged
from ingest.settings import Settings
from ingest.storage.sqlite import connect

if TYPE_CHECKING:
    from filelock import BaseFileLock

CURRENT = "current.json"
CATALOGUE = "catalogue.sqlite"
VECTORS = "chroma"


def folder_of(settings: Settings, generation: str = "") -> Path:
    """The folder of a generation, or that of all of them."""
    return settings.data_folder / "generations" / generation


def read_current(settings: Settings) -> dict[str, str] | None:
    """``generation``, ``recipe`` and ``previous`` of what serves, ``None`` if nothing ever did.

    :raises IndexStateError: if something did, but it cannot be told what.
    """
    file = settings.data_folder / CURRENT
    try:
        current = json.loads(file.read_bytes())
    except FileNotFoundError:
        if any(once_served(settings, name) for name in generations(settings)):
            raise damaged(file, "this file is missing", "缺少这个文件") from None
        return None
    except (ValueError, IsADirectoryError):
        raise damaged(file) from None
    if not isinstance(current, dict) or not all(
        isinstance(current.get(key), str) and current[key] for key in ("generation", "recipe")
    ):
        raise damaged(file)
    current = {"previous": "", **current}
    if any(
        os.path.basename(str(current[key])) != current[key] for key in ("generation", "previous")
    ):
        raise damaged(file)  # a generation is a folder among the generations, nowhere else
    return current


def set_current(settings: Settings, generation: str, recipe: str) -> None:
    """Switch to a generation; it is on the disk already. What served so far is the one before."""
    try:
        before = read_current(settings)
    except IndexStateError:
        before = None
    previous = ""
    if before:
        same = before["generation"] == generation
        previous = before["previous"] if same else before["generation"]
    current = {"generation": generation, "recipe": recipe, "previous": previous}
    file = settings.data_folder / CURRENT
    if file.is_dir():
        file.rename(file.with_name(f"{CURRENT}.damaged-{secrets.token_hex(3)}"))
    with written(file) as stream:
        stream.write(json.dumps(current).encode())


def generations(settings: Settings) -> list[str]:
    """The names of all generations, oldest first, whether they ever served or not."""
    folder = folder_of(settings)
    return sorted(one.name for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []


def left_over(settings: Settings) -> Iterator[str]:
    """Generations that builds left which were killed: neither the serving one nor the one before.

    The caller holds :func:`writing`.
    """
    current = read_current(settings)
    for name in generations(settings):
        # Before ``previous`` was noted, the one before is known by its name only, which is a time
        kept = current is not None and (
            name in (current["generation"], current["previous"])
            or (not current["previous"] and name < current["generation"])
        )
        if not kept:
            yield name


def writing(settings: Settings, wait: float = 0) -> BaseFileLock:
    """A lock, to be used as a context, that lets one process at a time change the index.

    Finishes what a killed restoring left (:mod:`ingest.pending`).

    :param wait: seconds to wait for it.
    :raises IndexStateError: on creation, if another process holds it.
    """
    from filelock import FileLock, Timeout

    settings.data_folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data_folder / "writing.lock", timeout=wait)
    try:
        held = lock.acquire().lock
    except Timeout:
        raise IndexStateError(
            "busy",
            str(settings.data_folder),
            "another process is changing the index",
            "Wait until it has ended",
            ("另一个进程正在更新索引", "请等它结束后再试"),
        ) from None
    try:
        from ingest.pending import finish_pending

        finish_pending(settings)
    except BaseException:
        held.release(force=True)
        raise
    return held


def once_served(settings: Settings, generation: str) -> bool:
    """Whether a generation holds documents and was not left by a killed build."""
    file = folder_of(settings, generation) / CATALOGUE
    if not file.exists():
        return False
    try:
        with closing(connect(file, write=False)) as connection:
            tables = connection.execute("select name from sqlite_master").fetchall()
            if ("documents",) not in tables:
                return False
            if not connection.execute("select count(*) from documents").fetchone()[0]:
                return False
            meta = dict(connection.execute("select key, value from meta").fetchall())
            return "served" in meta or "recipe" not in meta
    except UserError:
        return True


def recipe_noted(settings: Settings, generation: str) -> str:
    """The recipe by which a generation was made, empty where it does not say."""
    try:
        with closing(connect(folder_of(settings, generation) / CATALOGUE, write=False)) as opened:
            row = opened.execute("select value from meta where key = 'recipe'").fetchone()
            return str(row[0]) if row else ""
    except UserError:
        return ""
