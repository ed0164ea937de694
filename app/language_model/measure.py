"""Which of two answers is better, by the reader that also finds the passages."""

from __future__ import annotations

import numpy as np

from app.language_model.compose import Measure
from app.reading.calibration import probability
from app.reading.reading import Reading


def measure_of(reading: Reading) -> Measure | None:
    """The probability that a text answers a question; ``None`` where no reader is set."""
    reader, judge = reading.reader, reading.calibration.judge
    if reader is None:
        return None
    unknown = np.full(1, 0.5, np.float32)

    def measure(question: str, text: str) -> float:
        alike = reader.likeness(question, [text])
        nothing = np.zeros(1, np.float32)
        read = reader(question, [text])
        return float(probability(judge(nothing if alike is None else alike, read, unknown))[0])

    return measure
