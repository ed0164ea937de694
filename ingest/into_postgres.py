"""What lies in SQLite files of the data folder comes into the PostgreSQL that the settings name."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from ingest.errors import IndexStateError, SettingsError, UserError
from ingest.generations import read_current, set_current
from ingest.settings import Settings
from ingest.storage.catalogue import TABLES, Catalogue
from ingest.storage.decisions import FILE as DECISIONS
from ingest.storage.decisions import Decisions
from ingest.storage.moving import copy_tables
from ingest.storage.places import (
    catalogue_place,
    meanings_place,
    meanings_places,
    shared_place,
    shared_schema,
)
from ingest.storage.sqlite import SqliteFile

_SHARED = {
    DECISIONS: ("decisions", "changes", "held"),
    "sessions.sqlite": ("kept",),
    "second-factors.sqlite": ("factors", "recovery"),
    "feedback.sqlite": ("feedback",),
}
_SNAPSHOTS = "shared"
_KEY = "answers.key"


@dataclass(frozen=True, slots=True)
class Moved:
    """What is in PostgreSQL now."""

    documents: int
    passages: int


def into_postgres(settings: Settings) -> Moved:
    """Copy all into PostgreSQL, where it serves from now on; the files stay as they are, and the
    vectors where they are. Interrupted, it can be done again.

    The caller holds :func:`ingest.index.writing`.

    :raises SettingsError: if the settings name no PostgreSQL.
    :raises UserError: if there is something in it already, or nothing in the files.
    """
    if settings.store.catalogue is None:
        raise SettingsError(
            "no-postgres",
            "store.catalogue",
            "the settings name no PostgreSQL",
            "Set it to postgresql://USER@HOST/NAME",
            ("设置中没有指明 PostgreSQL", "请设为 postgresql://用户@主机/数据库名"),
        )
    if read_current(settings) is not None or Decisions(settings).changes(most=1):
        raise UserError(
            "already-in",
            shared_schema(settings).where,
            "there are documents already",
            "Name an empty data base",
            ("其中已有文档", "请换用空的数据库"),
        )
    files = settings.model_copy(
        update={"store": settings.store.model_copy(update={"catalogue": None})}
    )
    current = read_current(files)
    if current is None:
        raise IndexStateError(
            "no-index",
            str(settings.data_folder),
            "there is nothing to be moved",
            "Run `python -m ingest add corpus`",
            ("没有可迁移的数据", "请直接运行 python -m ingest add corpus"),
        )
    generation = current["generation"]
    target = catalogue_place(settings, generation)
    copy_tables(catalogue_place(files, generation), target, TABLES)
    if (decisions := Decisions(files)).exists():
        decisions.renew()
    for file, tables in _SHARED.items():
        source = shared_place(files, file)
        if source.exists():
            copy_tables(source, shared_place(settings, file), tables)
    _copy_loose(settings)
    _copy_meanings(files, settings)
    set_current(settings, generation, current["recipe"])
    catalogue = Catalogue(target)
    return Moved(len(catalogue.records()), catalogue.passage_count())


def _copy_meanings(files: Settings, settings: Settings) -> None:
    """The reader's vectors, which are derived: what is damaged is made anew when it is needed."""
    for place in meanings_places(files):
        if isinstance(place, SqliteFile):
            with suppress(UserError):
                copy_tables(place, meanings_place(settings, place.path.stem), ("meanings",))


def _copy_loose(settings: Settings) -> None:
    """Shared conversations, and the key of the seals."""
    schema = shared_schema(settings)
    with schema.transaction(schema.connect(write=True)) as connection:
        connection.execute("delete from shares")
        connection.executemany(
            "insert into shares values (?, ?)",
            [(f.stem, f.read_bytes()) for f in (settings.data_folder / _SNAPSHOTS).glob("*.json")],
        )
        key = settings.data_folder / _KEY
        if key.is_file():
            connection.execute("delete from keys where name = ?", (_KEY,))
            connection.execute("insert into keys values (?, ?)", (_KEY, key.read_bytes()))
