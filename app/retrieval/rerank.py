"""From features to a ranking and to the probability that a passage answers.

``learned`` is the project's own: gradient-boosted trees (LightGBM, LambdaRank), beside them small
networks where a memory is asked, trained by ``models/train_reranker.py`` and kept as plain arrays,
so that NumPy alone evaluates them: the libraries take seconds to import, a third of a start from
the command line, and the arrays take a millisecond or two to evaluate. ``none`` adds up two
features. Anything else is a CrossEncoder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.retrieval.candidates import FEATURES
from app.retrieval.memory import MEMORIES, Remembered
from ingest.errors import SettingsError
from ingest.settings import PROJECT, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sentence_transformers import CrossEncoder

FOLDER = PROJECT / "models" / "reranker"
PLAIN, REMEMBERING, MEMORY = "reranker.npz", "remembering.npz", "memory.npz"
"""Files below the folder: trees, what also uses a memory, and that memory."""

NETWORKS_SHARE = 2 / 3
"""What networks weigh beside trees; of 0, 1/3, 1/2, 2/3 and 1 the best on questions that
neither had learned from."""

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
        """:param features: ``(n, len(FEATURES))``, see :mod:`app.retrieval.candidates`; for a
        ranking that remembers, those of :mod:`app.retrieval.memory` beside them."""
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
class Networks:
    """Networks of two hidden layers whose scores are averaged.

    ``mean`` and ``spread`` scale the columns. Weights have the shape ``(networks, in, out)``,
    biases ``(networks, 1, out)``.
    """

    mean: np.ndarray
    spread: np.ndarray
    first: np.ndarray
    second: np.ndarray
    last: np.ndarray
    first_bias: np.ndarray
    second_bias: np.ndarray
    last_bias: np.ndarray

    @staticmethod
    def scaled(features: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Columns of mean 0 and spread 1, what lies far out cut off."""
        cut: np.ndarray = np.clip((features - mean) / spread, -5, 5).astype(np.float32)
        return cut

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The mean score of each row of ``features``, ``(n,)``."""
        inputs = self.scaled(features, self.mean, self.spread)
        hidden = np.maximum(inputs @ self.first + self.first_bias, 0)
        hidden = np.maximum(hidden @ self.second + self.second_bias, 0)
        scores: np.ndarray = (hidden @ self.last + self.last_bias)[..., 0].mean(axis=0)
        return scores


@dataclass(frozen=True, slots=True)
class Learned:
    """Trees over the columns ``used`` and, if there are any, networks over the columns ``seen``."""

    trees: Trees
    used: Sequence[int]
    networks: Networks | None = None
    seen: Sequence[int] = ()

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The score of each row of ``features``, ``(n,)``."""
        scores = self.trees(features[:, self.used])
        if self.networks is None:
            return scores
        other = self.networks(features[:, self.seen])
        mixed: np.ndarray = (1 - NETWORKS_SHARE) * scores + NETWORKS_SHARE * other
        return mixed

    def arrays(self, columns: Sequence[str]) -> dict[str, np.ndarray]:
        """All of it under names of its own; :meth:`read` reads it.

        :param columns: the names of all columns.
        """
        found = {name: getattr(self.trees, name) for name in Trees.ARRAYS}
        found["features"] = np.array([columns[i] for i in self.used])
        if self.networks is not None:
            found |= {name: getattr(self.networks, name) for name in Networks.__slots__}
            found["seen"] = np.array([columns[i] for i in self.seen])
        return found

    @classmethod
    def read(cls, data: Mapping[str, np.ndarray], columns: Sequence[str]) -> Learned:
        """What :meth:`arrays` gave."""
        trees = Trees(*(data[name] for name in Trees.ARRAYS))
        used = [columns.index(str(name)) for name in data["features"]]
        if "seen" not in data:
            return cls(trees, used)
        networks = Networks(*(data[name] for name in Networks.__slots__))
        return cls(trees, used, networks, [columns.index(str(name)) for name in data["seen"]])


class LearnedReranker:
    """What was learned and the curve from its score to a probability.

    :param name: the file below ``folder``; :data:`REMEMBERING` holds what also asks what
        :mod:`app.retrieval.memory` tells.
    :param features: names of the columns of what is to be ranked.
    """

    def __init__(
        self, folder: Path = FOLDER, name: str = PLAIN, features: Sequence[str] = FEATURES
    ) -> None:
        file = folder / name
        if not file.is_file():
            raise SettingsError(
                "no-reranker",
                str(file),
                "the learned reranker is not there",
                "Run `python models/train_reranker.py` or set retrieval.reranker to none",
                (
                    "缺少重排序模型",
                    "请运行 models/train_reranker.py，或将 retrieval.reranker 设为 none",
                ),
            )
        with np.load(file) as data:
            self._score = Learned.read(data, features)
            self._calibrated = [features.index(str(name)) for name in data["calibrated"]]
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
        file = folder / "fusion.json"
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


class CrossReranker:
    """A ``sentence-transformers`` CrossEncoder, which reads question and passage together.

    :param name: folder or hub name of the model.
    :raises SettingsError: on first use, if it cannot be loaded.
    """

    def __init__(self, name: str, device: str) -> None:
        self._name, self._device = name, device

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """A score between 0 and 1 for each of ``texts``, ``(n,)``."""
        if not texts:
            return np.empty(0, np.float32)
        from torch import nn

        pairs = [(question, text) for text in texts]
        found = _cross_encoder(self._name, self._device).predict(
            pairs, show_progress_bar=False, activation_fn=nn.Sigmoid()
        )
        scores = np.asarray(found, np.float32)
        return scores if scores.ndim == 1 else scores[:, -1]


def reranker_of(settings: Settings) -> Reranker:
    """What ranks by features: the learned one, or plain fusion where the settings say ``none``.

    :raises SettingsError: if the learned one is wanted and not there.
    """
    if settings.retrieval.reranker == "none":
        return FusionReranker()
    return LearnedReranker()


def remembering_of(
    settings: Settings, model: str, folder: Path = FOLDER
) -> tuple[Remembered, Reranker] | None:
    """The questions remembered and what ranks with them; ``None`` where the settings want another
    ranking, there is no memory, or another embedding model than ``model`` made its vectors."""
    if settings.retrieval.reranker != "learned":
        return None
    remembered = Remembered.read(folder / MEMORY)
    if remembered is None or remembered.model != model:
        return None
    return remembered, LearnedReranker(folder, REMEMBERING, (*FEATURES, *MEMORIES))


def cross_encoder_of(settings: Settings) -> CrossReranker | None:
    """The CrossEncoder that the settings name, ``None`` where they name none."""
    name = settings.retrieval.reranker
    if name in ("learned", "none"):
        return None
    folder = settings.base / name
    found = str(folder.resolve()) if folder.is_dir() else name
    return CrossReranker(found, settings.embedding.device)


def _probability(
    scores: np.ndarray, features: np.ndarray, weights: np.ndarray, bias: float
) -> np.ndarray:
    """Platt's logistic curve over the score and the features (Platt 1999)."""
    inputs = np.column_stack([scores, features])
    logits = inputs @ weights + bias
    probabilities: np.ndarray = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return probabilities


@lru_cache(maxsize=2)
def _cross_encoder(name: str, device: str) -> CrossEncoder:
    from sentence_transformers import CrossEncoder

    try:
        return CrossEncoder(name, device=device)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else repr(error)
        raise SettingsError(
            "no-reranker",
            f"retrieval.reranker {name}",
            f"the model cannot be loaded ({reason})",
            "Give learned, none, or a folder that holds a CrossEncoder",
            ("无法加载该模型", "请填写 learned、none，或存放 CrossEncoder 模型的文件夹"),
        ) from error
