"""A document as HTML in which every character keeps its place.

The text content of the HTML equals ``document.text``, character for character: markup is put
around slices and nothing is added, dropped or searched for. So a citation's ``start:end`` is the
highlight, and the text of its ``<mark>`` elements joined is exactly ``text[start:end]``.
"""

from __future__ import annotations

import html
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Document, Line, Repair, Section
from ingest.outline.numbering import value

CELL = " | "
_HEADED = {"part", "chapter", "section", "heading", "annex"}
_LABELLED = {*_HEADED, "article", "item", "subitem", "point"}
_LONGEST_HEADER_CELL = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A run ``start:end`` to highlight for citation ``n`` (0 where it has no number)."""

    start: int
    end: int
    n: int = 0


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A line of the table of contents; ``section`` names the anchor ``s<section>``, ``number`` is
    that of an article, ``None`` for other lines."""

    section: int
    depth: int
    text: str
    number: int | None = None


def body_html(document: Document, sections: Sequence[Section], marks: Sequence[Mark] = ()) -> str:
    """The document's body; its text content equals ``document.text``.

    Headings become ``h3`` to ``h6``, tables ``table``, other lines ``p``. Sections start at empty
    anchors ``id="s<index>"``. A repaired run is a ``span.repair`` with ``data-kind``,
    ``data-original`` and, for a guess, ``data-guess``.
    """
    return _Body(document, sections, marks).render()


def outline_of(document: Document, sections: Sequence[Section]) -> list[OutlineEntry]:
    """The headings and articles of a document, in reading order."""
    found = []
    depths: dict[int | None, int] = {None: 0}
    for section in sections:
        shown = section.kind in _HEADED or section.kind == "article"
        depth = depths.get(section.parent, 0)
        depths[section.index] = depth + shown
        text = " ".join(part for part in (section.label, section.heading) if part).strip()
        if shown and text:
            number = value(section.label[1:-1]) if section.kind == "article" else None
            found.append(OutlineEntry(section.index, depth, text, number))
    return found


def escape(text: str) -> str:
    """``text`` as HTML text that parses back to the same characters."""
    return html.escape(text, quote=True).replace("\r", "&#13;")


@dataclass(frozen=True, slots=True)
class _Shown:
    start: int
    end: int
    repair: Repair


class _Body:
    def __init__(
        self, document: Document, sections: Sequence[Section], marks: Sequence[Mark]
    ) -> None:
        self.text = document.text
        self.lines = [line for line in document.lines if line.end > line.start]
        self.marks = [m for m in marks if 0 <= m.start < m.end <= len(self.text)]
        shown = (_shown(repair, self.text) for repair in document.repairs)
        self.repairs = sorted(shown, key=lambda r: (r.start, -r.end))
        self._repair_starts = [repair.start for repair in self.repairs]
        self._longest_repair = max((r.end - r.start for r in self.repairs), default=0)
        self._starting: dict[int, list[Section]] = {}
        for section in sections:
            self._starting.setdefault(section.start, []).append(section)
        self._starts = sorted(self._starting)
        self._depth: dict[int | None, int] = {None: 0}
        for section in sections:
            above = self._depth.get(section.parent, 0)
            self._depth[section.index] = above + (section.kind in _HEADED)

    def render(self) -> str:
        out: list[str] = []
        at = 0
        for line in self.lines:
            out.append(self._gap(at, line.start))
            out.append(self._table(line) if line.kind == "table" else self._line(line))
            at = line.end
        out.append(self._gap(at, len(self.text)))
        return "".join(out)

    def _gap(self, start: int, end: int) -> str:
        """White space between blocks: kept in the text, without a box of its own."""
        return self._inline(start, end) if self.text[start:end].strip() else self._bare(start, end)

    def _bare(self, start: int, end: int) -> str:
        return "".join(
            _marked(escape(self.text[a:b]), over, a, b, gap=True)
            for a, b, over in self._runs(start, end)
        )

    def _line(self, line: Line) -> str:
        level = self._heading_level(line)
        tag = f"h{level}" if level else "p"
        return f"<{tag}>{self._inline(line.start, line.end)}</{tag}>"

    def _heading_level(self, line: Line) -> int | None:
        """3 to 6 if the line is a heading and nothing else."""
        shown = "".join(self.text[line.start : line.end].split())
        for section in self._starting.get(line.start, []):
            named = "".join((section.label + section.heading).split())
            if section.kind in _HEADED and shown == named:
                return min(2 + self._depth[section.index], 6)
        if line.kind == "heading":
            return min(2 + (line.level or 1), 6)
        return None

    def _table(self, line: Line) -> str:
        rows = list(_split(self.text, line.start, line.end, "\n"))
        first = self._cells(*rows[0])
        header = len(rows) > 1 and all(0 < b - a <= _LONGEST_HEADER_CELL for a, b, _ in first)
        out = ['<div class="table" role="group" tabindex="0"><table>']
        for number, (start, end, row_end) in enumerate(rows):
            tag = 'th scope="col"' if header and number == 0 else "td"
            cells = self._cells(start, end, row_end)
            out.append("<tr>")
            for a, b, cell_end in cells:
                separator = f'<span class="sep">{self._bare(b, cell_end)}</span>'
                out.append(f"<{tag}>{self._inline(a, b)}{separator}</{tag[:2]}>")
            out.append("</tr>")
        return "".join([*out, "</table></div>"])

    def _cells(self, start: int, end: int, row_end: int) -> list[tuple[int, int, int]]:
        cells = list(_split(self.text, start, end, CELL))
        a, b, _ = cells[-1]
        return [*cells[:-1], (a, b, row_end)]

    def _inline(self, start: int, end: int) -> str:
        """``text[start:end]`` with highlights, repairs, anchors and labels."""
        return "".join(
            _marked(self._plain(a, b), over, a, b) for a, b, over in self._runs(start, end)
        )

    def _runs(self, start: int, end: int) -> Iterator[tuple[int, int, list[Mark]]]:
        """Neighbouring runs of ``start:end``, each with the marks that cover it."""
        inside = [m for m in self.marks if m.start < end and m.end > start]
        edges = {start, end}
        edges.update(e for m in inside for e in (m.start, m.end) if start < e < end)
        places = sorted(edges)
        for a, b in pairwise(places):
            yield a, b, [m for m in inside if m.start <= a and m.end >= b]

    def _plain(self, start: int, end: int) -> str:
        repairs = self._repairs_in(start, end)
        places = {start, end}
        places.update(p for r in repairs for p in (r.start, r.end) if start < p < end)
        labels: dict[int, int] = {}
        first, last = (bisect_left(self._starts, place) for place in (start, end))
        for place in self._starts[first:last]:
            places.add(place)
            for section in self._starting[place]:
                stop = place + len(section.label)
                if section.kind in _LABELLED and self.text[place:stop] == section.label != "":
                    labels[place] = min(stop, end)
        places.update(labels.values())
        out: list[str] = []
        label_end = start
        for a, b in pairwise(sorted(places)):
            for section in self._starting.get(a, []):
                out.append(f'<span class="anchor" id="s{section.index}"></span>')
            piece = escape(self.text[a:b])
            for shown in repairs:
                if shown.start <= a and b <= shown.end:
                    piece = _repair(shown.repair, piece)
            label_end = labels.get(a, label_end)
            out.append(f"<b>{piece}</b>" if a < label_end else piece)
        return "".join(out)

    def _repairs_in(self, start: int, end: int) -> list[_Shown]:
        first = bisect_left(self._repair_starts, start - self._longest_repair)
        last = bisect_left(self._repair_starts, end)
        return [r for r in self.repairs[first:last] if r.end > start]


def _shown(repair: Repair, text: str) -> _Shown:
    """Where a repair shows: what was taken out, on the character before it in its line."""
    start, end = repair.start, repair.end
    if start == end:
        start = start - 1 if start > 0 and text[start - 1] != "\n" else start
        end = start + 1
    return _Shown(start, end, repair)


def _split(text: str, start: int, end: int, separator: str) -> Iterator[tuple[int, int, int]]:
    """Parts of ``text[start:end]``: start, end, and end with the separator that follows."""
    at = start
    while (found := text.find(separator, at, end)) >= 0:
        yield at, found, found + len(separator)
        at = found + len(separator)
    yield at, end, end


def _marked(inner: str, over: Iterable[Mark], start: int, end: int, gap: bool = False) -> str:
    numbers = sorted({mark.n for mark in over})
    if not numbers or not inner:
        return inner
    named = " ".join(map(str, numbers))
    kind = ' class="gap"' if gap else ""
    return f'<mark{kind} data-n="{named}" data-start="{start}" data-end="{end}">{inner}</mark>'


def _repair(repair: Repair, inner: str) -> str:
    guess = " data-guess" if repair.guess else ""
    removed = " removed" if repair.start == repair.end else ""
    return (
        f'<span class="repair{removed}" data-kind="{repair.kind}"'
        f' data-original="{escape(repair.original)}"{guess}>{inner}</span>'
    )
