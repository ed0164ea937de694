"""The answerer that needs no language model: it quotes the rule that answers, and cites it.

The passages found are read with the question (:mod:`app.reading`); the best is quoted as far as
it answers, with what governs and excepts it; others join it if nearly as probable, or stand
beside it as 另见. Where no place probably answers, or the text speaks of another place, year, law
or figure, it abstains.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace

from app.answering.card import stated
from app.answering.choose import Chosen, beside, choose
from app.answering.citing import Citer, with_bases
from app.answering.conflicts import (
    agreeing,
    contradiction,
    figure_sentence,
    names_unknown_law,
    wrong_premise,
)
from app.answering.direct import direct
from app.answering.find import Finder
from app.answering.greetings import reply_to
from app.answering.holdings import Holdings, shown_title
from app.answering.open_questions import completed, leaves_open
from app.answering.outline_answers import asks_points, pointed_sections, points_of
from app.answering.parts import by_outline, place_named
from app.answering.question import Question, analyse
from app.answering.whose import nation_first, told_whose
from app.answering.wording import answer_text, back_text, refusal_text
from app.content.places import places
from app.content.sentences import Source
from app.content.words import content_words
from app.reading.reader import reader_of
from app.reading.reading import Read, Reading
from app.retrieval.english import chinese_of
from app.types import Answer, Hit
from app.verify import verify
from ingest.index import Index
from ingest.language import Language
from ingest.settings import Settings

_FAR = 3
"""What is less than a so manieth as probable as an answer is not named as near."""
_EXAMPLES = 3
"""So many places are named where a question is asked back."""


class QuotingAnswerer:
    """Answers from hits of ``index``."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self.index = index
        self.settings = settings
        self.reading = Reading(reader_of(settings))
        self.finder = Finder(index)
        self._holdings: Holdings | None = None
        self._lock = threading.Lock()

    @property
    def holdings(self) -> Holdings:
        """What the index holds now."""
        with self._lock:
            if self._holdings is None or not self._holdings.fresh():
                self._holdings = Holdings(self.index, self._holdings)
            return self._holdings

    def answer(
        self,
        question: str,
        hits: Sequence[Hit],
        language: Language = "zh",
        within: Collection[str] | None = None,
        read: Sequence[Read] = (),
        share: float = 1.0,
    ) -> Answer:
        """What the passages found say in answer to a standalone question, or an abstention.

        :param hits: best first, as the retriever gives them.
        :param language: of the words around the quotes.
        :param within: ids of the documents that may be quoted; ``None``: all.
        :param read: the places found, where they were read already, best first.
        :param share: so much of :attr:`least_probability` is enough.
        """
        holdings = self.holdings
        most = self.settings.answer.max_statements
        if said := reply_to(question, language):
            return Answer(question, said, abstained=True, standalone=question, aside=True)
        asked = self.analysed(question)
        if answer := self._word_for_word(asked, hits, language):
            return replace(answer, question=question, standalone=question)
        if asks_points(asked) and not asked.terms and (answer := self._points(asked, language)):
            return replace(answer, question=question, standalone=question)
        if answer := self.from_card(question, asked, language, within):
            return answer
        if holdings.records and leaves_open(asked, holdings):
            return _asked_back(question, "open", completed(asked, holdings), language)
        if names_unknown_law(asked, holdings):
            return self._refusal(question, language, lacking=asked.names[0])
        found = self.finder.looked_up(asked, hits, holdings, within) if hits else []
        if not found:
            return self._refusal(question, language)
        exact = place_named(asked, found, holdings, most)
        if exact == []:
            return self._refusal(question, language)
        if exact:
            return self._compose(question, exact, 1.0, language)
        read_before, read = read, agreeing(asked, read or self.read(asked, found), holdings)
        if not self.welcome(asked)[1]:
            read = nation_first(read, self.least_probability * share)
        best, conflict = read[0], contradiction(asked, read[0].place, holdings)
        parts = by_outline(asked, read, holdings, most)
        if parts and not (conflict and parts[0][0] is best.source):
            return self._compose(question, parts, best.probability, language)
        if not conflict and wrong_premise(asked, best):
            return self._refusal(question, language, read, figure_sentence(asked, best))
        if conflict or best.probability < self.least_probability * share:
            return self._refusal(question, language, read)
        chosen = choose(question, read, self.reading)[:most]
        agree = [r for r in read if not contradiction(asked, r.place, holdings)]
        further = beside(question, agree, chosen, self.reading)
        told = direct(question, chosen, further, self.reading, in_order=bool(read_before))
        return self._compose(
            question, told.provisions, best.probability, language, told.beside, line=told.line
        )

    def told_again(self, question: str, chosen: Sequence[Chosen], language: Language) -> Answer:
        """An answer that quotes given places."""
        return self._compose(question, chosen, 1.0, language)

    def from_card(
        self,
        question: str,
        asked: Question,
        language: Language,
        within: Collection[str] | None = None,
    ) -> Answer | None:
        """The lines or cells of the papers of one purchase that state what is asked, each cited by
        itself; ``None`` where none does."""
        entries = stated(asked.text, self.holdings, within)[: self.settings.answer.max_statements]
        chosen = [(source, [(entry.start, entry.end)]) for source, entry in entries]
        return self._compose(question, chosen, 1.0, language, exact=True) if chosen else None

    @property
    def least_probability(self) -> float:
        """What a place must have to be quoted as an answer."""
        set_by_hand = self.settings.answer.min_evidence
        return self.reading.calibration.weak if set_by_hand is None else set_by_hand

    def read(self, asked: Question, found: Sequence[tuple[Hit, Source]]) -> list[Read]:
        """The passages found, read with the question, best first."""
        return self.reading.places(asked.text, found, *self.welcome(asked))

    def welcome(self, asked: Question) -> tuple[bool, bool]:
        """Whether earlier versions, and rules of one place, are as welcome as those in force and
        those of the country."""
        named = bool(self.holdings.named_in(asked.text))
        return asked.of_old, named or bool(places(asked.text))

    def _word_for_word(
        self, asked: Question, hits: Sequence[Hit], language: Language
    ) -> Answer | None:
        """The passages that hold the whole question as it stands; ``None`` where none does, or
        the question names the place it asks for."""
        holding = [
            (h, s)
            for h in hits
            if h.verbatim and (s := self.holdings.source(h.passage.document)) is not None
        ]
        if not holding or hits[0].explicit:
            return None
        read = self.read(asked, holding)
        chosen = choose(asked.text, read, self.reading)[: self.settings.answer.max_statements]
        further = beside(asked.text, read, chosen, self.reading)
        evidence = max(read[0].probability, self.least_probability)
        return self._compose(asked.text, chosen, evidence, language, further)

    def _points(self, asked: Question, language: Language) -> Answer | None:
        """一是…二是…三是… of the only document that counts so, section by section; the question
        which one is meant, where there are several; ``None`` where there is none."""
        holdings, most = self.holdings, self.settings.answer.max_statements
        named = [i for n in holdings.named_in(asked.text) for i in n.documents[:1]]
        sources = [s for i in named or holdings.records if (s := holdings.source(i))]
        pointed = [(s, part) for s in sources for part in pointed_sections(s)]
        if not pointed:
            return None
        if len({source.id for source, _ in pointed}) > 1 or len(pointed) > most:
            each = {source.id: (source, part) for source, part in reversed(pointed)}
            few = pointed if len(each) == 1 else [*each.values()][::-1]
            examples = [f"{s.paths.official(s.record.title, p.index)}的一是、二是" for s, p in few]
            return _asked_back(asked.text, "points", examples[:_EXAMPLES], language)
        chosen = [(source, points_of(source, part)) for source, part in pointed]
        return self._compose(asked.text, chosen, 1.0, language)

    def analysed(self, question: str) -> Question:
        """The question taken apart; the names of documents in it are no words to look for."""
        from ingest.cleaning.script import to_simplified

        asked = analyse(to_simplified(question))
        words = content_words(self.holdings.without_names(chinese_of(asked.text)))
        return replace(asked, terms=words) if words else asked

    def _compose(
        self,
        question: str,
        chosen: Sequence[Chosen],
        evidence: float,
        language: Language,
        further: Sequence[Chosen] = (),
        exact: bool = False,
        line: Sequence[Chosen] = (),
    ) -> Answer:
        citer, asked, holdings = Citer(self.index), self.analysed(question), self.holdings
        told = [*((*one, "direct") for one in line), *((*one, "") for one in chosen)]
        told += [(*one, "further") for one in further]
        statements = tuple(
            told_whose(
                replace(
                    citer.statement(source, spans, exact),
                    direct=part == "direct",
                    further=part == "further",
                ),
                asked,
                source.record,
                holdings,
            )
            for source, spans, part in told
        )
        sources = {source.id: source for source, *_ in told}
        citations = with_bases(citer.citations, sources)
        kinds = {id: source.record.metadata.kind for id, source in sources.items()}
        answer = Answer(
            question=question,
            text="",
            abstained=False,
            statements=statements,
            citations=citations,
            evidence="strong" if evidence >= self.reading.calibration.strong else "weak",
            probability=round(evidence, 4),
            standalone=question,
        )
        answer = verify(answer, holdings)
        return replace(answer, text=answer_text(answer.statements, citations, kinds, language))

    def _refusal(
        self,
        question: str,
        language: Language,
        read: Sequence[Read] = (),
        instead: str = "",
        lacking: str = "",
    ) -> Answer:
        """An abstention, with the places that come near an answer.

        :param read: the places read, best first.
        :param instead: the sentence of the first that says otherwise than the question takes for
            granted.
        :param lacking: the title of a document that is asked for and not here.
        """
        holdings = self.holdings
        least = self.least_probability / _FAR
        near = [one for one in read if one.probability >= least]
        if instead:
            near = [read[0], *(one for one in near if one is not read[0])]
            title = shown_title(read[0].source.record.title)
            instead = f"“{instead}”（{title}{read[0].hit.passage.citation}）"
        nearest = tuple(one.hit for one in near[:_EXAMPLES])
        text = refusal_text(
            len(holdings.records),
            self.analysed(question).terms,
            _official(nearest[0]) if nearest else "",
            instead,
            language,
            lacking,
        )
        return Answer(
            question=question,
            text=text,
            abstained=True,
            nearest=nearest,
            evidence="none",
            probability=round(read[0].probability, 4) if read else 0.0,
            standalone=question,
        )


def _official(hit: Hit) -> str:
    """The name of a passage found."""
    return f"{shown_title(hit.title)}{hit.passage.citation}"


def _asked_back(question: str, key: str, examples: Sequence[str], language: Language) -> Answer:
    """No answer but the question what is meant."""
    text = back_text(key, examples, language)
    return Answer(question, text, abstained=True, standalone=question, aside=True)
