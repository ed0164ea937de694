"""How much a word tells: rarer in the corpus, heavier. Counted over pairs of characters.

The weight of a word is the mean inverse document frequency, ln(1 + N / (1 + n)), of its character
pairs, N passages being looked at and n of them holding the pair (Spärck Jones 1972).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from app.answering.intent import forms

MOST_PASSAGES = 8000
"""So many passages, evenly taken, are enough to know which words are common."""


class Vocabulary:
    """Weights of words by their rarity in ``texts``."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts: Counter[str] = Counter()
        self._texts = 0
        self._weights: dict[str, float] = {}
        for text in texts:
            self._texts += 1
            self._counts.update({a + b for a, b in pairwise(text)})

    def weight(self, word: str) -> float:
        """At least 0; for a word whose pairs never occur, the largest weight there is."""
        known = self._weights.get(word)
        if known is None:
            known = self._weights[word] = self._weight(word)
        return known

    def _weight(self, word: str) -> float:
        pairs = [a + b for a, b in pairwise(word)] or [word]
        return sum(self._idf(pair) for pair in pairs) / len(pairs)

    def _idf(self, pair: str) -> float:
        if len(pair) == 1:
            return 1.0
        return math.log(1 + self._texts / (1 + self._counts[pair]))


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
