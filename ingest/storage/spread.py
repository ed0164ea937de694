"""Vectors of equal texts, moved apart by a hair.

In a graph of nearest neighbours (Malkov and Yashunin, arXiv 1603.09320) a vector is linked to
those that are nearer to it than to each other. Copies of one text are all equally near: they fill
each other's places, the graph falls apart, and what lies beyond them is not found. Of 61 vectors,
60 of them equal, the other one was not found in one index of four, however broadly the graph was
built; moved apart, always.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

_WAYS = 1024
_FAR = 1e-3
"""Copies are 1e-6 apart in cosine then, above what 32 bits round; a question's cosine changes by
less than 1e-4."""


def spread(ids: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """``vectors``, unit vectors one a row, each moved by ``_FAR`` in a way that its id decides."""
    ways = _ways(vectors.shape[1])[[zlib.crc32(id.encode()) % _WAYS for id in ids]]
    moved: np.ndarray = vectors + np.float32(_FAR) * ways
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    return moved


@lru_cache(maxsize=2)
def _ways(dimension: int) -> np.ndarray:
    ways = np.random.default_rng(0).standard_normal((_WAYS, dimension), np.float32)
    return ways / np.linalg.norm(ways, axis=1, keepdims=True)
