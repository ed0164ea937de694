"""Which generation of the index serves, and where all of them are.

``data/current.json`` (in PostgreSQL, the table ``serving``) names the one that serves, the one
before it, and the serving one's recipe.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

from ingest.durable import written
from ingest.errors import IndexStateError, UserError
from ingest.faults import damaged
from ingest.settings import Settings
from ingest.storage.places import CATALOGUE as CATALOGUE
from ingest.storage.places import catalogue_place, schemas, shared_schema

CURRENT = "current.json"
VECTORS = "chroma"


def folder_of(settings: Settings, generation: str = "") -> Path:
    """The folder of a generation, or that of all of them."""
    return settings.data_folder / "generations" / generation


def read_current(settings: Settings) -> dict[str, str] | None:
    """``generation``, ``recipe`` and ``previous`` of what serves, ``None`` if nothing ever did.

    :raises IndexStateError: if something did, but it cannot be told what.
    """
    if settings.store.catalogue:
        return _read_serving(settings)
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
    if settings.store.catalogue:
        shared_schema(settings).connect(write=True).execute(
            "insert into serving values (true, ?, ?, ?) on conflict (one) do update set"
            " generation = excluded.generation, recipe = excluded.recipe,"
            " previous = excluded.previous",
            tuple(current.values()),
        )
        return
    file = settings.data_folder / CURRENT
    if file.is_dir():
        file.rename(file.with_name(f"{CURRENT}.damaged-{secrets.token_hex(3)}"))
    with written(file) as stream:
        stream.write(json.dumps(current).encode())


def generations(settings: Settings) -> list[str]:
    """The names of all generations, oldest first, whether they ever served or not."""
    if settings.store.catalogue:
        return schemas(settings, r"(\d{8}-\d{6}-[0-9a-f]{6})")
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


def writing(settings: Settings, wait: float = 0) -> AbstractContextManager[object]:
    """A lock, to be used as a context, that lets one process at a time change the index.

    Finishes what a killed restoring left (:mod:`ingest.pending`).

    :param wait: seconds to wait for it.
    :raises IndexStateError: on creation, if another process holds it.
    """
    if settings.store.catalogue:
        from ingest.storage.postgres import Lock

        return Lock(settings.store.catalogue, settings.store.collection, wait)
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
    place = catalogue_place(settings, generation)
    if not place.exists():
        return False
    try:
        with closing(place.connect(write=False)) as connection:
            if not place.columns(connection, "documents"):
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
        with closing(catalogue_place(settings, generation).connect(write=False)) as opened:
            row = opened.execute("select value from meta where key = 'recipe'").fetchone()
            return str(row[0]) if row else ""
    except UserError:
        return ""


def _read_serving(settings: Settings) -> dict[str, str] | None:
    schema = shared_schema(settings)
    query = "select generation, recipe, previous from serving"
    row = schema.connect(write=False).execute(query).fetchone()
    if row is not None:
        return dict(zip(("generation", "recipe", "previous"), row, strict=True))
    if any(once_served(settings, name) for name in generations(settings)):
        raise damaged(schema.where, "it does not say what serves", "没有记录当前索引")
    return None
