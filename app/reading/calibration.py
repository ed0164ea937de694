"""From what encoder, cross-encoder and retriever say of a place to its order and to the
probability that it answers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Weights:
    """What the encoder's cosine, the cross-encoder's logit and the retriever's log-odds count."""

    encoder: float = 0.0
    reader: float = 1.0
    retriever: float = 0.5
    bias: float = 0.0

    def __call__(self, alike: np.ndarray, read: np.ndarray, held: np.ndarray) -> np.ndarray:
        """The weighted sum; all ``(n,)``.

        :param alike: cosines; ``read`` logits; ``held`` the retriever's probabilities.
        """
        odds = log_odds(held)
        total: np.ndarray = (
            self.encoder * alike + self.reader * read + self.retriever * odds + self.bias
        )
        return total


@dataclass(frozen=True, slots=True)
class Calibration:
    """``order`` puts places in order; ``judge`` gives log-odds that the best of them answers, a
    logistic curve (Platt 1999). An answer is called strong from the probability ``strong`` on,
    below ``weak`` there is none; all of it chosen on questions that nothing here was trained on.
    """

    order: Weights = Weights()
    judge: Weights = Weights()
    weak: float = 0.5
    strong: float = 0.8

    @classmethod
    def read(cls, file: Path) -> Calibration:
        """What :meth:`write` wrote.

        :raises ValueError: if it is not that; ``OSError``, ``KeyError``, ``TypeError`` likewise.
        """
        known = json.loads(file.read_text(encoding="utf-8"))
        order, judge = (
            Weights(**{name: float(known[part][name]) for name in Weights.__slots__})
            for part in ("order", "judge")
        )
        return cls(order, judge, float(known["weak"]), float(known["strong"]))

    def write(self, file: Path) -> None:
        """Store it as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def log_odds(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities as log-odds, none of them infinite."""
    kept = np.clip(probabilities, _LEAST, 1 - _LEAST)
    odds: np.ndarray = np.log(kept / (1 - kept))
    return odds


def probability(logits: np.ndarray) -> np.ndarray:
    """Log-odds as probabilities."""
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return found
