"""A page of a PDF, of slides or of a picture as it is printed, a passage of it marked.

Drawn in a process of its own (:mod:`ingest.apart`), as files are parsed. The mark is put over the
characters of the page that say what the passage says, however the page sets them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import LoadError
from ingest.load import FORMATS
from ingest.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

SCALE = 1.6
"""Pixels a point: 115 dpi, read well beside the text."""
LARGEST_SIDE = 2400
LONGEST_PASSAGE = 6000
_LEAST_RUN = 4
_PATIENCE = 60
"""Seconds that slides may take to be drawn."""
_YELLOW = (255, 226, 100)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageWanted:
    """Which page (from 1) of which file; ``passage`` is to be marked, ``before`` stands before it
    in the document."""

    source: str
    file: Path
    page: int
    passage: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class PageImage:
    """The page as PNG, how many pages there are, and whether the passage was found on it."""

    png: bytes
    pages: int
    marked: bool


def page_image(wanted: PageWanted, settings: Settings) -> PageImage:
    """The page, drawn in another process.

    :raises LoadError: if there is no such page, the file cannot be drawn, or it takes too long.
    """
    from ingest.apart import made_apart

    image = made_apart(wanted, settings)
    assert isinstance(image, PageImage)
    return image


def page_image_here(wanted: PageWanted) -> PageImage:
    """The same, in this process."""
    import pypdfium2

    if FORMATS.get(wanted.file.suffix.lower()) == "image":
        return _picture(wanted)
    try:
        with pypdfium2.PdfDocument(_as_pdf(wanted)) as pdf:
            count = len(pdf)
            if not 1 <= wanted.page <= count:
                raise _no_page(wanted)
            page = pdf[wanted.page - 1]
            scale = min(SCALE, LARGEST_SIDE / max(page.get_size()))
            image = page.render(scale=scale).to_pil().convert("RGB")
            boxes = _boxes(page, wanted)
            to_pixels = page.get_size()[1], scale
            _mark(image, [_in_pixels(box, *to_pixels) for box in boxes])
    except pypdfium2.PdfiumError as error:
        raise _no_page(wanted) from error
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return PageImage(stream.getvalue(), count, bool(boxes))


def _as_pdf(wanted: PageWanted) -> Path | bytes:
    suffix = wanted.file.suffix.lower()
    if FORMATS.get(suffix) != "slides":
        return wanted.file
    from ingest.loading.office import converted

    return converted(wanted.file.read_bytes(), suffix, "pdf", wanted.source, _PATIENCE)


def _picture(wanted: PageWanted) -> PageImage:
    """A page of a picture; what stands where in it is not known."""
    from PIL import Image, ImageOps

    try:
        with Image.open(wanted.file) as picture:
            count = getattr(picture, "n_frames", 1)
            if not 1 <= wanted.page <= count:
                raise _no_page(wanted)
            picture.seek(wanted.page - 1)
            image = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise _no_page(wanted) from error
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return PageImage(stream.getvalue(), count, False)


def _boxes(page: Any, wanted: PageWanted) -> list[Box]:
    """Boxes of the passage's characters, those of a line as one; left, bottom, right, top."""
    import pypdfium2

    if not wanted.passage.strip():
        return []
    text = page.get_textpage()
    shown: list[str] = []
    places: list[int] = []
    for at in range(text.count_chars()):
        for plain in _plain(chr(pypdfium2.raw.FPDFText_GetUnicode(text.raw, at))):
            shown.append(plain)
            places.append(at)
    found = _runs("".join(shown), _plain(wanted.before), _plain(wanted.passage[:LONGEST_PASSAGE]))
    lines: list[Box] = []
    for at in sorted({places[n] for start, end in found for n in range(start, end)}):
        left, bottom, right, top = text.get_charbox(at, loose=True)
        if lines and abs(lines[-1][1] - bottom) < (top - bottom) / 2 and left > lines[-1][0]:
            a, b, c, d = lines[-1]
            lines[-1] = (a, min(b, bottom), max(c, right), max(d, top))
        else:
            lines.append((left, bottom, right, top))
    return lines


def _runs(shown: str, before: str, wanted: str) -> list[tuple[int, int]]:
    """Where ``shown`` says ``wanted``: all of it after ``before`` if it stands so, else its
    parts."""
    for head in (before[-20:], before[-6:], ""):
        at = shown.find(head + wanted)
        if at >= 0:
            return [(at + len(head), at + len(head) + len(wanted))]
    matcher = SequenceMatcher(None, shown, wanted, autojunk=False)
    blocks = [b for b in matcher.get_matching_blocks() if b.size >= _LEAST_RUN]
    if sum(b.size for b in blocks) * 2 < min(len(wanted), len(shown)):
        return []
    return [(b.a, b.a + b.size) for b in blocks]


def _plain(text: str) -> str:
    """``text`` as pages and documents have it in common: letters, figures, characters."""
    from ingest.loading.radicals import fold_radicals

    return "".join(char for char in fold_radicals(text) if char.isalnum())


def _in_pixels(box: Box, height: float, scale: float) -> Box:
    left, bottom, right, top = box
    return left * scale, (height - top) * scale, right * scale, (height - bottom) * scale


def _mark(image: Image, boxes: list[Box]) -> None:
    from PIL import Image as images
    from PIL import ImageChops, ImageDraw

    if boxes:
        over = images.new("RGB", image.size, (255, 255, 255))
        draw = ImageDraw.Draw(over)
        for box in boxes:
            draw.rectangle(box, fill=_YELLOW)
        image.paste(ImageChops.multiply(image, over))


def _no_page(wanted: PageWanted) -> LoadError:
    return LoadError(
        "no-page",
        wanted.source,
        f"page {wanted.page} cannot be shown",
        "Save the original and open it",
        (f"第{wanted.page}页无法显示", "请下载原文件后打开"),
    )
