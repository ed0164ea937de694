"""The passages that a question names, in the version that it asks for."""

from __future__ import annotations

import re
from functools import cached_property

from app.retrieval.query import Place, Query
from ingest.document import Passage
from ingest.index import Index
from ingest.outline.numbering import chinese
from ingest.storage.catalogue import DocumentRecord

_MOST = 20
_NOTHING_ELSE = re.compile(
    r"^[\s,，。:：?？!！的]*(?:请问|查一下|看看|打开|介绍一下|全文|原文|内容|主要|讲了?|说了?|规定了?|"
    r"是|有|什么|啥|哪些|吗|呢|的|[\s,，。:：?？!！])*$"
)


class Named:
    """What ``query`` names among the documents ``records``.

    :param allowed: look only at these documents.
    """

    def __init__(
        self,
        index: Index,
        records: dict[str, DocumentRecord],
        query: Query,
        allowed: frozenset[str] | None,
    ) -> None:
        self._index = index
        self._records = records
        self._query = query
        self._allowed = allowed

    @property
    def is_elsewhere(self) -> bool:
        """Whether the question names an article of a text that is not here."""
        return self._query.names_unknown

    def is_outdated(self, document: str) -> bool:
        """Whether another version of the document is the one to answer from: the one in force,
        or, where the question states a year, the one of that year."""
        record = self._records.get(document)
        if record is None:
            return False
        if self._query.years and record.work in self._of_year:
            return self._of_year[record.work] != _date(record)
        return record.superseded

    def passages(self) -> list[Passage]:
        """The passages named, the best version first; empty where the question names none."""
        found: dict[str, Passage] = {}
        for place in self._query.places:
            for document in self._versions(place):
                passages = self._index.passages_of(document)
                for passage in self._at(place, passages):
                    found.setdefault(passage.id, passage)
        ordered = sorted(found.values(), key=lambda passage: self.is_outdated(passage.document))
        return ordered[:_MOST]

    @cached_property
    def _of_year(self) -> dict[str, str]:
        """For each work in several dated versions, the date of the one in the first year stated:
        the last of that year or before it."""
        versions: dict[str, set[str]] = {}
        for record in self._records.values():
            if _date(record):
                versions.setdefault(record.work, set()).add(_date(record))
        end = f"{self._query.years[0]}-12-31"
        return {
            work: max((day for day in days if day <= end), default=min(days))
            for work, days in versions.items()
            if len(days) > 1
        }

    def _versions(self, place: Place) -> list[str]:
        documents = place.documents
        if not documents and self._allowed and len(self._allowed) == 1 and place.first:
            documents = tuple(self._allowed)
        allowed = [d for d in documents if self._allowed is None or d in self._allowed]
        newest_first = sorted(allowed, key=lambda d: _date(self._records[d]), reverse=True)
        return sorted(newest_first, key=self.is_outdated)

    def _at(self, place: Place, passages: list[Passage]) -> list[Passage]:
        if place.first is not None and place.last is not None:
            return _articles(place, passages)
        if place.division is not None:
            unit, number = place.division
            label = f"第{chinese(number)}{unit}"
            return [p for p in passages if any(h.startswith(label) for h in p.path)]
        if _NOTHING_ELSE.match(self._query.bare):
            return passages[:3]
        return []


def _articles(place: Place, passages: list[Passage]) -> list[Passage]:
    assert place.first is not None and place.last is not None
    found = []
    for number in range(place.first, min(place.last, place.first + _MOST) + 1):
        label = f"第{chinese(number)}条"
        suffix = f"之{chinese(place.of)}" if place.of else "(?!之)"
        pattern = re.compile(rf"(?:^|› |》){label}{suffix}")
        whole = [p for p in passages if pattern.search(p.citation)]
        if not whole:
            heading = re.compile(rf"^(?:{chinese(number)}、|第{chinese(number)}[部点])")
            whole = [p for p in passages if p.path and heading.match(p.path[0])]
        found += _within(place, whole)
    return found


def _within(place: Place, whole: list[Passage]) -> list[Passage]:
    """Of the passages of one article, first those that hold the paragraph or item named."""
    labels = []
    if place.paragraph:
        labels.append(f"第{chinese(place.paragraph)}款")
    if place.item:
        labels.append(f"（{chinese(place.item)}）")
    if not labels or len(whole) < 2:
        return whole
    return sorted(whole, key=lambda p: -sum(x in p.citation or x in p.text for x in labels))


def _date(record: DocumentRecord) -> str:
    said = record.metadata
    return said.version or said.published or said.effective or ""
