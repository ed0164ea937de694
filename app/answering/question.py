"""A question taken apart: its words, figures, names and years. What it asks for is read, not
ruled; see :mod:`app.reading`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.content.facts import Fact, facts
from app.content.words import content_words

_OLD = re.compile(r"旧|原来|原先|以前|之前的|修订前|修改前|修正前|老版|老条例|老法")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Question:
    """``terms`` are the content words in order; ``names`` the titles in 《》, bare; ``facts`` the
    figures, dates and articles."""

    text: str
    terms: tuple[str, ...]
    facts: tuple[Fact, ...]
    names: tuple[str, ...]

    @property
    def years(self) -> tuple[str, ...]:
        """Years the question names, as four digits; 2019 alone is one."""
        named = [f.value[:4] for f in self.facts if f.kind == "date"]
        named += [f.shown.strip() for f in self.facts if f.kind == "number" and not f.unit]
        return tuple(year for year in named if _YEAR.fullmatch(year))

    @property
    def of_earlier(self) -> bool:
        """Whether it says that an earlier version is meant."""
        return bool(_OLD.search(self.text))

    @property
    def of_old(self) -> bool:
        """Whether earlier versions may be meant: it says so, or names a year."""
        return self.of_earlier or bool(self.years)


def analyse(text: str) -> Question:
    """Takes a question (in Simplified Chinese) apart."""
    found = tuple(facts(text))
    names = tuple(f.value for f in found if f.kind == "name")
    return Question(text, content_words(text), found, names)
