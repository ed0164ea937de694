"""Tables in PostgreSQL: those of SQLite, version by version."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.errors import UserError
from ingest.settings import Settings
from ingest.storage import migrations
from ingest.storage.catalogue import TABLES, Catalogue
from ingest.storage.decisions import SCHEMA
from ingest.storage.lexical import LexicalIndex
from ingest.storage.places import catalogue_place, shared_schema
from ingest.storage.sqlite import SqliteFile
from tests.postgres import Postgres


def test_both_engines_have_the_same_columns(postgres: Postgres, tmp_path: Path) -> None:
    settings = Settings(base=tmp_path, store=postgres.store())
    catalogue = Catalogue(catalogue_place(settings, "20261127-120000-abcdef"), write=True)
    own = Catalogue(tmp_path / "catalogue.sqlite", write=True)
    LexicalIndex(own, write=True)
    for table in TABLES:
        there = catalogue.database.columns(catalogue.connection, table)
        assert there == own.database.columns(own.connection, table) != set()
    file = SqliteFile(tmp_path / "library.sqlite")
    connection, shared = file.connect(write=True), shared_schema(settings)
    file.make(connection, SCHEMA)
    for table in ("decisions", "changes", "held"):
        there = shared.columns(shared.connect(write=True), table)
        assert there == file.columns(connection, table) != set()


def test_tables_of_today_become_those_of_tomorrow(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(base=tmp_path, store=postgres.store())
    catalogue = Catalogue(catalogue_place(settings, "20261127-120000-abcdef"), write=True)
    catalogue.set_meta("recipe", "today")
    newer = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, newer)
    (newer / "catalogue" / "c002_more.py").write_text(
        "from alembic import op\nrevision = 'c002'\ndown_revision = 'c001'\n"
        "def upgrade():\n    op.execute('alter table meta add column more text')\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(migrations, "FOLDER", newer)
    monkeypatch.setitem(migrations.NEWEST, "catalogue", "c002")
    name = f"{settings.store.collection}-20261127-120000-abcdef"
    assert settings.store.catalogue
    migrations.bring_up(settings.store.catalogue, name, "catalogue", "here")
    assert "more" in catalogue.database.columns(catalogue.connection, "meta")
    assert catalogue.meta("recipe") == "today"
    monkeypatch.undo()
    with pytest.raises(UserError, match="newer version of the program"):
        migrations.bring_up(settings.store.catalogue, name, "catalogue", "here")


def test_the_newest_versions_are_the_last() -> None:
    for kind, newest in migrations.NEWEST.items():
        files = sorted((migrations.FOLDER / kind).glob("[a-z][0-9]*.py"))
        assert files[-1].name.startswith(f"{newest}_")
