"""The answerer that needs no language model: it quotes the sentences that answer, and cites them.

Question and passages become scored units (:mod:`app.answering.select`); the best is widened to
the rule it belongs to (exception, list, point) and quoted; others join it only if nearly as strong.
Where the evidence is thin or the text speaks of another place, year, law or figure, it abstains.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from app.answering.abstain import Judgement, judge, names_unknown_law
from app.answering.citing import Citer, Span
from app.answering.compare import sides
from app.answering.holdings import Holdings, shown_title
from app.answering.intent import Question, analyse, content_words, forms
from app.answering.outline_answers import (
    article_spans,
    asked_part,
    asks_outline,
    asks_points,
    asks_whole,
    best_division,
    divisions,
    overview,
    quoted_section,
    referred,
)
from app.answering.select import Scored, Selector, asks_for_old
from app.answering.sentences import Source, Unit
from app.answering.wording import answer_text, refusal_text
from app.types import Answer, Hit, Statement
from ingest.embed import Embedder
from ingest.index import Index
from ingest.language import Language
from ingest.settings import Settings

NEAR = 0.90
"""A further unit is quoted only if its score is at least this share of the best one's."""
SAME = 0.97
"""The same for a further unit of an article that is quoted already."""
MOST_FURTHER = 2
MORE_OF_FIRST, MORE, MORE_DOCUMENTS, MORE_OF_ALL = 16, 4, 8, 16
"""So many passages are looked at beyond the retriever's: in each of the first two documents that it
found or the question names, in each of so many more, and in all that may be looked in."""
STRONG = 0.8
HEADED = 0.6
"""So much of the question's words must a heading hold to be what the question asks about."""
_PARAGRAPH = 200
_POINT = 420

Chosen = tuple[Source, list[Span]]


class QuotingAnswerer:
    """Answers from hits of ``index``; ``embedder`` is the one that made it."""

    def __init__(self, index: Index, settings: Settings, embedder: Embedder | None = None) -> None:
        self.index = index
        self.settings = settings
        self.embedder = embedder or Embedder(settings)
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
        :param within: ids of the documents in which official words for the question's own may be
            looked up besides; ``None``: only in those of the hits.
        """
        from ingest.cleaning.script import to_simplified

        holdings = self.holdings
        asked = self._analysed(to_simplified(question), holdings)
        found = [(h, s) for h in hits if (s := holdings.source(h.passage.document)) is not None]
        found = self._looked_up(asked, found, holdings, within)
        if not found or names_unknown_law(asked, holdings):
            return self._refusal(question, hits, Judgement(0.0, "nothing found"), language)
        exact = self._referred(asked, found, holdings)
        if exact == []:
            return self._refusal(question, hits, Judgement(0.0, "article"), language)
        if exact:
            return self._compose(question, exact, 1.0, language)
        ranked = self._rank(asked, found, holdings)
        judgement = judge(asked, ranked, holdings)
        by_outline = self._by_outline(asked, found, ranked, judgement, holdings)
        if by_outline:
            return self._compose(question, by_outline, max(judgement.evidence, 0.6), language)
        if judgement.conflict or judgement.evidence < self.settings.answer.min_evidence:
            return self._refusal(question, hits, judgement, language)
        chosen = self._side_by_side(asked, found, ranked, holdings)
        chosen = chosen or self._choose(asked, ranked)
        return self._compose(question, chosen, judgement.evidence, language)

    # finding

    def _analysed(self, question: str, holdings: Holdings) -> Question:
        """The question taken apart; the names of documents in it are no words to look for."""
        asked = analyse(question)
        words = content_words(holdings.without_names(question))
        return replace(asked, terms=words) if words else asked

    def _looked_up(
        self,
        asked: Question,
        found: list[tuple[Hit, Source]],
        holdings: Holdings,
        within: Collection[str] | None = None,
    ) -> list[tuple[Hit, Source]]:
        """The hits in the documents that the question names, if it names any, and what else in
        them shares its words; of several versions, those of the year it names."""
        named = {i for name in holdings.named_in(asked.text) for i in name.documents}
        if not named:
            return [*found, *self._more_of(asked, found, holdings, within)]
        inside = [(h, s) for h, s in found if s.id in named]
        inside += self._more_of(asked, inside, holdings, None, sorted(named))
        if not inside:
            return found
        dated = [
            (h, s)
            for h, s in inside
            if any(
                (d or "").startswith(y)
                for y in asked.years
                for d in (
                    s.record.metadata.version,
                    s.record.metadata.published,
                    s.record.metadata.effective,
                )
            )
        ]
        return dated or inside

    def _more_of(
        self,
        asked: Question,
        found: Sequence[tuple[Hit, Source]],
        holdings: Holdings,
        within: Collection[str] | None,
        named: Sequence[str] = (),
    ) -> list[tuple[Hit, Source]]:
        """Passages that hold the question's words or the official words for them, beside those
        found: in the documents named, else in those found and in ``within``."""
        have = {hit.passage.id for hit, _ in found}
        lowest = min((hit.score for hit, _ in found), default=1.0)
        words = [form for term in asked.terms for form in forms(term)]
        if "definition" in asked.wants:
            words.append("所称 是指")
        query = " ".join(words or [asked.text])
        lexical = self.index.lexical
        ids: list[str] = []
        for place, document in enumerate(named or dict.fromkeys(s.id for _, s in found)):
            if place >= MORE_DOCUMENTS:
                break
            many = MORE_OF_FIRST if place < 2 else MORE
            ids += [i for i, _ in lexical.search(query, many, {document})]
        if within and not named:
            ids += [i for i, _ in lexical.search(query, MORE_OF_ALL, within)]
        ids = [i for i in dict.fromkeys(ids) if i not in have]
        passages = self.index.passages(ids)
        more = []
        for place, passage in enumerate(passages[i] for i in ids if i in passages):
            source = holdings.source(passage.document)
            if source is not None:
                hit = Hit(
                    passage=passage,
                    title=source.record.title,
                    metadata=source.record.metadata,
                    source=source.record.source,
                    score=lowest - 0.01 * (place + 1),
                    superseded=source.record.superseded,
                )
                more.append((hit, source))
        return more

    def _rank(
        self, asked: Question, found: Sequence[tuple[Hit, Source]], holdings: Holdings
    ) -> list[Scored]:
        selector = Selector(holdings.vocabulary, self._encode)
        return selector.rank(asked, found, self.embedder.encode_query(asked.text))

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        return self.embedder.encode_few(texts)

    def _referred(
        self, asked: Question, found: Sequence[tuple[Hit, Source]], holdings: Holdings
    ) -> list[Chosen] | None:
        """The text of the article that the question names by law and number; empty if that law
        has no such article, ``None`` if the question names none."""
        articles = [f for f in asked.facts if f.kind == "article"]
        if "“" in asked.text and (quoted := self._quoted_path(asked, holdings)):
            return quoted
        if not any(f.unit == "条" for f in articles):
            return None
        named = [i for name in holdings.named_in(asked.text) for i in name.documents]
        sources = [s for i in named if (s := holdings.source(i)) is not None]
        if not named:
            sources = [s for h, s in found if h.explicit]
        if not asks_for_old(asked):
            sources = [s for s in sources if not s.record.superseded] or sources
        most = self.settings.answer.max_statements
        chosen: list[Chosen] = []
        for source in sources[:1] if len(articles) == 1 else sources:
            section = referred(source, articles)
            if section is not None:
                chosen += [(source, spans) for spans in article_spans(source, section, most)]
        if chosen:
            return chosen[:most]
        return [] if sources else None

    def _quoted_path(self, asked: Question, holdings: Holdings) -> list[Chosen]:
        """The section that the question names as citations do: 《…》“三、…”“一是…”."""
        for name in holdings.named_in(asked.text):
            source = holdings.source(name.documents[0])
            index = quoted_section(source, asked.text) if source else None
            if source is not None and index is not None:
                parts = divisions(source, index)
                most = self.settings.answer.max_statements
                spans = overview(source, parts, most) if len(parts) > 1 else []
                return [(source, s) for s in spans or [list(source.whole(index).spans)]]
        return []

    # choosing

    def _by_outline(
        self,
        asked: Question,
        found: Sequence[tuple[Hit, Source]],
        ranked: Sequence[Scored],
        judgement: Judgement,
        holdings: Holdings,
    ) -> list[Chosen]:
        """Parts of a document in order, for a question that asks for them."""
        if judgement.conflict:
            return []
        if not (asks_outline(asked) or asked_part(asked)):
            return self._measures(asked, ranked, holdings)
        source = ranked[0].source if ranked else found[0][1]
        number = asked_part(asked)
        most = self.settings.answer.max_statements
        section, share = best_division(source, asked, holdings.vocabulary, asks_points(asked))
        parts = None
        if share >= 0.45 and section is not None:
            below = divisions(source, section.index)
            if number and 0 < number <= len(below):
                return [(source, list(source.whole(below[number - 1].index).spans))]
            parts = below
            if not parts:
                return [(source, list(source.whole(section.index).spans))]
        elif number:
            top = divisions(source)
            if 0 < number <= len(top):
                part = top[number - 1]
                parts = divisions(source, part.index)
                if not parts:
                    return [(source, list(source.whole(part.index).spans))]
        elif asks_whole(asked):
            parts = divisions(source)
            if len(parts) < 2 and (lead := source.opening_paragraph()):
                return [(source, [lead])]
        if not parts or len(parts) < 2:
            return []
        return [(source, spans) for spans in overview(source, parts, most)]

    def _measures(
        self, asked: Question, ranked: Sequence[Scored], holdings: Holdings
    ) -> list[Chosen]:
        """For 怎么…, 哪些…: the points below the heading that names what is asked, if the best unit
        stands below it."""
        if not ranked or not asked.wants & {"how", "list"}:
            return []
        source, unit = ranked[0].source, ranked[0].unit
        section, share = best_division(source, asked, holdings.vocabulary)
        if section is None or share < HEADED or section.kind in ("article", "item", "subitem"):
            return []
        if not section.start <= unit.start < section.end:
            return []
        parts = divisions(source, section.index)
        if len(parts) < 2 or any(p.kind == "article" for p in parts):
            return []
        most = self.settings.answer.max_statements
        return [(source, spans) for spans in overview(source, parts, most)]

    def _side_by_side(
        self,
        asked: Question,
        found: Sequence[tuple[Hit, Source]],
        ranked: Sequence[Scored],
        holdings: Holdings,
    ) -> list[Chosen]:
        """The best unit for each of the things that the question compares, empty if none."""
        if "compare" not in asked.wants:
            return []
        chosen: list[Chosen] = []
        for side in sides(asked, ranked, holdings):
            within = [(h, s) for h, s in found if side.documents is None or s.id in side.documents]
            if not within:
                continue
            part = replace(asked, text=side.text, terms=side.terms or asked.terms)
            if not asked.wants - {"compare", "list", "how"}:
                part = replace(part, wants=frozenset({"definition"}))
            best = self._rank(part, within, holdings)
            if not best or not _mentions(best[0].unit.text, side.subject):
                continue
            widened = self._widened(asked, best[0])
            if not _overlaps(widened, chosen):
                chosen.append(widened)
        return chosen if len(chosen) > 1 else []

    def _choose(self, asked: Question, ranked: Sequence[Scored]) -> list[Chosen]:
        best = ranked[0]
        chosen = [self._widened(asked, best)]
        articles = {_article(best)}
        for scored in ranked[1:]:
            if len(chosen) > MOST_FURTHER or scored.score < NEAR * best.score:
                break
            if scored.source.record.superseded and not best.source.record.superseded:
                continue
            if scored.coverage < 0.75 * best.coverage or scored.fits < best.fits:
                continue
            widened = self._widened(asked, scored)
            same = _article(scored) in articles and scored.score < SAME * best.score
            if same or _overlaps(widened, chosen):
                continue
            articles.add(_article(scored))
            chosen.append(widened)
        return chosen[: self.settings.answer.max_statements]

    def _widened(self, asked: Question, scored: Scored) -> Chosen:
        """The unit with what belongs to it: its whole list, point or paragraph where that is what
        the question asks for."""
        unit, source = scored.unit, scored.source
        exact = bool(asked.wants & {"amount", "ratio", "number", "deadline", "date"})
        exact = exact and not ("list" in asked.wants and unit.kind == "item")
        broad = (
            bool(asked.wants & {"list", "how", "summary", "definition", "why"}) or not asked.wants
        )
        if unit.kind == "item" and asked.wants & {"list", "summary"} and not exact:
            return source, list(_list_around(source, unit).spans)
        if unit.kind == "sentence" and (broad or not exact):
            section = source.sections[unit.section]
            limit = _PARAGRAPH if section.kind in ("paragraph", "item") else _POINT
            running = section.kind == "body" and bool(asked.wants & {"list", "how", "summary"})
            if section.kind in ("point", "paragraph", "item") or running:
                whole = source.whole(section.index)
                if whole.end - whole.start <= limit and not source.listed(section.index):
                    return source, list(whole.spans)
        return source, list(unit.spans)

    # writing

    def _compose(
        self, question: str, chosen: Sequence[Chosen], evidence: float, language: Language
    ) -> Answer:
        citer = Citer(self.index)
        statements: list[Statement] = [citer.statement(source, spans) for source, spans in chosen]
        citations = tuple(citer.citations)
        kinds = {source.id: source.record.metadata.kind for source, _ in chosen}
        answer = Answer(
            question=question,
            text="",
            abstained=False,
            statements=tuple(statements),
            citations=citations,
            evidence="strong" if evidence >= STRONG else "weak",
            standalone=question,
        )
        from app.verify import verify

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


def _mentions(text: str, subject: str) -> bool:
    """Whether a text names the subject, whatever joins its parts (机关、事业单位)."""
    joints = re.compile(r"[\s、和与及或]")
    return joints.sub("", subject) in joints.sub("", text)


def _article(scored: Scored) -> tuple[str, int]:
    """The article or headed part that a unit belongs to."""
    chain = scored.source.paths.chain(scored.unit.section)
    for section in reversed(chain):
        if section.kind in ("article", "point", "heading"):
            return scored.source.id, section.index
    return scored.source.id, chain[-1].index


def _overlaps(one: Chosen, others: Sequence[Chosen]) -> bool:
    return any(
        one[0].id == source.id and a < d and c < b
        for source, spans in others
        for a, b in one[1]
        for c, d in spans
    )


def _list_around(source: Source, unit: Unit) -> Unit:
    section = source.sections[unit.section]
    while section.parent is not None:
        section = source.sections[section.parent]
        if len(source.listed(section.index)) > 1:
            return source.list_of(section)
    return unit
