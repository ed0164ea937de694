"""Questions in English: what they ask about in the words of Chinese texts, by the glossary
``ingest/data/glossary.txt``. Words find passages by these; the reader, which knows both languages,
reads the question below them."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.storage.terms import read_lines

_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_OPEN = re.compile(
    r"^(?:and|so|but|ok|then|well)?[,\s]*(?:(?:what|how) about\b.{0,40}|why(?: not)?|when|who|"
    r"how (?:long|much|many)|which (?:article|one)|(?:tell me )?more|go on|"
    r"what is the (?:legal )?basis)[?.!\s]*$",
    re.IGNORECASE,
)
_LEAST = 3
"""So many words make a question in English; fewer are a name, or a code."""


def is_english(question: str) -> bool:
    """Whether a question is put in English, and says what it is about."""
    if _HAN.search(question) or leaves_open_in_english(question):
        return False
    return len(_words(question)) >= _LEAST


def leaves_open_in_english(question: str) -> bool:
    """Whether a question in English does not say what it is about.

    >>> leaves_open_in_english("what about 2023?"), leaves_open_in_english("Who may bid?")
    (True, False)
    """
    return _OPEN.match(question.strip()) is not None


def in_chinese(question: str) -> str:
    """The Chinese words for those of an English question that the glossary has, in its order,
    the longest run of words first; empty where it has none."""
    words = [_singular(word) for word in _words(question)]
    glossary, longest = _glossary()
    found: dict[str, None] = {}
    at = 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            meaning = glossary.get(" ".join(words[at : at + length]))
            if meaning:
                found.update(dict.fromkeys(meaning.split()))
                break
        at += length
    return " ".join(found)


def with_chinese(question: str, words: str) -> str:
    """A question in English below its words in Chinese, as it is looked for and read."""
    return f"{words}\n{question}"


def chinese_of(text: str) -> str:
    """The words in Chinese of what :func:`with_chinese` gives; other questions as they are."""
    words, _, question = text.partition("\n")
    return words if is_english(question) else text


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def _singular(word: str) -> str:
    """A word without the ending of the plural or of the genitive; the same for the glossary."""
    word = word.removesuffix("'s").removesuffix("s'")
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=1)
def _glossary() -> tuple[dict[str, str], int]:
    """Chinese by English, and the number of words of the longest English."""
    found: dict[str, str] = {}
    for line in read_lines("glossary.txt"):
        english, chinese = line.split("=", 1)
        for form in english.split("|"):
            found[" ".join(_singular(word) for word in _words(form))] = chinese.strip()
    return found, max(len(form.split()) for form in found)
