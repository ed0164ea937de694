"""Embedding: what is fast must be the same, and another model must be recognised."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

from ingest.embed import Embedder
from ingest.settings import Settings
from tests.projects import Project, law

QUESTIONS = ["四川2023年度政府购买公共服务支出是多少？", "质疑 PPP (2023)", "", "，。", "甲" * 5000]


@pytest.fixture(scope="module")
def model(root: Path) -> Path:
    return root / "models" / "zhengce-embed"


def test_texts_get_the_vectors_that_sentence_transformers_gives(model: Path, root: Path) -> None:
    reference = SentenceTransformer(str(model), device="cpu")
    embedder = Embedder(Settings(base=root))
    for question in QUESTIONS:
        expected = reference.encode_query(question, normalize_embeddings=True)
        np.testing.assert_allclose(embedder.encode_query(question), expected, atol=2e-6)
    passages = [*QUESTIONS, "", "第一条\n采购人应当公开意向。" * 50]
    expected = reference.encode_document(passages, normalize_embeddings=True)
    np.testing.assert_allclose(embedder.encode_passages(passages), expected, atol=2e-6)
    np.testing.assert_allclose(embedder.encode_few(passages), expected, atol=2e-6)
    assert embedder.encode_few([]).shape == (0, embedder.dimension)


def test_shortened_vectors(model: Path, root: Path) -> None:
    reference = SentenceTransformer(str(model), device="cpu", truncate_dim=64)
    embedder = Embedder(Settings(base=root, embedding={"dimension": 64}))
    expected = reference.encode_query(QUESTIONS[0], normalize_embeddings=True)
    np.testing.assert_allclose(embedder.encode_query(QUESTIONS[0]), expected, atol=2e-6)
    assert embedder.encode_passages(["一", "二"]).shape == (2, 64)


def test_passages_and_questions_are_unit_vectors_of_one_size(root: Path) -> None:
    embedder = Embedder(Settings(base=root))
    seen: list[int] = []
    vectors = embedder.encode_passages(
        [f"第{n}条 采购人应当公开。" for n in range(150)], seen.append
    )
    assert vectors.dtype == np.float32 and vectors.shape == (150, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert sum(seen) == 150 and len(seen) > 1
    assert embedder.encode_passages([]).shape == (0, embedder.dimension)


def test_a_vector_holds_a_little_of_its_neighbours(root: Path) -> None:
    texts = [
        f"第{n}条 {t}"
        for n, t in enumerate(
            ["采购人公开意向。", "保证金应当退还。", "质疑应当答复。", "本法自公布之日起施行。"]
        )
    ]
    alone = Embedder(Settings(base=root))
    embedder = Embedder(Settings(base=root, embedding={"context": 0.2}))
    before, after = alone.encode_passages(texts), embedder.encode_passages(texts)
    near, far = (lambda v: float(v[0] @ v[1])), (lambda v: float(v[0] @ v[3]))
    assert near(after) > near(before) + 0.1
    assert abs(far(after)) < near(after)
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(embedder.encode_passages(texts[:1]), before[:1], atol=2e-6)
    np.testing.assert_allclose(embedder.encode_few(texts), before, atol=2e-6)


def test_neither_adding_nor_asking_loads_torch(root: Path, tmp_path: Path) -> None:
    project = Project.make(tmp_path / "p")
    project.write("a.txt", law("甲省采购条例", 3))
    script = (
        "import sys\n"
        "from ingest.__main__ import main as ingest\n"
        "from app.__main__ import main as app\n"
        f"config = ['--config', {str(project.config)!r}]\n"
        f"assert ingest([*config, 'add', {str(project.corpus)!r}]) == 0\n"
        "assert app([*config, 'ask', '甲省采购条例第三条']) == 0\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip().endswith("False"), done.stdout + done.stderr


def test_another_model_works_and_has_another_fingerprint(tmp_path: Path, root: Path) -> None:
    words = Tokenizer(WordLevel({"[UNK]": 0, "采": 1, "购": 2, "人": 3}, unk_token="[UNK]"))
    words.pre_tokenizer = Split("", "isolated")
    other = tmp_path / "other"
    SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=8)]).save(str(other))
    own, foreign = (
        Embedder(Settings(base=root, embedding={"model": name}))
        for name in ("models/zhengce-embed", str(other))
    )
    assert own.fingerprint != foreign.fingerprint
    assert foreign.encode_passages(["采购人"]).shape == (1, 8)
    reference = SentenceTransformer(str(other), device="cpu")
    expected = reference.encode_query("采购人", normalize_embeddings=True)
    np.testing.assert_allclose(foreign.encode_query("采购人"), expected, atol=2e-6)


@pytest.mark.parametrize(
    "change",
    [{"query_prompt": "问："}, {"passage_prompt": "文："}, {"dimension": 32}, {"context": 0.1}],
)
def test_what_changes_vectors_changes_the_fingerprint(
    root: Path, change: dict[str, object]
) -> None:
    plain = Embedder(Settings(base=root))
    assert plain.fingerprint == Embedder(Settings(base=root)).fingerprint
    assert plain.fingerprint != Embedder(Settings(base=root, embedding=change)).fingerprint


@pytest.mark.parametrize("name", ["models/none", "./none", "nobody/no-such-model"])
def test_a_missing_model_is_one_line(root: Path, name: str) -> None:
    script = (
        "import sys; from ingest.embed import Embedder; from ingest.settings import load_settings\n"
        "from ingest.errors import SettingsError\n"
        "try: Embedder(load_settings()).encode_passages(['一'])\n"
        "except SettingsError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "ZHENGCAI_EMBEDDING__MODEL": name},
        capture_output=True,
        text=True,
    )
    assert "embedding.model" in done.stdout and name.strip("./") in done.stdout, done.stderr
    assert len(done.stdout.splitlines()) == 1
