"""The index over real Chroma and SQLite: only whole documents show, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.document import Document, Passage, Section
from ingest.embed import Embedder
from ingest.errors import IndexStateError, LoadError, UserError
from ingest.generations import VECTORS, folder_of
from ingest.index import Index, read_current, writing
from ingest.originals import located
from ingest.pipeline import add_paths, build
from ingest.prepare import Origin, prepare_here
from ingest.settings import Settings, StoreSettings
from ingest.storage.vectors import VectorStore
from tests.projects import Project, law
from tests.servers import Chroma


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.make(tmp_path / "project")
    project.write("甲办法.txt", law("甲省政府采购管理办法", 30))
    project.write("乙办法.txt", law("乙省政府采购管理办法", 12))
    return project


def add(project: Project, *names: str) -> None:
    paths = [project.corpus / name for name in names] or [project.corpus]
    with writing(project.settings):
        summary = add_paths(paths, project.settings, Embedder(project.settings))
    assert not summary.failures


def consistent(settings: Settings) -> Index:
    """The serving index, after checking that vectors, words and catalogue agree."""
    index = Index.open(settings)
    assert not index.catalogue.strays()
    for record in index.documents():
        stored = index.document(record.id)
        assert stored is not None
        passages = index.passages_of(record.id)
        assert len(passages) == record.passages > 0
        for passage in passages:
            assert passage.text == stored.document.text[passage.start : passage.end]
    assert index.vectors.count() == sum(record.passages for record in index.documents())
    return index


def test_added_documents_are_found_by_words_and_by_vector(project: Project) -> None:
    add(project)
    index = consistent(project.settings)
    assert [r.title for r in index.documents()] == ["乙省政府采购管理办法", "甲省政府采购管理办法"]
    question = "供应商应当在多少个工作日内提交履约保证金"
    near = index.dense(Embedder(project.settings).encode_query(question), 5)
    assert len(near) == 5 and near == sorted(near, key=lambda pair: -pair[1])
    assert "履约保证金" in index.passages([near[0][0]])[near[0][0]].text
    words = index.lexical.search(question, 5)
    assert "履约保证金" in index.passages([words[0][0]])[words[0][0]].text


def test_a_search_can_be_limited_to_documents(project: Project) -> None:
    add(project)
    index = consistent(project.settings)
    only = index.documents()[0].id
    vector = Embedder(project.settings).encode_query("采购人公开采购意向")
    found = index.passages(id for id, _ in index.dense(vector, 50, {only}))
    assert found and {p.document for p in found.values()} == {only}
    assert index.dense(vector, 50, set()) == []
    words = index.passages(id for id, _ in index.lexical.search("采购意向", 50, {only}))
    assert words and {p.document for p in words.values()} == {only}


def test_a_question_is_no_reason_to_try_the_vectors_before_the_next(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a graph that Chroma has not written yet, the first question changes the files."""
    add(project)
    asked = Embedder(project.settings).encode_query("采购人公开采购意向")
    tried: list[Path] = []
    monkeypatch.setattr(
        "ingest.storage.vectors.survives", lambda _, folder, name: tried.append(folder) or True
    )
    for _ in range(2):
        index = Index.open(project.settings)
        assert len(index.dense(asked, 5)) == 5
        index.close()
    assert not tried


def test_replacing_a_document_leaves_nothing_of_the_old_one(project: Project) -> None:
    add(project)
    project.write("乙办法.txt", law("乙省政府采购管理办法", 3))
    add(project)
    index = consistent(project.settings)
    assert index.documents()[0].passages == 1 + 3, "the title and three articles"
    texts = [
        p.text
        for id, _ in index.lexical.search("12个工作日", 50)
        for p in index.passages([id]).values()
    ]
    assert not any("第12条" in text and "乙省" in text for text in texts)


def test_removing_a_document(project: Project) -> None:
    add(project)
    index = Index.open(project.settings)
    gone, stays = index.documents()
    with writing(project.settings):
        writer = Index.open_for_writing(project.settings, index.recipe)
        writer.remove(gone.id)
    index = consistent(project.settings)
    assert [r.id for r in index.documents()] == [stays.id]
    assert index.document(gone.id) is None and index.passages_of(gone.id) == []


def test_a_reader_sees_what_another_process_adds(project: Project) -> None:
    add(project, "甲办法.txt")
    index = Index.open(project.settings)
    embedder = Embedder(project.settings)
    before = index.dense(embedder.encode_query("监督"), 100)
    done = project.run_apart("ingest", "add", str(project.corpus / "乙办法.txt"))
    assert done.returncode == 0, done.stderr
    after = index.dense(embedder.encode_query("监督"), 100)
    assert len(after) == len(before) + 1 + 12
    assert len(index.documents()) == 2


def test_two_writers_do_not_meet(project: Project) -> None:
    with writing(project.settings):
        done = project.run_apart("ingest", "add", str(project.corpus))
    assert done.returncode == 1
    assert "another process is changing the index" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_ingested(project: Project) -> None:
    with pytest.raises(IndexStateError, match="ingest add"):
        Index.open(project.settings)
    assert read_current(project.settings) is None


@pytest.mark.parametrize("moment", [0.03, 0.3])
def test_killed_while_adding(tmp_path: Path, moment: float) -> None:
    """What was reported as added is whole, and the next run completes the rest."""
    project = Project.make(tmp_path / "project")
    names = [f"{number:02}办法.txt" for number in range(25)]
    for number, name in enumerate(names):
        project.write(name, law(f"第{number}号政府采购管理办法", 8))
    script = (
        "import sys; from pathlib import Path\n"
        "from ingest.embed import Embedder; from ingest.index import writing\n"
        "from ingest.pipeline import Progress, add_paths\n"
        "from ingest.settings import load_settings\n"
        "class Say(Progress):\n"
        "    def done(self, outcome): print(outcome.source, flush=True)\n"
        "settings = load_settings(sys.argv[1])\n"
        "with writing(settings):\n"
        "    add_paths([Path(sys.argv[2])], settings, Embedder(settings), Say())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(project.config), str(project.corpus)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout is not None
    reported = [process.stdout.readline().strip()]
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    reported += [line.strip() for line in process.stdout]
    process.wait()

    index = Index.open(project.settings)
    visible = {record.source for record in index.documents()}
    assert set(reported) <= visible, "what is visible and not reported came in with the last batch"
    for record in index.documents():
        assert len(index.passages_of(record.id)) == record.passages == 1 + 8
    index.close()

    add(project)
    assert len(consistent(project.settings).documents()) == len(names)


def test_another_recipe_is_refused_for_mixing_and_rebuilt_beside(project: Project) -> None:
    add(project)
    old = Index.open(project.settings)
    other = Project(project.folder)
    other.config.write_text(
        project.config.read_text(encoding="utf-8") + "split: {max_chars: 300}\n", encoding="utf-8"
    )
    from ingest.index import recipe_of

    with pytest.raises(IndexStateError, match="ingest build"):
        Index.open_for_writing(
            other.settings, recipe_of(other.settings, Embedder(other.settings).fingerprint)
        )
    assert old.serves and len(old.documents()) == 2
    with writing(other.settings):
        summary = build(other.settings, Embedder(other.settings))
    assert summary.switched and summary.count("added") == 2
    assert not old.serves
    assert len(old.documents()) == 2, "a reader in mid-question still has the old one"
    assert consistent(other.settings).generation != old.generation


def test_a_rebuild_that_would_lose_a_document_does_not_switch(project: Project) -> None:
    add(project)
    before = Index.open(project.settings)
    (project.corpus / "甲办法.txt").write_bytes(b"")
    with writing(project.settings):
        summary = build(project.settings, Embedder(project.settings))
    assert not summary.switched and len(summary.failures) == 1
    assert before.serves and len(consistent(project.settings).documents()) == 2


def test_a_document_from_outside_survives_a_rebuild(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "丙办法.txt"
    outside.write_text(law("丙省政府采购管理办法", 5), encoding="utf-8")
    raw = outside.read_bytes()
    with writing(project.settings):
        add_paths([outside], project.settings, Embedder(project.settings))
    outside.unlink()
    with writing(project.settings):
        build(project.settings, Embedder(project.settings))
    index = consistent(project.settings)
    (record,) = [r for r in index.documents() if r.title.startswith("丙")]
    assert located(record.file, project.settings).read_bytes() == raw
    assert len(index.documents()) == 3


@pytest.fixture
def chroma_server(tmp_path: Path) -> Iterator[int]:
    chroma = Chroma(tmp_path / "chroma")
    chroma.start()
    yield chroma.port
    chroma.kill()


def test_the_same_against_a_chroma_server(tmp_path: Path, chroma_server: int) -> None:
    project = Project.make(
        tmp_path / "project", f"store: {{mode: server, port: {chroma_server}}}\n"
    )
    project.write("甲办法.txt", law("甲省政府采购管理办法", 9))
    add(project)
    index = consistent(project.settings)
    near = index.dense(Embedder(project.settings).encode_query("答复质疑"), 3)
    assert len(index.passages(id for id, _ in near)) == 3
    for _ in range(3):
        with writing(project.settings):
            assert build(project.settings, Embedder(project.settings)).switched
    assert consistent(project.settings).vectors.count() == 1 + 9
    assert not (project.folder / "data" / "generations" / index.generation).exists()


def test_a_fault_of_our_own_is_one_line_for_one_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import structure

    def fails(document: Document) -> list[Section]:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(structure, "outline", fails)
    file = next(iter(project.corpus.iterdir()))
    with pytest.raises(LoadError) as caught:
        prepare_here(Origin(file.name, file), project.settings)
    assert "ZeroDivisionError" in caught.value.line("zh")
    assert len(caught.value.line().splitlines()) == 1


def test_no_chroma_server_is_one_line(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", "store: {mode: server, port: 9, retries: 0}\n")
    project.write("甲办法.txt", law("甲省政府采购管理办法", 3))
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9: no Chroma server answers"):
        add(project)


def test_the_same_vectors_are_opened_and_closed_by_many_at_once(project: Project) -> None:
    add(project, "乙办法.txt")
    index = Index.open(project.settings)
    folder = folder_of(project.settings, index.generation) / VECTORS
    store = project.settings.store
    faults: list[BaseException] = []

    def open_and_close() -> None:
        try:
            for _ in range(40):
                opened = VectorStore(store, folder, index.generation, write=False, make=False)
                assert opened.count() > 0
                opened.close()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def test_copies_of_a_text_do_not_hide_another(tmp_path: Path) -> None:
    """Equal vectors hide another in one graph of four or five (:mod:`ingest.storage.spread`)."""
    texts = np.eye(2, 64, dtype=np.float32)
    passages = [Passage(f"d.r.{n}", "d", n, 0, 1, "字", 0, (), "", "article") for n in range(61)]
    for place in range(2, 60, 5):
        vectors = texts[[int(n == place) for n in range(61)]]
        store = VectorStore(StoreSettings(), tmp_path / str(place), "copies", True, True)
        store.add(passages, vectors, {"d": "r"})
        assert all(store.nearest(text, 1)[0][1] > 0.99 for text in texts), place
        store.close()
