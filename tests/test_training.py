"""The reader's training on a base of two small layers: what it does, not how well."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from training.base import Base, write_cut
from training.collect import Collection, by_words
from training.encoder import shown
from training.encoder import train as train_encoder
from training.mining import drawn, proposed
from training.network import CrossEncoder, bare, without_dropout
from training.reader import loss_of, pair_row, read_together, scores
from training.reader import train as train_reader

HIDDEN, LAYERS, INNER, PIECES = 32, 2, 64, 100
PLACES = 12
ROUNDS = 8


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small products take longer on several threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def small_base() -> Base:
    """A base of random numbers, as large as it need be."""
    draw = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return draw.normal(0, 0.1, shape).astype(np.float32)

    tensors = {
        "emb.word": some(PIECES, HIDDEN),
        "emb.pos": some(80, HIDDEN),
        "emb.type": some(HIDDEN),
        "emb.ln.w": np.ones(HIDDEN, np.float32),
        "emb.ln.b": np.zeros(HIDDEN, np.float32),
    }
    for n in range(LAYERS):
        for name, shape in {
            "q": (HIDDEN, HIDDEN),
            "k": (HIDDEN, HIDDEN),
            "v": (HIDDEN, HIDDEN),
            "ao": (HIDDEN, HIDDEN),
            "fi": (INNER, HIDDEN),
            "fo": (HIDDEN, INNER),
        }.items():
            tensors[f"l{n}.{name}.w"] = some(*shape)
            tensors[f"l{n}.{name}.b"] = np.zeros(shape[0], np.float32)
        for name in ("aln", "oln"):
            tensors[f"l{n}.{name}.w"] = np.ones(HIDDEN, np.float32)
            tensors[f"l{n}.{name}.b"] = np.zeros(HIDDEN, np.float32)
    return Base(HIDDEN, LAYERS, 4, INNER, 80, 1e-5, tensors, {})


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder as ``training/collect.py`` leaves it: places and questions have no piece in common
    but one, so that which belongs to which is to be learned; a few questions have no answer."""
    write_cut(small_base(), list(range(PIECES)), tmp_path / "base.npz")
    draw = random.Random(0)
    pieces = [[4 + 4 * n + k for k in range(4)] for n in range(PLACES)]
    words = [[52 + 4 * n + k for k in range(3)] for n in range(PLACES)]
    asked = [(n, [4, *draw.sample(words[n], 2)]) for n in range(PLACES) for _ in range(4)]
    right = [np.array([n]) for n, _ in asked] + [np.empty(0, np.int64)] * 4
    questions = [np.array(ids) for _, ids in asked] + [np.array([4, 99 - n]) for n in range(4)]
    places = [np.array(ids) for ids in pieces]
    own = np.arange(PLACES) >= 2
    worded = [np.array(w, np.int64) for w in by_words(places, own, questions, right)]
    held = [("held", questions[4 * n], np.array([n])) for n in range(2, PLACES)]
    Collection(places, own, questions, right, worded, held).write(tmp_path)
    return tmp_path


def test_a_collection_is_read_as_it_was_written(work: Path) -> None:
    learned = Collection.read(work)
    assert [len(p) for p in learned.places] == [4] * PLACES
    assert learned.own.tolist() == [False, False] + [True] * (PLACES - 2)
    assert [r.tolist() for r in learned.right[:5]] == [[0], [0], [0], [0], [1]]
    assert [len(r) for r in learned.right[-4:]] == [0] * 4
    assert learned.held[0][0] == "held" and learned.held[0][2].tolist() == [2]


def test_what_is_proposed_as_wrong_answers_nothing_and_is_of_the_same_kind(work: Path) -> None:
    learned = Collection.read(work)
    found = proposed(bare(work), learned)
    for wrong, words, right in zip(found, learned.worded, learned.right, strict=True):
        of_law = len(right) > 0 and not learned.own[right[0]]
        for some in (wrong, words):
            assert not set(some.tolist()) & set(right.tolist())
            assert all(learned.own[n] != of_law for n in some)
    some = drawn(found[20], learned.worded[20], 5, random.Random(1))
    assert len(some) == len(set(some)) == 5


def test_encoder_and_reader_learn_and_go_on_where_they_stopped(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr("training.encoder.BATCH", 8)
    monkeypatch.setattr("training.encoder.RATE", 3e-3)
    monkeypatch.setattr("training.reader.BATCH", 8)
    monkeypatch.setattr("training.reader.FROZEN", 1)
    monkeypatch.setattr("training.reader.RATE", 1e-3)
    learned = Collection.read(work)
    model = without_dropout(bare(work))
    before = shown(model, learned)["held"][0]
    train_encoder(model, learned, ROUNDS, 5, work)
    after = shown(model, learned)["held"][0]
    assert after > before and after >= 0.5
    capsys.readouterr()
    train_encoder(model, learned, ROUNDS, 5, work)
    assert "round" not in capsys.readouterr().out, "all rounds were done"

    wrong = proposed(model, learned)
    watched = read_together(model, learned, 4)
    reader = CrossEncoder(model)
    frozen = reader.bert.encoder.layer[0].intermediate.dense.weight.clone()
    rows = [pair_row(learned.questions[20], learned.places[n]) for n in (5, 8)]
    train_reader(reader, learned, wrong, watched, 3, 5, work)
    reader.eval()
    with torch.no_grad():
        right, other = scores(reader, rows).tolist()
    assert right > other
    assert torch.equal(reader.bert.encoder.layer[0].intermediate.dense.weight, frozen)
    assert torch.load(work / "reader.pt")["late"] == reader.late


def test_a_wrong_place_that_is_told_right_may_be_passed_over() -> None:
    found = torch.tensor([[1.0, 3.0, -2.0], [0.0, -4.0, 2.0]])
    there = torch.tensor([[True, True, True], [False, True, True]])
    answered = torch.tensor([True, False])
    order, told = loss_of(found, there, answered, False)
    order_over, told_over = loss_of(found, there, answered, True)
    assert order_over < order and told_over < told
    alone = torch.nn.functional.cross_entropy(torch.tensor([[1.0, -2.0]]), torch.tensor([0]))
    assert torch.isclose(order_over, alone)
