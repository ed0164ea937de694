"""A backup is one whole file whatever goes on; restoring it leaves the old state or the new one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.library.service import Library
from app.service import Assistant
from ingest.backup import back_up
from ingest.check import check
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.index import Index, writing
from ingest.meanings import fill
from ingest.pipeline import add_paths, build
from ingest.restore import restore
from ingest.settings import Settings
from ingest.storage.decisions import FILE, Decisions
from tests.projects import ROOT, Project, law

INSIDE, OUTSIDE, ADDED = "甲省政府采购管理办法", "乙省政府采购管理办法", "消防物资采购规定"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Documents that came in every way, one of them corrected, one removed."""
    folder = tmp_path_factory.mktemp("backup")
    project = Project.make(folder / "project")
    project.write("甲办法.txt", law(INSIDE, 4))
    project.write("丙办法.txt", law("丙省政府采购管理办法", 3))
    outside = folder / "乙办法.txt"
    outside.write_text(law(OUTSIDE, 5), encoding="utf-8")
    assistant = Assistant(project.settings)
    with writing(project.settings):
        add_paths([project.corpus, outside], project.settings, assistant.embedder)
    outside.unlink()
    library = Library(assistant)
    text = f"{ADDED}\n第一条 消防物资由应急管理部门集中采购。\n"
    library.add(library.draft_text("", text, "张三").id, {}, "张三")
    by_title = {record.title: record.id for record in library.documents()}
    library.edit(by_title[INSIDE], {"issuer": "甲省财政厅"}, "李四")
    library.remove(by_title["丙省政府采购管理办法"], "张三")
    with writing(project.settings):
        fill(project.settings)
    (project.settings.data_folder / "shared").mkdir()
    (project.settings.data_folder / "shared" / "x.json").write_text("{}", encoding="utf-8")
    (project.settings.data_folder / "sessions.sqlite").write_text("secret", encoding="utf-8")
    (project.settings.data_folder / "answers.key").write_text("seal", encoding="utf-8")
    assistant.index.close()
    return project


@pytest.fixture(scope="module")
def backup(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("kept") / "backup.zip"
    done = project.run("ingest", "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert "3 documents" in done.stdout
    assert file.stat().st_mode & 0o077 == 0, "it holds keys"
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    with zipfile.ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if "meanings" in name]
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Project]:
    yield Project.make(tmp_path / "elsewhere")


def state(settings: Settings) -> object:
    """All that a backup should bring back."""
    index = Index.open(settings)
    try:
        documents = [
            (r.id, r.title, r.source, r.metadata, r.content_hash, r.passages)
            for r in index.documents()
        ]
        texts = [index.document(id).document.text for id, *_ in documents]  # type: ignore[union-attr]
    finally:
        index.close()
    decisions = Decisions(settings)
    return documents, texts, decisions.all(), decisions.changes()


def test_restored_on_another_path_all_is_there(
    project: Project, backup: Path, elsewhere: Project
) -> None:
    done = elsewhere.run("ingest", "restore", str(backup), language="zh")
    assert done.returncode == 0, done.stderr
    assert "已恢复 3 篇文档" in done.stdout
    settings = elsewhere.settings
    assert state(settings) == state(project.settings)
    checked = check(settings, Embedder(settings))
    assert not checked.found
    assert list((settings.data_folder / "meanings").glob("*.sqlite"))
    assert (settings.data_folder / "shared" / "x.json").is_file()
    key = settings.data_folder / "answers.key"
    assert key.read_text(encoding="utf-8") == "seal" and key.stat().st_mode & 0o077 == 0
    assert not (settings.data_folder / "sessions.sqlite").exists(), "logins stay where they are"
    assert not list(settings.data_folder.glob(".restoring-*"))
    # Originals came along, so that all can be undone and made anew
    with writing(settings):
        assert build(settings, Embedder(settings)).switched
    library = Library(Assistant(settings))
    (removed,) = [c for c in library.changes() if c.action == "remove"]
    assert library.undo(removed.id, "王五").record is not None


def test_by_another_recipe_it_is_made_anew(
    project: Project, backup: Path, elsewhere: Project
) -> None:
    config = elsewhere.config.read_text(encoding="utf-8")
    elsewhere.config.write_text(f"{config}split: {{max_chars: 300}}\n", encoding="utf-8")
    settings = elsewhere.settings
    with writing(settings):
        assert restore(backup, settings, Embedder(settings)).documents == 3
    assert not check(settings, Embedder(settings)).found
    assert state(settings) == state(project.settings)


def test_documents_are_replaced_only_when_told(backup: Path, elsewhere: Project) -> None:
    elsewhere.write("丁办法.txt", law("丁省政府采购管理办法", 2))
    settings = elsewhere.settings
    embedder = Embedder(settings)
    with writing(settings):
        add_paths([elsewhere.corpus], settings, embedder)
        with pytest.raises(UserError, match="--replace"):
            restore(backup, settings, embedder)
        reader = Index.open(settings)
        assert restore(backup, settings, embedder, replace=True).documents == 3
    assert not reader.serves and len(reader.documents()) == 1, "a reader ends in peace"
    reader.close()
    assert not check(settings, embedder).found


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "emptied", "a folder"])
def test_what_is_damaged_makes_way(
    project: Project, backup: Path, tmp_path: Path, damage: str
) -> None:
    run = Project(tmp_path / "run")
    shutil.copytree(project.folder, run.folder)
    settings, embedder = run.settings, Embedder(run.settings)
    decisions = settings.data_folder / FILE
    if damage == "a folder":
        decisions.unlink()
        decisions.mkdir()
    elif damage == "overwritten":
        decisions.write_bytes(b"\xab" * decisions.stat().st_size)
    else:
        os.truncate(decisions, decisions.stat().st_size // 2 if damage == "truncated" else 0)
    with writing(settings):
        assert restore(backup, settings, embedder, replace=True).documents == 3
    assert not check(settings, embedder).found
    assert state(settings) == state(project.settings)


@pytest.mark.parametrize("damage", ["no archive", "truncated", "altered", "no manifest", "absent"])
def test_a_bad_backup_is_one_line_and_changes_nothing(
    backup: Path, elsewhere: Project, tmp_path: Path, damage: str
) -> None:
    bad = tmp_path / "bad.zip"
    raw = bytearray(backup.read_bytes())
    if damage == "truncated":
        bad.write_bytes(raw[: len(raw) // 2])
    elif damage == "altered":
        raw[len(raw) // 3] ^= 0xFF
        bad.write_bytes(raw)
    elif damage == "no archive":
        bad.write_text("hello", encoding="utf-8")
    elif damage == "no manifest":
        with zipfile.ZipFile(bad, "w") as archive:
            archive.writestr("x", "y")
    with writing(elsewhere.settings), pytest.raises(UserError) as error:
        restore(bad, elsewhere.settings, Embedder(elsewhere.settings))
    assert error.value.zh and len(error.value.line().splitlines()) == 1
    left = {one.name for one in elsewhere.settings.data_folder.iterdir()}
    assert left <= {"writing.lock"}


def test_an_archive_cannot_write_outside(backup: Path, elsewhere: Project, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(backup) as good, zipfile.ZipFile(bad, "w") as archive:
        manifest = json.loads(good.read("manifest.json"))
        for name in manifest["files"]:
            archive.writestr(name, good.read(name))
        archive.writestr("others/../../evil", "x")
        manifest["files"]["others/../../evil"] = (
            "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        )
        archive.writestr("manifest.json", json.dumps(manifest))
    with writing(elsewhere.settings), pytest.raises(UserError, match="holds the name"):
        restore(bad, elsewhere.settings, Embedder(elsewhere.settings))


def test_a_document_without_original_is_said(project: Project, tmp_path: Path) -> None:
    copy = Project(tmp_path / "copy")
    shutil.copytree(project.folder, copy.folder)
    (copy.corpus / "甲办法.txt").unlink()
    done = back_up(tmp_path / "backup.zip", copy.settings)
    assert done.without == ("corpus/甲办法.txt",) and done.documents == 3


@pytest.mark.parametrize(
    ("module", "step", "when"),
    [
        ("ingest.archive", "Writer.put", "after"),
        ("ingest.archive", "Writer.close", "after"),
        ("ingest.restore", "_unpack", "after"),
        ("ingest.restore", "take_over", "before"),
        ("ingest.pending", "_move", "before"),
        ("ingest.pending", "set_current", "before"),
        ("ingest.pending", "set_current", "after"),
    ],
)
def test_killed_while_backing_up_or_restoring(
    project: Project, backup: Path, tmp_path: Path, module: str, step: str, when: str
) -> None:
    """Old or new, and whoever changes something next completes what was begun."""
    run = Project(tmp_path / "run")
    shutil.copytree(project.folder, run.folder)
    settings, target = run.settings, tmp_path / "b.zip"
    target.write_bytes(b"the last one")
    command = ["backup", str(target)]
    if module != "ingest.archive":
        command = ["restore", "--replace", str(backup)]
        # So that old and new differ
        fewer = Library(Assistant(settings))
        fewer.remove(next(r.id for r in fewer.documents() if r.title == ADDED), "王五")
    old = state(settings)
    assert kill_at(run, module, step, when, command) == -signal.SIGKILL
    assert target.read_bytes() == b"the last one"
    new = state(project.settings)
    begun = module == "ingest.pending"
    found = documents_of(settings)
    assert found in ((old[0], new[0]) if begun else (old[0],))  # type: ignore[index]
    with writing(settings):
        pass
    assert state(settings) == (new if begun else old)
    assert not list(settings.data_folder.glob(".restoring-*"))
    left = check(settings, Embedder(settings), repair=True).left
    assert not left


def documents_of(settings: Settings) -> object:
    return state(settings)[0]  # type: ignore[index]


def kill_at(project: Project, module: str, step: str, when: str, command: list[str]) -> int:
    """Run a command that kills itself at one of its steps; gives its exit status."""
    script = (
        "import importlib, os, signal, sys\n"
        f"owner = importlib.import_module({module!r})\n"
        f"*path, name = {step!r}.split('.')\n"
        "for part in path: owner = getattr(owner, part)\n"
        "good = getattr(owner, name)\n"
        "def dying(*args, **kwargs):\n"
        f"    if {when == 'after'}: good(*args, **kwargs)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "setattr(owner, name, dying)\n"
        "from ingest.__main__ import main\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--config", str(project.config), *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
    )
    return done.returncode
