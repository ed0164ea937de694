"""What the operating system does ends in one line, and in a state that works."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.service import Assistant
from app.ui import server
from ingest.check import check
from ingest.embed import Embedder
from ingest.encoder import session_of, tokenizer_of
from ingest.errors import SettingsError, UserError
from ingest.generations import CATALOGUE, VECTORS, folder_of, read_current
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from tests.e2e.conftest import Running
from tests.projects import ROOT, Project, law

RULE, SECOND = "甲省政府采购管理办法", "乙省政府采购管理办法"
QUESTION = f"{RULE}第三条的内容是什么？"


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, *options: str) -> None:
        chosen = ",".join(("size=400m", *options))
        command = ["mount", "-t", "tmpfs", "-o", chosen, "none", str(self.folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a file system can be mounted by root only")

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave no byte."""
        for size in (1 << 20, 1 << 10, 1):
            try:
                with (self.folder / f"filler{size}").open("wb", buffering=0) as stream:
                    while stream.write(b"x" * size) == size:
                        pass
            except OSError:
                continue

    def empty(self) -> None:
        for file in self.folder.glob("filler*"):
            file.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk(folder)
    disk.mount()
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def project(disk: Disk) -> Project:
    project = Project.make(disk.folder / "project")
    project.write("甲办法.txt", law(RULE, 30))
    project.write("乙办法.txt", law(SECOND, 30))
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
    return project


def titles(project: Project) -> set[str]:
    index = Index.open(project.settings)
    try:
        return {record.title for record in index.documents()}
    finally:
        index.close()


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_read_only_folder_answers_and_refuses_changes(disk: Disk, project: Project) -> None:
    disk.remount("ro")
    assert "3个工作日内" in Assistant(project.settings).ask(QUESTION).text
    assert not check(project.settings, Embedder(project.settings)).found
    assert "may not be written" in one_line(project.run("ingest", "build"))
    disk.remount("rw")
    assert titles(project) == {RULE, SECOND}


def test_full_disk_answers_removes_and_refuses_the_rest(disk: Disk, project: Project) -> None:
    new = disk.folder.parent / "丙办法.txt"
    new.write_text(law("丙省政府采购管理办法", 3), encoding="utf-8")
    disk.fill()
    assert "3个工作日内" in Assistant(project.settings).ask(QUESTION).text
    assert "disk is full" in one_line(project.run("ingest", "add", str(new)))
    assert "disk is full" in one_line(project.run("ingest", "backup", str(disk.folder / "b.zip")))
    assert not (disk.folder / "b.zip").exists()
    done = project.run("ingest", "remove", SECOND)
    assert done.returncode == 0, done.stderr
    assert titles(project) == {RULE}
    disk.empty()
    with writing(project.settings):
        assert not add_paths([new], project.settings, Embedder(project.settings)).failures
    assert titles(project) == {RULE, "丙省政府采购管理办法"}
    assert not check(project.settings, Embedder(project.settings)).found


def test_a_server_meets_what_the_system_does(disk: Disk, project: Project) -> None:
    """Each time one line, never a traceback; once it is mended, all works without a restart."""
    data = project.settings.data_folder
    disk.remount("ro")  # the system lets nobody do so while a server has files open for writing
    alone = (("ZHENGCAI_SERVER__PROCESSES", "0"),)
    with (
        Running(project, alone) as (url, server),
        httpx.Client(base_url=url, timeout=120) as client,
    ):
        client.headers["accept-language"] = "en"
        number = iter(range(1000))

        def next_question() -> str:
            return f"{RULE}第{next(number) % 30 + 1}条的内容是什么？请看第{next(number)}次。"

        def answered() -> str:
            return str(client.post("/api/v1/ask", json={"question": next_question()}).json())

        def added() -> httpx.Response:
            body = {"title": f"{next(number)}号采购规定", "text": law("采购规定", 2)}
            return client.post("/api/v1/documents", json=body)

        def judged() -> httpx.Response:
            verdict = {"question": QUESTION, "rating": "up"}
            return client.post("/api/v1/feedback", json=verdict)

        def refused(response: httpx.Response, said: str) -> None:
            assert response.status_code in (503, 507), response.text
            line = response.json()["detail"]
            assert said in line and "\n" not in line and str(disk.folder) not in line

        assert "个工作日内" in answered()
        for change in (added, judged):
            refused(change(), "written")
        disk.remount("rw")
        disk.fill()
        assert "个工作日内" in answered()
        for change in (added, judged):
            refused(change(), "disk is full")
        disk.empty()
        assert added().status_code == judged().status_code == 201

        current = data / "current.json"
        for harm in (Path.unlink, _truncate, _overwrite):
            kept = current.read_bytes()
            harm(current)
            told = client.post("/api/v1/ask", json={"question": f"{SECOND}第{next(number)}条？"})
            assert told.status_code == 200 or "check --repair" in told.json()["detail"]
            assert client.get("/healthz").status_code == 200
            current.write_bytes(kept)
            assert "个工作日内" in answered()
        current = read_current(project.settings)
        assert current is not None
        serves = folder_of(project.settings, current["generation"])
        for file in (serves / CATALOGUE, serves / VECTORS / "chroma.sqlite3"):
            for harm in (_truncate, _overwrite):
                harm(file)
                for told in (
                    client.post("/api/v1/ask", json={"question": next_question()}),
                    added(),
                ):
                    assert told.is_success or "check --repair" in told.json()["detail"], told.text
                ready = client.get("/readyz")
                assert ready.status_code == 200 or ready.json()["code"] == "damaged-index"
                assert client.get("/healthz").status_code == 200
                done = project.run("ingest", "check", "--repair")
                assert done.returncode == 0, (file, harm, done.stderr)
                assert client.get("/readyz").status_code == 200
                assert "个工作日内" in answered() and added().status_code == 201
        database = data / "library.sqlite"
        for side in ("-wal", "-shm"):
            database.with_name(database.name + side).unlink(missing_ok=True)
        _overwrite(database)
        refused(added(), "check --repair")
        assert "个工作日内" in answered()
        assert project.run("ingest", "check", "--repair").returncode == 0
        assert added().status_code == 201
        server.terminate()
        _, said = server.communicate(timeout=120)
    assert "Traceback" not in said, said
    assert not check(project.settings, Embedder(project.settings)).found


GRAPH = {
    "deleted": lambda folder: shutil.rmtree(folder),
    "overwritten": lambda folder: _overwrite(folder / "data_level0.bin"),
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """So many passages that Chroma has written its graph to files of its own."""
    project = Project.make(tmp_path_factory.mktemp("large") / "project")
    project.write("甲办法.txt", law(RULE, 2100))
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
    return project


@pytest.mark.parametrize("damage", GRAPH)
def test_a_graph_that_is_gone_is_noticed(large: Project, tmp_path: Path, damage: str) -> None:
    project = Project(tmp_path / "project")
    shutil.copytree(large.folder, project.folder)
    settings, embedder = project.settings, Embedder(project.settings)
    current = read_current(settings)
    assert current is not None
    vectors = folder_of(settings, current["generation"]) / VECTORS
    (graph,) = (one for one in vectors.iterdir() if one.is_dir())
    GRAPH[damage](graph)
    index = Index.open(settings)
    with pytest.raises(UserError, match="check --repair"):
        index.dense(embedder.encode_query("履约保证金"), 5)
    index.close()
    mended = check(settings, embedder, repair=True)
    assert mended.found and not mended.left
    index = Index.open(settings)
    assert len(index.dense(embedder.encode_query("履约保证金"), 5)) == 5
    index.close()


def test_a_damaged_model_is_one_line(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(ROOT / "models" / "zhengce-embed", model)
    project = Project.make(tmp_path / "project")
    project.write("甲办法.txt", law(RULE, 3))
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
    project.config.write_text(f"embedding: {{model: {model}}}\n", encoding="utf-8")
    for file in model.rglob("model.safetensors"):
        _truncate(file)
    for command in (("add", str(project.corpus)), ("build",)):
        assert "the model cannot be loaded" in one_line(project.run("ingest", *command))
    done = project.run("ingest", "check", "--repair")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    with pytest.raises(SettingsError, match="the model cannot be loaded"):
        server(Assistant(project.settings), project.settings)
    assert titles(project) == {RULE}


def test_a_damaged_reader_is_one_line(tmp_path: Path) -> None:
    reader = tmp_path / "reader"
    shutil.copytree(ROOT / "models" / "reader", reader)
    project = Project.make(tmp_path / "project", f"answer: {{reader: {reader}}}\n")
    project.write("甲办法.txt", law(RULE, 3))
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
    for name in ("weights.bin", "tokenizer.json", "calibration.json"):
        kept = (reader / name).read_bytes()
        _truncate(reader / name)
        for found in (session_of, tokenizer_of):
            found.cache_clear()  # as in a process that begins
        with pytest.raises(SettingsError, match="reader that judges answers is missing or damaged"):
            Assistant(project.settings).warm()
        (reader / name).write_bytes(kept)
    for found in (session_of, tokenizer_of):
        found.cache_clear()
    assert "3个工作日内" in Assistant(project.settings).ask(QUESTION).text


def _truncate(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


def _overwrite(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"\xab" * min(5000, file.stat().st_size))
