"""Train the reranker: trees and networks over the features of ``app/retrieval/candidates.py``.

    python models/train_reranker.py --statutes DIR --corpus DIR --out models/reranker

The embedding model has seen the questions of ``train.jsonl`` and ``extra.jsonl``, and what it has
seen it ranks too well for a reranker to learn from. So the questions are cut into folds, and for
each fold an embedding model is trained, by the same code, from the other questions only
(``--work DIR`` keeps these models; without it they are made anew). Ranking and calibration are
learned from their cosines. ``dev.jsonl`` is measured at the end and never learned from.

Two rankings are written: one for any collection, and one that also asks which articles answered
similar questions (``app/retrieval/memory.py``). While it learns, a question remembers only those
of other folds: were it left out alone, its own articles would give themselves away by being
linked once less than for all other questions.

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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.retrieval.candidates import FEATURES
from app.retrieval.memory import Remembered, label_of
from app.retrieval.rerank import (
    MEMORY,
    PLAIN,
    REMEMBERING,
    FusionReranker,
    Learned,
    LearnedReranker,
    Trees,
)
from benchmarks.collection import Article, Question, read_articles, read_questions
from benchmarks.figures import ranking_figures
from ingest.embed import Embedder
from ingest.settings import PROJECT, load_settings
from ingest.storage.catalogue import work_of
from ingest.storage.lexical import LexicalView
from models import networks
from models.boosted import as_arrays, fit
from models.examples import (
    COLUMNS,
    Asking,
    Examples,
    by_document,
    examples,
    in_documents,
    read_answered,
    view_of,
)
from models.folds import DOCUMENT, QUERY, Folds, fold_models

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

NOT_SEEN = ("question_length", "best_bm25", "best_dense")
"""Features that the networks do without: those equal for all candidates of a question."""

TOP = 10
"""So many of a question's best candidates tell the calibration what a score is worth."""


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


def train(statutes: Path, corpus: Path | None, out: Path, work: Path) -> None:
    """Train, write the files of ``out``, and print figures on the folds and on dev."""
    settings = load_settings(PROJECT / "config.yaml")
    embedder, share = Embedder(settings), settings.embedding.context
    train_questions = read_answered(statutes / "train.jsonl")
    extra = statutes / "extra.jsonl"
    answered = train_questions + (read_answered(extra) if extra.is_file() else [])
    folds: Folds = fold_models(statutes, corpus, work)
    articles = read_articles(statutes / "passages.jsonl.gz")
    questions = [question for question, _ in answered]
    with tempfile.TemporaryDirectory() as folder:
        view, row_of = view_of(articles, Path(folder))
    in_view = sorted(articles, key=lambda article: row_of[article.id])
    relevant = [
        np.array([row_of[id] for id in q.relevant if id in row_of], np.int64) for q in questions
    ]
    links = np.array([(i, row) for i, rows in enumerate(relevant) for row in rows], np.int64)

    texts = folds.tokens([f"{a.law}\n{a.text}" for a in in_view])
    asked = folds.tokens([q.query for q in questions])
    answers = folds.tokens([answer for _, answer in answered])
    some = [Examples([np.empty(0)] * len(questions), [], []) for _ in range(2)]
    for every in some:
        every.features, every.labels = list(every.rows), list(every.rows)
    for fold in range(folds.count):
        own = np.flatnonzero((folds.fold == fold) & np.array([len(r) > 0 for r in relevant]))
        vectors = folds.vectors(fold, asked, QUERY)
        passages = in_documents(view, folds.vectors(fold, texts, DOCUMENT), share)
        asking = Asking(passages, vectors[own], vectors, folds.vectors(fold, answers, QUERY))
        others = links[folds.fold[links[:, 0]] != fold]
        for every, without in zip(some, (False, True), strict=True):
            chosen = [questions[i] for i in own], [relevant[i] for i in own]
            found = examples(view, *chosen, asking, others, without)
            for place, i in enumerate(own):
                every.rows[i] = found.rows[place]
                every.features[i] = found.features[place]
                every.labels[i] = found.labels[place]
        print(f"fold {fold}: {len(own)} questions", flush=True)

    out.mkdir(parents=True, exist_ok=True)
    for name, columns in ((PLAIN, FEATURES), (REMEMBERING, COLUMNS)):
        learn(name, columns, *some, folds.fold, relevant, out)
    remembered(embedder, answered, in_view, links).write(out / MEMORY)
    report(statutes, view, row_of, in_view, embedder, out, links)


def ranking(some: Examples, chosen: Sequence[int], columns: Sequence[str]) -> Learned:
    """What is learned from the ``chosen`` questions by ``columns``: trees, and where a memory is
    asked, networks too."""
    used = [i for i, column in enumerate(columns) if column not in LEFT_OUT]
    arrays = as_arrays(fit(some, chosen, used), some.features[chosen[0]][:, used])
    trees = Trees(**arrays)
    if columns is not COLUMNS:
        return Learned(trees, used)
    seen = [i for i, column in enumerate(columns) if column not in NOT_SEEN]
    return Learned(trees, used, networks.fit(some, chosen, seen), seen)


def learn(
    name: str,
    columns: Sequence[str],
    asked: Examples,
    unanswered: Examples,
    fold_of: np.ndarray,
    relevant: Sequence[np.ndarray],
    out: Path,
) -> None:
    """A ranking by ``columns`` and its calibration, written to ``out/name``; with the plain one
    also the constants of the fusion."""
    curve = [FEATURES.index(column) for column in CALIBRATED]
    fusion = [FEATURES.index("dense"), FEATURES.index("bm25")]
    usable = np.array([i for i, rows in enumerate(asked.rows) if len(rows)])
    inputs, labels, plain = [], [], []
    unseen, truth = [], []
    for fold in range(int(fold_of.max()) + 1):
        learned = ranking(asked, usable[fold_of[usable] != fold], columns)
        for i in usable[fold_of[usable] == fold]:
            for some in (asked, unanswered):
                scores = learned(some.features[i])
                best = best_of(scores)
                inputs.append(np.column_stack([scores, some.features[i][:, curve]])[best])
                labels.append(some.labels[i][best])
                plain.append(some.features[i][best][:, fusion])
                if some is asked:
                    unseen.append(some.rows[i][best_of(scores, 100)])
                    truth.append(relevant[i])
    weights, bias = calibrate(inputs, labels)
    np.savez_compressed(
        out / name,
        **ranking(asked, usable, columns).arrays(columns),
        calibrated=np.array(CALIBRATED),
        weights=weights.astype(np.float32),
        bias=np.array(bias, np.float32),
    )
    if name == PLAIN:
        flat, flat_bias = calibrate(plain, labels)
        fused = dict(zip(("dense", "bm25"), flat.tolist(), strict=True))
        text = json.dumps({"weights": fused, "bias": flat_bias}, indent=2)
        (out / "fusion.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}, folds:", ranking_figures(unseen, truth), flush=True)


def remembered(
    embedder: Embedder,
    answered: Sequence[tuple[Question, str]],
    in_view: Sequence[Article],
    links: np.ndarray,
) -> Remembered:
    """The questions and answers as the shipped model sees them, with their articles."""
    linked = [in_view[row] for row in links[:, 1]]
    return Remembered(
        embedder.fingerprint,
        np.stack([embedder.encode_query(question.query) for question, _ in answered]),
        np.stack([embedder.encode_query(answer) for _, answer in answered]),
        links[:, 0],
        [work_of(article.law) for article in linked],
        [label_of(article.article) for article in linked],
    )


def report(
    statutes: Path,
    view: LexicalView,
    row_of: dict[int, int],
    in_view: Sequence[Article],
    embedder: Embedder,
    out: Path,
    links: np.ndarray,
) -> None:
    """Print figures of all rankings on dev, asked with the shipped model."""
    dev = read_questions(statutes / "dev.jsonl")
    right = [np.array([row_of[id] for id in q.relevant], np.int64) for q in dev]
    known = Remembered.read(out / MEMORY)
    assert known is not None
    texts = np.array([f"{a.law}\n{a.text}" for a in in_view], object)
    asking = Asking(
        np.concatenate([embedder.encode_passages(own) for own in by_document(view, texts)]),
        np.stack([embedder.encode_query(question.query) for question in dev]),
        known.questions,
        known.answers,
    )
    some = examples(view, dev, right, asking, links)
    remembering = LearnedReranker(out, REMEMBERING, COLUMNS)
    for name, rerank in (
        ("fusion", FusionReranker(out)),
        ("plain", LearnedReranker(out)),
        ("remembering", remembering),
    ):
        ranked = [
            rows[best_of(rerank(inputs).scores, 100)]
            for rows, inputs in zip(some.rows, some.features, strict=True)
        ]
        print(f"dev, {name}:", ranking_figures(ranked, right), flush=True)


def main() -> None:
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
