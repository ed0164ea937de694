"""A follow-up read twice: as it was put, and together with the question before it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.content.sentences import Source
from app.reading.calibration import log_odds, probability
from app.reading.reading import Read, Reading, penalty
from app.types import Hit

NEAR = 1.0
"""What a place gains in log-odds for standing near what the last answer cites."""
SAME = 0.7
"""What another place of a document that it quotes gains in order."""
ALONE = 0.0
"""What the question alone gains: the margin by which the completed one has to be better."""
MOST_READ = 6
"""So many places are read with each wording: together half as many more than for one question."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in one of its wordings, and the places found for it. ``old`` and ``local`` as in
    :meth:`app.reading.reading.Reading.places`."""

    text: str
    found: Sequence[tuple[Hit, Source]]
    old: bool = False
    local: bool = False


def read_twice(
    alone: Wording,
    completed: Wording,
    near: Collection[str],
    reading: Reading,
    quoted: Collection[str] = (),
) -> tuple[Wording, list[Read]]:
    """The wording that the best place answers, and the places read with either, best first, each
    as probable as the better reading says.

    :param near: ids of the passages around what the last answer cites.
    :param quoted: ids of the documents that it quotes.
    """
    best: dict[str, tuple[float, Read, Wording]] = {}
    for wording, margin in ((completed, 0.0), (alone, ALONE)):
        if not wording.found:
            continue
        for read in reading.places(
            wording.text, wording.found, wording.old, wording.local, MOST_READ
        ):
            if not read.probability:
                continue  # not read
            hit = read.hit
            score = float(log_odds(np.array(read.probability))) + margin
            score += NEAR if hit.passage.id in near else 0.0
            order = score + penalty(hit, wording.old, wording.local)
            if hit.passage.document in quoted and hit.passage.id not in near:
                order += SAME
            if hit.passage.id not in best or order > best[hit.passage.id][0]:
                sure = replace(read, logit=order, probability=float(probability(np.array(score))))
                best[hit.passage.id] = (order, sure, wording)
    ranked = sorted(best.values(), key=lambda one: -one[0])
    return (ranked[0][2] if ranked else completed), [read for _, read, _ in ranked]
