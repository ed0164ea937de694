"""From features to a ranking and to the probability that a passage answers.

``learned`` is the project's own: gradient-boosted trees (LightGBM, LambdaRank) trained by
``models/train_reranker.py`` and kept as plain arrays, so that NumPy alone evaluates them: the
library takes two seconds to import, a third of a start from the command line, and the arrays take
a millisecond to evaluate. ``none`` adds up two features. Anything else is a CrossEncoder.
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
    from collections.abc import Sequence

    from sentence_transformers import CrossEncoder

FOLDER = PROJECT / "models" / "reranker"
PLAIN, REMEMBERING, MEMORY = "reranker.npz", "remembering.npz", "memory.npz"
"""Files below the folder: trees, trees that also use a memory, and that memory."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """``scores`` order the candidates, ``probabilities`` estimate that each answers; ``(n,)``."""

    scores: np.ndarray
    probabilities: np.ndarray


class Reranker(Protocol):
    """Scores candidates by their features."""

    def __call__(self, features: np.ndarray) -> Ranked:
        """:param features: ``(n, len(FEATURES))``, see :mod:`app.retrieval.candidates`; for trees
        that remember, those of :mod:`app.retrieval.memory` beside them."""
        ...


@dataclass(frozen=True, slots=True)
class Trees:
    """Regression trees, evaluated without walking them (QuickScorer, Lucchese et al., SIGIR 2015).

    A row of the arrays is a tree. Inner node ``j`` of tree ``i`` asks whether the value of
    ``feature[i, j]`` is at most ``threshold[i, j]``; where it is not, the leaves left of the node
    cannot be reached and ``mask[i, j]`` has their bits unset. Of the leaves that all nodes leave,
    counted from the left, the first is the tree's answer; ``value[i, leaf]`` is what it adds.
    All arrays are ``(trees, nodes)`` but for ``value``, ``(trees, 16)``.
    """

    feature: np.ndarray
    threshold: np.ndarray
    mask: np.ndarray
    value: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The sum over all trees for each row of ``features``, ``(n,)``."""
        trees, nodes = self.feature.shape
        asked = np.ascontiguousarray(features.T, np.float32)[self.feature.ravel()]
        passed = asked <= self.threshold.reshape(-1, 1)
        left = np.where(passed, np.uint16(0xFFFF), self.mask.reshape(-1, 1))
        reached = np.bitwise_and.reduce(left.reshape(trees, nodes, -1), axis=1)
        leaves = _lowest_bit()[reached]
        total: np.ndarray = np.take_along_axis(self.value, leaves, axis=1).sum(axis=0)
        return total


@lru_cache(maxsize=1)
def _lowest_bit() -> np.ndarray:
    """For each number of 16 bits the place of its lowest bit that is set."""
    numbers = np.arange(1 << 16)
    lowest = numbers & -numbers
    return np.where(numbers > 0, np.log2(np.maximum(lowest, 1)), 0).astype(np.int64)


class LearnedReranker:
    """The trained trees and the curve from their score to a probability.

    :param name: the file below ``folder``; :data:`REMEMBERING` holds trees that also ask what
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
            self._used = [features.index(str(name)) for name in data["features"]]
            names = ("feature", "threshold", "mask", "value")
            self._trees = Trees(*(data[name] for name in names))
            self._calibrated = [features.index(str(name)) for name in data["calibrated"]]
            self._weights, self._bias = data["weights"], float(data["bias"])
            self._trust = float(data["trust"])
            self._gap = features.index("dense_gap")

    def __call__(self, features: np.ndarray) -> Ranked:
        """See :class:`Reranker`."""
        scores = self._trees(features[:, self._used])
        chosen = features[:, self._calibrated]
        probabilities = _probability(scores, chosen, self._weights, self._bias)
        return Ranked(scores + self._trust * features[:, self._gap], probabilities)


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
