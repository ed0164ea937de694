"""Train the reranker: boosted trees over the features of ``app/retrieval/candidates.py``.

    python models/train_reranker.py --statutes DIR --corpus DIR --out models/reranker

The embedding model has seen the questions of ``train.jsonl``, and what it has seen it ranks too
well for a reranker to learn from. So the questions are cut into folds, and for each fold an
embedding model is trained, by the same code, from the other questions only (``--work DIR`` keeps
their vectors; without it they are made anew). Trees and calibration are learned from the cosines
of these models. ``dev.jsonl`` is measured at the end and never learned from.

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
from app.retrieval.query import other_wordings
from app.retrieval.rerank import LearnedReranker, Trees
from benchmarks.collection import Question, as_documents, read_articles, read_questions
from benchmarks.figures import ranking_figures
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalIndex, LexicalView
from models.folds import Folds, fold_vectors

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

COUNT, KNOWN = 150, 450
PARAMETERS = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 15,
    "learning_rate": 0.03,
    "num_leaves": 15,  # at most 16, see app/retrieval/rerank.py
    "min_data_in_leaf": 200,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "verbose": -1,
    "seed": 0,
    "num_threads": 2,
    "deterministic": True,
}
ROUNDS = 300
TOP = 10
"""So many of a question's best candidates tell the calibration what a score is worth."""


@dataclass
class Examples:
    """The candidates of several questions, one question after the other.

    ``groups`` are the numbers of candidates; ``lost`` the numbers of relevant passages that are
    not among them.
    """

    rows: list[np.ndarray]
    features: list[np.ndarray]
    labels: list[np.ndarray]

    def of(self, chosen: Sequence[int]) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Features, labels and sizes of groups of the ``chosen`` questions."""
        return (
            np.concatenate([self.features[i] for i in chosen]),
            np.concatenate([self.labels[i] for i in chosen]),
            [len(self.labels[i]) for i in chosen],
        )


def view_of(passages: Path, folder: Path) -> tuple[LexicalView, dict[int, int]]:
    """The lexical view of the collection, and the row of each article."""
    catalogue = Catalogue(folder / "catalogue.sqlite", write=True)
    index = LexicalIndex(catalogue, write=True)
    id_of: dict[str, int] = {}
    with catalogue.transaction() as connection:
        for document, _, own, ids in as_documents(read_articles(passages)):
            index.add(connection, own, document.title)
            id_of.update(zip((p.id for p in own), ids, strict=True))
    view = index.view()
    catalogue.close()
    return view, {id_of[id]: row for row, id in enumerate(view.ids)}


def examples(
    view: LexicalView,
    questions: Sequence[Question],
    row_of: dict[int, int],
    cosines: Sequence[np.ndarray],
    without_answers: bool = False,
) -> Examples:
    """The candidates of ``questions`` as the retriever would gather them.

    :param cosines: for each question the cosines of all passages, in the order of the view.
    :param without_answers: take out the laws that answer a question before it is asked.
    """
    found = Examples([], [], [])
    for question, cosine in zip(questions, cosines, strict=True):
        relevant = np.array([row_of[id] for id in question.relevant], np.int64)
        allowed = None
        if without_answers:
            allowed = ~np.isin(view.owner, view.owner[relevant])
            cosine = np.where(allowed, cosine, -1)
        nearest = np.argpartition(-cosine, KNOWN)[:KNOWN]
        nearest = nearest[np.argsort(-cosine[nearest], kind="stable")]
        terms = Terms.of(question.query, view, other_wordings(question.query))
        pool = gather(view, terms, nearest, cosine[nearest].astype(np.float32), COUNT, allowed)
        found.rows.append(pool.rows)
        found.features.append(features(view, terms, pool))
        found.labels.append(np.isin(pool.rows, relevant).astype(np.int8))
    return found


def fit(some: Examples, chosen: Sequence[int], used: Sequence[int]) -> object:
    """LightGBM's model, learned from the ``chosen`` questions."""
    import lightgbm

    inputs, labels, groups = some.of(chosen)
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


def best_of(scores: np.ndarray, count: int = TOP) -> np.ndarray:
    """Positions of the ``count`` highest scores."""
    return np.argsort(-scores, kind="stable")[:count]


def train(statutes: Path, corpus: Path | None, out: Path, work: Path) -> dict[str, float]:
    """Train and write ``out/reranker.npz`` and ``out/fusion.json``; returns figures on dev."""
    from app.retrieval.rerank import FusionReranker

    questions = read_questions(statutes / "train.jsonl")
    dev = read_questions(statutes / "dev.jsonl")
    folds: Folds = fold_vectors(statutes, corpus, work)
    with tempfile.TemporaryDirectory() as folder:
        view, row_of = view_of(statutes / "passages.jsonl.gz", Path(folder))
    order = np.array([row_of[i] for i in range(len(view.ids))])
    by_view = np.argsort(order)
    known = [folds.cosines(i)[by_view] for i in range(len(questions))]
    asked = examples(view, questions, row_of, known)
    unanswered = examples(view, questions, row_of, known, without_answers=True)
    used = [i for i, name in enumerate(FEATURES) if name not in LEFT_OUT]
    curve = [FEATURES.index(name) for name in CALIBRATED]
    seen = folds.fold
    inputs, labels, plain = [], [], []
    unseen = np.zeros(len(questions), object)
    fusion = [FEATURES.index("dense"), FEATURES.index("bm25")]
    for fold in range(folds.count):
        model = fit(asked, np.flatnonzero(seen != fold), used)
        for i in np.flatnonzero(seen == fold):
            for some in (asked, unanswered):
                scores = model.predict(some.features[i][:, used])  # type: ignore[attr-defined]
                best = best_of(scores)
                columns = np.column_stack([scores, some.features[i][:, curve]])[best]
                inputs.append(columns)
                labels.append(some.labels[i][best])
                plain.append(some.features[i][best][:, fusion])
                if some is asked:
                    unseen[i] = some.rows[i][best_of(scores, 100)]
    out.mkdir(parents=True, exist_ok=True)
    weights, bias = calibrate(inputs, labels)
    final = fit(asked, range(len(questions)), used)
    names = np.array([FEATURES[i] for i in used])
    arrays = as_arrays(final)
    _check(final, arrays, asked.features[0][:, used])
    np.savez_compressed(
        out / "reranker.npz",
        **arrays,
        features=names,
        calibrated=np.array(CALIBRATED),
        weights=weights.astype(np.float32),
        bias=np.array(bias, np.float32),
    )
    flat, flat_bias = calibrate(plain, labels)
    fused = {"weights": dict(zip(("dense", "bm25"), flat.tolist(), strict=True)), "bias": flat_bias}
    (out / "fusion.json").write_text(json.dumps(fused, indent=2) + "\n", encoding="utf-8")
    truth = [[row_of[id] for id in q.relevant] for q in questions]
    print("train, folds:", ranking_figures(list(unseen), truth))
    report: dict[str, float] = {}
    truth = [[row_of[id] for id in q.relevant] for q in dev]
    for name, rerank in (("fusion", FusionReranker(out)), ("learned", LearnedReranker(out))):
        each = []
        for fold in range(folds.count):
            cosines = [folds.dev_cosines(fold, i)[by_view] for i in range(len(dev))]
            some = examples(view, dev, row_of, cosines)
            ranked = [
                rows[best_of(rerank(inputs).scores, 100)]
                for rows, inputs in zip(some.rows, some.features, strict=True)
            ]
            each.append(ranking_figures(ranked, truth))
        report = {key: round(float(np.mean([f[key] for f in each])), 4) for key in each[0]}
        print(f"dev, mean over the folds' models, {name}:", report)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--statutes", type=Path, required=True)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="folder that keeps the folds' vectors")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        train(options.statutes, options.corpus, options.out, options.work or Path(temporary))


if __name__ == "__main__":
    main()
