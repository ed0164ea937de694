"""How probably texts answer a question, by the reader that also finds the passages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.reading.calibration import probability
from app.reading.reading import Reading

Measure = Callable[[str, Sequence[str]], list[float]]
"""The probabilities that texts answer a question."""


def measure_of(reading: Reading) -> Measure | None:
    """The measure of a reader; ``None`` where no reader is set."""
    reader, judge = reading.reader, reading.calibration.judge
    if reader is None:
        return None

    def measure(question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        nothing = np.zeros(len(texts), np.float32)
        unknown = np.full(len(texts), 0.5, np.float32)
        alike = reader.likeness(question, texts)
        read = reader(question, texts)
        judged = judge(nothing if alike is None else alike, read, unknown)
        return [float(p) for p in probability(judged)]

    return measure
