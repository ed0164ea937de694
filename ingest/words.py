"""Which characters belong together, by the document's own text and a dictionary of words."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_OWN, _WORDS, _SINGLE = 0.45, 0.35, 0.2
_FLOOR = 1e-9

MAX_WORD = 5
UNSEEN_TRANSITION = -10.0

MIN_COUNT = 5
"""Words that occur less often tell nothing of characters."""


class WordTest:
    """Says whether two characters are a word.

    :param text: the document, whose own pairs of neighbouring characters count too.
    """

    def __init__(self, text: str) -> None:
        self._pairs = Counter(pairwise(text))

    def __call__(self, pair: str) -> bool:
        """Whether ``pair`` is in the dictionary or stands at least twice in the document."""
        return self._pairs[pair[0], pair[1]] >= 2 or pair in dictionary()


class CharacterModel:
    """How probable a character is after another.

    Interpolates the document's own pairs, the pairs within words of the dictionary, and how often
    the character begins a word: 骸 stands in 残骸 and hardly ever by itself.

    :param text: the document, in Simplified characters.
    """

    def __init__(self, text: str) -> None:
        self._single = Counter(text)
        self._pairs = Counter(pairwise(text))
        self._size = max(len(text), 1)

    def logp(self, character: str, before: str, seen: int = 0) -> float:
        """The natural logarithm of the probability of ``character`` after ``before``.

        :param seen: how often the pair was counted at the very place in question, so that a
            text does not vouch for itself.
        """
        known = character_counts()
        p = _SINGLE * (
            0.5 * max(self._single[character] - seen, 0) / self._size
            + 0.5 * known.first.get(character, 0) / known.total
        )
        own = self._single[before] - seen
        if own > 0:
            # One observation is weak evidence; the added count keeps it from certainty.
            p += _OWN * max(self._pairs[before, character] - seen, 0) / (own + 1)
        if words := known.pairs.get(before + character):
            p += _WORDS * words / (known.all[before] + 1)
        return math.log(max(p, _FLOOR))


@lru_cache(maxsize=1)
def dictionary() -> dict[str, tuple[int, str]]:
    """Words of Chinese, how often they occur in jieba's training text, and their class there."""
    import jieba

    words: dict[str, tuple[int, str]] = {}
    with jieba.get_dict_file() as file:
        for line in file.read().decode("utf-8").splitlines():
            word, count, tag = line.split(" ")
            words[word] = int(count), tag
    return words


@dataclass(frozen=True, slots=True)
class CharacterCounts:
    """Counts over the running words of jieba's training text.

    ``first`` is how often a character begins a word, ``total`` the sum of that; ``all`` how often
    it stands anywhere, ``pairs`` how often two stand next to each other within a word.
    """

    first: dict[str, int]
    total: int
    all: dict[str, int]
    pairs: dict[str, int]


@lru_cache(maxsize=1)
def character_counts() -> CharacterCounts:
    """The counts that :class:`CharacterModel` works with; rare words are left out."""
    first: dict[str, int] = {}
    everywhere: dict[str, int] = {}
    pairs: dict[str, int] = {}
    for word, (count, _) in dictionary().items():
        if count < MIN_COUNT:
            continue
        first[word[0]] = first.get(word[0], 0) + count
        for character in word:
            everywhere[character] = everywhere.get(character, 0) + count
        for at in range(len(word) - 1):
            pair = word[at : at + 2]
            pairs[pair] = pairs.get(pair, 0) + count
    return CharacterCounts(first, sum(first.values()), everywhere, pairs)


class SentenceModel:
    """How probable a text is as a row of words, each of a class that may follow the one before.

    A hidden Markov model with the dictionary's words and the transitions between word classes
    that jieba tags text with: after 不 a verb is likely, a place name is not.
    """

    def __init__(self) -> None:
        from jieba.posseg.prob_trans import P

        self._transitions: dict[tuple[str, str], dict[tuple[str, str], float]] = P
        self._words = dictionary()
        self._classes: Counter[tuple[str, str]] = Counter()
        for word, (count, tag) in self._words.items():
            self._classes["S" if len(word) == 1 else "B", tag] += count

    def logp(self, text: str) -> float:
        """The natural logarithm of the probability of ``text`` in its best division into words."""
        # best[i] maps the state that a word ending at i leaves to the score so far
        best: list[dict[tuple[str, str], float]] = [{("S", "x"): 0.0}]
        for end in range(1, len(text) + 1):
            states: dict[tuple[str, str], float] = {}
            for start in range(max(0, end - MAX_WORD), end):
                opening, closing, emission = self._word(text[start:end])
                if emission == -math.inf:
                    continue
                for state, score in best[start].items():
                    step = self._transitions.get(state, {}).get(opening, UNSEEN_TRANSITION)
                    total = score + max(step, UNSEEN_TRANSITION) + emission
                    if total > states.get(closing, -math.inf):
                        states[closing] = total
            best.append(states)
        return max(best[-1].values())

    def _word(self, word: str) -> tuple[tuple[str, str], tuple[str, str], float]:
        """The states that ``word`` opens with and leaves, and its probability in its class."""
        known = self._words.get(word)
        if known:
            count, tag = known
            opening = ("S" if len(word) == 1 else "B", tag)
            closing = ("S" if len(word) == 1 else "E", tag)
            return opening, closing, math.log(max(count, 1) / self._classes[opening])
        if len(word) > 1:
            return ("B", "x"), ("E", "x"), -math.inf
        is_han = "\u4e00" <= word <= "\u9fff"
        tag = "n" if is_han else "x"
        return ("S", tag), ("S", tag), math.log(_FLOOR) if is_han else -3.0
