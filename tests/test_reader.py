"""The readers: pairs of pieces, a real CrossEncoder, and the calibration of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from app.reading.calibration import Calibration, Weights, probability
from app.reading.reader import PAIR, CrossReader, OnnxReader, pair_rows, reader_of
from ingest.encoder import OWN, QUESTION
from ingest.errors import SettingsError
from ingest.settings import PROJECT
from tests.projects import Project, law

BOS, EOS = 0, 2


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


def test_a_cross_encoder_scores_with_its_logits(cross_encoder: Path, tmp_path: Path) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    project = Project.make(tmp_path / "project", f"answer: {{reader: {cross_encoder}}}\n")
    reader = reader_of(project.settings)
    assert isinstance(reader, CrossReader)
    question = "供应商应当在多少个工作日内提交保证金"
    texts = law("甲办法", 6).splitlines()[2:]
    pairs = [(question, text) for text in texts]
    wanted = CrossEncoder(str(cross_encoder)).predict(pairs, activation_fn=torch.nn.Identity())
    scores = reader(question, texts)
    assert scores.dtype == np.float32 and len(set(scores.tolist())) > 1
    assert scores == pytest.approx(wanted, abs=1e-5)
    assert reader(question, []).shape == (0,)


def test_a_cross_encoder_that_cannot_be_loaded_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        CrossReader(str(tmp_path), "cpu")("问", ["答"])


def test_a_reader_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    reader = OnnxReader(tmp_path)
    with pytest.raises(SettingsError, match="missing or damaged"):
        reader("问", ["答"])
    with pytest.raises(SettingsError, match="missing or damaged"):
        _ = reader.calibration
    assert reader("问", []).shape == (0,)


def test_the_settings_say_which_reader(tmp_path: Path) -> None:
    def wanted(extra: str, name: str) -> object:
        return reader_of(Project.make(tmp_path / name, f"answer: {{{extra}}}\n").settings)

    assert wanted("reader: none", "none") is None
    assert isinstance(wanted("reader: models/reader", "own"), OnnxReader)
    assert isinstance(wanted("reader: some/cross-encoder", "cross"), CrossReader)


WORDS = {"<unk>": 1, "问": 3, "答": 4, "query": 5, "passage": 6, ":": 7}
ASKED, SAID = [5, 7], [6, 7]
"""What stands before a question and before a text."""


def pairs(question: str, texts: Sequence[str]) -> list[tuple[list[int], int]]:
    """Rows of a tokenizer whose pieces are :data:`WORDS`."""
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    return pair_rows(tokenizer, question, texts)


def test_a_pair_is_one_row() -> None:
    head = [BOS, *ASKED, 3, 3, EOS]
    assert pairs("问 问", ["答", ""]) == [
        ([*head, *SAID, 4, EOS], len(head)),
        ([*head, *SAID, EOS], len(head)),
    ]
    assert pairs("问", []) == []


def test_long_questions_and_texts_are_cut() -> None:
    ((ids, start),) = pairs("问 " * 2 * QUESTION, ["答 " * 2 * PAIR])
    assert start == QUESTION + 2 and len(ids) == PAIR
    assert ids[:start] == [BOS, *ASKED, *[3] * (QUESTION - len(ASKED)), EOS]
    assert ids[start:] == [*SAID, *[4] * (PAIR - start - len(SAID) - 1), EOS]
    ((ids, start),) = pairs("问", ["答 " * 2 * PAIR])
    assert start == len(ASKED) + 3 and len(ids) == PAIR and ids[-1] == EOS


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    some = Calibration(Weights(30.0, 0.2, 0.4), Weights(8.0, 1.0, 0.1, -9.0), 0.4, 0.9)
    some.write(tmp_path / "calibration.json")
    assert Calibration.read(tmp_path / "calibration.json") == some
    (tmp_path / "calibration.json").write_text('{"reader": 1}', encoding="utf-8")
    with pytest.raises(KeyError):
        Calibration.read(tmp_path / "calibration.json")


numbers = st.lists(st.floats(-20, 20), min_size=2, max_size=2).map(sorted)
shares = st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted)


@given(numbers, shares, shares)
def test_the_higher_what_is_said_the_higher_the_probability(
    read: list[float], held: list[float], alike: list[float]
) -> None:
    weights = Weights(20.0, 1.0, 0.5, -3.0)
    sure = probability(weights(np.array(alike), np.array(read), np.array(held)))
    assert 0 <= sure[0] <= sure[1] <= 1


TEXTS = (
    "图书采购办法\n投标保证金不得超过采购项目预算金额的百分之二。",
    "图书采购办法\n图书馆应当自收到投标保证金之日起五个工作日内退还未中标供应商的投标保证金。",
    "图书采购办法\n投标人应当在投标截止时间前将投标文件送达指定地点。",
    "图书采购办法\n图书馆应当在验收合格之日起二十日内支付书款。",
)


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("保证金最多收多少", 0),
        ("没中标,押金什么时候退", 1),
        ("标书要在什么时候交到哪里", 2),
        ("货到验收完多久付钱？", 3),
    ],
)
def test_the_shipped_reader_knows_what_people_mean(question: str, right: int) -> None:
    reader = OnnxReader(PROJECT / OWN)
    assert int(np.argmax(reader.likeness(question, TEXTS))) == right


def test_a_pair_has_the_same_score_alone_and_among_others() -> None:
    question = "保证金最多收多少"
    together, alone = OnnxReader(PROJECT / OWN), OnnxReader(PROJECT / OWN)
    for ask in (together, together.likeness):
        among = ask(question, TEXTS)
        single = alone if ask is together else alone.likeness
        one_by_one = [float(single(question, [text])[0]) for text in TEXTS]
        assert among == pytest.approx(one_by_one, abs=1e-6)


def test_what_is_shipped_is_no_larger_than_was_promised() -> None:
    size = {
        folder.name: sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
        for folder in (PROJECT / "models").iterdir()
        if folder.is_dir()
    }
    assert sum(size.values()) - size["questions"] <= 85_000_000
