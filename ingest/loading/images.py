"""Read pictures of pages: JPG, PNG and TIFF, of which a TIFF may hold several."""

from __future__ import annotations

import hashlib
import io

from ingest.errors import LoadError
from ingest.loading.printed_pages import printed_page, reading_of
from ingest.loading.reading import LoadLimits, Reading, Scanning
from ingest.loading.scans import (
    LEAST_SURE,
    can_read_scans,
    no_recognition,
    poor_scan,
    read_scan,
)

_SCREEN = 96
"""Pictures that say no resolution, or that of a screen, are taken for a page 8.27 inches wide."""
_PAGE_INCHES = 8.27
_MOST_PIXELS = 120_000_000


def read_image(data: bytes, where: str, limits: LoadLimits, scanning: Scanning) -> Reading:
    """What the pages show, recognised; ``scanned`` names them all.

    :raises LoadError: ``damaged-image``, ``too-many-pages``, ``too-large-expanded``, ``poor-scan``,
        or ``no-text-layer`` where the extra ``ocr`` is not installed.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not can_read_scans():
        raise no_recognition(
            where, "this is a picture, and its text is not recognised", "图片中的文字需先识别"
        )
    hash = hashlib.sha256(data).hexdigest()
    pages, poor = [], []
    try:
        with Image.open(io.BytesIO(data)) as picture:
            count = getattr(picture, "n_frames", 1)
            if count > limits.max_pages:
                raise _too_many(where, count, limits.max_pages)
            for number in range(1, count + 1):
                if scanning.on_page:
                    scanning.on_page(number, count)
                picture.seek(number - 1)
                if picture.size[0] * picture.size[1] > _MOST_PIXELS:
                    raise _too_large(where)
                shown = ImageOps.exif_transpose(picture).convert("RGB")
                dpi = float(picture.info.get("dpi", (0, 0))[0])
                dpi = dpi if dpi > _SCREEN else shown.size[0] / _PAGE_INCHES
                found = read_scan(shown, dpi, number, hash, scanning)
                poor += [number] if found.sure < LEAST_SURE else []
                pages.append(printed_page(found.page, number - 1))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise _damaged(where) from error
    if poor:
        raise poor_scan(where, poor)
    return reading_of(pages, scanned=tuple(range(1, len(pages) + 1)))


def _damaged(where: str) -> LoadError:
    return LoadError(
        "damaged-image",
        where,
        "the picture is damaged or of another format than its ending says",
        "Save or scan it again",
        ("图片已损坏，或与扩展名不符", "请重新保存或扫描"),
    )


def _too_many(where: str, count: int, most: int) -> LoadError:
    return LoadError(
        "too-many-pages",
        where,
        f"the file has {count} pages, more than {most}",
        "Split it, or raise the limit",
        (f"文件共 {count} 页，超过 {most} 页", "请拆分文件或调高上限"),
    )


def _too_large(where: str) -> LoadError:
    return LoadError(
        "too-large-expanded",
        where,
        "the picture has more points than a scanned page",
        "Scan it at 300 dpi",
        ("图片像素过多", "请以 300 dpi 扫描"),
    )
