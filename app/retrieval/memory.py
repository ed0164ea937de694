"""What questions answered before tell about a new one: articles that answered similar questions.

The training questions are kept beside the reranker as vectors, with the names of the laws and the
labels of the articles that answered them. A new question remembers those near it. Only a
collection that holds most of these articles is asked to remember: elsewhere, where a few of its
laws stand beside other texts, what was never asked about would seem less worth than what was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.storage.lexical import LexicalView, best_rows

MEMORIES = (
    "asked_best",  # cosine of the nearest question that the passage answered, 0 if there is none
    "asked_gap",  # the same less the cosine of the nearest question of all
    "asked_share",  # the passage's share of the questions, weighted by cosine
    "asked_answer_best",  # cosine of the nearest answer that rests on the passage
    "asked_answer_share",  # the passage's share of the answers, weighted by cosine
    "asked_often",  # logarithm of the passage's part of all links, in thousandths
    "asked_around",  # share of the passages before and after it
    "asked_around_often",  # their part of all links, in thousandths
    "asked_document_best",  # cosine of the nearest question that the document answered
    "asked_document_share",  # the document's share of the questions, weighted by cosine
    "asked_document_often",  # logarithm of the document's part of all links, in thousandths
)
"""Names of what :meth:`Memory.features` gives, in order."""

_TEMPERATURE = 0.06
_REACH = 3
_ENOUGH = 0.5
_LABEL = re.compile(r"第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?")


@dataclass(frozen=True, slots=True)
class Remembered:
    """Questions answered before.

    ``questions`` and ``answers`` are unit vectors, ``(n, dimension)``, by the model whose
    fingerprint is ``model``. Link ``i`` says that question ``question[i]`` was answered by article
    ``article[i]`` of the text named ``law[i]``.
    """

    model: str
    questions: np.ndarray
    answers: np.ndarray
    question: np.ndarray
    law: list[str]
    article: list[str]

    @classmethod
    def read(cls, file: Path) -> Remembered | None:
        """What :meth:`write` wrote; ``None`` if it is not there."""
        if not file.is_file():
            return None
        with np.load(file) as data:
            return cls(
                str(data["model"]),
                _unit(data["questions"]),
                _unit(data["answers"]),
                data["question"].astype(np.int64),
                [str(name) for name in data["law"]],
                [str(label) for label in data["article"]],
            )

    def write(self, file: Path) -> None:
        """Store the vectors as 8-bit integers."""
        np.savez_compressed(
            file,
            model=np.array(self.model),
            questions=_eight_bits(self.questions),
            answers=_eight_bits(self.answers),
            question=self.question.astype(np.int16),
            law=np.array(self.law),
            article=np.array(self.article),
        )


@dataclass(frozen=True, slots=True)
class Similar:
    """How near the questions remembered are to a new one; arrays over the passages linked.

    ``asked`` and ``answered`` are cosines of the nearest question and answer of each passage,
    ``shares`` and ``answer_shares`` its parts of all, weighted by cosine.
    """

    asked: np.ndarray
    answered: np.ndarray
    shares: np.ndarray
    answer_shares: np.ndarray


class Memory:
    """Questions remembered, whose articles are passages of a view.

    :param questions: unit vectors of questions, ``(n, dimension)``.
    :param answers: unit vectors of their answers.
    :param question: for each link its question.
    :param rows: for each link the row of its passage.
    """

    def __init__(
        self,
        view: LexicalView,
        questions: np.ndarray,
        answers: np.ndarray,
        question: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        self._view, self._questions, self._answers = view, questions, answers
        self._question = question
        self._linked, self._link = np.unique(rows, return_inverse=True)
        self._owner = view.owner[self._linked]
        # Where each row stands among the linked ones; the others share a last place, that of zeros
        self._place = np.full(len(view.ids), len(self._linked), np.int64)
        self._place[self._linked] = np.arange(len(self._linked))
        self._often = _padded(np.bincount(self._link) * (1000 / max(len(rows), 1)))
        self._document_often = np.bincount(self._owner, self._often[:-1], len(view.documents))

    def similar(self, vector: np.ndarray) -> Similar:
        """What is near ``vector``, that of a new question."""
        # Not BLAS: on a product so small its threads cost more than they give, most of all when
        # other queries run beside this one.
        asked = np.einsum("ij,j->i", self._questions, vector)[self._question]
        answered = np.einsum("ij,j->i", self._answers, vector)[self._question]
        return Similar(
            self._best(asked), self._best(answered), self._shares(asked), self._shares(answered)
        )

    def proposals(self, similar: Similar, count: int) -> np.ndarray:
        """Rows of the passages that answered what is most similar: ``count`` by the questions and
        half as many by the answers."""
        by_question = best_rows(similar.shares, count)
        by_answer = best_rows(similar.answer_shares, count // 2)
        return self._linked[np.union1d(by_question, by_answer)]

    def features(self, similar: Similar, rows: np.ndarray) -> np.ndarray:
        """``float32`` of shape ``(len(rows), len(MEMORIES))``."""
        place, owner = self._place[rows], self._view.owner[rows]
        asked, shares = _padded(similar.asked), _padded(similar.shares)
        documents = len(self._view.documents)
        document_best = np.zeros(documents)
        np.maximum.at(document_best, self._owner, similar.asked)
        columns = {
            "asked_best": asked[place],
            "asked_gap": asked[place] - asked.max(),
            "asked_share": shares[place],
            "asked_answer_best": _padded(similar.answered)[place],
            "asked_answer_share": _padded(similar.answer_shares)[place],
            "asked_often": np.log1p(self._often[place]),
            "asked_around": self._around(shares, rows),
            "asked_around_often": self._around(self._often, rows),
            "asked_document_best": document_best[owner],
            "asked_document_share": np.bincount(self._owner, similar.shares, documents)[owner],
            "asked_document_often": np.log1p(self._document_often[owner]),
        }
        return np.stack([columns[name] for name in MEMORIES], axis=1).astype(np.float32)

    def _best(self, cosines: np.ndarray) -> np.ndarray:
        best = np.zeros(len(self._linked), np.float32)
        np.maximum.at(best, self._link, cosines)
        return best

    def _shares(self, cosines: np.ndarray) -> np.ndarray:
        weights = np.exp((cosines - cosines.max()) / _TEMPERATURE)
        return np.bincount(self._link, weights) / weights.sum()

    def _around(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """The sum of ``values`` over the passages around, those further away counting less."""
        total = np.zeros(len(rows))
        owner, last = self._view.owner, len(self._view.ids) - 1
        for step in range(1, _REACH + 1):
            for other in (rows - step, rows + step):
                near = np.clip(other, 0, last)
                same = (near == other) & (owner[near] == owner[rows])
                total += np.where(same, values[self._place[near]], 0) / step
        return total


def memory_of(
    remembered: Remembered,
    view: LexicalView,
    documents: Mapping[str, str],
    labels: Callable[[Sequence[str]], Iterable[tuple[str, str]]],
) -> Memory | None:
    """The memory of a collection; ``None`` where it holds too few of the articles.

    :param documents: for each document the name of its work.
    :param labels: gives the ids of the passages of some documents, with their citations.
    """
    laws = set(remembered.law)
    own = [id for id, work in documents.items() if work in laws]
    rows_of: dict[tuple[str, str], list[int]] = {}
    for id, citation in labels(own):
        label = _LABEL.search(citation)
        row = view.row.get(id)
        if label and row is not None:
            work = documents[view.documents[view.owner[row]]]
            rows_of.setdefault((work, label[0]), []).append(row)
    keys = list(zip(remembered.law, remembered.article, strict=True))
    if sum(key in rows_of for key in keys) < _ENOUGH * len(keys) or not keys:
        return None
    links = [
        (question, row)
        for question, key in zip(remembered.question.tolist(), keys, strict=True)
        for row in rows_of.get(key, [])
    ]
    question, rows = np.array(links, np.int64).T
    return Memory(view, remembered.questions, remembered.answers, question, rows)


def label_of(article: str) -> str:
    """第十二条之一 of an article's name or citation; itself if it has no such number."""
    found = _LABEL.search(article)
    return found[0] if found else article


def _padded(values: np.ndarray) -> np.ndarray:
    """``values`` with a zero for what is not linked."""
    return np.append(values, values.dtype.type(0))


def _unit(vectors: np.ndarray) -> np.ndarray:
    wide = vectors.astype(np.float32)
    unit: np.ndarray = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9)
    return unit


def _eight_bits(vectors: np.ndarray) -> np.ndarray:
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    return np.rint(vectors * (127 / largest)).astype(np.int8)
