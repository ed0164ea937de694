"""The parts of a document that an answer can quote: sentences, lists with their lead-in, points.

Every part knows its place: ``spans`` are slices of the document's text, ``section`` an index of
its outline. Nothing here looks at the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ingest.document import Passage, Section
from ingest.outline.citation import Paths
from ingest.storage.catalogue import StoredDocument

UnitKind = Literal["sentence", "list", "item", "point", "row"]

_SENTENCE = re.compile(r"[^。！？!?\n]*(?:[。！？!?]+[”’」』）)]*|\n|$)")
_LISTED = frozenset({"item", "subitem"})
_DEPENDENT = re.compile(
    r"(?:但|但是|其中|其(?!他)|该|上述|前述|此外|同时|否则|逾期|因此|除此|对此|不足\d|不足[一二三四五六七八九十])"
)
_EXCEPTION = re.compile(r"(?:但|但是|除外|不受此限|前款规定.{0,30}除外)")
_LEAD = re.compile(r"[:：]\s*$|(?:如下|下列|以下)[^。]{0,20}[。]?\s*$")
_SAYS = re.compile(r"[，。；：、！？,;:!?]")
_WHOLE_ITEM = 350
_FEW = 4
"""An item up to so many characters is one unit; of a longer one each sentence is."""
_OPEN, _CLOSE = "“（《(", "”）》)"


@dataclass(frozen=True, slots=True)
class Unit:
    """A part that can be quoted.

    ``spans`` are what is quoted, in reading order; ``core`` is the part of them that was matched
    (an item without its lead-in). ``context`` holds the words above it that it is understood by:
    headings and the lead-in.
    """

    document: str
    kind: UnitKind
    spans: tuple[tuple[int, int], ...]
    core: tuple[int, int]
    section: int
    text: str
    context: str

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]


class Source:
    """A stored document with its outline, cut into units when asked."""

    def __init__(self, stored: StoredDocument) -> None:
        self.stored = stored
        self.record = stored.record
        self.text = stored.document.text
        self.sections = stored.sections
        self.paths = Paths(stored.sections)
        self._cut: dict[str, list[Unit]] = {}

    @property
    def id(self) -> str:
        return self.stored.record.id

    @cached_property
    def _borders(self) -> list[int]:
        places = {0, len(self.text)}
        for section in self.sections:
            places.update((section.start, section.end))
        for line in self.stored.document.lines:
            places.update((line.start, line.end))
        return sorted(places)

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """``start:end`` without white space at its ends."""
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return start, end

    def units(self, passage: Passage) -> list[Unit]:
        """What can be quoted from a passage."""
        if passage.id in self._cut:
            return self._cut[passage.id]
        found: list[Unit] = []
        seen: set[tuple[str, tuple[tuple[int, int], ...]]] = set()
        for unit in self._units(passage.start, passage.end):
            key = (unit.kind, unit.spans)
            if key not in seen:
                seen.add(key)
                found.append(unit)
        self._cut[passage.id] = found
        return found

    def _units(self, start: int, end: int) -> Iterator[Unit]:
        for run_start, run_end in self._runs(start, end):
            section = self.sections[self.paths.find(run_start, run_end)]
            if self.is_heading(section, run_start, run_end):
                continue
            if section.kind == "table":
                yield from self._rows(section, run_start, run_end)
                continue
            owner = self._list_owner(section)
            if owner is not None:
                yield self.list_of(owner)
            point = self._enclosing(section, "point")
            if point is not None:
                yield self._whole(point, "point")
            if section.kind in _LISTED and section.end - section.start <= _WHOLE_ITEM:
                yield self._item(section)
                continue
            lead = self._lead_of(section)
            sentences = list(self.sentences(run_start, run_end))
            if 1 < len(sentences) <= _FEW and run_end - run_start <= _WHOLE_ITEM and lead is None:
                span = (run_start, run_end)
                if not self.listed(section.index) and not self.is_heading(section, *sentences[0]):
                    yield self._unit("sentence", (span,), span, section.index)
            for at, (s, e) in enumerate(sentences):
                if self._opens_list(section, s, e) or not _SAYS.search(self.text[s:e]):
                    continue
                if section.heading and self.is_heading(section, s, e):
                    continue
                core = (s, e)
                if self.text[e - 1] in "，：:" and (points := self._points_after(section, e)):
                    yield points
                elif lead is not None and section.kind in _LISTED:
                    yield self._unit("item", (lead, core), core, section.index)
                else:
                    yield self._unit(
                        "sentence", (self._whole_rule(sentences, at),), core, section.index
                    )

    def _runs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Runs of text between section borders and line ends."""
        from bisect import bisect_right

        at = bisect_right(self._borders, start) - 1
        while at < len(self._borders) - 1 and self._borders[at] < end:
            s = max(self._borders[at], start)
            e = min(self._borders[at + 1], end)
            s, e = self.trimmed(s, e)
            if s < e:
                yield s, e
            at += 1

    def sentences(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Sentences of ``start:end``; an end within quotation marks or brackets is none."""
        begin = start
        for match in _SENTENCE.finditer(self.text, start, end):
            piece = self.text[begin : match.end()]
            depth = sum(piece.count(a) - piece.count(b) for a, b in zip(_OPEN, _CLOSE, strict=True))
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

    def _whole_rule(self, sentences: list[tuple[int, int]], at: int) -> tuple[int, int]:
        """The sentence with the one before that it depends on and the exception after it."""
        start, end = sentences[at]
        first = at
        while first > 0 and _DEPENDENT.match(self.text[sentences[first][0] : sentences[first][1]]):
            first -= 1
            start = sentences[first][0]
            if at - first >= 2:
                break
        for following in sentences[at + 1 : at + 3]:
            if not _EXCEPTION.match(self.text[following[0] : following[1]]):
                break
            end = following[1]
        return start, end

    def is_heading(self, section: Section, start: int, end: int) -> bool:
        """Whether ``start:end`` is the label and heading of ``section`` and no text of it."""
        if start != self.trimmed(section.start, section.end)[0]:
            return False
        shown = re.sub(r"[\s、.．:：。，（）()]", "", self.text[start:end])
        named = re.sub(r"[\s、.．:：。，（）()]", "", section.label + section.heading)
        return bool(named) and shown == named and section.end > end

    def _enclosing(self, section: Section, kind: str) -> Section | None:
        for above in reversed(self.paths.chain(section.index)):
            if above.kind == kind:
                return above
        return None

    def listed(self, index: int) -> list[int]:
        """Items directly below a section."""
        return [c for c in self.paths.children(index) if self.sections[c].kind in _LISTED]

    def _list_owner(self, section: Section) -> Section | None:
        """The section whose lead-in and items make the list that ``section`` is part of."""
        for above in reversed(self.paths.chain(section.index)):
            if len(self.listed(above.index)) > 1 and self._lead_span(above) is not None:
                return above
        return None

    def _lead_span(self, owner: Section) -> tuple[int, int] | None:
        """The sentence that introduces the items of ``owner``."""
        items = self.listed(owner.index)
        if not items:
            return None
        first = self.sections[items[0]].start
        runs = list(self._runs(owner.start, first))
        if not runs:
            return None
        sentences = list(self.sentences(*runs[-1]))
        if not sentences:
            return None
        s, e = sentences[-1]
        heading = self.is_heading(owner, s, e)
        if heading and not _LEAD.search(self.text[s:e]):
            return None
        return (s, e)

    def _lead_of(self, section: Section) -> tuple[int, int] | None:
        if section.kind not in _LISTED or section.parent is None:
            return None
        return self._lead_span(self.sections[section.parent])

    def _item(self, section: Section) -> Unit:
        """An item whole, with the lead-in of its list."""
        core = self.trimmed(section.start, section.end)
        lead = self._lead_of(section)
        return self._unit("item", (lead, core) if lead else (core,), core, section.index)

    def _points_after(self, section: Section, start: int) -> Unit | None:
        """A sentence that 一是…二是… continue, with all of them."""
        points = [
            self.sections[c]
            for c in self.paths.children(section.index)
            if self.sections[c].kind == "point"
        ]
        following = [p for p in points if p.start >= start]
        if not following or self.text[start : following[0].start].strip():
            return None
        begin = next(s for s, e in self.sentences(section.start, start) if e == start)
        last = following[0]
        for point in following[1:]:
            if self.text[last.end : point.start].strip():
                break
            last = point
        span = self.trimmed(begin, last.end)
        return self._unit("list", (span,), span, section.index)

    def _opens_list(self, section: Section, start: int, end: int) -> bool:
        return bool(self.listed(section.index)) and self._lead_span(section) == (start, end)

    def list_of(self, owner: Section) -> Unit:
        """The list below ``owner``, whole, with its lead-in."""
        lead = self._lead_span(owner)
        items = self.listed(owner.index)
        end = self.trimmed(owner.start, self.sections[items[-1]].end)[1]
        start = lead[0] if lead else self.sections[items[0]].start
        return self._unit("list", ((start, end),), (start, end), owner.index)

    def _whole(self, section: Section, kind: UnitKind) -> Unit:
        span = self.trimmed(section.start, section.end)
        return self._unit(kind, (span,), span, section.index)

    def opening_paragraph(self) -> tuple[int, int] | None:
        """The first line of the document that reads as a sentence, as news opens with its sum."""
        for line in self.stored.document.lines:
            start, end = self.trimmed(line.start, line.end)
            if end - start >= 40 and self.text[end - 1] in "。！？":
                return start, end
        return None

    def whole(self, index: int) -> Unit:
        """All of a section below its heading, as one slice."""
        section = self.sections[index]
        start = section.start
        runs = list(self._runs(section.start, section.end))
        if len(runs) > 1 and self.is_heading(section, *runs[0]):
            start = runs[1][0]
        elif section.kind == "article" and self.paths.children(index):
            start = self.sections[self.paths.children(index)[0]].start
        span = self.trimmed(start, section.end)
        return self._unit("point" if section.kind == "point" else "sentence", (span,), span, index)

    def _rows(self, section: Section, start: int, end: int) -> Iterator[Unit]:
        rows = [r for r in self.text[section.start : section.end].split("\n") if r.strip()]
        header = rows[0] if rows and " | " in rows[0] else ""
        at = start
        for row in self.text[start:end].split("\n"):
            s, e = self.trimmed(at, at + len(row))
            at += len(row) + 1
            if s < e and self.text[s:e] != header:
                yield self._unit("row", ((s, e),), (s, e), section.index, header)

    def _unit(
        self,
        kind: UnitKind,
        spans: tuple[tuple[int, int], ...],
        core: tuple[int, int],
        section: int,
        extra: str = "",
    ) -> Unit:
        above = [s for s in self.paths.chain(section) if s.heading and s.start != core[0]]
        heads = [s.heading for s in above if s.kind != "body"]
        lead = [self.text[s:e] for s, e in spans if (s, e) != core and e <= core[0]]
        text = "\n".join(self.text[s:e] for s, e in spans)
        return Unit(
            self.id, kind, spans, core, section, text, " ".join([*heads, *lead, extra]).strip()
        )
