"""What the badge of an answer is worth: each level's share of right answers, and a picture of it.

``benchmarks/answers.py --reliability FILE.svg`` draws it from the answers it has judged. An answer
is right if its first citation is an acceptable place; a refusal, if the corpus has no answer.
Shares come with their interval at 95 of 100 (Wilson 1927). Needs: pip install -e '.[benchmark]'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

LEVELS = ("strong", "weak", "none")
BINS = 10
_Z = 1.96


@dataclass(frozen=True)
class Judged:
    """The level of an answer, the probability that it was given, and whether it is right."""

    level: str
    probability: float
    right: bool


def levels(answers: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """How many answers each level has, and the share of them that is right, with its interval."""
    found = {}
    for level in LEVELS:
        right = [answer.right for answer in answers if answer.level == level]
        found[level] = {
            "answers": len(right),
            "right": round(sum(right) / len(right), 3) if right else None,
            "interval": [round(end, 3) for end in interval(sum(right), len(right))],
        }
    return found


def interval(right: int, count: int) -> tuple[float, float]:
    """Between what a share of ``right`` in ``count`` lies in 95 of 100 cases; all of 0 to 1 where
    nothing was counted."""
    if not count:
        return 0.0, 1.0
    share, square = right / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = sqrt(share * (1 - share) / count + square / (4 * count * count))
    half = _Z * spread / (1 + square / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def tenths(answers: Sequence[Judged]) -> list[tuple[float, int, int]]:
    """Of the answers given, by tenths of their probability: its mean, how many are right, and how
    many there are; tenths without any left out."""
    found = []
    given = [answer for answer in answers if answer.level != "none"]
    for at in range(BINS):
        own = [a for a in given if min(int(a.probability * BINS), BINS - 1) == at]
        if own:
            mean = sum(a.probability for a in own) / len(own)
            found.append((mean, sum(a.right for a in own), len(own)))
    return found


def picture(answers: Sequence[Judged], out: Path) -> None:
    """Draws into ``out``: on the left the share of right answers over the probability, on the
    right that of each level."""
    from matplotlib import pyplot

    pyplot.switch_backend("Agg")
    pyplot.rcParams["svg.hashsalt"] = "reliability"
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(9, 3.8), layout="constrained", width_ratios=(2, 1)
    )
    left.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1)
    for mean, good, count in tenths(answers):
        low, high = interval(good, count)
        left.plot([mean, mean], [low, high], color="C0", linewidth=1)
        left.plot(mean, good / count, "o", color="C0", markersize=4 + sqrt(count))
        left.annotate(str(count), (mean, high), ha="center", va="bottom", fontsize=8)
    left.set(xlabel="probability, mean of its tenth", ylabel="share that is right")
    for at, known in enumerate(levels(answers).values()):
        low, high = known["interval"]
        share = known["right"] or 0.0
        right.bar(at, share, color=("C2", "C1", "0.6")[at], width=0.6)
        right.plot([at, at], [low, high], color="black", linewidth=1)
        right.annotate(f"{share:.2f} of {known['answers']}", (at, 0.02), ha="center", fontsize=8)
    right.axhline(0.95, color="0.6", linestyle="--", linewidth=1)
    right.set_xticks(range(len(LEVELS)), LEVELS)
    for axes in (left, right):
        axes.set_ylim(0, 1.08)
    left.set_xlim(0, 1.02)
    left.grid(alpha=0.3)
    figure.suptitle("Reliability (numbers: answers; lines: intervals at 95 of 100)")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
