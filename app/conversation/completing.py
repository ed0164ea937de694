"""A follow-up put together with the question before it.

Of two things of one kind that exclude each other (two years, two places, two laws, two numbered
parts) the follow-up's takes the place of the earlier one. Nothing else is rewritten: how much the
earlier question says to the new one is left to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from app.answering.holdings import Holdings
from app.content.facts import facts
from app.content.places import places
from app.content.words import content_words
from ingest.cleaning.script import to_simplified

_NUMBERED = re.compile(
    r"第\s*(?:[零〇一二三四五六七八九十百]+|\d{1,3})\s*(条|款|项|章|节|部分|点|步)"
)
_END = " 　？?。！!，,；;"


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something that a question is about, of a kind of which it is about one at a time."""

    kind: str
    text: str


def completed(question: str, before: str, holdings: Holdings) -> str:
    """``question`` with what it leaves to ``before``, the one asked before it; ``before`` with
    other things in it, where the question says no more than these."""
    question, about = to_simplified(question), to_simplified(before).strip(_END)
    if not about:
        return question
    new = list(_things(question, holdings))
    likes = list(_alike(question))
    rest = question
    for thing in (*new, *likes):
        rest = rest.replace(thing.text, " ")
    exchanged = _exchanged(about, new, list(_things(about, holdings)))
    if content_words(rest):
        return f"{exchanged}？{question}"
    alike = _exchanged(exchanged, likes, list(_alike(exchanged)))
    return f"{alike}？" if alike != about else f"{about}？{question}"


def _exchanged(about: str, new: list[_Thing], old: list[_Thing]) -> str:
    """``about`` with each thing of a kind that ``new`` has too replaced by that one."""
    for thing in old:
        others = [n.text for n in new if n.kind == thing.kind]
        if others and thing.text not in others:
            about = about.replace(thing.text, others[0])
    return about


def _things(text: str, holdings: Holdings) -> Iterator[_Thing]:
    for name in holdings.named_in(text):
        yield _Thing("name", text[name.start : name.end])
    for place in places(text):
        yield _Thing("place", place)
    for fact in facts(text):
        if fact.kind == "date":
            yield _Thing("date", fact.shown)
    for numbered in _NUMBERED.finditer(text):
        yield _Thing(numbered[1], numbered[0])


def _alike(text: str) -> Iterator[_Thing]:
    """Words of ``text`` that have likes, the longest first, none within another."""
    taken = text
    for kind, word in _likes():
        if word in taken:
            taken = taken.replace(word, " ")
            yield _Thing(kind, word)


@lru_cache(maxsize=1)
def _likes() -> list[tuple[str, str]]:
    """Kinds and their words from ``alike.yaml``, longest words first."""
    text = files("app.conversation").joinpath("alike.yaml").read_text(encoding="utf-8")
    pairs = [
        (str(at), str(word)) for at, group in enumerate(yaml.safe_load(text)) for word in group
    ]
    return sorted(pairs, key=lambda pair: -len(pair[1]))
