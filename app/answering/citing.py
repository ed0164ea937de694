"""Statements and citations out of quoted spans.

A citation is the smallest section that holds the quotes of a statement, cut at the passage they
stand in; a quote that reaches over passages is cited once for each. Numbers count from 1 in the
order of first use, and a place cited twice keeps its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.answering.founded import founded_on
from app.content.facts import bare_name
from app.content.sentences import Source, Span
from app.dated import dated
from app.types import Citation, Quote, Statement
from ingest.document import Passage
from ingest.index import Index

GAP = "\n……\n"
"""What stands in a statement where words of the source are left out."""


class Citer:
    """Collects the citations of one answer."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.citations: list[Citation] = []
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._passages: dict[str, list[Passage]] = {}

    def statement(self, source: Source, spans: Sequence[Span], exact: bool = False) -> Statement:
        """A statement that quotes ``spans`` of one document, in reading order.

        :param exact: whether what is cited ends with what is quoted, not with its section.
        """
        pieces = [piece for span in spans for piece in self._cut(source, span)]
        by_passage: dict[int, list[Span]] = {}
        for ordinal, span in pieces:
            by_passage.setdefault(ordinal, []).append(span)
        numbers = [self._cite(source, ordinal, held, exact) for ordinal, held in by_passage.items()]
        quotes = tuple(Quote(source.id, *span) for _, span in pieces)
        return Statement(joined(source, spans), tuple(dict.fromkeys(numbers)), quotes)

    def _cut(self, source: Source, span: Span) -> list[tuple[int, Span]]:
        """``span`` cut at passage borders, with the ordinal of each piece's passage."""
        pieces = []
        for passage in self._passages_of(source.id):
            start, end = source.trimmed(max(span[0], passage.start), min(span[1], passage.end))
            if start < end:
                pieces.append((passage.ordinal, (start, end)))
        return pieces

    def _passages_of(self, document: str) -> list[Passage]:
        if document not in self._passages:
            self._passages[document] = self.index.passages_of(document)
        return self._passages[document]

    def _cite(self, source: Source, ordinal: int, spans: Sequence[Span], exact: bool) -> int:
        passage = next(p for p in self._passages_of(source.id) if p.ordinal == ordinal)
        first, last = min(s for s, _ in spans), max(e for _, e in spans)
        section = source.sections[source.paths.find(first, last)]
        start, end = max(section.start, passage.start), min(section.end, passage.end)
        start, end = source.trimmed(min(start, first), max(end, last))
        if exact:
            start, end = source.trimmed(first, last)
        key = (source.id, start, end)
        if key not in self._numbers:
            self._numbers[key] = len(self.citations) + 1
            self.citations.append(self._citation(source, passage, section.index, start, end))
        return self._numbers[key]

    def _citation(
        self, source: Source, passage: Passage, section: int, start: int, end: int
    ) -> Citation:
        document = source.stored.document
        inside = source.sections[section]
        whole = (start, end) == source.trimmed(inside.start, inside.end)
        paths, title = source.paths, source.record.title
        repaired = any(
            r.kind == "encoding" and r.start < end and max(r.end, r.start + 1) > start
            for r in document.repairs
        )
        cited = Citation(
            n=len(self.citations) + 1,
            document=source.id,
            title=title,
            section=paths.citation(section) if whole else paths.citation_of_span(start, end),
            official=paths.official(title, section)
            if whole
            else paths.official_of_span(title, start, end),
            text=source.text[start:end],
            start=start,
            end=end,
            source=source.record.source,
            content_hash=source.record.content_hash,
            passage=passage.id,
            superseded=source.record.superseded,
            repaired=repaired,
            url=source.record.metadata.url,
            page=document.page_at(start),
            recognised=document.is_recognised(start, end),
        )
        return dated(cited, self.index)


def with_bases(
    citations: Sequence[Citation], sources: Mapping[str, Source]
) -> tuple[Citation, ...]:
    """Citations with the title of the other cited document that theirs was made under.

    :param sources: the cited documents by id.
    """
    works = {bare_name(source.record.work): source.id for source in sources.values()}
    bases = {}
    for id, source in sources.items():
        named = [bare_name(name) for name in founded_on(source)]
        bases[id] = next((n for n in named if n in works and works[n] != id), "")
    return tuple(replace(c, basis=bases.get(c.document, "")) for c in citations)


def joined(source: Source, spans: Sequence[Span]) -> str:
    """The quoted words: neighbours by a line break where the source has one, … for a gap."""
    text = ""
    before: int | None = None
    for start, end in spans:
        if before is not None:
            # what is pointed to stands after what points to it
            gap = source.text[before:start] if before <= start else source.text[end:before]
            text += "\n" if "\n" in gap and not gap.strip() else "" if not gap.strip() else GAP
        text += source.text[start:end]
        before = end
    return text
