"""What an earlier version of the program left in SQLite files moves into PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import feedback
from ingest.errors import UserError
from ingest.index import Index, read_current, writing
from ingest.into_postgres import into_postgres
from ingest.settings import Settings, StoreSettings
from ingest.storage.catalogue import Catalogue
from ingest.storage.decisions import Decisions, Noted, Standing
from ingest.storage.lexical import LexicalIndex
from ingest.storage.places import catalogue_place
from tests.postgres import Postgres

GENERATION = "20261127-231319-7a8b31"
EARLIER = {"catalogue": f"generations/{GENERATION}", "library": "", "feedback": ""}


@pytest.fixture
def earlier(tmp_path: Path, postgres: Postgres) -> Settings:
    """The SQLite files that the program of November 2026 left, as ``iterdump`` wrote them down
    then, and settings with an empty PostgreSQL."""
    data = tmp_path / "data"
    for name, folder in EARLIER.items():
        file = data / folder / f"{name}.sqlite"
        file.parent.mkdir(parents=True, exist_ok=True)
        dump = Path(__file__).parent / "earlier" / f"{name}.sql"
        in_file(file, dump.read_text(encoding="utf-8"))
    current = {"generation": GENERATION, "recipe": "pipeline 6", "previous": ""}
    (data / "current.json").write_text(json.dumps(current), encoding="utf-8")
    return Settings(base=tmp_path, store=StoreSettings(catalogue=postgres.database()))


def in_file(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


@pytest.mark.parametrize("log", ["as it was", "before faces and values were noted"])
def test_files_of_an_earlier_version_move(earlier: Settings, log: str) -> None:
    library = earlier.data_folder / "library.sqlite"
    if log != "as it was":
        for column in ("face", "fields"):
            in_file(library, f"alter table changes drop column {column}")
    with writing(earlier):
        moved = into_postgres(earlier)
    assert (moved.documents, moved.passages) == (1, 3)
    catalogue = Catalogue(catalogue_place(earlier, GENERATION))
    (record,) = catalogue.records()
    assert record.title == "甲省政府采购管理办法" and record.passages == 3
    found = LexicalIndex(catalogue).search("公开采购意向", 5)
    assert set(catalogue.passages(id for id, _ in found)) <= {
        passage.id for passage in catalogue.passages_of(record.id)
    }
    assert found
    changes = Decisions(earlier).changes()
    assert [(c.action, c.who) for c in changes[:1]] == [("remove", "编辑")] and len(changes) == 3
    decisions = Decisions(earlier).all()
    assert [one.present for one in decisions.values()] == [False]
    assert [f.question for f in feedback.export(earlier)] == ["问？"]
    before = Standing("corpus/丙.txt", False)
    after = Standing("corpus/丙.txt", True, "corpus:丙.txt", "aa")
    Decisions(earlier).note("编辑", Noted("add", "丙", before, after))
    assert len(Decisions(earlier).changes()) == 4


def test_a_catalogue_that_is_too_old_is_one_line_and_nothing_moves(earlier: Settings) -> None:
    file = earlier.data_folder / "generations" / GENERATION / "catalogue.sqlite"
    in_file(file, "alter table documents drop column pages")
    with writing(earlier), pytest.raises(UserError, match="ingest build") as caught:
        into_postgres(earlier)
    assert len(caught.value.line("zh").splitlines()) == 1
    assert read_current(earlier) is None and Decisions(earlier).changes() == []
    with pytest.raises(UserError, match="no index yet"):
        Index.open(earlier)
