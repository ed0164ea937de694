"""Read what is printed in pictures: scanned pages of a PDF, JPG, PNG, TIFF.

Text is recognised with RapidOCR, whose models lie in its package: nothing is fetched. It is an
extra (``.venv/bin/pip install -e '.[ocr]'``).
"""

from __future__ import annotations

import json
import math
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ingest.durable import written
from ingest.errors import LoadError
from ingest.loading.pdf_content import ReadPage, drawn_char
from ingest.loading.reading import Scanning

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 150
"""Pages are recognised so fine: finer ones are read no better, see docs/benchmarks.md."""
_LONGEST_SIDE = 1800
"""Pixels; larger pictures take more memory than a file may."""
LEAST_SURE = 0.85
"""Pages whose characters are on average less certain than this ask for a better scan."""
_SAME_SIZE = 0.2
"""Lines whose height differs by less than this part are set in one size."""
_HALF, _ENDING = 0.5, "，。、；：）》”"
"""Ems that the box of a line lacks where it ends with one of these, whose right half is blank."""
_GLYPH = 0.8
"""The part of a recognised line's box that its characters fill."""


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page and how certain (0 to 1) its characters are on average; 1 where it has none."""

    page: ReadPage
    sure: float


@dataclass(frozen=True, slots=True)
class _Line:
    """A recognised line: its corners from the top left clockwise, in points."""

    text: str
    corners: list[list[float]]
    sure: float


def can_read_scans() -> bool:
    """Whether the extra ``ocr`` is installed."""
    return find_spec("rapidocr") is not None


def read_scan(image: Image, dpi: float, number: int, hash: str, scanning: Scanning) -> ScannedPage:
    """The characters that a picture of a page shows, the page set upright.

    :param dpi: pixels an inch.
    :param number: of the page, from 1.
    :param hash: of the file that it is from.
    """
    kept = scanning.folder / f"{hash}-{number}.json" if scanning.folder else None
    lines = _remembered(kept)
    if lines is None:
        finest = min(DPI / dpi, _LONGEST_SIDE / max(image.size), 1.0)
        shown = image.resize([max(1, round(side * finest)) for side in image.size])
        lines = _recognised(shown, 72 / (dpi * finest))
        if kept is not None:
            _remember(kept, lines)
    width, height = image.size[0] * 72 / dpi, image.size[1] * 72 / dpi
    page = ReadPage(number, width, height, {"char": _characters(lines), "image": []})
    letters = sum(len(line.text) for line in lines)
    sure = sum(line.sure * len(line.text) for line in lines) / letters if letters else 1.0
    return ScannedPage(page, sure)


def poor_scan(where: str, pages: list[int]) -> LoadError:
    """What is said of a scan too poor to be quoted."""
    shown = ", ".join(map(str, pages[:10])) + ("…" if len(pages) > 10 else "")
    return LoadError(
        "poor-scan",
        where,
        f"the text on page {shown} cannot be recognised for certain",
        "Scan it anew at 300 dpi, straight and without shadows, or ask for the electronic file",
        (
            f"第 {shown} 页的文字识别可信度太低",
            "请以 300 dpi 重新扫描（摆正、无阴影），或索取电子版",
        ),
    )


def no_recognition(where: str, en: str, zh: str) -> LoadError:
    """What is said of a scan where the extra is not installed."""
    return LoadError(
        "no-text-layer",
        where,
        en,
        "Install the text recognition (.venv/bin/pip install -e '.[ocr]'), or run OCR on it first"
        " (e.g. ocrmypdf -l chi_sim)",
        (
            zh,
            "请安装文字识别组件（.venv/bin/pip install -e '.[ocr]'），"
            "或先做文字识别（如 ocrmypdf -l chi_sim）",
        ),
    )


def _remembered(file: Path | None) -> list[_Line] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file else None
        return None if found is None else [_Line(*line) for line in found]
    except (OSError, ValueError, TypeError):
        return None


def _remember(file: Path, lines: list[_Line]) -> None:
    text = json.dumps([[x.text, x.corners, x.sure] for x in lines], ensure_ascii=False)
    with suppress(OSError):  # recognised again the next time
        file.parent.mkdir(parents=True, exist_ok=True)
        with written(file) as stream:
            stream.write(text.encode())


def _recognised(image: Image, scale: float) -> list[_Line]:
    import numpy as np

    pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
    found = _engine()(pixels)
    if found.boxes is None:
        return []
    return [
        _Line(unicodedata.normalize("NFC", text), (box * scale).tolist(), float(sure))
        for box, text, sure in zip(found.boxes, found.txts, found.scores, strict=True)
        if text.strip()
    ]


@lru_cache(maxsize=1)
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.text_score": 0.0,  # what is uncertain is counted, not dropped
            "Global.log_level": "error",
            "Global.max_side_len": _LONGEST_SIDE,
            "Rec.rec_batch_num": 1,  # more take more memory
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
    )


def _characters(lines: list[_Line]) -> list[dict[str, Any]]:
    """The characters of the lines, set straight and in few sizes."""
    slants = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in (line.corners[:2] for line in lines)]
    turn = -median(slants) if slants else 0.0
    boxes = [_turned(line.corners, turn) for line in lines]
    usual = median([bottom - top for _, top, _, bottom in boxes]) if boxes else 0.0
    found = []
    for line, (left, top, right, bottom) in zip(lines, boxes, strict=True):
        high = bottom - top
        if abs(high - usual) < _SAME_SIZE * usual:
            low, high = (top + bottom + usual) / 2, usual
        else:
            low = bottom
        blank = _HALF if line.text[-1] in _ENDING else 0.0
        step, x = (right - left) / max(sum(map(_ems, line.text)) - blank, _HALF), left
        for char in line.text:
            after = x + step * _ems(char)
            found.append(drawn_char(char, x, after, low - (1 - _GLYPH) / 2 * high, _GLYPH * high))
            x = after
    return found


def _turned(corners: list[list[float]], turn: float) -> tuple[float, float, float, float]:
    """The box of the four corners after a turn about the page's corner: sides' middles."""
    a, b, c, d = (
        (x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))
        for x, y in corners
    )
    left, right = (a[0] + d[0]) / 2, (b[0] + c[0]) / 2
    return left, (a[1] + b[1]) / 2, right, (c[1] + d[1]) / 2


def _ems(char: str) -> float:
    return 1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.5
