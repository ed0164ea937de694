"""Where an answer may stand: the passages found, and what else the documents in question hold.

The retriever's passages are joined by passages that hold the question's words, or the official
words for them, in the documents that the question names; else in those found first, in the
documents that this product is about, and anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from app.answering.holdings import Holdings
from app.answering.intent import Question, forms
from app.answering.sentences import Source
from app.types import Hit
from ingest.index import Index

MORE_OF_NAMED, MORE_OF_FIRST, MORE, MORE_DOCUMENTS, MORE_OF_DOMAIN = 16, 6, 2, 8, 30
MORE_ANYWHERE = 30
"""So many passages are looked at beyond the retriever's: in each document that the question names,
in each of the first two found, in each of so many more, in the product's own domain, anywhere."""

_DOMAIN = re.compile(r"采购|购买服务|招标投标")

Found = list[tuple[Hit, Source]]


class Finder:
    """Looks for places to quote from in ``index``."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def looked_up(
        self,
        asked: Question,
        hits: Sequence[Hit],
        holdings: Holdings,
        within: Collection[str] | None = None,
    ) -> Found:
        """The passages in the documents that the question names, if it names any, of several
        versions those of the year it names; else the hits and more of what bears on it.

        :param within: ids of the documents that may be looked in; ``None``: all.
        """
        found = [(h, s) for h in hits if (s := holdings.source(h.passage.document)) is not None]
        named = {i for name in holdings.named_in(asked.text) for i in name.documents}
        if named and "compare" in asked.wants:
            named |= implementing(named, holdings)
        if within is not None:
            named &= set(within)
        if not named:
            return [*found, *self._more(asked, found, holdings, within)]
        inside = [(h, s) for h, s in found if s.id in named]
        inside += self._of_named(asked, inside, holdings, sorted(named))
        return _of_year(asked, inside) or inside or found

    def _of_named(
        self, asked: Question, inside: Found, holdings: Holdings, named: Sequence[str]
    ) -> Found:
        query, ids = _official(asked), []
        for document in named[:MORE_DOCUMENTS]:
            ids += self._ids(query, MORE_OF_NAMED, {document})
        return self._as_hits(ids, inside, holdings)

    def _more(
        self,
        asked: Question,
        found: Found,
        holdings: Holdings,
        within: Collection[str] | None,
    ) -> Found:
        query = _official(asked)
        ids: list[str] = []
        for place, document in enumerate(dict.fromkeys(s.id for _, s in found)):
            if place >= MORE_DOCUMENTS:
                break
            ids += self._ids(query, MORE_OF_FIRST if place < 2 else MORE, {document})
        domain = {
            r.id
            for r in holdings.records.values()
            if _DOMAIN.search(r.title) and (within is None or r.id in within)
        }
        if domain:
            ids += self._ids(query, MORE_OF_DOMAIN, domain)
        ids += self._ids(query, MORE_ANYWHERE, within)
        return self._as_hits(ids, found, holdings)

    def _ids(self, query: str, many: int, documents: Collection[str] | None) -> list[str]:
        return [id for id, _ in self.index.lexical.search(query, many, documents)]

    def _as_hits(self, ids: Sequence[str], found: Found, holdings: Holdings) -> Found:
        have = {hit.passage.id for hit, _ in found}
        lowest = min((hit.score for hit, _ in found), default=1.0)
        ids = [id for id in dict.fromkeys(ids) if id not in have]
        passages = self.index.passages(ids)
        more = []
        for place, passage in enumerate(passages[id] for id in ids if id in passages):
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


def implementing(named: Collection[str], holdings: Holdings) -> set[str]:
    """The regulations that implement the laws among documents: 政府采购法实施条例 of 政府采购法."""
    works = {f"{holdings.records[i].work}实施条例" for i in named if i in holdings.records}
    return {r.id for r in holdings.records.values() if r.work in works}


def _official(asked: Question) -> str:
    """The question's words and what official texts call them."""
    words = [form for term in asked.terms for form in forms(term)]
    if "definition" in asked.wants:
        words.append("所称 是指")
    return " ".join(words or [asked.text])


def _of_year(asked: Question, found: Found) -> Found:
    """Those of ``found`` whose document is of a year that the question names."""

    def dates(source: Source) -> list[str]:
        m = source.record.metadata
        return [date for date in (m.version, m.published, m.effective) if date]

    return [(h, s) for h, s in found if any(d.startswith(y) for y in asked.years for d in dates(s))]
