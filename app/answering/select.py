"""Choosing what to quote: every unit of the passages found is scored against the question.

The score joins how much of the question's words a unit holds (in itself, its headings, its
document's title), how near it is in meaning, whether it is the kind of thing asked for, and how
high its passage was ranked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.answering.facts import facts
from app.answering.intent import Question, is_generic, type_match
from app.answering.places import places, province
from app.answering.sentences import Source, Unit
from app.answering.vocabulary import Vocabulary, plain, presence
from app.types import Hit

CONTEXT = 0.75
"""What a word counts that stands only in the headings or lead-in above."""
TITLE = 0.6
"""What it counts in the document's title."""
NEARBY = 0.55
"""What it counts elsewhere in the passage."""
GENERIC = 0.4
"""What a word counts that names only the kind of thing asked for (期限, 条件)."""
OPENING = 14
"""Official sentences open with whom or what they are about: so many characters."""

PROCUREMENT = re.compile(r"政府采购|采购|政府购买服务")
"""What this product is about: with nothing else to go by, such documents come first."""
PARTIES = re.compile(r"政府采购|购买服务|采购人|供应商")
WEIGHTS = {
    "coverage": 1.0,
    "own": 0.35,
    "meaning": 0.55,
    "fits": 0.95,
    "rank": 0.35,
    "probability": 0.10,
    "heading": 0.20,
    "figures": 0.55,
    "opening": 0.25,
    "density": 0.10,
}
SCALE = sum(WEIGHTS.values())


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit with its score and what the score is made of, each from 0 to 1.

    ``coverage`` is how much of the question it holds with its headings and title, ``own`` without
    them, ``meaning`` the cosine, ``fits`` whether it is the kind of thing asked for, ``rank`` how
    high its passage was ranked.
    """

    unit: Unit
    hit: Hit
    source: Source
    score: float
    coverage: float
    own: float
    meaning: float
    fits: float
    rank: float
    density: float
    penalty: float
    heading: float
    figures: float
    opening: float


class Selector:
    """Scores units; ``encode`` gives a unit vector for each text, or is ``None``."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        encode: Callable[[Sequence[str]], np.ndarray] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.encode = encode

    def rank(
        self,
        question: Question,
        found: Sequence[tuple[Hit, Source]],
        query: np.ndarray | None = None,
    ) -> list[Scored]:
        """Units of all passages, best first.

        :param found: the hits, best first, with their documents.
        :param query: the question's vector, unit length.
        """
        units: list[tuple[Unit, Hit, Source, int]] = []
        seen: set[tuple[str, str, tuple[tuple[int, int], ...]]] = set()
        for rank, (hit, source) in enumerate(found):
            for unit in source.units(hit.passage):
                key = (unit.document, unit.kind, unit.spans)
                if key not in seen:
                    seen.add(key)
                    units.append((unit, hit, source, rank))
        meanings = self._meanings(units, query)
        scored = [
            self._score(question, *entry, meaning)
            for entry, meaning in zip(units, meanings, strict=True)
        ]
        return sorted(scored, key=lambda s: -s.score)

    def coverage(
        self, terms: Sequence[str], text: str, context: str = "", title: str = "", near: str = ""
    ) -> float:
        """The weighted share of ``terms`` that a unit holds, from 0 to 1."""
        total = have = 0.0
        for term in terms:
            weight = self.vocabulary.weight(term) * (GENERIC if is_generic(term) else 1.0)
            total += weight
            here = presence(term, text)
            if here < CONTEXT:
                here = max(here, CONTEXT * presence(term, context))
            if here < TITLE:
                here = max(here, TITLE * presence(term, title))
            if here < NEARBY:
                here = max(here, NEARBY * presence(term, near))
            have += weight * here
        return have / total if total else 0.0

    def _meanings(
        self, units: Sequence[tuple[Unit, Hit, Source, int]], query: np.ndarray | None
    ) -> list[float]:
        if self.encode is None or query is None or not units:
            return [0.0] * len(units)
        texts = [f"{unit.context}\n{unit.text}"[:400] for unit, *_ in units]
        vectors = self.encode(texts)
        return [float(v) for v in np.clip(vectors @ query, 0.0, 1.0)]

    def _score(
        self,
        question: Question,
        unit: Unit,
        hit: Hit,
        source: Source,
        rank: int,
        meaning: float,
    ) -> Scored:
        text, context = plain(unit.text), plain(unit.context)
        record = source.record
        title = plain(f"{record.title} {record.metadata.region or ''}")
        near = plain(hit.passage.text)
        own = self.coverage(question.terms, text)
        opening = self.coverage(question.terms, plain(source.text[slice(*unit.core)])[:OPENING])
        head = self._in_heading(question, unit, source)
        same = self._same_figures(question, unit)
        covered = self.coverage(question.terms, text, context, title, near)
        fits = type_match(question, unit.text, unit.kind)
        found = 1 / (1 + 0.12 * rank)
        density = 0.7 if unit.kind == "list" else min(1.0, 60 / max(len(text), 60))
        penalty = self._penalties(question, unit, hit, source)
        score = (
            WEIGHTS["coverage"] * covered
            + WEIGHTS["own"] * own
            + WEIGHTS["meaning"] * meaning
            + WEIGHTS["fits"] * fits
            + WEIGHTS["rank"] * found
            + WEIGHTS["probability"] * hit.probability
            + WEIGHTS["heading"] * head
            + WEIGHTS["figures"] * same
            + WEIGHTS["opening"] * opening
            + WEIGHTS["density"] * density
            - penalty
        ) / SCALE
        return Scored(
            unit,
            hit,
            source,
            score,
            covered,
            own,
            meaning,
            fits,
            found,
            density,
            penalty,
            head,
            same,
            opening,
        )

    def _in_heading(self, question: Question, unit: Unit, source: Source) -> float:
        """The weighted share of the question's words in the nearest heading."""
        for section in reversed(source.paths.chain(unit.section)):
            if section.heading and section.kind in ("heading", "point", "item", "subitem"):
                return self.coverage(question.terms, plain(section.heading))
        return 0.0

    def _same_figures(self, question: Question, unit: Unit) -> float:
        """The share of the question's figures that the unit gives too."""
        asked = {f.key for f in question.facts if f.kind in ("number", "ratio")}
        if not asked:
            return 0.0
        return len(asked & {f.key for f in facts(unit.text)}) / len(asked)

    def _penalties(self, question: Question, unit: Unit, hit: Hit, source: Source) -> float:
        penalty = 0.0
        asked = places(question.text)
        of_document = places(source.record.title + (source.record.metadata.region or ""))
        if asked and of_document and not set(asked) & set(of_document):
            penalty += 0.1 if {province(p) for p in asked} & set(of_document) else 0.3
        if not asked and of_document:
            news = source.record.metadata.kind == "news"
            penalty += 0.20 if news else 0.35
        penalty += self._off_subject(question, hit, source, bool(asked))
        if hit.superseded and not asks_for_old(question):
            penalty += 0.08
        if len(unit.text) > 500:
            penalty += 0.02
        if unit.kind == "row":
            penalty += 0.04
        return penalty

    def _off_subject(self, question: Question, hit: Hit, source: Source, placed: bool) -> float:
        """What a document loses that is not about public procurement, where the question does not
        ask for it; so does news beside rules."""
        title = source.record.title
        news = 0.08 if source.record.metadata.kind == "news" and not placed else 0.0
        if PROCUREMENT.search(title) or placed or _works(question):
            return news
        if PARTIES.search(hit.passage.text):
            return news + 0.03
        return news + (0.06 if any(term in title for term in question.terms) else 0.10)


def _works(question: Question) -> bool:
    """Whether the question is about construction, which has laws of its own."""
    return bool(re.search(r"工程|建设|施工|招标人", question.text))


def asks_for_old(question: Question) -> bool:
    """Whether the question is about an earlier version."""
    return bool(
        re.search(r"旧|原来|原先|以前|之前的|修订前|修改前|修正前|老版|老条例|老法", question.text)
    ) or bool(question.years)
