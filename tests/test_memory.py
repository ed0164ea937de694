"""Questions answered before: what they propose, what they tell, and where they keep silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.retrieval.memory import MEMORIES, Memory, Remembered, label_of, memory_of
from app.retrieval.rerank import FOLDER, MEMORY, remembering_of
from app.retrieve import Retriever
from ingest.document import Passage
from ingest.embed import Embedder
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from ingest.settings import PROJECT, load_settings
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalIndex, LexicalView
from tests.projects import Project, law

ARTICLES = {"采购法": 4, "合同法": 3}
QUESTIONS = np.eye(4, dtype=np.float32)
LINKS = [
    (0, "采购法", "第一条"),
    (1, "采购法", "第二条"),
    (1, "合同法", "第三条"),
    (2, "税法", "第一条"),
]


@pytest.fixture
def view(tmp_path: Path) -> LexicalView:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", write=True)
    index = LexicalIndex(catalogue, write=True)
    with catalogue.transaction() as connection:
        for name, count in ARTICLES.items():
            passages = [
                Passage(f"{name}{i}", name, i, 0, 9, "供应商的条款", i, (), f"第{n}条", "article")
                for i, n in zip(range(count), "一二三四", strict=False)
            ]
            index.add(connection, passages, name)
    return index.view()


def remembered(links: list[tuple[int, str, str]]) -> Remembered:
    question, laws, labels = zip(*links, strict=True)
    return Remembered("m", QUESTIONS, QUESTIONS[::-1], np.array(question), [*laws], [*labels])


def bound(view: LexicalView, links: list[tuple[int, str, str]]) -> Memory | None:
    def labels(documents: list[str]) -> list[tuple[str, str]]:
        return [
            (id, f"第{n}条") for d in documents for id, n in zip(own(d), "一二三四", strict=False)
        ]

    def own(document: str) -> list[str]:
        return [f"{document}{i}" for i in range(ARTICLES[document])]

    return memory_of(remembered(links), view, {name: name for name in ARTICLES}, labels)


def test_a_similar_question_proposes_its_articles(view: LexicalView) -> None:
    memory = bound(view, LINKS)
    assert memory is not None
    similar = memory.similar(QUESTIONS[1])
    proposed = {view.ids[row] for row in memory.proposals(similar, 2)}
    assert {"采购法1", "合同法2"} <= proposed < set(view.ids)
    rows = np.arange(len(view.ids))
    told = dict(zip(MEMORIES, memory.features(similar, rows).T, strict=True))
    by_id = {id: {name: told[name][row] for name in MEMORIES} for row, id in enumerate(view.ids)}
    assert by_id["采购法1"]["asked_best"] == 1 and by_id["采购法0"]["asked_best"] == 0
    assert by_id["采购法1"]["asked_share"] == pytest.approx(0.5, abs=1e-3)
    assert by_id["采购法3"]["asked_often"] == 0 < by_id["采购法0"]["asked_often"]
    assert by_id["采购法2"]["asked_around"] > by_id["合同法0"]["asked_around"] > 0
    assert by_id["合同法0"]["asked_around"] == pytest.approx(0.25, abs=1e-3)  # two places away
    assert told["asked_gap"].max() == 0 and np.isfinite(list(told.values())).all()


def test_neighbours_end_with_the_document(view: LexicalView) -> None:
    memory = bound(view, [(0, "采购法", "第四条")])
    assert memory is not None
    told = memory.features(memory.similar(QUESTIONS[0]), np.arange(len(view.ids)))
    around = dict(zip(view.ids, told[:, MEMORIES.index("asked_around")], strict=True))
    assert around["采购法2"] == 1 and around["合同法0"] == 0 and around["采购法3"] == 0


def test_a_collection_without_most_of_the_articles_does_not_remember(view: LexicalView) -> None:
    elsewhere = [(i, "税法", f"第{n}条") for i, n in enumerate("一二三")]
    assert bound(view, LINKS) is not None
    assert bound(view, [*LINKS, *elsewhere]) is None
    assert bound(view, elsewhere) is None


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    some = remembered(LINKS)
    some.write(tmp_path / "memory.npz")
    found = Remembered.read(tmp_path / "memory.npz")
    assert found is not None and found.law == some.law and found.article == some.article
    assert found.questions == pytest.approx(some.questions, abs=0.01)
    assert Remembered.read(tmp_path / "none.npz") is None


@pytest.mark.parametrize(
    ("citation", "label"),
    [
        ("第十二条", "第十二条"),
        ("第一章 › 第一百零二条之一", "第一百零二条之一"),
        ("一、总则", "一、总则"),
    ],
)
def test_labels(citation: str, label: str) -> None:
    assert label_of(citation) == label


def test_the_shipped_memory_belongs_to_the_shipped_model() -> None:
    settings = load_settings(PROJECT / "config.yaml")
    chosen = settings.retrieval.model_copy(update={"reranker": "learned"})
    settings = settings.model_copy(update={"retrieval": chosen})
    assert Remembered.read(FOLDER / MEMORY) is not None
    assert remembering_of(settings, Embedder(settings).fingerprint) is not None
    assert remembering_of(settings, "another model") is None


def test_a_collection_that_is_remembered_is_ranked_by_it(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", "retrieval: {reranker: learned}\n")
    project.write("甲办法.txt", law("甲省采购办法", 12))
    settings, embedder = project.settings, Embedder(project.settings)
    with writing(settings):
        add_paths([project.corpus], settings, embedder)
    question = "钱什么时候还给我"
    plain = Retriever(Index.open(settings), embedder, settings)
    assert plain._remembering is not None
    assert plain._state().memory is None  # none of its articles was ever asked about
    vectors = np.stack([embedder.encode_query(question)])
    own = Remembered("", vectors, vectors, np.zeros(1, int), ["甲省采购办法"], ["第七条"])
    plain._remembering = own, plain._remembering[1]
    plain._known = None
    first = plain.search(question, 3)[0]
    assert first.passage.citation == "第七条"
