"""How much two texts have in common, letter by letter."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_PUNCTUATION = re.compile(r"[\W_]+")


def coverage(text: str, source: str) -> float:
    """The share of the character pairs of ``text`` that occur in ``source``, from 0 to 1."""
    pairs = list(pairwise(letters(text)))
    have = set(pairwise(letters(source)))
    return sum(pair in have for pair in pairs) / len(pairs) if pairs else 0.0


def letters(text: str) -> str:
    """``text`` without white space and punctuation, full-width characters made plain."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
