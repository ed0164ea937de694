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


class Vocabulary:
    """Weights of words by their rarity in ``texts``."""

    def __init__(self, texts: Iterable[str]) -> None:
        found = [np.unique(_pair_codes(text)) for text in texts]
        self._texts = len(found)
        joined = np.concatenate(found) if found else np.empty(0, np.uint64)
        self._codes, self._counts = np.unique(joined, return_counts=True)
        self._weights: dict[str, float] = {}

    def weight(self, word: str) -> float:
        """At least 0; for a word whose pairs never occur, the largest weight there is."""
        known = self._weights.get(word)
        if known is None:
            known = self._weights[word] = self._weight(word)
        return known

    def _weight(self, word: str) -> float:
        codes = _pair_codes(word)
        if not len(codes):
            return 1.0
        at = np.searchsorted(self._codes, codes)
        at[at == len(self._codes)] = 0
        held = self._codes[at] == codes if len(self._codes) else np.zeros(len(codes), bool)
        counts = np.where(held, self._counts[at], 0) if len(self._codes) else np.zeros(len(codes))
        return float(np.log(1 + self._texts / (1 + counts)).mean())


def _pair_codes(text: str) -> np.ndarray:
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
    for form in forms(term):
        if form in text:
            return 1.0 if form == term else 0.95
        if len(form) > 2:
            pairs = [a + b for a, b in pairwise(form)]
            best = max(best, 0.7 * sum(pair in text for pair in pairs) / len(pairs))
        elif len(form) == 2:
            best = max(best, 0.3 * sum(c in text for c in form) / 2)
    return best


@lru_cache(maxsize=32_768)
def plain(text: str) -> str:
    """``text`` without white space, for matching."""
    return re.sub(r"\s", "", text)
