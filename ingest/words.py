"""Which characters belong together, by the document's own text and a dictionary of words."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise


class WordTest:
    """Says whether two characters are a word.

    :param text: the document, whose own pairs of neighbouring characters count too.
    """

    def __init__(self, text: str) -> None:
        self._pairs = Counter(pairwise(text))

    def __call__(self, pair: str) -> bool:
        """Whether ``pair`` is in the dictionary or stands at least twice in the document."""
        return self._pairs[pair[0], pair[1]] >= 2 or pair in dictionary()


@lru_cache(maxsize=1)
def dictionary() -> dict[str, int]:
    """Words of Chinese and how often they occur in jieba's training text."""
    import jieba

    words: dict[str, int] = {}
    with jieba.get_dict_file() as file:
        for line in file:
            word, count, *_ = line.decode("utf-8").split(" ")
            words[word] = int(count)
    return words
