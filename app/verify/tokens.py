"""Sentences as rows of tokens that can be compared: figures with their units and bounds, words of
the table (``words.tsv``) as what they are compared as, all else character by character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from app.content.facts import facts
from ingest.storage.terms import read_lines

_LABEL = re.compile(
    r"(?:^|(?<=[：:；;。]))\s*(?:[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.．、](?!\d))",
    re.MULTILINE,
)
_MARKS = '，,；;。！？!?：:\n（()）“”"《》'
CRITICAL = frozenset({"not", "turn", "duty", "bound", "logic", "all", "when", "except", "level",
                      "who", "what", "figure", "name"})  # fmt: skip
"""Classes of tokens that carry the rule: none may be added, and none left out where it governs."""


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is a class of the table, ``figure``, ``name`` (a title, an article, a document's
    number), ``char`` or ``mark``; ``key`` is what it is compared as, ``text[start:end]`` where it
    stands."""

    kind: str
    key: str
    start: int
    end: int

    @property
    def critical(self) -> bool:
        """Whether it carries the rule, see :data:`CRITICAL`."""
        return self.kind in CRITICAL and self.key != "和"

    @property
    def content(self) -> bool:
        """Whether it says something, critical or not."""
        return self.kind not in ("free", "mark") and self.key != "和"

    @property
    def weight(self) -> int:
        """In characters."""
        return min(self.end - self.start, 4) if self.content else 0


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of ``text`` in order; a bound that follows its figure stands before it."""
    plain = _LABEL.sub(lambda m: " " * len(m[0]), text.translate(_halved()))
    taken = {fact.start: fact for fact in facts(plain)}
    found: list[Token] = []
    at = 0
    while at < len(plain):
        fact = taken.get(at)
        if fact is not None:
            named = fact.kind in ("name", "article", "document-number")
            key = f"{fact.kind}:{fact.value}:{fact.unit}"
            found.append(Token("name" if named else "figure", key, at, fact.end))
            at = _bound_after(plain, fact.end, found) if not named else fact.end
            continue
        word = _words().match(plain, at)
        if word and not _cuts_figure(taken, word.start(), word.end()):
            kind, key = _table()[word[0]]
            found.append(Token(kind, key, at, word.end()))
            at = word.end()
            continue
        if plain[at] in _MARKS:
            found.append(Token("mark", plain[at], at, at + 1))
        elif plain[at].isalnum():
            found.append(Token("char", plain[at], at, at + 1))
        at += 1
    return tuple(_when_it_ends(found))


def _when_it_ends(found: list[Token]) -> list[Token]:
    """时 at the end of a clause makes it a condition, as 的 does: it is no time of its own."""
    ends = {i for i, t in enumerate(found) if i + 1 == len(found) or found[i + 1].kind == "mark"}
    return [
        Token("free", "时", t.start, t.end) if t.key == "时" and i in ends else t
        for i, t in enumerate(found)
    ]


def _bound_after(plain: str, at: int, found: list[Token]) -> int:
    """The end of a bound at ``at``, put before the figure that it follows."""
    match = re.compile(r"以内|之内|内|及以上|以上|及以下|以下").match(plain, at)
    if not match:
        return at
    key = "≥" if "上" in match[0] else "≤以下" if "下" in match[0] else "≤"
    found.insert(len(found) - 1, Token("bound", key, at, match.end()))
    return match.end()


def _cuts_figure(taken: Mapping[int, object], start: int, end: int) -> bool:
    return any(at in taken for at in range(start + 1, end))


@cache
def _table() -> dict[str, tuple[str, str]]:
    """Class and key of each word; of a word in two lines the first counts."""
    found: dict[str, tuple[str, str]] = {}
    for line in read_lines("words.tsv", "app.verify"):
        kind, key, words = line.split("\t")
        for word in words.split("|"):
            found.setdefault(word, (kind, key))
    return found


@cache
def _words() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_table(), key=len, reverse=True))))


@cache
def _halved() -> dict[int, str]:
    """Full-width letters, digits and signs to half-width, length kept."""
    marks = {ord(mark) for mark in _MARKS}
    return {
        code: unicodedata.normalize("NFKC", chr(code))
        for code in range(0xFF01, 0xFF5F)
        if code not in marks
    }
