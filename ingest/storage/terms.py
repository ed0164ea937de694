"""Text → terms for the lexical index; documents and questions go through the same function.

A term is a pair of neighbouring Han characters, a Latin word, a number, or a term of the field
kept whole (竞争性磋商). Dictionary words are not among them: measured on the benchmark they find
less than pairs do, alone or added to them, and cost a second at start-up (docs/benchmarks.md).

Terms are numbers below ``BUCKETS``, computed from code points for all characters of a text at
once. Two rare terms may share a number; with two million of them that changes no ranking.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

import numpy as np

BUCKETS = 1 << 21

_BITS = np.uint32(32 - 21)
_FIRST, _SECOND = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77)
_LATIN = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z]+|[0-9]+(?:\.[0-9]+)?")


def normalised(text: str) -> str:
    """``text`` with full-width forms made half-width and in lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def term_numbers(text: str) -> np.ndarray:
    """The terms of ``text`` with repetitions, as an ``int32`` array of values below ``BUCKETS``."""
    text = normalised(text)
    if not text:
        return np.empty(0, np.int32)
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    han = (codes >= 0x3400) & (codes <= 0x9FFF)
    pairs = np.flatnonzero(han[:-1] & han[1:])
    alone = han.copy()
    alone[:-1] &= ~han[1:]
    alone[1:] &= ~han[:-1]
    single = codes[alone]
    others = [_number_of(word) for word in _LATIN.findall(text)]
    others += [_number_of(term) for term in whole_terms(text)]
    return np.concatenate(
        [
            _mixed(codes[pairs], codes[pairs + 1]),
            _mixed(np.zeros_like(single), single),
            np.array(others, np.int32),
        ]
    )


def terms(text: str) -> list[str]:
    """The same terms as strings, in reading order but with whole terms last; for people."""
    text = normalised(text)
    found: list[str] = []
    for run in _RUN.findall(text):
        if len(run) == 1 or not "\u3400" <= run[0] <= "\u9fff":
            found.append(run)
        else:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found + whole_terms(text)


def number_of(term: str) -> int:
    """The number of one term as :func:`terms` gives it."""
    if len(term) == 2 and all("\u3400" <= char <= "\u9fff" for char in term):
        return int(_mixed(*(np.array([ord(char)], np.uint32) for char in term))[0])
    if len(term) == 1 and "\u3400" <= term <= "\u9fff":
        return int(_mixed(np.zeros(1, np.uint32), np.array([ord(term)], np.uint32))[0])
    return _number_of(term)


def whole_terms(text: str) -> list[str]:
    """The terms of the field that stand in ``text``, the longest at each place."""
    return _field_pattern().findall(text)


def read_lines(name: str, package: str = "ingest.data") -> list[str]:
    """The lines of a data file of ``package``, less comments and empty ones."""
    folder, *inside = package.split(".")
    text = files(folder).joinpath(*inside, name).read_text(encoding="utf-8")
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


@lru_cache(maxsize=1)
def _field_pattern() -> re.Pattern[str]:
    """Matches the terms of ``data/terms.txt`` that are longer than a pair."""
    found = {normalised(line) for line in read_lines("terms.txt")}
    return re.compile(_branches(sorted(term for term in found if len(term) > 2)))


def _branches(words: Iterable[str]) -> str:
    """A pattern for ``words`` that looks at each character once, as a prefix tree does."""
    tree: dict[str, list[str]] = {}
    optional = False
    for word in words:
        if word:
            tree.setdefault(word[0], []).append(word[1:])
        else:
            optional = True
    parts = [re.escape(first) + _branches(rest) for first, rest in tree.items()]
    if not parts:
        return ""
    group = f"(?:{'|'.join(parts)})"
    return group + "?" if optional else group


@lru_cache(maxsize=65536)
def _number_of(word: str) -> int:
    return zlib.crc32(word.encode()) & (BUCKETS - 1)


def _mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Fibonacci hashing (Knuth, TAOCP 3, 6.4) of two code points each."""
    mixed: np.ndarray = ((first * _FIRST) ^ (second + np.uint32(1)) * _SECOND) * _FIRST >> _BITS
    return mixed.astype(np.int32)
