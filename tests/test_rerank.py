"""Ranking by features: the arrays of trees, the trained files, and a real CrossEncoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.candidates import FEATURES, Pool, Terms, Words, features, gather
from app.retrieval.rerank import (
    CrossReranker,
    FusionReranker,
    Learned,
    LearnedReranker,
    Networks,
    Trees,
    cross_encoder_of,
)
from app.retrieve import Retriever
from ingest.document import Passage
from ingest.embed import Embedder
from ingest.errors import SettingsError
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalIndex, LexicalView
from tests.projects import Project, law

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


def networks(rng: np.random.Generator, count: int, columns: int, hidden: int) -> Networks:
    sizes = ((columns, hidden), (hidden, hidden), (hidden, 1))
    weights = [rng.standard_normal((count, *size)) for size in sizes]
    biases = [rng.standard_normal((count, 1, size[1])) for size in sizes]
    return Networks(rng.standard_normal(columns), np.full(columns, 2.0), *weights, *biases)


def test_networks_are_evaluated_as_pytorch_evaluates_them() -> None:
    rng = np.random.default_rng(0)
    some, inputs = networks(rng, 3, 4, 5), rng.standard_normal((7, 4)).astype(np.float32)
    scaled = torch.from_numpy(np.clip((inputs - some.mean) / some.spread, -5, 5))
    total = torch.zeros(7, dtype=torch.float64)
    for at in range(3):
        values = scaled
        layers = ((some.first, some.first_bias), (some.second, some.second_bias))
        for weight, bias in (*layers, (some.last, some.last_bias)):
            last = weight.shape[2] == 1
            values = torch.nn.functional.linear(
                values, torch.from_numpy(weight[at].T), torch.from_numpy(bias[at, 0])
            )
            values = values if last else torch.relu(values)
        total += values[:, 0] / 3
    assert some(inputs) == pytest.approx(total.numpy(), abs=1e-5)


def test_what_was_learned_is_read_as_it_was_written(tmp_path: Path) -> None:
    trees = arrays([(0, 0.5, -1.0, (1, 0.0, 2.0, 3.0))])
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((6, 3)).astype(np.float32)
    for learned in (
        Learned(trees, [2, 0, 1]),
        Learned(trees, [2, 0, 1], networks(rng, 2, 2, 3), [1, 2]),
    ):
        np.savez(tmp_path / "some.npz", **learned.arrays(["a", "b", "c"]))
        with np.load(tmp_path / "some.npz") as data:
            again = Learned.read(data, ["new", "a", "b", "c"])
        wider = np.column_stack([np.zeros(6, np.float32), inputs])
        assert again(wider) == pytest.approx(learned(inputs))
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


def test_a_cross_encoder_that_cannot_be_loaded_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        CrossReranker(str(tmp_path), "cpu")("问", ["答"])


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CrossEncoder of two small layers with random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("cross")
    characters = sorted(set(law("甲办法", 12) + "供应商应当在多少个工作日内？第条"))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(c for c in characters if c.strip())]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=1,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_cross_encoder_orders_the_hits(cross_encoder: Path, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    project = Project.make(tmp_path / "project", f"retrieval: {{reranker: {cross_encoder}}}\n")
    project.write("甲办法.txt", law("甲省采购办法", 12))
    with writing(project.settings):
        add_paths([project.corpus], project.settings, Embedder(project.settings))
    assert cross_encoder_of(project.settings) is not None
    retriever = Retriever(
        Index.open(project.settings), Embedder(project.settings), project.settings
    )
    question = "供应商应当在多少个工作日内提交保证金"
    hits = retriever.search(question, 6)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 1
    pairs = [
        (question, "\n".join((h.title, " ".join(h.passage.path), h.passage.text))) for h in hits
    ]
    assert scores == pytest.approx(CrossEncoder(str(cross_encoder)).predict(pairs), abs=1e-5)
    named = retriever.search("甲省采购办法第三条", 3)[0]
    assert named.explicit and named.passage.citation == "第三条"
