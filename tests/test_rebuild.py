"""A rebuild brings every document, wherever its bytes lie now, or does not switch."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest.embed import Embedder
from ingest.errors import IndexStateError
from ingest.generations import CATALOGUE, folder_of, read_current
from ingest.index import Index, writing
from ingest.originals import located
from ingest.pipeline import Summary, add_paths, build
from ingest.settings import Settings
from ingest.storage.decisions import Decisions
from tests.projects import Project, law

INSIDE, OUTSIDE = "甲省政府采购管理办法", "乙省政府采购管理办法"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One document in the corpus folder, one from a folder elsewhere that is gone since."""
    project = Project.make(tmp_path / "project")
    project.write("甲办法.txt", law(INSIDE, 4))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "乙办法.txt").write_text(law(OUTSIDE, 5), encoding="utf-8")
    with writing(project.settings):
        paths = [project.corpus, elsewhere]
        assert not add_paths(paths, project.settings, Embedder(project.settings)).failures
    shutil.rmtree(elsewhere)
    return project


def rebuilt(settings: Settings, *drop_missing: str) -> Summary:
    with writing(settings):
        return build(settings, Embedder(settings), drop_missing=drop_missing)


def titles(settings: Settings) -> set[str]:
    index = Index.open(settings)
    try:
        return {record.title for record in index.documents()}
    finally:
        index.close()


def kept(project: Project) -> Path:
    (file,) = (project.settings.data_folder / "originals").iterdir()
    return file


def serving_catalogue(settings: Settings) -> Path:
    current = read_current(settings)
    assert current is not None
    return folder_of(settings, current["generation"]) / CATALOGUE


def test_the_data_folder_may_be_renamed(project: Project) -> None:
    (project.folder / "data").rename(project.folder / "moved")
    config = project.config.read_text(encoding="utf-8")
    project.config.write_text(f"{config}data: moved\n", encoding="utf-8")
    assert rebuilt(project.settings).switched
    assert titles(project.settings) == {INSIDE, OUTSIDE}


def test_the_data_folder_may_be_copied_to_a_project_without_a_corpus(
    project: Project, tmp_path: Path
) -> None:
    """What lay in the corpus folder is nowhere then: the copy goes on serving as it is."""
    other = Project.make(tmp_path / "other")
    shutil.copytree(project.settings.data_folder, other.settings.data_folder)
    shutil.rmtree(project.folder)
    summary = rebuilt(other.settings)
    assert not summary.switched and summary.lost == ["corpus/甲办法.txt"]
    assert titles(other.settings) == {INSIDE, OUTSIDE}
    assert rebuilt(other.settings, INSIDE).switched
    assert titles(other.settings) == {OUTSIDE}


@pytest.mark.parametrize("damage", ["deleted", "altered"])
def test_a_lost_original_is_said_and_the_old_index_serves(project: Project, damage: str) -> None:
    if damage == "deleted":
        kept(project).unlink()
    else:
        with kept(project).open("a", encoding="utf-8") as stream:
            stream.write("第九条 限额标准为九千万元。\n")
    before = read_current(project.settings)
    done = project.run("ingest", "build")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "乙办法.txt" in done.stderr and "--drop-missing" in done.stderr
    assert read_current(project.settings) == before
    assert titles(project.settings) == {INSIDE, OUTSIDE}
    generations = folder_of(project.settings)
    assert len(list(generations.iterdir())) == 1, "what could not serve is dropped at once"
    with pytest.raises(IndexStateError, match="no such document"):
        rebuilt(project.settings, "丙省")
    assert rebuilt(project.settings, OUTSIDE).switched
    assert titles(project.settings) == {INSIDE}
    change = Decisions(project.settings).changes()[0]
    assert change.action == "remove" and change.title == OUTSIDE
    assert rebuilt(project.settings).switched, "and it is not missed any more"


def test_a_file_gone_from_the_corpus_folder_is_not_lost_in_silence(project: Project) -> None:
    (project.corpus / "甲办法.txt").unlink()
    assert not rebuilt(project.settings).switched
    assert titles(project.settings) == {INSIDE, OUTSIDE}


def test_a_file_renamed_within_the_corpus_folder_is_not_lost(project: Project) -> None:
    (project.corpus / "甲办法.txt").rename(project.corpus / "甲办法（新）.txt")
    assert rebuilt(project.settings).switched
    index = Index.open(project.settings)
    assert {r.title for r in index.documents()} == {INSIDE, OUTSIDE}
    assert len(index.documents()) == 2
    index.close()


def test_notes_of_earlier_versions_are_understood(project: Project, tmp_path: Path) -> None:
    """Absolute paths, and paths relative to the settings file, of a folder that was moved."""
    gone = tmp_path / "gone" / "originals" / kept(project).name
    with closing(sqlite3.connect(serving_catalogue(project.settings))) as connection:
        connection.execute("update documents set file = ? where title = ?", (str(gone), OUTSIDE))
        connection.execute(
            "update documents set file = 'corpus/甲办法.txt' where title = ?", (INSIDE,)
        )
        connection.commit()
    with closing(sqlite3.connect(project.settings.data_folder / "library.sqlite")) as connection:
        connection.execute("drop table held")
        connection.commit()
    assert rebuilt(project.settings).switched
    assert titles(project.settings) == {INSIDE, OUTSIDE}


def test_no_file_is_noted_by_an_absolute_path(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", f"data: {tmp_path / 'far' / 'data'}\n")
    project.write("甲办法.txt", law(INSIDE, 2))
    outside = tmp_path / "乙办法.txt"
    outside.write_text(law(OUTSIDE, 2), encoding="utf-8")
    settings = project.settings
    with writing(settings):
        add_paths([project.corpus, outside], settings, Embedder(settings))
    index = Index.open(settings)
    notes = [record.file for record in index.documents()]
    index.close()
    notes += [held.file for held in Decisions(settings).held()]
    assert len(notes) == 4 and not any(str(tmp_path) in note for note in notes)
    assert all(located(note, settings).is_file() for note in notes)


def test_originals_and_decisions_alone_bring_back_names(project: Project) -> None:
    data = project.settings.data_folder
    index = Index.open(project.settings)
    before = [(r.id, r.title, r.source, r.metadata) for r in index.documents()]
    index.close()
    for name in ("generations", "current.json"):
        place = data / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert rebuilt(project.settings).switched
    index = Index.open(project.settings)
    assert [(r.id, r.title, r.source, r.metadata) for r in index.documents()] == before
    index.close()


def test_names_that_are_not_utf8_go_in_decoded(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    name = os.fsdecode("甲办法.txt".encode("gbk"))
    (project.corpus / name).write_text(law(INSIDE, 2), encoding="utf-8")
    added = project.run("ingest", "add", str(project.corpus))
    assert added.returncode == 0, added.stderr
    index = Index.open(project.settings)
    assert [record.source for record in index.documents()] == ["corpus/甲办法.txt"]
    index.close()
    assert rebuilt(project.settings).switched


def test_links_out_of_a_folder_are_not_followed(project: Project, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(law("丙省政府采购管理办法", 2), encoding="utf-8")
    (project.corpus / "链接.txt").symlink_to(secret)
    (project.corpus / "同.txt").symlink_to(project.corpus / "甲办法.txt")
    with writing(project.settings):
        summary = add_paths([project.corpus], project.settings, Embedder(project.settings))
    (failure,) = summary.failures
    assert failure.source == "corpus/链接.txt" and failure.error is not None
    assert "outside the folder" in failure.error.line() and "不予跟随" in failure.error.line("zh")
    assert titles(project.settings) == {INSIDE, OUTSIDE}
