"""Passages: the runs of a document that are embedded, searched and cited as one.

The outline decides where passages end; ``langchain-text-splitters`` cuts only a section that is
too long and has nothing below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ingest.document import Document, Passage, Section
from ingest.outline.citation import Paths

_HEADED = frozenset({"part", "chapter", "section", "article", "heading", "point", "annex", "table"})
"""Kinds that stand as passages of their own; paragraphs and items are kept together."""

_MEASURE = 2
"""An item outside articles this many times longer than the shortest passage stands alone too."""

_SEPARATORS = [
    r"[\n\r]+",
    r"[。！？!?][”’」』）)]*",
    r"[；;]",
    r"[，,：:、]",
    r"\s+",
]


@dataclass(frozen=True, slots=True)
class SplitLimits:
    """Sizes of passages in characters.

    ``max_chars`` bounds a passage without the headings of the sections above that stand before
    it; those go with the first text below them even where the sum is larger. A passage shorter
    than ``min_chars`` joins a neighbour below the same heading, articles excepted.

    :raises ValueError: ``max_chars`` is not positive or ``min_chars`` is negative or larger.
    """

    max_chars: int = 600
    min_chars: int = 40

    def __post_init__(self) -> None:
        if self.max_chars < 1 or not 0 <= self.min_chars <= self.max_chars:
            raise ValueError(
                f"limits need 0 <= min_chars <= max_chars and max_chars >= 1, "
                f"got {self.min_chars} and {self.max_chars}"
            )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A passage in the making.

    ``core`` is where the text begins after the headings of sections above; ``whole`` is the
    section it consists of, if it is one that may not be joined with others. ``header`` is the
    first row of the table that it continues.
    """

    start: int
    core: int
    end: int
    sealed: bool = False
    bare: bool = False
    header: str = ""


def split(
    document: Document, sections: Sequence[Section], limits: SplitLimits = SplitLimits()
) -> list[Passage]:
    """The passages of ``document``, given its outline, in reading order.

    ``passage.text == document.text[passage.start:passage.end]``; every character that is not
    white space is in exactly one passage; no passage reaches across an article or a top section.
    """
    cutter = _Cutter(document.text, Paths(sections), limits)
    passages: list[Passage] = []
    for piece in cutter.pieces():
        passages.append(cutter.passage(document, piece, len(passages)))
    return passages


class _Cutter:
    def __init__(self, text: str, paths: Paths, limits: SplitLimits) -> None:
        self.text = text
        self.paths = paths
        self.sections = paths.sections
        self.limits = limits
        self._headed = self._holds_headed()

    def passage(self, document: Document, piece: _Piece, ordinal: int) -> Passage:
        section = self.paths.find(piece.core, piece.end)
        path = self.paths.path(section)
        return Passage(
            id=f"{document.id}.{document.content_hash[:8]}.{ordinal:05d}",
            document=document.id,
            ordinal=ordinal,
            start=piece.start,
            end=piece.end,
            text=document.text[piece.start : piece.end],
            section=section,
            path=(*path, piece.header) if piece.header else path,
            citation=self.paths.citation_of_span(piece.core, piece.end),
            kind=self.sections[section].kind,
        )

    def pieces(self) -> list[_Piece]:
        found: list[_Piece] = []
        for index in self.paths.children(None):
            found.extend(self._section(index))
        return found

    def _holds_headed(self) -> list[bool]:
        """For each section, whether one of ``_HEADED`` is below it."""
        holds = [False] * len(self.sections)
        within: list[bool] = []
        for section in self.sections:
            above = section.parent is not None and within[section.parent]
            within.append(above or section.kind == "article")
        for section in reversed(self.sections):
            alone = section.kind in _HEADED or section.kind == "body"
            if section.kind == "item" and not within[section.index]:
                alone = section.end - section.start >= _MEASURE * self.limits.min_chars
            if section.parent is not None and (alone or holds[section.index]):
                holds[section.parent] = True
        return holds

    def _section(self, index: int) -> list[_Piece]:
        section = self.sections[index]
        size = section.end - section.start
        if section.kind == "table":
            return self._table(section)
        if section.kind == "article" and size <= self.limits.max_chars:
            return [self._piece(section.start, section.end, sealed=True)]
        if section.kind != "article" and self._headed[index]:
            return self._divided(section)
        if size <= self.limits.max_chars:
            return [self._piece(section.start, section.end)]
        packed = self._packed(section)
        return [replace(p, sealed=True) for p in packed] if section.kind == "article" else packed

    def _divided(self, section: Section) -> list[_Piece]:
        """Passages of a section that has headed ones below: its own text, then each of them."""
        pieces: list[_Piece] = []
        at = section.start
        for child in self.paths.children(section.index):
            below = self.sections[child]
            pieces.extend(self._own_text(section, at, below.start))
            pieces.extend(self._section(child))
            at = below.end
        pieces.extend(self._own_text(section, at, section.end))
        return self._joined(self._headings_joined(pieces))

    def _own_text(self, section: Section, start: int, end: int) -> list[_Piece]:
        """Pieces of text directly in ``section``; a mere heading is marked ``bare``."""
        start, end = self._trimmed(start, end)
        if start >= end:
            return []
        bare = start == section.start and self._is_heading(section, end)
        if bare and end - start <= self.limits.max_chars:
            return [_Piece(start, start, end, bare=True)]
        return self._text(start, end)

    def _is_heading(self, section: Section, end: int) -> bool:
        """Whether ``section`` up to ``end`` is label and heading and nothing more."""
        if section.kind == "body":
            return False
        shown = _letters(self.text[section.start : end])
        named = _letters(section.label + section.heading)
        return len(shown) <= len(named) + 4 and bool(named or section.kind == "annex")

    def _packed(self, section: Section) -> list[_Piece]:
        """Pieces of a section without headed ones below: its children, as many as fit."""
        segments: list[tuple[int, int, int | None]] = []
        at = section.start
        for child in self.paths.children(section.index):
            below = self.sections[child]
            lead = self._trimmed(at, below.start)
            if lead[0] < lead[1]:
                segments.append((*lead, None))
            segments.append((below.start, below.end, child))
            at = below.end
        rest = self._trimmed(at, section.end)
        if rest[0] < rest[1]:
            segments.append((*rest, None))
        if len(segments) == 1 and segments[0][2] is None:
            return self._text(section.start, section.end)
        pieces: list[_Piece] = []
        for start, end, index in segments:
            label = start == section.start and self._is_heading(section, end)
            fits = end - start <= self.limits.max_chars
            if label and fits:
                pieces.append(_Piece(start, start, end, bare=True))
            elif fits:
                pieces.append(_Piece(start, start, end))
            elif index is None:
                pieces.extend(self._text(start, end))
            else:
                pieces.extend(self._settled(piece) for piece in self._section(index))
        return self._filled(self._headings_joined(pieces))

    def _settled(self, piece: _Piece) -> _Piece:
        """A part of a section that was cut joins nothing outside it, unless it is very short."""
        return piece if self._short(piece) or piece.bare else replace(piece, sealed=True)

    def _headings_joined(self, pieces: list[_Piece]) -> list[_Piece]:
        """Each bare heading put before the first piece below it."""
        done: list[_Piece] = []
        for piece in pieces:
            if done and done[-1].bare:
                done[-1] = replace(piece, start=done[-1].start)
            else:
                done.append(piece)
        return done

    def _filled(self, pieces: list[_Piece]) -> list[_Piece]:
        """Neighbours joined as long as they fit."""
        done: list[_Piece] = []
        for piece in pieces:
            if done and self._may_join(done[-1], piece):
                done[-1] = _Piece(done[-1].start, done[-1].core, piece.end)
            else:
                done.append(piece)
        return done

    def _joined(self, pieces: list[_Piece]) -> list[_Piece]:
        """Neighbours joined where one of them is very short."""
        done: list[_Piece] = []
        for piece in pieces:
            short = bool(done) and (self._short(done[-1]) or self._short(piece))
            if short and self._may_join(done[-1], piece):
                done[-1] = _Piece(done[-1].start, done[-1].core, piece.end)
            else:
                done.append(piece)
        return done

    def _short(self, piece: _Piece) -> bool:
        return piece.end - piece.core < self.limits.min_chars

    def _may_join(self, one: _Piece, other: _Piece) -> bool:
        return (
            not (one.sealed or other.sealed or one.header or other.header)
            and other.start == other.core
            and other.end - one.core <= self.limits.max_chars
        )

    def _table(self, section: Section) -> list[_Piece]:
        """A table is cut between its rows; only a row that is too long alone is cut within."""
        rows = [
            (section.start + row.start(), section.start + row.end())
            for row in re.finditer(r"[^\n]+", self.text[section.start : section.end])
            if row[0].strip()
        ]
        pieces: list[_Piece] = []
        for start, end in rows:
            if pieces and end - pieces[-1].start <= self.limits.max_chars:
                pieces[-1] = replace(pieces[-1], end=end)
            elif end - start <= self.limits.max_chars:
                pieces.append(self._piece(start, end))
            else:
                pieces.extend(self._text(start, end))
        header = self._header(section, rows)
        first, rest = pieces[:1], pieces[1:]
        return [replace(p, sealed=True) for p in first] + [
            replace(p, sealed=True, header=header) for p in rest
        ]

    def _header(self, section: Section, rows: list[tuple[int, int]]) -> str:
        """The first row with several cells, which is what names the columns."""
        for start, end in rows[:3]:
            row = self.text[start:end].strip()
            if " | " in row and len(row) <= 200:
                return row
        return ""

    def _text(self, start: int, end: int) -> list[_Piece]:
        """Running text cut at line ends, sentence ends, clause ends, else anywhere."""
        length = end - start
        if length <= self.limits.max_chars:
            return [self._piece(start, end)]
        parts = -(-length // self.limits.max_chars)
        even = min(self.limits.max_chars, length // parts + self.limits.max_chars // 8)
        chunks = _splitter(max(even, 1)).create_documents([self.text[start:end]])
        pieces = []
        for chunk in chunks:
            offset = start + chunk.metadata["start_index"]
            piece = self._piece(offset, offset + len(chunk.page_content))
            if piece.start < piece.end:
                pieces.append(piece)
        return pieces

    def _piece(self, start: int, end: int, sealed: bool = False) -> _Piece:
        start, end = self._trimmed(start, end)
        return _Piece(start, start, end, sealed=sealed)

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return start, end


def _letters(text: str) -> str:
    return re.sub(r"[\s、.．:：。（）()【】\[\]]", "", text)


@lru_cache(maxsize=64)
def _splitter(size: int) -> Any:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    # Its own way to cut where nothing separates makes a list of all characters
    return RecursiveCharacterTextSplitter(
        separators=[*_SEPARATORS, rf"[\s\S]{{{size}}}"],
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        add_start_index=True,
        chunk_size=size,
        chunk_overlap=0,
    )
