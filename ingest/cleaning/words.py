"""Which characters belong together, by the document's own text and a dictionary of words."""

from __future__ import annotations

import math
import runpy
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

_OWN, _WORDS, _SINGLE = 0.45, 0.35, 0.2
_FLOOR = 1e-9

MAX_WORD = 5
UNSEEN_TRANSITION = -10.0

MIN_COUNT = 5
"""Words that occur less often tell nothing of characters."""


_MARKS = {
    "，": 0.06, "。": 0.03, "、": 0.02, "“": 0.006, "”": 0.006, "（": 0.005, "）": 0.005,
    "《": 0.004, "》": 0.004, "：": 0.004, "；": 0.004,
}  # fmt: skip
"""Shares of punctuation in Chinese text, which the dictionary does not tell: rounded from counts
over statutes and notices."""


class WordTest:
    """Says whether two characters are a word.

    :param text: the document, whose own pairs of neighbouring characters count too.
    """

    def __init__(self, text: str) -> None:
        self._pairs = Counter(pairwise(text))

    def __call__(self, pair: str) -> bool:
        """Whether ``pair`` is in the dictionary or stands at least twice in the document."""
        return self._pairs[pair[0], pair[1]] >= 2 or pair in lexicon().words


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
        self._known = lexicon()

    def logp(self, character: str, before: str, seen: int = 0) -> float:
        """The natural logarithm of the probability of ``character`` after ``before``.

        :param seen: how often the pair was counted at the very place in question, so that a
            text does not vouch for itself.
        """
        known = self._known
        p = _SINGLE * (
            0.5 * max(self._single[character] - seen, 0) / self._size
            + 0.5 * (_MARKS.get(character) or known.first.get(character, 0) / known.total)
        )
        own = self._single[before] - seen
        if own > 0:
            # One observation is weak evidence; the added count keeps it from certainty.
            p += _OWN * max(self._pairs[before, character] - seen, 0) / (own + 1)
        if words := known.pairs.get(before + character):
            p += _WORDS * words / (known.everywhere[before] + 1)
        return math.log(max(p, _FLOOR))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of Chinese and what they tell of characters, from jieba's dictionary.

    ``words`` gives each word's count in running text and its class. ``classes`` counts the words
    of a class, those of one character (``S``) apart from longer ones (``B``). ``first`` is how
    often a character begins a word, ``total`` the sum of that; ``everywhere`` how often it stands
    anywhere, ``pairs`` how often two stand next to each other within a word.
    """

    words: dict[str, tuple[int, str]]
    classes: dict[tuple[str, str], int]
    first: dict[str, int]
    total: int
    everywhere: dict[str, int]
    pairs: dict[str, int]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The dictionary, read once."""
    import jieba

    words: dict[str, tuple[int, str]] = {}
    classes: defaultdict[tuple[str, str], int] = defaultdict(int)
    first: defaultdict[str, int] = defaultdict(int)
    everywhere: defaultdict[str, int] = defaultdict(int)
    pairs: defaultdict[str, int] = defaultdict(int)
    with jieba.get_dict_file() as file:
        text = file.read().decode("utf-8")
    for line in text.splitlines():
        word, digits, tag = line.split(" ")
        count = int(digits)
        words[word] = count, tag
        classes["S" if len(word) == 1 else "B", tag] += count
        if count < MIN_COUNT:
            continue
        first[word[0]] += count
        for character in word:
            everywhere[character] += count
        for pair in map("".join, pairwise(word)):
            pairs[pair] += count
    total = sum(first.values())
    return Lexicon(words, dict(classes), dict(first), total, dict(everywhere), dict(pairs))


class SentenceModel:
    """How probable a text is as a row of words, each of a class that may follow the one before.

    A hidden Markov model with the dictionary's words and the transitions between word classes
    that jieba tags text with: after 不 a verb is likely, a place name is not.
    """

    def __init__(self) -> None:
        self._transitions = _transitions()
        self._lexicon = lexicon()

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
        known = self._lexicon.words.get(word)
        if known:
            count, tag = known
            opening = ("S" if len(word) == 1 else "B", tag)
            closing = ("S" if len(word) == 1 else "E", tag)
            return opening, closing, math.log(max(count, 1) / self._lexicon.classes[opening])
        if len(word) > 1:
            return ("B", "x"), ("E", "x"), -math.inf
        is_han = "\u4e00" <= word <= "\u9fff"
        tag = "n" if is_han else "x"
        return ("S", tag), ("S", tag), math.log(_FLOOR) if is_han else -3.0


@lru_cache(maxsize=1)
def _transitions() -> dict[tuple[str, str], dict[tuple[str, str], float]]:
    """Logarithms of how probable a state is after another, from jieba's tagger."""
    import jieba

    # Importing the package jieba.posseg would read the whole dictionary once more.
    table = Path(jieba.__file__).with_name("posseg") / "prob_trans.py"
    transitions: dict[tuple[str, str], dict[tuple[str, str], float]]
    transitions = runpy.run_path(str(table))["P"]
    return transitions
