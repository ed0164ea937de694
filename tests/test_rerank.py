"""Ranking by features: the arrays of trees, and the trained files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.candidates import FEATURES, Pool, Terms, Words, features, gather
from app.retrieval.rerank import FusionReranker, Learned, LearnedReranker, Trees
from ingest.document import Passage
from ingest.errors import SettingsError
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalIndex, LexicalView

Node = tuple[int, float, "Node", "Node"] | float


def nodes(depth: int) -> st.SearchStrategy[Node]:
    leaf = st.integers(-8, 8).map(float)
    if not depth:
        return leaf
    below = nodes(depth - 1)
    return leaf | st.tuples(st.integers(0, 2), st.integers(-2, 2).map(float), below, below)


def walk(node: Node, row: np.ndarray) -> float:
    while isinstance(node, tuple):
        feature, threshold, left, right = node
        node = left if row[feature] <= threshold else right
    return node


def arrays(trees: list[Node]) -> Trees:
    feature, threshold = np.zeros((len(trees), 7), np.int16), np.zeros((len(trees), 7), np.float32)
    mask, value = np.full((len(trees), 7), 0xFFFF, np.uint16), np.zeros((len(trees), 16))
    for at, tree in enumerate(trees):
        nodes: list[tuple[int, float, int]] = []
        leaves: list[float] = []

        def add(node: Node, nodes: list = nodes, leaves: list = leaves) -> None:
            if not isinstance(node, tuple):
                leaves.append(node)
                return
            first = len(leaves)
            add(node[2])
            left = range(first, len(leaves))
            nodes.append((node[0], node[1], 0xFFFF - sum(1 << leaf for leaf in left)))
            add(node[3])

        add(tree)
        value[at, : len(leaves)] = leaves
        for place, node in enumerate(nodes):
            feature[at, place], threshold[at, place], mask[at, place] = node
    return Trees(feature, threshold, mask, value)


@given(
    st.lists(nodes(3), min_size=1, max_size=4),
    st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=1, max_size=5),
)
def test_trees_add_up_what_walking_them_finds(
    trees: list[Node], rows: list[tuple[int, int, int]]
) -> None:
    inputs = np.array(rows, np.float32)
    wanted = [sum(walk(tree, row) for tree in trees) for row in inputs]
    assert arrays(trees)(inputs) == pytest.approx(wanted)


def test_what_was_learned_is_read_as_it_was_written(tmp_path: Path) -> None:
    learned = Learned(arrays([(0, 0.5, -1.0, (1, 0.0, 2.0, 3.0))]), [2, 0, 1])
    np.savez(tmp_path / "some.npz", **learned.arrays())
    with np.load(tmp_path / "some.npz") as data:
        again = Learned.read(data)
    inputs = np.random.default_rng(1).standard_normal((6, len(FEATURES))).astype(np.float32)
    assert again(inputs) == pytest.approx(learned(inputs))
    assert len(set(learned(inputs).tolist())) > 1


@pytest.fixture
def view(tmp_path: Path) -> LexicalView:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", write=True)
    index = LexicalIndex(catalogue, write=True)
    texts = {
        "a": ["投标保证金不得超过预算的百分之二。", "供应商应当提交投标文件。", "自2020年施行。"],
        "b": ["投标人可以撤回投标文件。", "无关的内容在此。"],
    }
    with catalogue.transaction() as connection:
        for document, own in texts.items():
            passages = [
                Passage(f"{document}{i}", document, i, 0, len(t), t, 0, (), "", "article")
                for i, t in enumerate(own)
            ]
            index.add(connection, passages, "招标办法" if document == "a" else "通知")
    return index.view()


def pool_of(view: LexicalView, question: str) -> tuple[Terms, Pool]:
    terms = Terms.of(question, view)
    dense_rows, dense = np.array([0, 3]), np.array([0.8, 0.5], np.float32)
    return terms, gather(Words.of(view, terms), dense_rows, dense, 1)


def test_candidates_are_the_best_of_both(view: LexicalView) -> None:
    _, pool = pool_of(view, "2020年施行")
    assert pool.rows.tolist() == [0, 2, 3]  # two by vectors, one by words
    assert pool.known.tolist() == [True, False, True]
    assert pool.dense[1] < 0.5  # found by words only: below the last that vectors found


def test_features_say_what_they_should(view: LexicalView) -> None:
    terms, pool = pool_of(view, "投标保证金超过2020元")
    table = dict(zip(FEATURES, features(view, terms, pool).T, strict=True))
    first = pool.rows.tolist().index(0)
    assert table["dense"][first] == pytest.approx(0.8)
    assert table["coverage"].argmax() == first
    assert table["phrase"][first] == 4  # 投标保证金 is four pairs
    assert table["figures"][first] == 0
    assert (table["document_best"] <= 0).all() and table["document_best"][first] == 0
    assert np.isfinite(features(view, terms, pool)).all()


@pytest.mark.filterwarnings("error")
def test_few_terms_raise_no_warning(view: LexicalView) -> None:
    for question in ("罚", "投标", "投标保证金", "x", "2020"):
        terms, pool = pool_of(view, question)
        assert np.isfinite(features(view, terms, pool)).all()


def test_features_of_a_question_without_known_words(view: LexicalView) -> None:
    terms, pool = pool_of(view, "！？")
    assert features(view, terms, pool).shape == (len(pool.rows), len(FEATURES))
    empty = gather(Words.of(view, terms), np.empty(0, np.int64), np.empty(0, np.float32), 5)
    assert features(view, terms, empty).shape == (0, len(FEATURES))


@pytest.mark.parametrize("kind", [LearnedReranker, FusionReranker])
def test_the_trained_ranking_prefers_what_both_stages_prefer(
    view: LexicalView, kind: type[LearnedReranker] | type[FusionReranker]
) -> None:
    terms, pool = pool_of(view, "投标保证金不得超过多少")
    ranked = kind()(features(view, terms, pool))
    assert pool.rows[ranked.scores.argmax()] == 0
    assert ((ranked.probabilities >= 0) & (ranked.probabilities <= 1)).all()


def test_a_missing_reranker_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the learned reranker is not there"):
        LearnedReranker(tmp_path)
