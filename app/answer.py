"""The answerer that needs no language model: it quotes the sentences that answer, and cites them.

Question and passages become scored units (:mod:`app.answering.select`); the best is widened to
the rule it belongs to (exception, list, point) and quoted; others join it if nearly as strong,
or stand beside it as 另见.
Where the evidence is thin or the text speaks of another place, year, law or figure, it abstains.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace

from app.answering.abstain import (
    Judgement,
    contradiction,
    fitting_first,
    founded_first,
    judge,
    names_unknown_law,
)
from app.answering.choose import beside, choose, side_by_side
from app.answering.citing import Citer, with_bases
from app.answering.commencement import asks_commencement, commencements, said_elsewhere
from app.answering.find import Finder
from app.answering.holdings import Holdings, shown_title
from app.answering.intent import FIGURES, Question, analyse, content_words
from app.answering.open_questions import completed, leaves_open
from app.answering.outline_answers import asks_points, pointed_sections, points_of
from app.answering.parts import Chosen, by_outline, place_named
from app.answering.select import Scored, Selector, as_a_sentence
from app.answering.sentences import Source
from app.answering.wording import answer_text, back_text, refusal_text
from app.types import Answer, Hit
from app.verify import verify
from ingest.embed import Embedder
from ingest.index import Index
from ingest.language import Language
from ingest.settings import Settings

STRONG = 0.8
"""Evidence from here on is called strong."""
_EXAMPLES = 3
"""So many places are named where a question is asked back."""


class QuotingAnswerer:
    """Answers from hits of ``index``; ``embedder`` is the one that made it."""

    def __init__(self, index: Index, settings: Settings, embedder: Embedder | None = None) -> None:
        self.index = index
        self.settings = settings
        self.embedder = embedder or Embedder(settings)
        self.finder = Finder(index)
        self._holdings: Holdings | None = None
        self._lock = threading.Lock()

    @property
    def holdings(self) -> Holdings:
        """What the index holds now."""
        with self._lock:
            if self._holdings is None or not self._holdings.fresh():
                self._holdings = Holdings(self.index)
            return self._holdings

    def answer(
        self,
        question: str,
        hits: Sequence[Hit],
        language: Language = "zh",
        within: Collection[str] | None = None,
    ) -> Answer:
        """What the passages found say in answer to a standalone question, or an abstention.

        :param hits: best first, as the retriever gives them.
        :param language: of the words around the quotes.
        :param within: ids of the documents that may be quoted; ``None``: all.
        """
        holdings = self.holdings
        most = self.settings.answer.max_statements
        asked = self.analysed(question)
        if asks_points(asked) and not asked.terms and (answer := self._points(asked, language)):
            return replace(answer, question=question, standalone=question)
        if holdings.records and leaves_open(asked, holdings):
            return _asked_back(question, "open", completed(asked, holdings), language)
        found = self.finder.looked_up(asked, hits, holdings, within) if hits else []
        if not found or names_unknown_law(asked, holdings):
            return self._refusal(question, hits, Judgement(0.0, "nothing found"), language)
        exact = place_named(asked, found, holdings, most)
        if exact == []:
            return self._refusal(question, hits, Judgement(0.0, "article"), language)
        if exact:
            return self._compose(question, exact, 1.0, language)
        if asks_commencement(asked, holdings):
            if days := commencements(asked, holdings):
                return self._compose(question, days[:most], 1.0, language)
            if not holdings.named_in(asked.text):
                found = said_elsewhere(asked, found)
        ranked = fitting_first(asked, self.rank(asked, found, holdings), holdings)
        enough = self.settings.answer.min_evidence
        ranked = founded_first(asked, ranked, holdings, enough)
        judgement = judge(asked, ranked, holdings)
        sides = side_by_side(
            asked, found, ranked, holdings, lambda part, inside: self.rank(part, inside, holdings)
        )
        if sides and asked.wants & FIGURES and judgement.evidence >= enough:
            return self._compose(question, sides[:most], judgement.evidence, language)
        if parts := by_outline(asked, found, ranked, judgement, holdings, most):
            return self._compose(question, parts, max(judgement.evidence, 0.6), language)
        if judgement.conflict or judgement.evidence < enough:
            return self._refusal(question, hits, judgement, language)
        if sides:
            return self._compose(question, sides[:most], judgement.evidence, language)
        chosen = choose(asked, ranked)[:most]
        further = beside(asked, ranked, chosen, lambda s: not contradiction(asked, s, holdings))
        return self._compose(question, chosen, judgement.evidence, language, further)

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
        words = content_words(self.holdings.without_names(asked.text))
        return replace(asked, terms=words) if words else asked

    def rank(
        self, asked: Question, found: Sequence[tuple[Hit, Source]], holdings: Holdings
    ) -> list[Scored]:
        """The units of the passages found, best first."""
        selector = Selector(holdings.vocabulary, self.embedder.encode_few)
        return selector.rank(asked, found, as_a_sentence(asked.text, self.embedder))

    def _compose(
        self,
        question: str,
        chosen: Sequence[Chosen],
        evidence: float,
        language: Language,
        further: Sequence[Chosen] = (),
    ) -> Answer:
        citer = Citer(self.index)
        statements = tuple(
            citer.statement(source, spans, further=place >= len(chosen))
            for place, (source, spans) in enumerate((*chosen, *further))
        )
        sources = {source.id: source for source, _ in (*chosen, *further)}
        citations = with_bases(citer.citations, sources)
        kinds = {id: source.record.metadata.kind for id, source in sources.items()}
        answer = Answer(
            question=question,
            text="",
            abstained=False,
            statements=statements,
            citations=citations,
            evidence="strong" if evidence >= STRONG else "weak",
            standalone=question,
        )
        answer = verify(answer, self.holdings)
        return replace(answer, text=answer_text(answer.statements, citations, kinds, language))

    def _refusal(
        self, question: str, hits: Sequence[Hit], judgement: Judgement, language: Language
    ) -> Answer:
        holdings = self.holdings
        nearest = tuple(hits[:3])
        instead = ""
        if judgement.instead is not None:
            scored = judgement.instead
            nearest = (scored.hit, *(h for h in nearest if h is not scored.hit))[:3]
            title = shown_title(scored.source.record.title)
            instead = f"“{scored.unit.text}”（{title}{scored.hit.passage.citation}）"
        text = refusal_text(
            len(holdings.records), holdings.sample_titles(4), bool(nearest), instead, language
        )
        return Answer(
            question=question,
            text=text,
            abstained=True,
            nearest=nearest,
            evidence="none",
            standalone=question,
        )


def _asked_back(question: str, key: str, examples: Sequence[str], language: Language) -> Answer:
    """No answer but the question what is meant."""
    text = back_text(key, examples, language)
    return Answer(question, text, abstained=True, standalone=question)
