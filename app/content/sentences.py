"""The parts of a document that an answer can quote: sentences, lines, lists, rows of tables.

Every part is a slice of the document's text. Nothing here looks at the question.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.document import Passage, Section
from ingest.outline.citation import Paths
from ingest.outline.numbering import chinese
from ingest.storage.catalogue import StoredDocument

Span = tuple[int, int]

LISTED = frozenset({"item", "subitem"})
OPEN = re.compile(r"[:：，,]\s*$")
"""What a text ends with that goes on in what follows."""
_TITLE = 300
"""A document's title stands within its first so many characters."""
_SENTENCE = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[”’」』）)]*|\n|$)")
_OPENING, _CLOSING = "“（《(", "”）》)"


@dataclass(frozen=True, slots=True)
class Unit:
    """A part that is read: ``spans`` in reading order, their ``text``, and the headings
    ``context`` that it is understood by."""

    spans: tuple[Span, ...]
    text: str
    context: str


class Source:
    """A stored document with its outline, cut into parts when asked."""

    def __init__(self, stored: StoredDocument) -> None:
        self.stored = stored
        self.record = stored.record
        self.text = stored.document.text
        self.sections = stored.sections
        self.paths = Paths(stored.sections)

    @property
    def id(self) -> str:
        """The document's id."""
        return self.stored.record.id

    @cached_property
    def _borders(self) -> list[int]:
        places = {0, len(self.text)}
        for section in self.sections:
            places.update((section.start, section.end))
        for line in self.stored.document.lines:
            places.update((line.start, line.end))
        return sorted(places)

    @cached_property
    def articles(self) -> list[Section]:
        """All articles in reading order."""
        return [section for section in self.sections if section.kind == "article"]

    def trimmed(self, start: int, end: int) -> Span:
        """``start:end`` without white space at its ends."""
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return start, end

    def unit(self, *spans: Span) -> Unit:
        """``spans`` as something that can be read."""
        above = self.paths.chain(self.paths.find(*spans[-1]))
        heads = [s.heading for s in above if s.heading and s.kind != "body"]
        return Unit(spans, "\n".join(self.text[s:e] for s, e in spans), " ".join(heads))

    def top(self, start: int, end: int) -> Section:
        """The article, point or headed part that holds ``start:end``, else the smallest section."""
        chain = self.paths.chain(self.paths.find(start, end))
        parts = ("article", "point", "heading")
        return next((above for above in reversed(chain) if above.kind in parts), chain[-1])

    def blocks(self, start: int, end: int) -> list[Span]:
        """The paragraphs (款) of ``start:end`` that are no headings and not the document's title,
        a list with its lead-in being one."""
        found: list[Span] = []
        before: Section | None = None
        for run in self._runs(start, end):
            section = self.sections[self.paths.find(*run)]
            if self.is_heading(section, *run) or self._is_title(*run):
                continue
            if before is not None and self._goes_on(found[-1], before, run, section):
                found[-1] = (found[-1][0], run[1])
            else:
                found.append(run)
            before = section
        return found

    def _goes_on(self, block: Span, before: Section, run: Span, section: Section) -> bool:
        """Whether a run continues the block before it, whose last run is of ``before``: it is an
        item of that list, a point that it announces, stands in the same line, or the block is
        open."""
        if section.kind in LISTED:
            above = {above.index for above in self.paths.chain(before.index)}
            return section.parent in above
        text = self.text[slice(*block)]
        if section.kind == "point" and before.kind == "point":
            return self._follows(before, section) and block[0] < before.start
        if section.kind == "point":
            return bool(OPEN.search(text)) or self._counts(text, section)
        return "\n" not in self.text[block[1] : run[0]] or bool(OPEN.search(text))

    def _counts(self, text: str, point: Section) -> bool:
        """Whether a text says how many points begin with this one: 四项制度 before 一是…四是…."""
        series = [point]
        for other in self.sections[point.index + 1 :]:
            if other.kind == "point" and self._follows(series[-1], other):
                series.append(other)
        count = len(series)
        return bool(re.search(rf"(?:{count}|{chinese(count)})(?:大|个|项|条|点|类|种|方面)", text))

    def _follows(self, point: Section, other: Section) -> bool:
        """Whether ``other`` is counted on from ``point``, in one paragraph or in the next."""
        if point.parent == other.parent:
            return True
        counted_on = other.number == (point.number or 0) + 1
        return counted_on and self._around(point) == self._around(other)

    def _around(self, point: Section) -> int | None:
        """The part that holds a point, or the paragraph that is nothing but this point."""
        parent = None if point.parent is None else self.sections[point.parent]
        if parent is None or parent.kind not in ("body", "paragraph"):
            return point.parent
        return parent.parent if parent.start == point.start else parent.index

    def items(self, start: int, end: int) -> list[Span]:
        """The items and points of lists within ``start:end``, those below others with these."""
        found: list[Span] = []
        for section in self.sections:
            listed = section.kind in LISTED or section.kind == "point"
            inside = start <= section.start and section.end <= end + 1
            if listed and inside and (not found or section.start >= found[-1][1]):
                found.append(self.trimmed(section.start, section.end))
        return found

    def rows(self, passage: Passage) -> list[Unit]:
        """The rows of a table that a passage holds, each with the heads of the columns."""
        section = self.sections[self.paths.find(passage.start, passage.end)]
        lines = self._lines(section.start, section.end)
        head = next((line for line in lines if " | " in self.text[slice(*line)]), None)
        inside = [row for row in self._lines(passage.start, passage.end) if row != head]
        return [self.unit(head, row) if head else self.unit(row) for row in inside]

    def _lines(self, start: int, end: int) -> Iterator[Span]:
        for line in re.finditer(r"[^\n]*\S[^\n]*", self.text[start:end]):
            yield self.trimmed(start + line.start(), start + line.end())

    def _runs(self, start: int, end: int) -> Iterator[Span]:
        """Runs of text between section borders and line ends."""
        at = bisect_right(self._borders, start) - 1
        while at < len(self._borders) - 1 and self._borders[at] < end:
            s = max(self._borders[at], start)
            e = min(self._borders[at + 1], end)
            s, e = self.trimmed(s, e)
            if s < e:
                yield s, e
            at += 1

    def sentences(self, start: int, end: int) -> Iterator[Span]:
        """Sentences of ``start:end``; an end within quotation marks or brackets is none."""
        begin = start
        for match in _SENTENCE.finditer(self.text, start, end):
            piece = self.text[begin : match.end()]
            marks = zip(_OPENING, _CLOSING, strict=True)
            depth = sum(piece.count(a) - piece.count(b) for a, b in marks)
            if depth > 0 and match.end() < end and not match[0].endswith("\n"):
                continue
            s, e = self.trimmed(begin, match.end())
            if s < e:
                yield s, e
            begin = match.end()
            if begin >= end:
                break
        s, e = self.trimmed(begin, end)
        if s < e:
            yield s, e

    def is_heading(self, section: Section, start: int, end: int) -> bool:
        """Whether ``start:end`` is the label and heading of ``section`` and no text of it."""
        if start != self.trimmed(section.start, section.end)[0]:
            return False
        shown, named = _bare(self.text[start:end]), _bare(section.label + section.heading)
        return bool(named) and shown == named and section.end > end

    def _is_title(self, start: int, end: int) -> bool:
        """Whether ``start:end`` is the line that gives the document its title."""
        return start < _TITLE and _bare(self.text[start:end]) == _bare(self.record.title)

    def opening_paragraph(self) -> Span | None:
        """The first line of the document that reads as a sentence, as news opens with its sum."""
        for line in self.stored.document.lines:
            start, end = self.trimmed(line.start, line.end)
            if end - start >= 40 and self.text[end - 1] in "。！？":
                return start, end
        return None

    def whole(self, index: int) -> Span:
        """All of a section below its heading, as one slice."""
        section = self.sections[index]
        start = section.start
        runs = list(self._runs(section.start, section.end))
        if len(runs) > 1 and self.is_heading(section, *runs[0]):
            start = runs[1][0]
        elif section.kind == "article" and self.paths.children(index):
            start = self.sections[self.paths.children(index)[0]].start
        return self.trimmed(start, section.end)


def spans_text(source: Source, spans: Sequence[Span]) -> str:
    """The words of ``spans``, one after the other."""
    return "\n".join(source.text[start:end] for start, end in spans)


def _bare(text: str) -> str:
    return re.sub(r"[\s、.．:：。，（）()]", "", text)
