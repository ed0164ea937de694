"""Which data base holds what, as the settings have it: SQLite under ``data``, or PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import SettingsError
from ingest.settings import Settings
from ingest.storage.database import Database
from ingest.storage.sqlite import SqliteFile

if TYPE_CHECKING:
    from ingest.storage.migrations import Kind
    from ingest.storage.postgres import PostgresSchema

CATALOGUE = "catalogue.sqlite"
MEANINGS = "meanings"
"""The folder of :mod:`ingest.meanings` below the data folder."""


def catalogue_place(settings: Settings, generation: str) -> Database:
    """Where documents, passages and words of a generation lie."""
    if settings.store.catalogue is None:
        return SqliteFile(settings.data_folder / "generations" / generation / CATALOGUE)
    return _schema(settings, f"{settings.store.collection}-{generation}", "catalogue")


def shared_place(settings: Settings, file: str, private: bool = False) -> Database:
    """Where lies what all generations share.

    :param file: its name in the data folder where it is a file.
    :param private: such a file is its owner's only.
    """
    if settings.store.catalogue is None:
        return SqliteFile(settings.data_folder / file, private)
    return shared_schema(settings)


def meanings_place(settings: Settings, name: str) -> Database:
    """Where the reader's vectors lie that go by a name of 16 characters."""
    if settings.store.catalogue is None:
        return SqliteFile(settings.data_folder / MEANINGS / f"{name}.sqlite")
    return _schema(settings, f"{settings.store.collection}-read-{name}", "meanings")


def meanings_places(settings: Settings) -> list[Database]:
    """All places of the reader's vectors that there are."""
    if settings.store.catalogue is None:
        files = (settings.data_folder / MEANINGS).glob("*.sqlite")
        return [SqliteFile(file) for file in sorted(files)]
    return [meanings_place(settings, name) for name in schemas(settings, "read-([0-9a-f]{16})")]


def schemas(settings: Settings, shape: str) -> list[str]:
    """What stands in the group of ``shape`` (a regular expression of PostgreSQL's) in the names of
    the schemas of this shape behind the collection's prefix, in order."""
    named = f"^{settings.store.collection}-{shape}$"
    query = "select substring(nspname from ?) from pg_namespace where nspname ~ ?"
    rows = shared_schema(settings).connect(write=False).execute(query, (named, named))
    return sorted(name for (name,) in rows)


def shared_schema(settings: Settings) -> PostgresSchema:
    """The schema that all generations share, where there is PostgreSQL."""
    return _schema(settings, settings.store.collection, "shared")


def refuse_postgres(settings: Settings) -> None:
    """Backups of the program hold SQLite files.

    :raises SettingsError: if the settings name PostgreSQL, which has better means of its own.
    """
    if settings.store.catalogue is not None:
        raise SettingsError(
            "use-pg-dump",
            "store.catalogue",
            "what is kept in PostgreSQL is backed up and restored by its own programs",
            "Use `pg_dump --format=custom` and `pg_restore`, copy the folder `originals` of the"
            " data folder with it, and run `python -m ingest check --repair` after restoring",
            (
                "PostgreSQL 中的数据由数据库自带的工具备份和恢复",
                "请使用 pg_dump --format=custom 和 pg_restore，并一同复制数据文件夹中的 originals；"
                "恢复后请运行 python -m ingest check --repair",
            ),
        )


def _schema(settings: Settings, name: str, kind: Kind) -> PostgresSchema:
    try:
        from ingest.storage.postgres import PostgresSchema
    except ImportError as error:
        raise SettingsError(
            "no-psycopg",
            "store.catalogue",
            f"PostgreSQL is set, and what speaks to it is not installed ({error})",
            "Run `pip install -e '.[postgres]'`",
            (
                f"设置使用 PostgreSQL，但未安装所需的程序包（{error}）",
                "请运行 pip install -e '.[postgres]'",
            ),
        ) from None
    assert settings.store.catalogue is not None
    return PostgresSchema(settings.store.catalogue, name, kind)
