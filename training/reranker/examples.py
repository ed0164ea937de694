"""Questions with the candidates that the retriever gathers for them, to learn a ranking from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.retrieval.candidates import FEATURES, Terms, Words, features, gather
from app.retrieval.query import other_wordings
from benchmarks.collection import Article, Question, as_documents
from ingest.embed import in_context
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalIndex, LexicalView

COUNT, BY_VECTORS = 100, 200
"""As in the product, see :mod:`app.retrieve`."""

SHOWN_NEAREST, SHOWN_OTHERS = 60, 90
"""Of the wrong candidates of a question, so many of the nearest and so many others are learned
from."""


@dataclass
class Examples:
    """The candidates of several questions; the columns are :data:`FEATURES`."""

    rows: list[np.ndarray]
    features: list[np.ndarray]
    labels: list[np.ndarray]

    def shown(self, chosen: Sequence[int]) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """What is learned from the ``chosen`` questions: features, labels, sizes of groups."""
        rng, dense = np.random.default_rng(0), FEATURES.index("dense")
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


def by_document(view: LexicalView, values: np.ndarray) -> list[np.ndarray]:
    """What stands for each passage, in the order of the view, as one array a document."""
    return np.split(values, np.flatnonzero(np.diff(view.owner)) + 1)


def in_documents(view: LexicalView, vectors: np.ndarray, share: float) -> np.ndarray:
    """The vectors of all passages, each mixed with those around it in its document, see
    :func:`ingest.embed.in_context`."""
    return np.concatenate([in_context(own, share) for own in by_document(view, vectors)])


def examples(
    view: LexicalView,
    questions: Sequence[Question],
    relevant: Sequence[np.ndarray],
    passages: np.ndarray,
    asked: np.ndarray,
    without_answers: bool = False,
) -> Examples:
    """The candidates of ``questions`` as the retriever would gather them.

    :param relevant: for each question the rows of its passages.
    :param passages: unit vectors of all passages, in the order of the view.
    :param asked: unit vectors of the questions, by the same model.
    :param without_answers: take out the laws that answer a question before it is asked.
    """
    found = Examples([], [], [])
    for question, right, vector in zip(questions, relevant, asked, strict=True):
        cosine, allowed = passages @ vector, None
        if without_answers:
            allowed = ~np.isin(view.owner, view.owner[right])
            cosine = np.where(allowed, cosine, -1)
        nearest = np.argpartition(-cosine, BY_VECTORS)[:BY_VECTORS]
        nearest = nearest[np.argsort(-cosine[nearest], kind="stable")]
        terms = Terms.of(question.query, view, other_wordings(question.query))
        words, cosines = Words.of(view, terms), cosine[nearest].astype(np.float32)
        pool = gather(words, nearest, cosines, COUNT, allowed)
        found.rows.append(pool.rows)
        found.features.append(features(view, terms, pool))
        found.labels.append(np.isin(pool.rows, right).astype(np.int8))
    return found


def read_all(file: Path) -> list[Question]:
    """The questions of a file, also those linked to no article, which the folds count too."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Question(row["query"], tuple(row["relevant"] or ())) for row in rows]
