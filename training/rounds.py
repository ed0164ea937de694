"""Rounds of training that end after so many or so many minutes, and are gone on with after an
interruption."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import torch
from torch import nn


class Rounds:
    """How far a training is, and what it has kept in ``work``: ``NAME.pt``, the model's state after
    the last whole round, and ``NAME.json``, how many rounds it has behind it.

    :param steps: steps in a round; ``warm``: steps in which the rates rise.
    """

    def __init__(
        self, work: Path, name: str, rounds: int, minutes: float, steps: int, warm: int
    ) -> None:
        self._state, self._count = kept(work, name)
        self._rounds, self._steps, self._warm = rounds, steps, warm
        self._seconds = 60 * minutes
        self._began = time.time()
        self.done: int = json.loads(self._count.read_text("utf-8")) if begun(work, name) else 0

    @property
    def spent(self) -> float:
        """Seconds since it was begun or gone on with."""
        return time.time() - self._began

    @property
    def over(self) -> bool:
        """Whether the minutes are over."""
        return self.spent > self._seconds

    def paced(self, turn: int, step: int) -> tuple[float, float]:
        """The share of all that is done before this step, and what of its rates an optimizer takes:
        all of them after the rise, then ever less (cosine)."""
        share = max((turn + step / self._steps) / self._rounds, self.spent / self._seconds)
        rise = (turn * self._steps + step + 1) / self._warm
        return share, min(rise, 0.02 + 0.49 * (1 + math.cos(math.pi * share)))

    def keep(self, model: nn.Module, turn: int) -> None:
        """Store what is learned after a round (counted from 0)."""
        partial = self._state.with_suffix(".partial")
        torch.save(model.state_dict(), partial)
        partial.replace(self._state)
        self._count.write_text(json.dumps(turn + 1), "utf-8")


def kept(work: Path, name: str) -> tuple[Path, Path]:
    """The files of a training: the model's state, and the number of rounds behind it."""
    return work / f"{name}.pt", work / f"{name}.json"


def begun(work: Path, name: str) -> bool:
    """Whether there is something to go on from."""
    return all(file.exists() for file in kept(work, name))
