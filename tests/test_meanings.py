"""Vectors of the reader's encoder: made when documents go in, kept, and used where they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from app.library.service import Library
from app.retrieve import Retriever
from app.service import Assistant
from ingest import meanings
from ingest.aside import Aside
from ingest.embed import Embedder
from ingest.encoder import WIDTH, Encoder, encoder_of, place_text
from ingest.index import Index, writing
from ingest.meanings import Meanings, fill, keep_filled, place_of
from ingest.pipeline import add_paths
from ingest.settings import Settings
from ingest.storage.sqlite import SqliteFile
from tests.projects import Project, answering, law

TEXTS = {
    "甲.md": law("甲办法", 5),
    "乙.md": "# 乙办法\n\n第一条 采购人应当及时退还供应商的履约保证金。\n\n第二条 合同不得转包。\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(meanings, "_ASIDE", Aside())
    made = Project.make(tmp_path / "project")
    for name, text in TEXTS.items():
        made.write(name, text)
    return made


def stored(settings: Settings) -> dict[str, tuple[float, bytes]]:
    with closing(sqlite3.connect(kept_in(settings))) as connection:
        rows = connection.execute("select id, scale, vector from meanings").fetchall()
    return {id: (scale, vector) for id, scale, vector in rows}


def kept_in(settings: Settings) -> Path:
    encoder = encoder_of(settings)
    assert encoder is not None
    with closing(Index.open(settings)) as index:
        place = place_of(settings, encoder, index.recipe)
    assert isinstance(place, SqliteFile)
    return place.path


def ids_of(settings: Settings) -> set[str]:
    with closing(Index.open(settings)) as index:
        return {p.id for record in index.documents() for p in index.passages_of(record.id)}


def test_what_is_kept_are_the_encoders_vectors(project: Project) -> None:
    with answering(project) as assistant, writing(project.settings):
        fill(project.settings)
        encoder = encoder_of(project.settings)
        assert encoder is not None
        asked = encoder.question("保证金什么时候退")
        kept = Meanings(SqliteFile(kept_in(project.settings)))
        kept.refresh()
        passages = {
            p.id: place_text(record.title, p.path, p.text)
            for record in assistant.index.documents()
            for p in assistant.index.passages_of(record.id)
        }
        wanted = np.array([v @ asked for v in encoder.passages(list(passages.values()))])
        assert kept.cosines(asked, list(passages)) == pytest.approx(wanted, abs=0.005)
        nearest, cosines = kept.nearest(asked, 2)
        assert nearest[0] == list(passages)[int(wanted.argmax())]
        assert cosines[0] >= cosines[1]
        assert np.isnan(kept.cosines(asked, ["nowhere"])).all()


def test_answers_are_the_same_without_what_is_kept(project: Project) -> None:
    question = "合同能不能转给别人做"
    with answering(project) as assistant:
        bare = assistant.quote(question)
        with writing(project.settings):
            fill(project.settings)
        other = Assistant(project.settings)
        hits = other.search(question)
        assert all(hit.alike is not None for hit in hits)
        assert hits[0].passage.text == "第二条 合同不得转包。"
        filled = other.quote(question)
        assert [c.text for c in filled.citations] == [c.text for c in bare.citations]
        other.index.close()


def test_a_change_encodes_what_changed_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(project) as assistant:
        with writing(project.settings):
            keep_filled(project.settings)
            assert not (project.settings.data_folder / "meanings").exists()
            fill(project.settings)
        before = stored(project.settings)
        assert set(before) == ids_of(project.settings)
        retriever = Retriever(assistant.index, assistant.embedder, project.settings)
        assert retriever.search("合同转包", 3)[0].alike is not None

        read: list[str] = []
        passages = Encoder.passages
        monkeypatch.setattr(
            Encoder, "passages", lambda self, texts: (read.extend(texts), passages(self, texts))[1]
        )
        project.write("丙.md", "# 丙办法\n\n第一条 评审专家应当回避与其有利害关系的供应商。\n")
        (project.corpus / "乙.md").write_text(
            TEXTS["乙.md"] + "\n第三条 本办法施行五年。\n", "utf-8"
        )
        with writing(project.settings):
            add_paths([project.corpus], project.settings, assistant.embedder)
            keep_filled(project.settings)
        after = stored(project.settings)
        assert set(after) == ids_of(project.settings)
        # articles of the changed text that stayed are not read again, though their ids are new
        assert len(read) == 3 < len(set(after) - set(before)) < len(after)
        hits = retriever.search("评委和投标人是亲戚", 3)
        assert hits[0].passage.text.startswith("第一条 评审专家") and hits[0].alike is not None


def test_what_is_brought_back_is_not_encoded_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(project) as assistant:
        with writing(project.settings):
            fill(project.settings)
        whole = stored(project.settings)
        library = Library(assistant)
        documents = [record.id for record in library.documents()]
        removed, _ = library.remove_all(documents, "")
        assert not stored(project.settings)

        def encodes(self: Encoder, texts: Sequence[str]) -> NoReturn:
            raise AssertionError(texts)

        monkeypatch.setattr(Encoder, "passages", encodes)
        library.undo_all([changed.change.id for changed in removed], "")
        assert stored(project.settings) == whole and whole


def test_equal_texts_are_encoded_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("丙.txt", f"丙办法\n{'采购' * 5000}。\n")
    read: list[str] = []
    passages = Encoder.passages
    monkeypatch.setattr(
        Encoder, "passages", lambda self, texts: (read.extend(texts), passages(self, texts))[1]
    )
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
        fill(project.settings)
    assert set(stored(project.settings)) == ids_of(project.settings)
    assert len(read) == len(set(read)) < len(ids_of(project.settings))


def test_so_many_are_kept_aside() -> None:
    aside = Aside(most=2)
    aside.put("e", [(b"a", 1.0, b"1"), (b"b", 1.0, b"2")])
    aside.put("e", [(b"a", 1.0, b"1"), (b"c", 1.0, b"3")])
    assert aside.of("e", b"b") is None and aside.of("e", b"a") == (1.0, b"1")
    assert aside.of("e", b"c") and aside.of("another encoder", b"a") is None


def test_an_interrupted_reading_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.meanings._BATCH", 2)
    with answering(project), writing(project.settings):

        def stop(done: int, of: int) -> None:
            if done == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fill(project.settings, stop)
        assert len(stored(project.settings)) == 4
        told: list[tuple[int, int]] = []
        fill(project.settings, lambda done, of: told.append((done, of)))
        assert told[-1] == (len(ids_of(project.settings)) - 4,) * 2
        assert set(stored(project.settings)) == ids_of(project.settings)


def test_a_damaged_file_is_made_anew(project: Project) -> None:
    with answering(project) as assistant:
        with writing(project.settings):
            fill(project.settings)
        whole = stored(project.settings)
        file = kept_in(project.settings)
        for damage in (b"no database", file.read_bytes()[:3000]):
            file.write_bytes(damage)
            assert not assistant.quote("合同能不能转包").abstained
            with writing(project.settings):
                fill(project.settings)
            assert stored(project.settings) == whole


def test_the_command_line_reads_what_it_adds(project: Project) -> None:
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    assert set(stored(project.settings)) == ids_of(project.settings)


def test_without_an_encoder_nothing_is_kept(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", "answer: {reader: none}\n")
    project.write("甲.md", TEXTS["甲.md"])
    with answering(project) as assistant, writing(project.settings):
        fill(project.settings)
        assert not (project.settings.data_folder / "meanings").exists()
        assert assistant.search("保证金")[0].alike is None


def keep(place: SqliteFile, ids: Sequence[str]) -> None:
    """Encoded anew: the vector of each is the axis that its character numbers."""
    with closing(place.connect(write=True)) as connection:
        place.make(connection, meanings._SCHEMA)
        for id in ids:
            connection.execute("delete from meanings where id = ?", (id,))
            connection.execute(
                "insert into meanings (id, text, scale, vector) values (?,?,?,?)",
                (id, b"", *meanings._packed(axis(id))),
            )


def axis(id: str) -> np.ndarray:
    return np.eye(WIDTH, dtype=np.float32)[ord(id) - ord("a")]


def test_who_asks_amid_a_refresh_sees_what_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = SqliteFile(tmp_path / "meanings.sqlite")
    kept = Meanings(place)
    keep(place, "abc")
    kept.refresh()
    keep(place, "da")  # "a" now comes after the others
    seen: list[tuple[str, float]] = []
    joined = np.concatenate

    def asking(*given: Any, **named: Any) -> np.ndarray:
        for id in "abc":
            (best,), _ = kept.nearest(axis(id), 1)
            seen.append((best, float(kept.cosines(axis(id), [id])[0])))
        return joined(*given, **named)

    monkeypatch.setattr(np, "concatenate", asking)
    kept.refresh()
    monkeypatch.undo()
    assert {best for best, _ in seen} == set("abc")
    assert seen == [("abc"[n % 3], pytest.approx(1, abs=0.01)) for n in range(len(seen))]
    assert [kept.nearest(axis(id), 1)[0] for id in "abcd"] == [["a"], ["b"], ["c"], ["d"]]


def test_a_file_made_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    place = SqliteFile(tmp_path / "meanings.sqlite")
    kept = Meanings(place)
    keep(place, "abc")
    kept.refresh()
    place.drop()
    keep(place, "db")
    kept.refresh()
    known = ~np.isnan(kept.cosines(axis("d"), ["a", "b", "c", "d"]))
    assert known.tolist() == [False, True, False, True]
