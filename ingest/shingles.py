"""How alike two texts are, by their shingles: the runs of five characters that they have.

Only Chinese characters, letters and digits count, so page furniture, spaces and punctuation
change little. Two texts at hand are compared by a sample of their shingles: those whose hash is a
multiple of 32, the same ones in every text (mod-p sketches, Broder, "On the resemblance and
containment of documents", 1997).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

RUN = 5
_SAMPLED = np.uint64(32)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SKIPPED = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """``resemblance`` is the share of all shingles of two texts that both have; ``containment`` the
    share of the shorter one's shingles that the other has. Both are in [0, 1]."""

    resemblance: float
    containment: float


def bare(text: str) -> str:
    """``text`` without all that is no letter, digit or Chinese character."""
    return _SKIPPED.sub("", text)


def shingles(text: str) -> np.ndarray:
    """The hashes of a text's shingles, each once, sorted, uint64."""
    codes = np.frombuffer(bare(text).encode("utf-32-le"), np.uint32).astype(np.uint64)
    if len(codes) < RUN:
        return np.empty(0, np.uint64)
    hashes = np.zeros(len(codes) - RUN + 1, np.uint64)
    for place in range(RUN):
        hashes = (hashes ^ codes[place : place + len(hashes)]) * _FACTOR
        hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes)


def sketch(text: str) -> np.ndarray:
    """The sampled hashes of a text's shingles, sorted, uint64. Of a short text, all hashes."""
    hashes = shingles(text)
    sampled = hashes[hashes % _SAMPLED == 0]
    return sampled if len(sampled) >= 40 else hashes


def likeness(one: np.ndarray, other: np.ndarray) -> Likeness:
    """How alike the texts are whose sketches these are."""
    if len(one) == 0 or len(other) == 0:
        return Likeness(0.0, 0.0)
    one, other = _alike_sampled(one, other)
    shared = len(np.intersect1d(one, other, assume_unique=True))
    total = len(one) + len(other) - shared
    shorter = min(len(one), len(other))
    return Likeness(shared / total if total else 0.0, shared / shorter if shorter else 0.0)


def _alike_sampled(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """If one is the sample of a long text and the other all of a short one, sample the latter."""
    sampled = [bool(np.all(each % _SAMPLED == 0)) for each in (one, other)]
    if sampled[0] == sampled[1]:
        return one, other
    return one[one % _SAMPLED == 0], other[other % _SAMPLED == 0]
