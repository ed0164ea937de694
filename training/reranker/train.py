"""Train the reranker: trees over the features of ``app/retrieval/candidates.py``.

    python training/reranker/train.py --statutes DIR --corpus DIR --out models/reranker

The embedding model has seen the questions of ``train.jsonl`` and ``extra.jsonl``, and what it has
seen it ranks too well for a reranker to learn from. So the questions are cut into folds, and for
each fold an embedding model is trained, by the same code, from the other questions only
(``--work DIR`` keeps these models; without it they are made anew). Ranking and calibration are
learned from their cosines. ``dev.jsonl`` is measured at the end and never learned from.

The probability that a passage answers is Platt's curve over the ranking's score and the features,
fitted on questions that the ranking has not seen: each of them once as it is, and once with all
laws that answer it taken out of the collection, so that it knows questions without an answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.retrieval.candidates import FEATURES
from app.retrieval.rerank import (
    FUSION,
    LEARNED,
    FusionReranker,
    Learned,
    LearnedReranker,
    Trees,
)
from benchmarks.collection import Article, read_articles, read_questions
from benchmarks.figures import ranking_figures
from ingest.embed import Embedder
from ingest.settings import PROJECT, load_settings
from ingest.storage.lexical import LexicalView
from training.reranker.boosted import as_arrays, fit
from training.reranker.examples import (
    Examples,
    by_document,
    examples,
    in_documents,
    read_all,
    view_of,
)
from training.reranker.folds import DOCUMENT, QUERY, Folds, fold_models

LEFT_OUT = (
    "question_length",
    "best_bm25",
    "best_dense",
    "dense",
    "bm25",
    "document_share",
    "within_document",
)
"""Features left out of the trees: those equal for all candidates of a question, and those whose
scale changes with the model or the size of the collection; the ranking is no worse without."""

CALIBRATED = ("dense", "bm25", "coverage", "coverage_rare", "covered", "phrase_share")
"""Features that the calibration uses beside the ranking's score."""

FUSED = ("dense", "bm25")
"""Features that the fusion adds up."""

TOP = 10
"""So many of a question's best candidates tell the calibration what a score is worth."""


def train(statutes: Path, corpus: Path | None, out: Path, work: Path) -> None:
    """Train, write the files of ``out``, and print figures on the folds and on dev."""
    settings = load_settings(PROJECT / "config.yaml")
    embedder, share = Embedder(settings), settings.embedding.context
    files = [statutes / "train.jsonl", statutes / "extra.jsonl"]
    questions = [question for file in files if file.is_file() for question in read_all(file)]
    folds: Folds = fold_models(statutes, corpus, work)
    articles = read_articles(statutes / "passages.jsonl.gz")
    with tempfile.TemporaryDirectory() as folder:
        view, row_of = view_of(articles, Path(folder))
    in_view = sorted(articles, key=lambda article: row_of[article.id])
    relevant = [
        np.array([row_of[id] for id in q.relevant if id in row_of], np.int64) for q in questions
    ]

    texts = folds.tokens([f"{a.law}\n{a.text}" for a in in_view])
    asked = folds.tokens([q.query for q in questions])
    answered, unanswered = (
        Examples(*([np.empty(0)] * len(questions) for _ in range(3))) for _ in range(2)
    )
    for fold in range(folds.count):
        own = np.flatnonzero((folds.fold == fold) & np.array([len(r) > 0 for r in relevant]))
        chosen = [questions[i] for i in own], [relevant[i] for i in own]
        passages = in_documents(view, folds.vectors(fold, texts, DOCUMENT), share)
        vectors = folds.vectors(fold, asked, QUERY)[own]
        for every, without in ((answered, False), (unanswered, True)):
            found = examples(view, *chosen, passages, vectors, without)
            for place, i in enumerate(own):
                every.rows[i] = found.rows[place]
                every.features[i] = found.features[place]
                every.labels[i] = found.labels[place]
        print(f"fold {fold}: {len(own)} questions", flush=True)

    out.mkdir(parents=True, exist_ok=True)
    learn(answered, unanswered, folds.fold, relevant, out)
    report(statutes, view, row_of, in_view, embedder, out)


def learn(
    answered: Examples,
    unanswered: Examples,
    fold_of: np.ndarray,
    relevant: Sequence[np.ndarray],
    out: Path,
) -> None:
    """The ranking with its calibration, and the constants of the fusion, written to ``out``."""
    curve = [FEATURES.index(column) for column in CALIBRATED]
    fusion = [FEATURES.index(column) for column in FUSED]
    usable = np.array([i for i, rows in enumerate(answered.rows) if len(rows)])
    inputs, labels, plain = [], [], []
    unseen, truth = [], []
    for fold in range(int(fold_of.max()) + 1):
        learned = ranking(answered, usable[fold_of[usable] != fold])
        for i in usable[fold_of[usable] == fold]:
            for some in (answered, unanswered):
                scores = learned(some.features[i])
                best = best_of(scores)
                inputs.append(np.column_stack([scores, some.features[i][:, curve]])[best])
                labels.append(some.labels[i][best])
                plain.append(some.features[i][best][:, fusion])
                if some is answered:
                    unseen.append(some.rows[i][best_of(scores, 100)])
                    truth.append(relevant[i])
    weights, bias = calibrate(inputs, labels)
    np.savez_compressed(
        out / LEARNED,
        **ranking(answered, usable).arrays(),
        calibrated=np.array(CALIBRATED),
        weights=weights.astype(np.float32),
        bias=np.array(bias, np.float32),
    )
    flat, flat_bias = calibrate(plain, labels)
    constants = {"weights": dict(zip(FUSED, flat.tolist(), strict=True)), "bias": flat_bias}
    (out / FUSION).write_text(json.dumps(constants, indent=2) + "\n", encoding="utf-8")
    print("folds:", ranking_figures(unseen, truth), flush=True)


def ranking(some: Examples, chosen: Sequence[int]) -> Learned:
    """What is learned from the ``chosen`` questions."""
    used = [i for i, column in enumerate(FEATURES) if column not in LEFT_OUT]
    arrays = as_arrays(fit(some, chosen, used), some.features[chosen[0]][:, used])
    return Learned(Trees(**arrays), used)


def calibrate(
    inputs: Sequence[np.ndarray], labels: Sequence[np.ndarray]
) -> tuple[np.ndarray, float]:
    """Weights and bias of the logistic curve over columns ``inputs``.

    Right and wrong weigh the same in sum: the labels mark one or two of the passages that bear
    on a question, not all of them, so that their share says nothing.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    table, truth = np.concatenate(inputs), np.concatenate(labels)
    scale = StandardScaler().fit(table)
    curve = LogisticRegression(class_weight="balanced", max_iter=2000)
    curve.fit(scale.transform(table), truth)
    weights = curve.coef_[0] / scale.scale_
    return weights, float(curve.intercept_[0] - weights @ scale.mean_)


def best_of(scores: np.ndarray, count: int = TOP) -> np.ndarray:
    """Positions of the ``count`` highest scores."""
    return np.argsort(-scores, kind="stable")[:count]


def report(
    statutes: Path,
    view: LexicalView,
    row_of: dict[int, int],
    in_view: Sequence[Article],
    embedder: Embedder,
    out: Path,
) -> None:
    """Print figures of both rankings on dev, asked with the shipped model."""
    dev = read_questions(statutes / "dev.jsonl")
    right = [np.array([row_of[id] for id in q.relevant], np.int64) for q in dev]
    texts = np.array([f"{a.law}\n{a.text}" for a in in_view], object)
    passages = np.concatenate([embedder.encode_passages(own) for own in by_document(view, texts)])
    asked = np.stack([embedder.encode_query(question.query) for question in dev])
    some = examples(view, dev, right, passages, asked)
    for name, rerank in (("fusion", FusionReranker(out)), ("learned", LearnedReranker(out))):
        ranked = [
            rows[best_of(rerank(inputs).scores, 100)]
            for rows, inputs in zip(some.rows, some.features, strict=True)
        ]
        print(f"dev, {name}:", ranking_figures(ranked, right), flush=True)


def main() -> None:
    """Train, write what was learned and measure it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--statutes", type=Path, required=True)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="folder that keeps the folds' models")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        train(options.statutes, options.corpus, options.out, options.work or Path(temporary))


if __name__ == "__main__":
    main()
