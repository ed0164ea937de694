"""What stands on a page of a PDF: its characters, rules and pictures, as PDFium reads them.

PDFium reads a page some thirty times as fast as pdfplumber's own parser does; what it read is given
to pdfplumber, which finds lines and tables.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pypdfium2.raw as pdfium
from pdfplumber.page import Page
from pypdfium2 import PdfPage

from ingest.loading.pdf_chars import UNKNOWN
from ingest.loading.reading import is_wide

Matrix = tuple[float, float, float, float, float, float]
Thing = dict[str, Any]
"""A character, rule or picture as pdfplumber describes it."""

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DESCENT = 0.12
"""Ems that a line of Chinese print reaches below its baseline, whatever the font says of itself."""
_QUARTER, _LEAST_SPACE = 0.35, 0.15
"""Ems: a space beside Chinese is wider, the one between Chinese and figures and that between two
Chinese characters."""
_DEEPEST = 8
"""Forms within forms that are looked into."""
_INVISIBLE = 3
"""The mode of painting text not at all: the text layer over a scan."""


class ReadPage(Page):
    """A page for pdfplumber, made of things that were read already."""

    def __init__(self, number: int, width: float, height: float, things: dict[str, list[Thing]]):
        self.pdf = self.page_obj = None  # type: ignore[assignment]
        self.root_page = self
        self.page_number = number
        self.initial_doctop = 0
        self.rotation = 0
        self.bbox = self.mediabox = self.cropbox = (0.0, 0.0, width, height)
        self._objects = things
        self.get_textmap = lru_cache()(self._get_textmap)


def read_page(page: PdfPage, number: int) -> ReadPage:
    """The page as pdfplumber takes it.

    :param number: counted from 1.
    """
    frame = _Frame.of(page)
    width, height = page.get_size()
    things: dict[str, list[Thing]] = {"char": [], "line": [], "rect": [], "curve": [], "image": []}
    things["char"] = list(_with_spaces(_characters(page, frame)))
    for thing in _drawings(page.raw, frame):
        things[thing["object_type"]].append(thing)
    return ReadPage(number, width, height, things)


def drawn_char(text: str, left: float, right: float, low: float, size: float) -> Thing:
    """A black upright character on the baseline ``low``, as pdfplumber describes it."""
    bottom = low + _DESCENT * size
    return {
        "object_type": "char",
        "text": text,
        "size": size,
        "upright": True,
        "fontname": "",
        "matrix": _IDENTITY,
        "non_stroking_color": (0.0,),
        **_sides(left, bottom - size, right, bottom),
    }


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the visible part of a page lies, and by how many quarters it is turned."""

    left: float
    bottom: float
    right: float
    top: float
    quarters: int

    @classmethod
    def of(cls, page: PdfPage) -> _Frame:
        left, bottom, right, top = page.get_cropbox()
        return cls(left, bottom, right, top, page.get_rotation() // 90)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A point of the file as one from the top left of the page as it is seen."""
        if self.quarters == 1:
            return y - self.bottom, x - self.left
        if self.quarters == 2:
            return self.right - x, y - self.bottom
        if self.quarters == 3:
            return self.top - y, self.right - x
        return x - self.left, self.top - y

    def box(self, points: list[tuple[float, float]]) -> dict[str, float]:
        if len(points) == 2 and not self.quarters:
            (left, low), (right, high) = points
            if left <= right and low <= high:
                return _sides(left - self.left, self.top - high, right - self.left, self.top - low)
        placed = [self.place(x, y) for x, y in points]
        xs, ys = [x for x, _ in placed], [y for _, y in placed]
        return _sides(min(xs), min(ys), max(xs), max(ys))


def _sides(left: float, top: float, right: float, bottom: float) -> dict[str, float]:
    return {
        "x0": left, "x1": right, "top": top, "bottom": bottom, "doctop": top,
        "width": right - left, "height": bottom - top,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Style:
    """What all characters of one text object share."""

    size: float
    matrix: Matrix
    color: tuple[float, ...] | None
    upright: bool


def _with_spaces(chars: Iterator[Thing | None]) -> Iterator[Thing]:
    """The characters with the spaces between them: PDFium leaves those out that begin or end a
    text object and says only that a gap is there, ``None``, as it does of the quarter that programs
    put between Chinese and figures, where none was typed."""
    last: Thing | None = None
    gap = False
    for char in chars:
        if char is None:
            gap = True
            continue
        if gap and last is not None and _parts(last, char):
            box = _sides(last["x1"], last["top"], char["x0"], last["bottom"])
            yield {**last, "text": " ", **box}
        yield char
        last, gap = char, False


def _parts(left: Thing, right: Thing) -> bool:
    """Whether the gap between two characters of a line is a space."""
    if abs(left["bottom"] - right["bottom"]) > 0.5 * left["size"] or right["x0"] < left["x1"]:
        return False
    mixed = is_wide(left["text"]) != is_wide(right["text"])
    least = _QUARTER if mixed else _LEAST_SPACE if is_wide(left["text"]) else 0.0
    return bool(right["x0"] - left["x1"] > least * left["size"])


def _characters(page: PdfPage, frame: _Frame) -> Iterator[Thing | None]:
    text = page.get_textpage()
    styles = _Styles(text.raw, frame)
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    for at in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text.raw, at) == 1:
            yield None
            continue
        code = pdfium.FPDFText_GetUnicode(text.raw, at)
        unknown = not code or pdfium.FPDFText_HasUnicodeMapError(text.raw, at) == 1
        shown = UNKNOWN if unknown else "-" if code == 2 else chr(code)
        style = styles.of(at)
        pdfium.FPDFText_GetLooseCharBox(text.raw, at, box)
        low, high = box.bottom, box.top
        if style.upright and not frame.quarters:
            pdfium.FPDFText_GetCharOrigin(text.raw, at, x, y)
            low = y.value - _DESCENT * style.size
            high = low + style.size
        yield {
            "object_type": "char",
            "text": shown,
            "size": style.size,
            "upright": True,
            "fontname": "",
            "matrix": style.matrix,
            "non_stroking_color": style.color,
            **frame.box([(box.left, low), (box.right, high)]),
        }


class _Styles:
    """The styles of the text objects of a page, each looked at once; some programs make one for
    every character, so that what PDFium writes into is made once, too."""

    def __init__(self, text: Any, frame: _Frame) -> None:
        self._text, self._quarters = text, frame.quarters
        self._known: dict[int, _Style] = {}
        self._matrix, self._parts = pdfium.FS_MATRIX(), [ctypes.c_uint() for _ in range(4)]

    def of(self, at: int) -> _Style:
        """The style of the character at ``at``."""
        holder = pdfium.FPDFText_GetTextObject(self._text, at)
        address = ctypes.addressof(holder.contents)
        style = self._known.get(address)
        if style is None:
            style = self._known[address] = self._read(at, holder)
        return style

    def _read(self, at: int, holder: Any) -> _Style:
        found = self._matrix
        pdfium.FPDFText_GetMatrix(self._text, at, found)
        a, b, c, d, e, f = found.a, found.b, found.c, found.d, found.e, found.f
        size = pdfium.FPDFText_GetFontSize(self._text, at) * (math.hypot(c, d) or 1.0)
        unpainted = pdfium.FPDFTextObj_GetTextRenderMode(holder) == _INVISIBLE
        color: tuple[float, ...] | None = None
        if not unpainted and pdfium.FPDFText_GetFillColor(self._text, at, *self._parts):
            color = _color(*(part.value for part in self._parts))
        upright = a * d > 0 and abs(b) + abs(c) < 1e-3 * abs(a)
        return _Style(size, _turned((a, b, c, d, e, f), self._quarters), color, upright)


@lru_cache(maxsize=1024)
def _color(red: int, green: int, blue: int, opaque: int) -> tuple[float, ...]:
    """A colour as it shows on white paper, each part from 0 to 1."""
    return tuple(1 - opaque / 255 * (1 - part / 255) for part in (red, green, blue))


def _turned(matrix: Matrix, quarters: int) -> Matrix:
    a, b, c, d, e, f = matrix
    for _ in range(quarters):
        a, b, c, d = b, -a, d, -c
    return a, b, c, d, e, f


def _drawings(page: Any, frame: _Frame) -> Iterator[Thing]:
    for at in range(pdfium.FPDFPage_CountObjects(page)):
        yield from _drawing(pdfium.FPDFPage_GetObject(page, at), frame, _IDENTITY, _DEEPEST)


def _drawing(thing: Any, frame: _Frame, outer: Matrix, deeper: int) -> Iterator[Thing]:
    kind = pdfium.FPDFPageObj_GetType(thing)
    if kind == pdfium.FPDF_PAGEOBJ_TEXT:
        return
    if kind == pdfium.FPDF_PAGEOBJ_FORM and deeper:
        inner = _times(_matrix(thing), outer)
        for at in range(pdfium.FPDFFormObj_CountObjects(thing)):
            yield from _drawing(pdfium.FPDFFormObj_GetObject(thing, at), frame, inner, deeper - 1)
    elif kind == pdfium.FPDF_PAGEOBJ_PATH:
        yield from _paths(thing, frame, outer)
    elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        corners = [_moved(x, y, _times(_matrix(thing), outer)) for x in (0, 1) for y in (0, 1)]
        yield {"object_type": "image", **frame.box(corners)}


def _paths(path: Any, frame: _Frame, outer: Matrix) -> Iterator[Thing]:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    if not (fill.value or stroke.value):
        return
    parts = [ctypes.c_uint() for _ in range(4)]
    color = None
    if pdfium.FPDFPageObj_GetFillColor(path, *parts):
        color = tuple(part.value / 255 for part in parts[:3])
    about = {"fill": bool(fill.value), "stroke": bool(stroke.value), "non_stroking_color": color}
    for points in _outlines(path, _times(_matrix(path), outer)):
        placed = [frame.place(x, y) for x, y in points]
        xs, ys = {round(x, 2) for x, _ in placed}, {round(y, 2) for _, y in placed}
        kind = "line" if len(placed) == 2 else "curve"
        if len(placed) in (4, 5) and len(xs) <= 2 and len(ys) <= 2:
            kind = "rect"
        yield {"object_type": kind, "pts": placed, **about, **frame.box(points)}


def _outlines(path: Any, matrix: Matrix) -> Iterator[list[tuple[float, float]]]:
    """The strokes that a path is made of, each by its points."""
    points: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for at in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, at)
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO:
            if len(points) > 1:
                yield points
            points = []
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        points.append(_moved(x.value, y.value, matrix))
        if pdfium.FPDFPathSegment_GetClose(segment) and len(points) > 2:
            points.append(points[0])
    if len(points) > 1:
        yield points


def _matrix(thing: Any) -> Matrix:
    found = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(thing, found)
    return found.a, found.b, found.c, found.d, found.e, found.f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    if outer is _IDENTITY:
        return inner
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s,
        e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip


def _moved(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
