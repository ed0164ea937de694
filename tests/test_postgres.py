"""A whole installation over PostgreSQL: what only it has, and what happens when it is away."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import feedback, shares
from app.accounts.factors import STEP, Factors
from app.accounts.sessions import Sessions
from app.api.gate import Gate
from app.api.health import router
from app.api.metrics import Metrics
from app.service import Assistant
from app.web.sealing import Seals
from ingest.check import check
from ingest.embed import Embedder
from ingest.encoder import encoder_of
from ingest.errors import SettingsError, UserError
from ingest.index import Index, read_current, writing
from ingest.into_postgres import into_postgres
from ingest.meanings import Meanings, fill, keep_filled, place_of, rows_of
from ingest.pipeline import add_paths, build, take_out
from ingest.settings import AnswerSettings, Settings, StoreSettings, load_settings
from ingest.storage.catalogue import Catalogue
from ingest.storage.decisions import Decisions, Held
from ingest.storage.places import (
    catalogue_place,
    meanings_place,
    meanings_places,
    shared_place,
)
from ingest.storage.postgres import shown
from tests.postgres import Postgres
from tests.projects import Project, law
from tests.servers import until

QUESTION = "供应商应当在几个工作日内提交履约保证金？"
EDITOR = "编辑"


def add(settings: Settings, *paths: Path) -> None:
    with writing(settings):
        summary = add_paths(list(paths), settings, Embedder(settings))
    assert not summary.failures


def stored_at(url: str | None) -> str:
    catalogue = "null" if url is None else url
    return f"store: {{catalogue: {catalogue}}}\nanswer: {{reader: none}}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Project:
    """Two documents in a data base of their own."""
    folder = tmp_path_factory.mktemp("postgres") / "project"
    project = Project.make(folder, stored_at(postgres.database()))
    project.write("甲办法.txt", law("甲省政府采购管理办法", 12))
    project.write("乙办法.txt", law("乙省政府采购管理办法", 4))
    add(project.settings, project.corpus)
    return project


def empty(url: str, tmp_path: Path) -> Settings:
    return Settings(base=tmp_path, store=StoreSettings(catalogue=url))


def test_documents_are_asked_replaced_removed_and_rebuilt(project: Project) -> None:
    settings = project.settings
    assert not list(settings.data_folder.rglob("catalogue.sqlite"))
    assert not (settings.data_folder / "library.sqlite").exists()
    assistant = Assistant(settings)
    assert "7个工作日" in assistant.ask(QUESTION).text
    file = project.write("丙办法.txt", law("丙省政府采购管理办法", 3))
    add(settings, file)
    assert "丙省" in assistant.ask("丙省政府采购管理办法第三条怎么规定？").citations[0].title
    project.write("丙办法.txt", "丙省政府采购管理办法\n第一条 供应商应当在99个工作日内答复。\n")
    add(settings, file)
    assert "99个工作日" in assistant.ask("丙省政府采购管理办法第一条怎么规定？").text
    before = assistant.index
    (record,) = [r for r in before.documents() if r.title.startswith("丙")]
    with writing(settings):
        index = Index.open_for_writing(settings, before.recipe)
        change = take_out(record, index, settings, "编辑")
        index.close()
    assert Decisions(settings).changes()[0] == change
    assert all("丙" not in r.title for r in assistant.index.documents())
    with writing(settings):
        assert build(settings, Embedder(settings)).switched
    assert not before.serves and assistant.index.generation != before.generation
    assert len(assistant.index.documents()) == 2 and "7个工作日" in assistant.ask(QUESTION).text


def test_damages_are_mended(project: Project) -> None:
    settings = project.settings
    index = Index.open(settings)
    shutil.rmtree(settings.data_folder / "generations" / index.generation)
    done = check(settings, Embedder(settings), repair=True)
    assert {one.kind for one in done.found} == {"vectors"} and done.left == []
    with Index.open(settings).catalogue.transaction() as connection:
        connection.execute("delete from lexical where document = ?", (index.documents()[0].id,))
    done = check(settings, Embedder(settings), repair=True)
    assert {one.kind for one in done.found} == {"document"} and done.left == []


def test_what_the_reader_makes_of_passages_is_seen_by_every_machine(
    project: Project, tmp_path: Path
) -> None:
    """Filled through one, there for another, which shares the data base and no folder."""
    one = reading(project.settings)
    other = one.model_copy(update={"base": tmp_path})
    index, encoder = Index.open(one), encoder_of(one)
    assert encoder is not None
    kept = Meanings(place_of(other, encoder, index.recipe))
    kept.refresh()
    assert len(kept) == 0
    with writing(one):
        keep_filled(one)
        assert not meanings_places(one), "nobody asked for them yet"
        fill(one)
    kept.refresh()
    passages = [p.id for r in index.documents() for p in index.passages_of(r.id)]
    assert len(kept) == len(passages) > 10
    file = project.write("戊办法.txt", law("戊省政府采购管理办法", 2))
    with writing(one):
        add_paths([file], one, Embedder(one))
        keep_filled(one)
    (record,) = [r for r in index.documents() if r.title.startswith("戊")]
    kept.refresh()
    question = encoder.question("履约保证金什么时候提交")
    ids = [passage.id for passage in index.passages_of(record.id)]
    assert not np.isnan(kept.cosines(question, ids)).any()
    assert not any((one.data_folder / "meanings").glob("*"))
    place = meanings_place(one, kept_name(one))
    place.connect(write=True).execute("delete from meanings where stamp = 1")
    mended = check(one, Embedder(one), repair=True)
    assert [found.kind for found in mended.found] == ["meanings"] and not mended.left
    with writing(one):
        index = Index.open_for_writing(one, index.recipe)
        take_out(record, index, one, "编辑")
        index.close()


def reading(settings: Settings) -> Settings:
    """The settings with the project's own reader."""
    return settings.model_copy(update={"answer": AnswerSettings()})


def kept_name(settings: Settings) -> str:
    (place,) = meanings_places(settings)
    return place.where.rsplit("-", 1)[1]


def test_two_writers_do_not_meet(project: Project) -> None:
    with writing(project.settings), pytest.raises(UserError, match="another process is changing"):
        writing(project.settings)
    with writing(project.settings):
        pass


def test_backups_are_those_of_the_data_base(project: Project, tmp_path: Path) -> None:
    for command in ("backup", "restore"):
        done = project.run("ingest", command, str(tmp_path / "backup.zip"))
        assert done.returncode == 1 and "pg_dump" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_what_pg_dump_saves_pg_restore_brings_back(project: Project, postgres: Postgres) -> None:
    settings = project.settings
    assert settings.store.catalogue is not None
    url = postgres.restored(settings.store.catalogue, postgres.folder / "dump")
    store = settings.store.model_copy(update={"catalogue": url})
    restored = settings.model_copy(update={"store": store})
    assert not check(restored, Embedder(restored)).found
    assistant = Assistant(restored)
    assert "7个工作日" in assistant.ask(QUESTION).text
    assert Decisions(restored).changes() == Decisions(settings).changes()
    assistant.index.close()


def test_dead_connections_are_not_the_servers_death(postgres: Postgres, tmp_path: Path) -> None:
    settings = Settings(base=tmp_path, store=postgres.store())
    catalogue = Catalogue(catalogue_place(settings, "20261127-120000-abcdef"), write=True)
    decisions = Decisions(settings)
    with ThreadPoolExecutor(4) as threads:  # so that there are several
        list(threads.map(lambda _: catalogue.meta("recipe"), range(40)))
    decisions.hold(Held("a.txt", "corpus:a.txt", "aa", "甲"))
    postgres.stop(hard=True)
    postgres.start()
    assert catalogue.meta("recipe") is None
    with catalogue.transaction() as connection:
        connection.execute("insert into stray values (?)", ("x",))
    decisions.hold(Held("b.txt", "corpus:b.txt", "bb", "乙"))
    assert len(decisions.held()) == 2 and catalogue.has_notes_of_strays()


def test_each_code_works_once_whichever_machine_is_asked(
    postgres: Postgres, tmp_path: Path
) -> None:
    store = postgres.store()
    machines = [Factors(Settings(base=tmp_path / name, store=store)) for name in ("one", "other")]
    one, other = machines
    assert not other.has(EDITOR) and other.matches(EDITOR, "123456") is None
    authenticator, codes = enrolled(one)
    assert other.has(EDITOR) and other.left(EDITOR) == len(codes)
    with pytest.raises(UserError, match="has a second factor already"):
        other.propose(EDITOR)
    code = authenticator.at(time.time() + STEP)  # the present one was used to set it up
    for given, kind in ((code, "app"), (codes[0], "recovery")):
        with ThreadPoolExecutor(8) as threads:
            tries = list(threads.map(Factors.matches, machines * 4, [EDITOR] * 8, [given] * 8))
        assert sorted(map(str, tries)) == ["None"] * 7 + [kind]
    assert other.remove(EDITOR) and not one.has(EDITOR) and not one.remove(EDITOR)
    assert not list(tmp_path.rglob("*.sqlite"))


def enrolled(factors: Factors) -> tuple[pyotp.TOTP, list[str]]:
    authenticator = pyotp.TOTP(factors.propose(EDITOR))
    codes = factors.confirm(EDITOR, authenticator.now())
    assert codes
    return authenticator, codes


def test_it_goes_away_and_comes_back(postgres: Postgres, project: Project) -> None:
    assistant = Assistant(project.settings)
    assistant.warm()
    page = FastAPI()
    page.include_router(router(assistant, Metrics(assistant, Gate(8, 100))))
    client = TestClient(page)
    assert client.get("/readyz").status_code == 200
    postgres.stop(hard=True)
    try:
        away = client.get("/readyz")
        assert away.status_code == 503 and away.json()["code"] == "no-database", away.text
        with pytest.raises(UserError, match="second factors cannot be looked up"):
            Factors(project.settings).has(EDITOR)  # and nobody is let in
        with pytest.raises(UserError, match="PostgreSQL does not answer") as caught:
            assistant.ask("采购人应当在几个工作日内提交履约保证金？")
        assert "没有应答" in caught.value.line("zh")
        done = project.run("ingest", "list")
        assert done.returncode == 1 and "PostgreSQL does not answer" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        postgres.start()
    until(lambda: client.get("/readyz").status_code == 200, "it does not come back")
    assert not assistant.ask("采购人应当在几个工作日内提交履约保证金？").abstained
    assistant.close()
    assistant.index.close()


@pytest.fixture
def full(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Project, Settings]]:
    """A project whose SQLite files hold something of all there is, and its settings with
    PostgreSQL."""
    project = Project.make(tmp_path / "project", stored_at(None))
    project.write("甲办法.txt", law("甲省政府采购管理办法", 12))
    add(
        project.settings,
        project.write("乙办法.txt", law("乙省政府采购管理办法", 4)),
        project.corpus,
    )
    with writing(project.settings):
        index = Index.open_for_writing(
            project.settings, (read_current(project.settings) or {})["recipe"]
        )
        gone = next(r for r in index.documents() if r.title.startswith("乙"))
        take_out(gone, index, project.settings, "编辑")
        index.close()
    yield project, load_settings(_switched(project, postgres.database()))


def _switched(project: Project, url: str) -> Path:
    text = project.config.read_text(encoding="utf-8").replace(
        "catalogue: null", f"catalogue: {url}"
    )
    config = project.folder / "postgres.yaml"
    config.write_text(text, encoding="utf-8")
    return config


def test_what_sqlite_files_hold_moves(full: tuple[Project, Settings]) -> None:
    project, settings = full
    share, secret = shares.publish(project.settings, [{"text": "答"}], "题", "zh")
    session = Sessions(project.settings).begin("编辑", "print")
    authenticator, codes = enrolled(Factors(project.settings))
    feedback.record(project.settings, question="问？", answer="答", rating="up")
    sealed = Seals(project.settings).sealed({"question": "问？"}, {})
    log = Decisions(project.settings).changes()
    with writing(project.settings):
        fill(reading(project.settings))
    (vectors,) = meanings_places(project.settings)
    read = list(rows_of(vectors.connect(write=False)))
    before = Assistant(project.settings)
    with writing(settings):
        moved = into_postgres(settings)
    assert (moved.documents, moved.passages) == (1, 13)
    after = Assistant(settings)
    assert after.ask(QUESTION).text == before.ask(QUESTION).text
    assert after.index.generation == before.index.generation
    assert check(settings, Embedder(settings)).found == []
    assert shares.read(settings, share.id) == share
    assert Sessions(settings).of(session) == ("编辑", "print")
    assert Factors(settings).matches(EDITOR, codes[0]) == "recovery"
    assert Factors(settings).matches(EDITOR, authenticator.at(time.time() + STEP)) == "app"
    assert [f.question for f in feedback.export(settings)] == ["问？"]
    assert Seals(settings).opened(sealed) is not None
    assert Decisions(settings).changes() == log
    (vectors,) = meanings_places(settings)
    assert len(read) == 13 and list(rows_of(vectors.connect(write=False))) == read
    # and it goes on from there
    add(settings, project.corpus / "乙办法.txt")
    (record,) = [r for r in after.index.documents() if r.title.startswith("乙")]
    with writing(settings):
        index = Index.open_for_writing(settings, after.index.recipe)
        change = take_out(record, index, settings, "编辑")
        index.close()
    assert change.id == log[0].id + 2  # what was added has a line of its own
    with writing(settings), pytest.raises(UserError, match="there are documents already"):
        into_postgres(settings)
    assert shares.withdraw(settings, share.id, secret)


def test_there_must_be_something_to_move_and_somewhere_to_move_it(
    postgres: Postgres, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="name no PostgreSQL"):
        into_postgres(Settings(base=tmp_path))
    with pytest.raises(UserError, match="nothing to be moved"):
        into_postgres(Settings(base=tmp_path, store=postgres.store()))


# What is set wrongly is one line


def test_what_is_set_wrongly_is_one_line(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.database("--encoding=LATIN1", "--locale=C", "--template=template0")
    with pytest.raises(SettingsError, match="keeps text as LATIN1"):
        Index.open(empty(url, tmp_path))
    nowhere = url.rsplit("/", 1)[0].replace("zhengcai@", "zhengcai:sesame@") + "/nowhere"
    with pytest.raises(UserError, match='database "nowhere" does not exist') as caught:
        Index.open(empty(nowhere, tmp_path))
    assert "sesame" not in caught.value.line() + caught.value.line("zh")
    with pytest.raises(UserError, match="there is no index yet"):
        Index.open(Settings(base=tmp_path, store=postgres.store()))
    config = tmp_path / "config.yaml"
    config.write_text("store: {catalogue: 'mysql://root:sesame@host/db'}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"store\.catalogue") as caught:
        load_settings(config)
    assert "sesame" not in caught.value.line()
    monkeypatch.setitem(sys.modules, "ingest.storage.postgres", None)
    with pytest.raises(SettingsError, match=r"pip install -e '\.\[postgres\]'"):
        shared_place(empty(url, tmp_path), "library.sqlite")


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("postgresql://me:pass@host/db", "postgresql://me@host/db"),
        ("postgresql://host/db?user=me&password=a%40b&x=1", "postgresql://host/db?user=me&x=1"),
        ("postgresql:///db?password=abc", "postgresql:///db"),
    ],
)
def test_passwords_are_not_shown(url: str, seen: str) -> None:
    assert shown(url) == seen
