"""How much a word tells: rarer in the corpus, heavier. Counted over pairs of characters.

The weight of a word is the mean inverse document frequency, ln(1 + N / (1 + n)), of its character
pairs, N passages being looked at and n of them holding the pair (Spärck Jones 1972).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

import numpy as np

from app.answering.intent import forms

MOST_PASSAGES = 8000
"""So many passages, evenly taken, are enough to know which words are common."""


MOST_TOTALS = 50_000


class Vocabulary:
    """Weights of words by their rarity in ``texts``."""

    def __init__(self, texts: Iterable[str]) -> None:
        found = [np.unique(pair_codes(text)) for text in texts]
        self._texts = len(found)
        joined = np.concatenate(found) if found else np.empty(0, np.uint64)
        self._codes, self._counts = np.unique(joined, return_counts=True)
        self._weights: dict[str, float] = {}
        self._totals: dict[str, float] = {}

    def weight(self, word: str) -> float:
        """At least 0; for a word whose pairs never occur, the largest weight there is."""
        known = self._weights.get(word)
        if known is None:
            known = self._weights[word] = self._weight(word)
        return known

    def weights(self, codes: np.ndarray) -> np.ndarray:
        """The weight of each pair of characters, given and returned as an array."""
        if not len(self._codes):
            return np.full(len(codes), np.log(1 + self._texts))
        at = np.searchsorted(self._codes, codes)
        at[at == len(self._codes)] = 0
        counts = np.where(self._codes[at] == codes, self._counts[at], 0)
        weights: np.ndarray = np.log(1 + self._texts / (1 + counts))
        return weights

    def total(self, text: str) -> float:
        """The weights of all pairs of characters that a text holds, each counted once."""
        known = self._totals.get(text)
        if known is None:
            if len(self._totals) >= MOST_TOTALS:
                self._totals.clear()
            known = float(self.weights(np.unique(pair_codes(text))).sum())
            self._totals[text] = known
        return known

    def _weight(self, word: str) -> float:
        codes = pair_codes(word)
        return float(self.weights(codes).mean()) if len(codes) else 1.0


def pair_codes(text: str) -> np.ndarray:
    """Each pair of neighbouring characters as one number."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    codes: np.ndarray = (points[:-1] << np.uint64(21)) | points[1:]
    return codes


def presence(term: str, text: str) -> float:
    """How far ``text`` holds a term or what official texts call it, from 0 to 1.

    A longer word that does not stand there whole counts by its character pairs, at 0.7 of their
    share (缴纳税款 in 依法缴纳税收), one of two characters by these, at 0.3.
    """
    if not text:
        return 0.0
    best = 0.0
    for form, whole, parts, each in _parts(term):
        if form in text:
            return whole
        found = 0
        for part in parts:
            if part in text:
                found += 1
        if found * each > best:
            best = found * each
    return best


@lru_cache(maxsize=8192)
def _parts(term: str) -> tuple[tuple[str, float, tuple[str, ...], float], ...]:
    """Each form of a term, what it counts whole, its parts, and what each of these counts."""
    found = []
    for form in forms(term):
        pairs = tuple(a + b for a, b in pairwise(form)) if len(form) > 2 else tuple(form)
        share = 0.7 if len(form) > 2 else 0.3
        parts = pairs if len(form) > 1 else ()
        each = share / len(parts) if parts else 0.0
        found.append((form, 1.0 if form == term else 0.95, parts, each))
    return tuple(found)


@lru_cache(maxsize=32_768)
def plain(text: str) -> str:
    """``text`` without white space, for matching."""
    return re.sub(r"\s", "", text)
