"""What a question says in English, or under slips of the pinyin keyboard (置疑 for 质疑, 中表 for
中标) and under what is said between its words (那个, 就是说, 请问一下).

A slip is a word that the corpus does not have, or hardly has, where it has another word of the same
syllables. A word that is right in itself stays: what is put in its place must be much more frequent
in the corpus and fit what stands beside it, or be a word of the field for something that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from app.content.words import asked_away, is_stop_word, tokenizer
from app.retrieval.english import in_chinese, is_english, with_chinese
from app.retrieval.heard import Heard
from app.retrieval.verbatim import Verbatim, squeezed
from ingest.cleaning.script import to_simplified
from ingest.storage.lexical import LexicalView
from ingest.storage.terms import number_of, read_lines

_LONGEST, _TOKENS = 4, 3
"""A slip has so many characters at most, and is cut into so many words at most."""
_KNOWN, _TIMES = 3, 20
"""A word must stand in so many passages to be meant, and in so many times as many as what was
written."""
_MOST = 2
WITH_A_SLIP = "采购置疑"
"""A question for which all of this module is needed, to load it before the first one comes."""
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SAYS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class _Slip:
    start: int
    end: int
    word: str
    weight: float


class Hearing:
    """Understands questions by the words of ``view``."""

    def __init__(self, view: LexicalView, verbatim: Verbatim) -> None:
        self._view, self._verbatim = view, verbatim

    def __call__(self, question: str) -> Heard:
        """``question`` in Simplified without fillers and slips, or in Chinese; as it is where it
        stands in the corpus word for word, or where nothing would be left."""
        if len(self._verbatim.rows(squeezed(question))):
            return Heard(question)
        question = to_simplified(question)
        if is_english(question):
            asked = in_chinese(question)
            return Heard(with_chinese(question, asked), english=asked) if asked else Heard(question)
        bare = without_fillers(question)
        slips = sorted(self._slips(bare), key=lambda slip: -slip.weight)
        taken: list[_Slip] = []
        for slip in slips:
            free = all(slip.end <= other.start or other.end <= slip.start for other in taken)
            if free and len(taken) < _MOST:
                taken.append(slip)
        for slip in sorted(taken, key=lambda slip: -slip.start):
            bare = bare[: slip.start] + slip.word + bare[slip.end :]
        return Heard(bare, tuple(slip.word for slip in sorted(taken, key=lambda s: s.start)))

    def _slips(self, text: str) -> Iterator[_Slip]:
        for start, end in _spans(text):
            written = text[start:end]
            old = self._holders(written)
            least = max(_KNOWN, _TIMES * old)
            if least > len(self._view.ids):
                continue
            known = tokenizer().FREQ.get(written, 0) > 0
            for word in self._meant(written, least):
                new = self._holders(word)
                fits = self._fit(text, start, end, word)
                field, alike = word in field_words(), set(word) & set(written)
                if fits < 0 or (word in _near(written) and not fits):
                    continue
                if fits or (field and (alike or not known)):
                    yield _Slip(start, end, word, 10 * fits + 5 * field + float(np.log(new)))

    def _meant(self, written: str, least: int) -> Iterator[str]:
        """Words that sound like what was written and stand in at least so many passages."""
        for word in dict.fromkeys((*self._of_syllables(written), *_near(written))):
            if word != written and self._holders(word) >= least:
                yield word

    def _of_syllables(self, written: str) -> Iterator[str]:
        """Words of the dictionary with the same syllables."""
        known = tokenizer().FREQ
        begun = [""]
        for char in written:
            others = self._by_syllable.get(syllable(char), (char,))
            begun = [word + other for word in begun for other in others if word + other in known]
        return (word for word in begun if known[word])

    @cached_property
    def _by_syllable(self) -> dict[str, list[str]]:
        """The characters of the corpus by their sound."""
        found: dict[str, list[str]] = {}
        for char in self._verbatim.characters:
            if _HAN.match(char):
                found.setdefault(syllable(char), []).append(char)
        return found

    def _fit(self, text: str, start: int, end: int, word: str) -> int:
        """How many of the neighbours stand beside ``word`` in the corpus and never beside what was
        written; -1 where one stands beside what was written only."""
        beside = []
        if start and _HAN.match(text[start - 1]) and text[start] != word[0]:
            beside.append((text[start - 1] + text[start], text[start - 1] + word[0]))
        if end < len(text) and _HAN.match(text[end]) and text[end - 1] != word[-1]:
            beside.append((text[end - 1] + text[end], word[-1] + text[end]))
        counts = [(self._holders(old), self._holders(new)) for old, new in beside]
        if any(old and not new for old, new in counts):
            return -1
        return sum(not old and new >= _KNOWN for old, new in counts)

    def _holders(self, word: str) -> int:
        """In how many passages the rarest pair of ``word`` stands."""
        numbers = [number_of(word[i : i + 2]) for i in range(len(word) - 1)]
        return int(self._view.text.holders(np.array(numbers)).min())


def without_fillers(question: str) -> str:
    """``question`` without what says nothing; as it is where nothing would be left."""
    bare = _fillers().sub("", question).strip(" ,，、。")
    return bare if len(_SAYS.findall(bare)) > 1 else question


@lru_cache(maxsize=1)
def field_words() -> frozenset[str]:
    """The words that the terms of the field are made of, and these."""
    terms = read_lines("terms.txt")
    words = (word for term in terms for word in tokenizer().lcut(term, cut_all=True, HMM=False))
    return frozenset(word for word in (*terms, *words) if 1 < len(word) <= _LONGEST)


@lru_cache(maxsize=16_384)
def syllable(char: str) -> str:
    """How a character is pronounced, without its tone."""
    from pypinyin import Style, lazy_pinyin

    return str(lazy_pinyin(char, style=Style.NORMAL)[0])


@lru_cache(maxsize=1)
def _fillers() -> re.Pattern[str]:
    words = sorted(read_lines("fillers.txt"), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, words))})[,，、]?\s*")


@lru_cache(maxsize=4096)
def _near(written: str) -> tuple[str, ...]:
    """Words of the field that share a character with what was written and sound like it but for
    one letter: 投标 for 投票."""
    sounds = [syllable(char) for char in written]
    return tuple(
        word
        for word in field_words()
        if len(word) == len(written)
        and set(word) & set(written)
        and _letters_apart(sounds, [syllable(char) for char in word]) == 1
    )


def _letters_apart(one: Iterable[str], other: Iterable[str]) -> int:
    """How many letters differ where at most one syllable does, by at most one; else 2."""
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(apart) != 1:
        return 2 if apart else 0
    a, b = sorted(apart[0], key=len)
    if len(a) == len(b):
        return 1 if sum(x != y for x, y in zip(a, b, strict=True)) == 1 else 2
    return 1 if any(b[:i] + b[i + 1 :] == a for i in range(len(b))) else 2


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Runs of one to three words that may be one word written wrongly."""
    for run in _HAN.finditer(asked_away(text)):
        tokens, at = [], run.start()
        for word in tokenizer().cut(run[0], HMM=False):
            tokens.append((at, at + len(word), len(word) > 1 and is_stop_word(word)))
            at += len(word)
        for first in range(len(tokens)):
            for last in range(first, min(first + _TOKENS, len(tokens))):
                if tokens[last][2]:
                    break
                if 2 <= tokens[last][1] - tokens[first][0] <= _LONGEST:
                    yield tokens[first][0], tokens[last][1]
