"""Where an answer may stand: the passages found, and those of the documents that are named."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.answering.holdings import Holdings
from app.answering.question import Question
from app.content.sentences import Source
from app.types import Hit
from ingest.index import Index

MORE_OF_NAMED, MORE_DOCUMENTS = 16, 8
"""So many passages are looked at beyond the retriever's in each document that the question names,
and in so many documents."""

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
        versions those of the year it names, or the earlier ones if it says so; else the hits.

        :param within: ids of the documents that may be looked in; ``None``: all.
        """
        found = [(h, s) for h in hits if (s := holdings.source(h.passage.document)) is not None]
        works = holdings.named_in(asked.text)
        named = {i for name in works for i in name.documents}
        if len(works) > 1:
            named |= implementing(named, holdings)
        if within is not None:
            named &= set(within)
        if not named:
            return found
        inside = [(h, s) for h, s in found if s.id in named]
        inside += self._more(asked, inside, holdings, sorted(named))
        earlier = [(h, s) for h, s in inside if asked.of_earlier and s.record.superseded]
        return _of_year(asked, inside) or earlier or inside or found

    def _more(
        self, asked: Question, inside: Found, holdings: Holdings, named: Sequence[str]
    ) -> Found:
        query = " ".join(asked.terms) or asked.text
        ids: list[str] = []
        for document in named[:MORE_DOCUMENTS]:
            found = self.index.lexical.search(query, MORE_OF_NAMED, {document})
            ids += [id for id, _ in found]
        have = {hit.passage.id for hit, _ in inside}
        lowest = min((hit.score for hit, _ in inside), default=1.0)
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


def _of_year(asked: Question, found: Found) -> Found:
    """Those of ``found`` whose document is of a year that the question names."""

    def dates(source: Source) -> list[str]:
        m = source.record.metadata
        return [date for date in (m.version, m.published, m.effective) if date]

    return [(h, s) for h, s in found if any(d.startswith(y) for y in asked.years for d in dates(s))]
