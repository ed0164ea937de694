"""From a question in its conversation to the answer that quotes.

A question that names nothing but a part of the last answer is told that part again; another that
comes after an earlier one is read twice; one that sets documents or versions side by side is
answered for each. All others go straight to what finds and what answers.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.answering.choose import Chosen
from app.answering.compare import Side, sides
from app.answering.holdings import shown_title
from app.answering.merging import joined_answers
from app.answering.open_questions import leaves_open
from app.answering.wording import frame
from app.content.facts import facts
from app.content.sentences import Source
from app.content.words import content_words
from app.conversation.asked import Asked
from app.conversation.completing import completed
from app.conversation.pointing import pointed_at
from app.conversation.reading_twice import Wording, read_twice
from app.types import Answer, Filters, Hit
from ingest.language import Language

if TYPE_CHECKING:
    from app.answer import QuotingAnswerer
    from app.retrieve import Retriever

BEFORE, AFTER, MOST_CITED = 4, 6, 2
"""So many passages before and after a place cited are near it, and so many places are looked at."""
_AS_LIKELY_AS = 5
"""A passage near what was cited is taken for as probable as the hit of this rank."""

_MOST_EACH = 2
"""So many statements of each side."""
_OF_A_SIDE = 0.5
"""A side is quoted at so much of the probability an answer needs."""
_OWN = 0.5
"""A law that answers so much as probably as the regulation under it answers for itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, the hits that it was made from, and the seconds that finding these took."""

    answer: Answer
    hits: tuple[Hit, ...]
    finding: float


class Conversing:
    """Answers over what ``retriever`` finds, ``passages`` of it for each wording."""

    def __init__(self, retriever: Retriever, answerer: QuotingAnswerer, passages: int) -> None:
        self._retriever = retriever
        self._answerer = answerer
        self._passages = passages
        self._finding = 0.0

    def answered(
        self,
        asked: Asked,
        filters: Filters,
        language: Language,
        within: Collection[str] | None,
    ) -> Found:
        """The answer to a question.

        :param within: ids of the documents that ``filters`` let through; ``None``: all.
        """
        self._finding = 0.0
        answer, hits = self._said(asked, filters, language, within)
        if answer.refused and filters != Filters():
            answer = self._without_limits(asked, answer, language)
        return Found(answer, tuple(hits), self._finding)

    def _without_limits(self, asked: Asked, answer: Answer, language: Language) -> Answer:
        """A refusal under filters, saying whether there is an answer without them."""
        other, _ = self._said(asked, Filters(), language, None)
        if other.abstained:
            said = frame("nowhere", language)
        else:
            said = frame("elsewhere", language, place=other.citations[0].official)
        return replace(answer, notice=f"{answer.notice} {said}".strip())

    def _said(
        self, asked: Asked, filters: Filters, language: Language, within: Collection[str] | None
    ) -> tuple[Answer, Sequence[Hit]]:
        pointed = pointed_at(asked, self._answerer.holdings)
        if pointed and all(within is None or source.id in within for source, _ in pointed):
            return self._told_again(asked, pointed, language), ()
        if asked.before:
            return self._after(asked, filters, language, within)
        return self._alone(asked.question, filters, language, within)

    def _alone(
        self,
        question: str,
        filters: Filters,
        language: Language,
        within: Collection[str] | None,
    ) -> tuple[Answer, Sequence[Hit]]:
        hits = self._search(question, filters)
        parts = sides(self._answerer.analysed(question), hits, self._answerer.holdings)
        answer = self._side_by_side(question, parts, filters, language, within)
        if answer is not None:
            return answer, hits
        return self._answerer.answer(question, hits, language, within), hits

    def _after(
        self,
        asked: Asked,
        filters: Filters,
        language: Language,
        within: Collection[str] | None,
    ) -> tuple[Answer, Sequence[Hit]]:
        """The answer to the question alone or completed, whichever is read better; where neither
        is, to the question with the one that opened the matter."""
        answerer, holdings = self._answerer, self._answerer.holdings
        whole = self._of_document(asked) or self._completed(asked)
        hits = self._search(asked.question, filters)
        if _names_a_part(asked.question, hits):
            return self._alone(asked.question, filters, language, within)
        alone_asked = answerer.analysed(asked.question)
        if stated := answerer.from_card(asked.question, alone_asked, language, within):
            return stated, hits
        further = self._search(whole, filters)
        compared = sides(answerer.analysed(whole), further, holdings)
        words = content_words(asked.question)
        explicit = [hit for hit in further if hit.explicit]
        named = _names_a_part(whole, further) and any(
            _speaks_of(words, hit, True) for hit in explicit
        )
        if compared or named:
            return self._alone(whole, filters, language, within)
        near = self._near(asked, within)
        likely = min((hit.probability for hit in further[:_AS_LIKELY_AS]), default=0.0)
        beside = [replace(hit, probability=likely) for hit in near]
        alone = self._wording(asked.question, hits, beside, within)
        if leaves_open(alone_asked, holdings) or self._says_nothing_new(asked, words):
            alone = replace(alone, found=())
        both = self._together(asked, whole, further, beside, within)
        around = {hit.passage.id for hit in near}
        documents = {quote.document for quotes in asked.told for quote in quotes}
        best, read = read_twice(alone, both, around, answerer.reading, documents)
        chosen = hits if best is alone else further
        answer = answerer.answer(best.text, chosen, language, within, read)
        if answer.refused and asked.opening:
            opened = completed(asked.question, asked.opening, holdings)
            earlier = self._search(opened, filters)
            first = self._together(asked, opened, earlier, (), within)
            none = replace(alone, found=())
            _, read = read_twice(none, first, around, answerer.reading, documents)
            if read:
                again = answerer.answer(opened, earlier, language, within, read)
                return (answer, chosen) if again.refused else (again, earlier)
        return answer, chosen

    def _together(
        self,
        asked: Asked,
        text: str,
        hits: Sequence[Hit],
        beside: Sequence[Hit],
        within: Collection[str] | None,
    ) -> Wording:
        """A question with an earlier one, which answers itself again where nothing of the new one
        is in a place."""
        words, wording = content_words(asked.question), self._wording(text, hits, beside, within)
        found = [o for o in wording.found if _speaks_of(words, o[0], _told(asked, o[0]))]
        return replace(wording, found=found)

    def _completed(self, asked: Asked) -> str:
        """A follow-up with the question before it. Where that says too little alone, and the
        follow-up only exchanges a thing in what it was completed to, it is exchanged there."""
        holdings = self._answerer.holdings
        if asked.whole and leaves_open(self._answerer.analysed(asked.before), holdings):
            exchanged = completed(asked.question, asked.whole, holdings)
            if not exchanged.endswith(asked.question):
                return exchanged
        return completed(asked.question, asked.before, holdings)

    def _says_nothing_new(self, asked: Asked, words: Sequence[str]) -> bool:
        """Whether all words of a question stand in what was told, which it then asks about."""
        holdings = self._answerer.holdings
        quotes = [quote for quotes in asked.told for quote in quotes]
        told = "\n".join(
            source.text[quote.start : quote.end]
            for quote in quotes
            if (source := holdings.source(quote.document)) is not None
        )
        return bool(words) and all(word in told for word in words)

    def _told_again(self, asked: Asked, places: Sequence[Chosen], language: Language) -> Answer:
        """The places pointed at, named; what they are about remains what it was."""
        again = self._answerer.told_again(asked.question, places, language)
        names = "、".join(dict.fromkeys(c.official for c in again.citations))
        notice = frame("based", language, names=names)
        return replace(again, notice=notice, standalone=asked.before)

    def _side_by_side(
        self,
        question: str,
        parts: Sequence[Side],
        filters: Filters,
        language: Language,
        within: Collection[str] | None,
    ) -> Answer | None:
        """Each side's answer beside the others, saying which has none; ``None`` where none has."""
        told: list[tuple[str, Answer]] = []
        silent: list[str] = []
        for side in parts:
            itself, under = (
                [i for i in ids if within is None or i in within]
                for ids in (side.documents, side.under)
            )
            if not (itself or under):
                key = "silent" if side.documents else "absent"  # a filter shuts it out, or not here
                silent.append(frame(key, language, name=side.name))
                continue
            answers = [
                self._of_side(side, ids, filters, language) for ids in (itself, under) if ids
            ]
            answer = answers[0] if len(answers) < 2 else own_first(*answers)
            if answer.abstained:
                silent.append(frame("silent", language, name=side.name))
            else:
                own = [s for s in answer.statements if not (s.further or s.direct)][:_MOST_EACH]
                told.append((side.name, replace(answer, statements=tuple(own))))
        if not told:
            return None
        merged = joined_answers(question, told, self._answerer.holdings, language)
        return replace(merged, notice=" ".join(silent))

    def _of_side(
        self, side: Side, ids: Sequence[str], filters: Filters, language: Language
    ) -> Answer:
        """A side's answer from the documents ``ids``. Where its question alone is read too weakly
        (有什么不同 is answered by neither side), it is asked with the side's name whether they
        answer at all; which place does is told by the question alone, unless that says too little,
        such as when something takes effect."""
        within = replace(filters, documents=tuple(ids))
        alone, name = side.question, side.name
        hits = self._search(alone, within)
        answer = self._answerer.answer(alone, hits, language, ids)
        if not answer.abstained or alone.startswith(name):
            return answer
        named = f"{name}{alone}"
        likely = self._answerer.answer(
            named, self._search(named, within), language, ids, share=_OF_A_SIDE
        )
        if likely.abstained:
            return likely
        again = self._answerer.answer(alone, hits, language, ids, share=0.0)
        return likely if again.abstained else replace(again, probability=likely.probability)

    def _search(self, question: str, filters: Filters) -> list[Hit]:
        began = time.perf_counter()
        hits = self._retriever.search(question, self._passages, filters)
        self._finding += time.perf_counter() - began
        return hits

    def _wording(
        self,
        text: str,
        hits: Sequence[Hit],
        beside: Sequence[Hit],
        within: Collection[str] | None,
    ) -> Wording:
        """A wording with the places found for it, and those ``beside`` what was cited before."""
        answerer = self._answerer
        asked = answerer.analysed(text)
        have = {hit.passage.id for hit in hits}
        first = [hit for hit in beside if hit.passage.id not in have]
        found = answerer.finder.looked_up(asked, [*first, *hits], answerer.holdings, within)
        return Wording(text, found, *answerer.welcome(asked))

    def _of_document(self, asked: Asked) -> str:
        """The question with the title of the document last cited, where it names an article and
        no document; else empty."""
        holdings = self._answerer.holdings
        named = any(f.kind == "article" and f.unit == "条" for f in facts(asked.question))
        if not named or not asked.told or holdings.named_in(asked.question):
            return ""
        record = holdings.records.get(asked.told[0][0].document)
        return f"{shown_title(record.title)}{asked.question}" if record else ""

    def _near(self, asked: Asked, within: Collection[str] | None) -> list[Hit]:
        """The passages around what the last answer cites first."""
        found: dict[str, Hit] = {}
        for quotes in asked.told[:MOST_CITED]:
            source = self._answerer.holdings.source(quotes[0].document)
            if source is None or (within is not None and source.id not in within):
                continue
            for hit in self._around(source, quotes[0].start):
                found.setdefault(hit.passage.id, hit)
        return list(found.values())

    def _around(self, source: Source, start: int) -> list[Hit]:
        cited = next(
            (p for p in self._answerer.index.passages_of(source.id) if p.start <= start < p.end),
            None,
        )
        passages = self._retriever.neighbours(cited, BEFORE, AFTER) if cited else []
        return [Hit.at(source.record, passage) for passage in passages]


def own_first(own: Answer, under: Answer) -> Answer:
    """What a law says itself, unless what was made under it is likelier by far to answer."""
    if own.abstained or own.probability < _OWN * under.probability:
        return own if under.abstained else under
    return own


def _told(asked: Asked, hit: Hit) -> bool:
    """Whether the last answer quoted of a passage."""
    passage = hit.passage
    return any(
        quote.document == passage.document and passage.start <= quote.start < passage.end
        for quotes in asked.told
        for quote in quotes
    )


def _speaks_of(words: Sequence[str], hit: Hit, told: bool) -> bool:
    """Whether a passage, its headings or its title hold any of ``words``; of one that was ``told``
    before, the last character of one is enough, which says what kind of thing it is (工作日 and
    三十日). Of no words every passage speaks."""
    text = "\n".join((hit.title, *hit.passage.path, hit.passage.text))
    return not words or any((word[-1] if told else word) in text for word in words)


def _names_a_part(text: str, hits: Sequence[Hit]) -> bool:
    """Whether a question names an article or another numbered part, which was found."""
    return any(hit.explicit for hit in hits) and any(f.kind == "article" for f in facts(text))
