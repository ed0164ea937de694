"""Every damage is found; it is mended where the originals allow, in one run; nothing is served by
half meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.library.files import original
from app.library.service import Library
from app.service import Assistant
from ingest.check import check
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.generations import CATALOGUE, VECTORS, folder_of, read_current
from ingest.index import Index, writing
from ingest.meanings import fill
from ingest.pipeline import add_paths
from ingest.settings import Settings
from ingest.storage.decisions import Decisions
from tests.projects import Project, law

INSIDE, OUTSIDE, ADDED = "甲省政府采购管理办法", "乙省政府采购管理办法", "消防物资采购规定"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Documents from the corpus folder, from elsewhere and from an editor."""
    folder = tmp_path_factory.mktemp("check")
    project = Project.make(folder / "project")
    project.write("甲办法.txt", law(INSIDE, 4))
    outside = folder / "乙办法.txt"
    outside.write_text(law(OUTSIDE, 5), encoding="utf-8")
    assistant = Assistant(project.settings)
    with writing(project.settings):
        add_paths([project.corpus, outside], project.settings, assistant.embedder)
    outside.unlink()
    library = Library(assistant)
    text = f"{ADDED}\n第一条 消防物资由应急管理部门集中采购。\n"
    library.add(library.draft_text("", text, "张三").id, {"issuer": "甲省财政厅"}, "张三")
    assistant.index.close()
    return project


@pytest.fixture
def project(whole: Project, tmp_path: Path) -> Project:
    copy = Project(tmp_path / "project")
    shutil.copytree(whole.folder, copy.folder)
    return copy


def serving(settings: Settings) -> Path:
    current = read_current(settings)
    assert current is not None
    return folder_of(settings, current["generation"])


def state(settings: Settings) -> object:
    index = Index.open(settings)
    try:
        return [
            (r.id, r.title, r.source, r.metadata, r.content_hash, r.passages)
            for r in index.documents()
        ]
    finally:
        index.close()


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwrite(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"\xab" * 5000)


def lead_elsewhere(settings: Settings) -> None:
    current = {"generation": "../../elsewhere", "recipe": "x"}
    (settings.data_folder / "current.json").write_text(json.dumps(current), encoding="utf-8")


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def in_catalogue(*statements: str) -> Callable[[Settings], None]:
    def damage(settings: Settings) -> None:
        with closing(sqlite3.connect(serving(settings) / CATALOGUE)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return damage


def in_vectors(change: Callable[[Index], None]) -> Callable[[Settings], None]:
    def damage(settings: Settings) -> None:
        with writing(settings):
            current = read_current(settings)
            assert current is not None
            index = Index.open_for_writing(settings, current["recipe"])
            change(index)
            index.close()

    return damage


def lose_vectors(index: Index) -> None:
    index.vectors.remove_ids([index.passages_of(index.documents()[0].id)[0].id])


def strange_vectors(index: Index) -> None:
    record = index.documents()[0]
    passages = index.passages_of(record.id)
    vectors = Embedder(index.settings).encode_few([p.text for p in passages])
    index.vectors.add(
        [p.__class__(**{**{n: getattr(p, n) for n in p.__slots__}, "id": f"x.{i}"})
         for i, p in enumerate(passages)],
        vectors,
        {record.id: record.revision},
    )  # fmt: skip


def leave_a_killed_build(settings: Settings) -> None:
    shutil.copytree(serving(settings), folder_of(settings, "99991231-235959-abcdef"))


def open_change(settings: Settings) -> None:
    decisions = Decisions(settings)
    change = decisions.changes()[0]
    from dataclasses import replace

    after = replace(change.after, present=False)
    decisions.begin("张三", "remove", change.title, change.after, after, False)


def removed_by_decision_only(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data_folder / "library.sqlite")) as connection:
        connection.execute(
            "insert into decisions select document, source, 0, null, '[]' from held"
            " where title = ?",
            (OUTSIDE,),
        )
        connection.commit()


DAMAGES: dict[str, Callable[[Settings], None]] = {
    "catalogue truncated": lambda s: truncate(serving(s) / CATALOGUE),
    "catalogue overwritten": lambda s: overwrite(serving(s) / CATALOGUE),
    "catalogue deleted": lambda s: (serving(s) / CATALOGUE).unlink(),
    "generation deleted": lambda s: shutil.rmtree(serving(s)),
    "chroma deleted": lambda s: shutil.rmtree(serving(s) / VECTORS),
    "chroma truncated": lambda s: truncate(serving(s) / VECTORS / "chroma.sqlite3"),
    "chroma overwritten": lambda s: overwrite(serving(s) / VECTORS / "chroma.sqlite3"),
    "chroma emptied": lambda s: os.truncate(serving(s) / VECTORS / "chroma.sqlite3", 0),
    "current deleted": lambda s: (s.data_folder / "current.json").unlink(),
    "current overwritten": lambda s: overwrite(s.data_folder / "current.json"),
    "current leads elsewhere": lead_elsewhere,
    "current a folder": lambda s: a_folder(s.data_folder / "current.json"),
    "catalogue a folder": lambda s: a_folder(serving(s) / CATALOGUE),
    "chroma a folder": lambda s: a_folder(serving(s) / VECTORS / "chroma.sqlite3"),
    "current emptied": lambda s: os.truncate(s.data_folder / "current.json", 0),
    "a text altered": in_catalogue(
        "update documents set text = replace(text, '采购', '拍卖')"
    ),
    "a passage altered": in_catalogue("update passages set text = '限额标准为九千万元。'"),
    "passages lost": in_catalogue("delete from passages where ordinal = 1"),
    "words lost": in_catalogue("delete from lexical where stamp = 1"),
    "vectors lost": in_vectors(lose_vectors),
    "vectors of nothing": in_vectors(strange_vectors),
    "a killed build": leave_a_killed_build,
    "a killed change": open_change,
}  # fmt: skip

SERVED = ("words lost", "a text altered", "a passage altered", "passages lost")
HARMLESS = ("vectors of nothing", "a killed build", "a killed change")


@pytest.mark.parametrize("damage", DAMAGES)
def test_found_refused_and_mended(project: Project, whole: Project, damage: str) -> None:
    settings, embedder = project.settings, Embedder(project.settings)
    DAMAGES[damage](settings)
    checked = check(settings, embedder)
    assert checked.found and checked.left == checked.found
    for finding in checked.found:
        assert len(finding.line("en").splitlines()) == len(finding.line("zh").splitlines()) == 1
    if damage not in (*SERVED, *HARMLESS):
        with pytest.raises(UserError, match="check --repair"):
            search(settings, embedder)
    mended = check(settings, embedder, repair=True)
    assert mended.found and not mended.left and not mended.reasons
    assert state(settings) == state(whole.settings)
    assert len(search(settings, embedder)) == 3


def search(settings: Settings, embedder: Embedder) -> list[tuple[str, float]]:
    index = Index.open(settings)
    try:
        return index.dense(embedder.encode_query("履约保证金"), 3)
    finally:
        index.close()


def test_nothing_is_found_in_what_is_whole(whole: Project) -> None:
    done = whole.run("ingest", "check")
    assert done.returncode == 0 and "Everything is whole" in done.stdout, done.stderr


def test_all_at_once_in_one_run(project: Project, whole: Project) -> None:
    """By the command; what no original allows to mend is named, and stays as it is."""
    settings = project.settings
    overwrite(settings.data_folder / "current.json")
    truncate(serving_of_the_only(settings) / CATALOGUE)
    shutil.rmtree(serving_of_the_only(settings) / VECTORS)
    done = project.run("ingest", "check", "--repair")
    assert done.returncode == 0, done.stdout + done.stderr
    assert state(settings) == state(whole.settings)


def serving_of_the_only(settings: Settings) -> Path:
    (folder,) = folder_of(settings).iterdir()
    return folder


def test_an_original_that_is_gone_or_altered_is_said(project: Project) -> None:
    originals = sorted((project.settings.data_folder / "originals").iterdir())
    originals[0].unlink()
    with originals[1].open("a", encoding="utf-8") as stream:
        stream.write("第九条 限额标准为九千万元。\n")
    for option in ((), ("--repair",)):
        done = project.run("ingest", "check", *option, language="zh")
        assert done.returncode == 1 and done.stderr.count("原件缺失或被改动") == 2
    altered = next(
        record
        for record in Index.open(project.settings).documents()
        if originals[1].name.startswith(record.content_hash)
    )
    with pytest.raises(UserError, match="altered"):
        original(Assistant(project.settings).index, altered.id)


def test_an_altered_copy_is_replaced_by_a_file_with_the_same_bytes(project: Project) -> None:
    settings, embedder = project.settings, Embedder(project.settings)
    copy = max((settings.data_folder / "originals").iterdir(), key=lambda one: one.stat().st_size)
    shutil.copyfile(copy, project.corpus / "again.txt")
    copy.write_text("gone", encoding="utf-8")
    mended = check(settings, embedder, repair=True)
    assert mended.found and not mended.left


@pytest.mark.parametrize("harm", [truncate, overwrite], ids=["truncated", "overwritten"])
def test_damaged_decisions_are_begun_anew(
    project: Project, whole: Project, harm: Callable[[Path], None]
) -> None:
    """What the index shows stays; the damaged file is put aside."""
    settings = project.settings
    harm(settings.data_folder / "library.sqlite")
    done = project.run("ingest", "build")
    assert done.returncode == 1 and "check --repair" in done.stderr, done.stderr
    assert not check(settings, Embedder(settings), repair=True).left
    assert state(settings) == state(whole.settings)
    assert list(settings.data_folder.glob("library.sqlite.damaged-*"))
    assert len(Decisions(settings).held()) == 3, "a build goes by the register"


def test_what_was_removed_goes_and_what_was_added_comes(project: Project) -> None:
    settings = project.settings
    removed_by_decision_only(settings)
    in_catalogue(f"delete from documents where title = '{ADDED}'")(settings)
    mended = check(settings, Embedder(settings), repair=True)
    assert {"in-though-removed", "out-though-decided"} <= {one.kind for one in mended.found}
    assert not mended.left
    titles = {one[1] for one in state(settings)}  # type: ignore[attr-defined]
    assert titles == {INSIDE, ADDED}


def test_the_readers_vectors_are_mended(project: Project) -> None:
    """Derived, so questions go on without them; found and made anew."""
    settings, embedder = project.settings, Embedder(project.settings)
    with writing(settings):
        fill(settings)
    (file,) = (settings.data_folder / "meanings").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        whole = connection.execute("select id, vector from meanings order by id").fetchall()
    assert whole and not check(settings, embedder).found

    def changed(statement: str) -> Callable[[Path], object]:
        def change(file: Path) -> None:
            with closing(sqlite3.connect(file)) as connection:
                connection.execute(statement)
                connection.commit()

        return change

    assistant = Assistant(settings)
    for harm in (
        overwrite,
        a_folder,
        Path.unlink,
        changed("delete from meanings where stamp = 1"),
        changed("update meanings set vector = x'0102', stamp = stamp + 100"),
    ):
        harm(file)
        assert assistant.search("履约保证金")
        mended = check(settings, embedder, repair=True)
        assert [one.kind for one in mended.found] == ["meanings"] and not mended.left
        with closing(sqlite3.connect(file)) as connection:
            now = connection.execute("select id, vector from meanings order by id").fetchall()
        assert now == whole


def test_nothing_to_check(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    done = project.run("ingest", "check")
    assert done.returncode == 1 and "there is no index to check" in done.stderr


def test_an_emptied_catalogue_is_not_begun_anew(project: Project, tmp_path: Path) -> None:
    """A file of no bytes is a sound data base: what is added would be all that there is."""
    settings = project.settings
    before = state(settings)
    catalogue = serving(settings) / CATALOGUE
    for side in ("-wal", "-shm"):
        catalogue.with_name(catalogue.name + side).unlink(missing_ok=True)
    os.truncate(catalogue, 0)
    new = tmp_path / "丙办法.txt"
    new.write_text(law("丙省政府采购管理办法", 3), encoding="utf-8")
    for command in (("add", str(new)), ("list",), ("remove", "甲")):
        done = project.run("ingest", *command)
        assert done.returncode == 1 and "check --repair" in done.stderr, (command, done.stderr)
    done = project.run("ingest", "check", "--repair")
    assert done.returncode == 0 and state(settings) == before, done.stderr
