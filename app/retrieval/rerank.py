"""From features to a ranking and to the probability that a passage answers.

``learned`` is the project's own: gradient-boosted trees (LightGBM, LambdaRank), trained by
``training/reranker/train.py`` and kept as plain arrays, so that NumPy alone evaluates them: the
library takes seconds to import, a third of a start from the command line, and the arrays take a
millisecond to evaluate. ``none`` adds up two features.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.retrieval.candidates import FEATURES
from ingest.errors import SettingsError
from ingest.settings import PROJECT, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = PROJECT / "models" / "reranker"
LEARNED, FUSION = "reranker.npz", "fusion.json"
"""Files below the folder: the trees with their calibration, and the constants of the fusion."""

_ALL = np.uint16(0xFFFF)
"""All leaves of a tree."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """``scores`` order the candidates, ``probabilities`` estimate that each answers; ``(n,)``."""

    scores: np.ndarray
    probabilities: np.ndarray


class Reranker(Protocol):
    """Scores candidates by their features."""

    def __call__(self, features: np.ndarray) -> Ranked:
        """:param features: ``(n, len(FEATURES))``, see :mod:`app.retrieval.candidates`."""
        ...


class Trees:
    """Regression trees, evaluated without walking them (QuickScorer, Lucchese et al., SIGIR 2015).

    A row of the arrays is a tree. Inner node ``j`` of tree ``i`` asks whether the value of
    ``feature[i, j]`` is at most ``threshold[i, j]``; where it is not, the leaves left of the node
    cannot be reached and ``mask[i, j]`` has their bits unset. Of the leaves that all nodes leave,
    counted from the left, the first is the tree's answer; ``value[i, leaf]`` is what it adds.
    All arrays are ``(trees, nodes)`` but for ``value``, ``(trees, 16)``.

    What the nodes of one feature leave together depends only on how many of its thresholds a value
    exceeds; so it is put down once for each of these numbers, for all trees in a row.
    """

    ARRAYS = ("feature", "threshold", "mask", "value")

    def __init__(
        self, feature: np.ndarray, threshold: np.ndarray, mask: np.ndarray, value: np.ndarray
    ) -> None:
        self.feature, self.threshold, self.mask, self.value = feature, threshold, mask, value
        self._left = [
            (column, *self._left_by(column)) for column in np.unique(feature[mask != _ALL]).tolist()
        ]
        self._values = value.ravel()
        self._first = np.arange(len(value)) * value.shape[1]

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The sum over all trees for each row of ``features``, ``(n,)``."""
        by_column = np.ascontiguousarray(features.T, np.float32)
        reached = np.full((len(features), len(self._first)), _ALL)
        for column, thresholds, left in self._left:
            reached &= left[np.searchsorted(thresholds, by_column[column])]
        total: np.ndarray = self._values[_lowest_bit()[reached] + self._first].sum(axis=1)
        return total

    def _left_by(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """The thresholds of a feature, ascending, and which leaves of each tree are left where
        0, 1, … of them are exceeded, ``(thresholds + 1, trees)``."""
        tree, node = np.nonzero((self.feature == column) & (self.mask != _ALL))
        thresholds, place = np.unique(self.threshold[tree, node], return_inverse=True)
        left = np.full((len(thresholds) + 1, len(self.feature)), _ALL)
        np.bitwise_and.at(left, (place + 1, tree), self.mask[tree, node])
        return thresholds, np.bitwise_and.accumulate(left, axis=0)


@lru_cache(maxsize=1)
def _lowest_bit() -> np.ndarray:
    """For each number of 16 bits the place of its lowest bit that is set."""
    numbers = np.arange(1 << 16)
    lowest = numbers & -numbers
    return np.where(numbers > 0, np.log2(np.maximum(lowest, 1)), 0).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Learned:
    """Trees over the columns ``used``."""

    trees: Trees
    used: Sequence[int]

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The score of each row of ``features``, ``(n,)``."""
        return self.trees(features[:, self.used])

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it under names of its own; :meth:`read` reads it."""
        found = {name: getattr(self.trees, name) for name in Trees.ARRAYS}
        found["features"] = np.array([FEATURES[i] for i in self.used])
        return found

    @classmethod
    def read(cls, data: Mapping[str, np.ndarray]) -> Learned:
        """What :meth:`arrays` gave."""
        trees = Trees(*(data[name] for name in Trees.ARRAYS))
        return cls(trees, [FEATURES.index(str(name)) for name in data["features"]])


class LearnedReranker:
    """What was learned and the curve from its score to a probability.

    :raises SettingsError: if it is not in ``folder``.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        file = folder / LEARNED
        if not file.is_file():
            raise SettingsError(
                "no-reranker",
                str(file),
                "the learned reranker is not there",
                "Run `python training/reranker/train.py` or set retrieval.reranker to none",
                (
                    "缺少重排序模型",
                    "请运行 training/reranker/train.py，或将 retrieval.reranker 设为 none",
                ),
            )
        with np.load(file) as data:
            self._score = Learned.read(data)
            self._calibrated = [FEATURES.index(str(name)) for name in data["calibrated"]]
            self._weights, self._bias = data["weights"], float(data["bias"])

    def __call__(self, features: np.ndarray) -> Ranked:
        """See :class:`Reranker`."""
        scores = self._score(features)
        chosen = features[:, self._calibrated]
        probabilities = _probability(scores, chosen, self._weights, self._bias)
        return Ranked(scores, probabilities)


class FusionReranker:
    """Cosine and BM25 added up; its constants come from the same training as the trees."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._weights, self._bias = {"dense": 12.0, "bm25": 2.0}, -7.0
        file = folder / FUSION
        if file.is_file():
            found = json.loads(file.read_text(encoding="utf-8"))
            self._weights, self._bias = found["weights"], found["bias"]

    def __call__(self, features: np.ndarray) -> Ranked:
        """See :class:`Reranker`."""
        scores = sum(
            features[:, FEATURES.index(name)] * weight for name, weight in self._weights.items()
        )
        scores = np.asarray(scores + self._bias, np.float32)
        return Ranked(scores, 1 / (1 + np.exp(-scores)))


def reranker_of(settings: Settings) -> Reranker:
    """What ranks by features: the learned one, or plain fusion where the settings say ``none``.

    :raises SettingsError: if the learned one is wanted and not there.
    """
    if settings.retrieval.reranker == "none":
        return FusionReranker()
    return LearnedReranker()


def _probability(
    scores: np.ndarray, features: np.ndarray, weights: np.ndarray, bias: float
) -> np.ndarray:
    """Platt's logistic curve over the score and the features (Platt 1999)."""
    inputs = np.column_stack([scores, features])
    logits = inputs @ weights + bias
    probabilities: np.ndarray = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return probabilities
