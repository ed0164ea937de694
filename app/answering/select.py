"""Choosing what to quote: every unit of the passages found is scored against the question.

The score is a weighted sum of the signals of :mod:`app.answering.signals`; the weights were
learned by ``models/train_selector.py`` and are kept in ``models/selector/selector.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.answering.intent import Question
from app.answering.learned import read_learned
from app.answering.sentences import Source, Unit
from app.answering.signals import SIGNALS, Candidate, Signals
from app.answering.vocabulary import Vocabulary, plain
from app.types import Hit
from ingest.embed import Embedder
from ingest.settings import PROJECT

FILE = PROJECT / "models" / "selector" / "selector.json"
LOOKED_AT = 200
"""So many units, those that hold most of the question's words, are looked at closely."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit with its score (higher is better, comparable within one question only) and the
    signals it is made of."""

    unit: Unit
    hit: Hit
    source: Source
    score: float
    signals: np.ndarray

    def __getitem__(self, name: str) -> float:
        """The signal of that name."""
        return float(self.signals[_PLACE[name]])

    @property
    def coverage(self) -> float:
        """How much of the question it holds with its headings and title, from 0 to 1."""
        return self["coverage"]

    @property
    def meaning(self) -> float:
        """The cosine of unit and question, from 0 to 1."""
        return self["meaning"]

    @property
    def fits(self) -> float:
        """Whether it is the kind of thing asked for, from 0 to 1."""
        return self["fits"]


_PLACE = {name: at for at, name in enumerate(SIGNALS)}


@lru_cache(maxsize=4)
def weights(file: Path = FILE) -> np.ndarray:
    """The learned weight of each of ``SIGNALS``, float64.

    :raises SettingsError: if the file is not there or does not fit.
    """
    return read_learned(
        file,
        "selector",
        ("quotations are chosen", "选句模型"),
        lambda learned: np.array([learned["weights"].get(n, 0.0) for n in SIGNALS], np.float64),
    )


def as_a_sentence(question: str, embedder: Embedder) -> np.ndarray:
    """The question's vector for comparison with sentences: encoded as they are.

    A model's side for questions is learned for whole articles of law; against single sentences of
    all kinds it tells right from wrong less well (of the choosing questions' sentences 0.857 of
    the pairs in order, 0.904 encoded alike).
    """
    vector: np.ndarray = embedder.encode_few([question])[0]
    return vector


class Selector:
    """Scores units; ``encode`` gives a unit vector for each text, or is ``None``."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        encode: Callable[[Sequence[str]], np.ndarray] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.encode = encode

    def rank(
        self,
        question: Question,
        found: Sequence[tuple[Hit, Source]],
        query: np.ndarray | None = None,
    ) -> list[Scored]:
        """Units of all passages, best first.

        :param found: the hits, best first, with their documents.
        :param query: the question's vector, unit length.
        """
        candidates, matrix = self.candidates(question, found, query)
        if not candidates:
            return []
        scores = matrix @ weights()
        scored = [
            Scored(c.unit, c.hit, c.source, float(score), row)
            for c, score, row in zip(candidates, scores, matrix, strict=True)
        ]
        return sorted(scored, key=lambda s: -s.score)

    def candidates(
        self,
        question: Question,
        found: Sequence[tuple[Hit, Source]],
        query: np.ndarray | None = None,
    ) -> tuple[list[Candidate], np.ndarray]:
        """The units looked at closely, and their signals; see :meth:`rank`."""
        units: list[tuple[Unit, Hit, Source, int]] = []
        seen: set[tuple[str, str, tuple[tuple[int, int], ...]]] = set()
        for rank, (hit, source) in enumerate(found):
            for unit in source.units(hit.passage):
                key = (unit.document, unit.kind, unit.spans)
                if key not in seen:
                    seen.add(key)
                    units.append((unit, hit, source, rank))
        signals = Signals(question, self.vocabulary)
        if len(units) > LOOKED_AT:
            held = [
                signals.coverage(plain(unit.text), plain(unit.context), plain(source.record.title))
                for unit, _, source, _ in units
            ]
            order = sorted(range(len(units)), key=lambda i: (-held[i], units[i][3]))[:LOOKED_AT]
            units = [units[i] for i in sorted(order)]
        meanings = self._meanings(units, query)
        candidates = [Candidate(*u, meaning) for u, meaning in zip(units, meanings, strict=True)]
        return candidates, signals.matrix(candidates)

    def _meanings(
        self, units: Sequence[tuple[Unit, Hit, Source, int]], query: np.ndarray | None
    ) -> list[float]:
        if self.encode is None or query is None or not units:
            return [0.0] * len(units)
        known: list[np.ndarray | None] = [s.vectors.get(u.key) for u, _, s, _ in units]
        new = [i for i, vector in enumerate(known) if vector is None]
        texts = [f"{units[i][0].context}\n{units[i][0].text}"[:400] for i in new]
        if texts:
            for i, vector in zip(new, self.encode(texts), strict=True):
                unit, _, source, _ = units[i]
                known[i] = source.vectors[unit.key] = vector.astype(np.float16)
        vectors = np.stack([v for v in known if v is not None]).astype(np.float32)
        return [float(v) for v in np.clip(vectors @ query, 0.0, 1.0)]
