"""Train the reranker: boosted trees over the features of ``app/retrieval/candidates.py``.

    python models/train_reranker.py --statutes DIR --corpus DIR --out models/reranker

The embedding model has seen the questions of ``train.jsonl`` and ``extra.jsonl``, and what it has
seen it ranks too well for a reranker to learn from. So the questions are cut into folds, and for
each fold an embedding model is trained, by the same code, from the other questions only
(``--work DIR`` keeps these models; without it they are made anew). Trees and calibration are
learned from their cosines. ``dev.jsonl`` is measured at the end and never learned from.

Two rankings are written: one for any collection, and one that also asks which articles answered
similar questions (``app/retrieval/memory.py``). While it learns, a question remembers only those
of other folds: were it left out alone, its own articles would give themselves away by being
linked once less than for all other questions.

The probability that a passage answers is Platt's curve over the trees' score and the features,
fitted on questions that the trees have not seen: each of them once as it is, and once with all
laws that answer it taken out of the collection, so that it knows questions without an answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.retrieval.candidates import FEATURES, Terms, features, gather
from app.retrieval.memory import MEMORIES, Memory, Remembered, label_of
from app.retrieval.query import other_wordings
from app.retrieval.rerank import MEMORY, PLAIN, REMEMBERING, FusionReranker, LearnedReranker, Trees
from benchmarks.collection import (
    Article,
    Question,
    as_documents,
    read_articles,
    read_questions,
)
from benchmarks.figures import ranking_figures
from ingest.embed import Embedder
from ingest.settings import PROJECT, load_settings
from ingest.storage.catalogue import Catalogue, work_of
from ingest.storage.lexical import LexicalIndex, LexicalView
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
"""Features that the calibration uses beside the trees' score."""

TRUST = {PLAIN: 0.0, REMEMBERING: 4.0}
"""What is added to the trees' score for each unit of cosine: the shipped embedding model learned
from all questions and has several members, so that its cosines are worth more than those of the
folds' models, which the trees know. Chosen on dev."""

COUNT, KNOWN = 100, 300
"""As in the product, see :mod:`app.retrieve`."""

SHOWN_NEAREST, SHOWN_OTHERS = 60, 90
"""Of the wrong candidates of a question, so many of the nearest and so many others are learned
from."""

PARAMETERS = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 15,
    "learning_rate": 0.05,
    "num_leaves": 15,  # at most 16, see app/retrieval/rerank.py
    "min_data_in_leaf": 200,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "verbose": -1,
    "seed": 0,
    "num_threads": 1,
    "deterministic": True,
}
ROUNDS = 150
TOP = 10
"""So many of a question's best candidates tell the calibration what a score is worth."""


COLUMNS = (*FEATURES, *MEMORIES)


@dataclass
class Examples:
    """The candidates of several questions; the columns are :data:`COLUMNS`."""

    rows: list[np.ndarray]
    features: list[np.ndarray]
    labels: list[np.ndarray]

    def shown(self, chosen: Sequence[int]) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """What is learned from the ``chosen`` questions: features, labels, sizes of groups."""
        rng, dense = np.random.default_rng(0), COLUMNS.index("dense")
        parts = []
        for i in chosen:
            nearest = np.argsort(-self.features[i][:, dense], kind="stable")[:SHOWN_NEAREST]
            count = len(self.labels[i])
            others = rng.choice(count, min(SHOWN_OTHERS, count), replace=False)
            right = np.flatnonzero(self.labels[i])
            parts.append(np.unique(np.concatenate([nearest, others, right])))
        return (
            np.concatenate([self.features[i][p] for i, p in zip(chosen, parts, strict=True)]),
            np.concatenate([self.labels[i][p] for i, p in zip(chosen, parts, strict=True)]),
            [len(part) for part in parts],
        )


@dataclass(frozen=True)
class Asking:
    """One model's side of the questions: unit vectors of all passages in the order of the view, of
    the questions to be asked, and of the questions that may be remembered, with their answers."""

    passages: np.ndarray
    asked: np.ndarray
    questions: np.ndarray
    answers: np.ndarray


def view_of(articles: list[Article], folder: Path) -> tuple[LexicalView, dict[int, int]]:
    """The lexical view of the collection, and the row of each article."""
    catalogue = Catalogue(folder / "catalogue.sqlite", write=True)
    index = LexicalIndex(catalogue, write=True)
    id_of: dict[str, int] = {}
    with catalogue.transaction() as connection:
        for document, _, own, ids in as_documents(articles):
            index.add(connection, own, document.title)
            id_of.update(zip((p.id for p in own), ids, strict=True))
    view = index.view()
    catalogue.close()
    return view, {id_of[id]: row for row, id in enumerate(view.ids)}


def examples(
    view: LexicalView,
    questions: Sequence[Question],
    relevant: Sequence[np.ndarray],
    asking: Asking,
    links: np.ndarray,
    without_answers: bool = False,
) -> Examples:
    """The candidates of ``questions`` as the retriever would gather them.

    :param relevant: for each question the rows of its passages.
    :param links: pairs (question, row) that may be remembered, ``(n, 2)``.
    :param without_answers: take out the laws that answer a question before it is asked.
    """
    found = Examples([], [], [])
    memory = Memory(view, asking.questions, asking.answers, *links.T)
    for question, right, vector in zip(questions, relevant, asking.asked, strict=True):
        cosine, allowed, own = asking.passages @ vector, None, memory
        if without_answers:
            allowed = ~np.isin(view.owner, view.owner[right])
            cosine = np.where(allowed, cosine, -1)
            own = Memory(view, asking.questions, asking.answers, *links[allowed[links[:, 1]]].T)
        nearest = np.argpartition(-cosine, KNOWN)[:KNOWN]
        nearest = nearest[np.argsort(-cosine[nearest], kind="stable")]
        terms = Terms.of(question.query, view, other_wordings(question.query))
        similar = own.similar(vector)
        also = own.proposals(similar, COUNT // 2)
        pool = gather(
            view, terms, nearest, cosine[nearest].astype(np.float32), COUNT, allowed, also
        )
        told = [features(view, terms, pool), own.features(similar, pool.rows)]
        found.rows.append(pool.rows)
        found.features.append(np.concatenate(told, axis=1))
        found.labels.append(np.isin(pool.rows, right).astype(np.int8))
    return found


def fit(some: Examples, chosen: Sequence[int], used: Sequence[int]) -> object:
    """LightGBM's model, learned from the ``chosen`` questions."""
    import lightgbm

    inputs, labels, groups = some.shown(chosen)
    data = lightgbm.Dataset(inputs[:, used], labels, group=groups)
    return lightgbm.train(PARAMETERS, data, ROUNDS)


def as_arrays(model: object) -> dict[str, np.ndarray]:
    """All trees in the form of :class:`app.retrieval.rerank.Trees`."""
    dumped = model.dump_model()["tree_info"]  # type: ignore[attr-defined]
    shape = len(dumped), PARAMETERS["num_leaves"] - 1
    feature, threshold = np.zeros(shape, np.int16), np.full(shape, np.inf)
    mask, value = np.full(shape, 0xFFFF, np.uint16), np.zeros((len(dumped), 16), np.float32)
    for at, tree in enumerate(dumped):
        nodes: list[tuple[int, float, int]] = []
        leaves: list[float] = []

        def add(node: dict, nodes: list = nodes, leaves: list = leaves) -> None:
            if "leaf_value" in node:
                leaves.append(node["leaf_value"])
                return
            first = len(leaves)
            add(node["left_child"])
            unreached = sum(1 << leaf for leaf in range(first, len(leaves)))
            nodes.append((node["split_feature"], node["threshold"], 0xFFFF & ~unreached))
            add(node["right_child"])

        add(tree["tree_structure"])
        value[at, : len(leaves)] = leaves
        for place, node in enumerate(nodes):
            feature[at, place], threshold[at, place], mask[at, place] = node
    # Rounded up: LightGBM compares in double precision, and a value equal to the threshold must
    # still go left.
    single = threshold.astype(np.float32)
    low = single.astype(np.float64) < threshold
    single[low] = np.nextafter(single[low], np.float32(np.inf))
    return {"feature": feature, "threshold": single, "mask": mask, "value": value}


def _check(model: object, arrays: dict[str, np.ndarray], inputs: np.ndarray) -> None:
    wanted = model.predict(inputs)  # type: ignore[attr-defined]
    np.testing.assert_allclose(Trees(**arrays)(inputs), wanted, atol=1e-4)


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


def read_answered(file: Path) -> list[tuple[Question, str]]:
    """All questions of a file with their answers, also those linked to no article."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        (Question(row["query"], tuple(row["relevant"] or ())), row.get("answer") or row["query"])
        for row in rows
    ]


def best_of(scores: np.ndarray, count: int = TOP) -> np.ndarray:
    """Positions of the ``count`` highest scores."""
    return np.argsort(-scores, kind="stable")[:count]


def train(statutes: Path, corpus: Path | None, out: Path, work: Path) -> None:
    """Train, write the files of ``out``, and print figures on the folds and on dev."""
    embedder = Embedder(load_settings(PROJECT / "config.yaml"))
    train_questions = read_answered(statutes / "train.jsonl")
    extra = statutes / "extra.jsonl"
    answered = train_questions + (read_answered(extra) if extra.is_file() else [])
    questions = [question for question, _ in answered]
    folds: Folds = fold_models(statutes, corpus, work)
    articles = read_articles(statutes / "passages.jsonl.gz")
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
        passages = folds.vectors(fold, texts, DOCUMENT)
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


def learn(
    name: str,
    columns: Sequence[str],
    asked: Examples,
    unanswered: Examples,
    fold_of: np.ndarray,
    relevant: Sequence[np.ndarray],
    out: Path,
) -> None:
    """Trees over ``columns`` and their calibration, written to ``out/name``; with the plain ones
    also the constants of the fusion."""
    used = [i for i, column in enumerate(columns) if column not in LEFT_OUT]
    curve = [FEATURES.index(column) for column in CALIBRATED]
    fusion = [FEATURES.index("dense"), FEATURES.index("bm25")]
    usable = np.array([i for i, rows in enumerate(asked.rows) if len(rows)])
    inputs, labels, plain = [], [], []
    unseen, truth = [], []
    for fold in range(int(fold_of.max()) + 1):
        model = fit(asked, usable[fold_of[usable] != fold], used)
        for i in usable[fold_of[usable] == fold]:
            for some in (asked, unanswered):
                scores = model.predict(some.features[i][:, used])  # type: ignore[attr-defined]
                best = best_of(scores)
                inputs.append(np.column_stack([scores, some.features[i][:, curve]])[best])
                labels.append(some.labels[i][best])
                plain.append(some.features[i][best][:, fusion])
                if some is asked:
                    unseen.append(some.rows[i][best_of(scores, 100)])
                    truth.append(relevant[i])
    weights, bias = calibrate(inputs, labels)
    final = fit(asked, usable, used)
    arrays = as_arrays(final)
    _check(final, arrays, asked.features[usable[0]][:, used])
    np.savez_compressed(
        out / name,
        **arrays,
        features=np.array([columns[i] for i in used]),
        calibrated=np.array(CALIBRATED),
        weights=weights.astype(np.float32),
        bias=np.array(bias, np.float32),
        trust=np.array(TRUST[name], np.float32),
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
    asking = Asking(
        embedder.encode_passages([f"{a.law}\n{a.text}" for a in in_view]),
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
