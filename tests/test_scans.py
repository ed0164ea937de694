"""Text in pictures: recognised page by page, marked as such, refused where it is uncertain."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageFilter

from app.retrieval.names import half_width
from ingest.errors import LoadError
from ingest.load import load_bytes
from ingest.loading import images, pdf, scans
from ingest.loading.reading import Scanning
from ingest.prepare import Origin, prepare
from ingest.printed import PageWanted, page_image_here
from ingest.settings import Settings
from tests.office_files import page_image, printed

TITLE = "云川市采购管理办法"
LINES = ["第一条　采购人应当公开采购意向。", "第二条　限额标准为一百万元。"]
DPI = 150

pytestmark = pytest.mark.skipif(
    not scans.can_read_scans(), reason="needs the extra 'ocr', which is not installed"
)


@cache
def picture() -> Image.Image:
    """A page as a scanner sees it."""
    found = page_image([TITLE, *LINES], DPI)
    if found is None:
        pytest.skip("needs a Chinese font to print a page with, which is not installed")
    return found


def saved(image: Image.Image, format: str, **how: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, dpi=(DPI, DPI), **how)
    return stream.getvalue()


def plain(text: str) -> str:
    return half_width("".join(text.split()))


def test_a_picture_becomes_a_document_marked_as_recognised(tmp_path: Path) -> None:
    image = picture().rotate(2, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    file = tmp_path / "办法.png"
    file.write_bytes(saved(image, "PNG"))
    settings = Settings(base=tmp_path)
    seen: list[tuple[int, int]] = []
    prepared = prepare(Origin("办法.png", file), settings, lambda at, of: seen.append((at, of)))
    document = prepared.document
    assert seen == [(1, 1)]
    assert document.title == TITLE
    assert [plain(line) for line in document.text.split("\n")[1:]] == [plain(x) for x in LINES]
    assert [s.label for s in prepared.sections if s.kind == "article"] == ["第一条", "第二条"]
    assert document.scanned == (1,)
    assert document.is_recognised(0, len(document.text))
    image_of = page_image_here(PageWanted("办法.png", file, 1))
    assert (image_of.pages, image_of.marked) == (1, False)


def test_pages_without_text_among_others() -> None:
    scan = saved(picture(), "PDF", resolution=DPI)
    with pypdfium2.PdfDocument(printed(["第三条　本办法由云川市财政局负责解释。"])) as whole:
        with pypdfium2.PdfDocument(scan) as scanned:
            whole.import_pages(scanned)
        stream = io.BytesIO()
        whole.save(stream)
    raw = load_bytes(stream.getvalue(), "a.pdf")
    assert raw.scanned == (2,)
    assert [(plain(b.text)[:4], b.pages[0][1]) for b in raw.blocks] == [
        ("第三条本", 1),
        ("云川市采", 2),
        ("第一条采", 2),
        ("第二条限", 2),
    ]


def test_a_page_is_recognised_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(picture(), "TIFF")
    first = load_bytes(data, "a.tif", scanning=Scanning(tmp_path))
    monkeypatch.setattr(scans, "_recognised", None)
    assert load_bytes(data, "a.tif", scanning=Scanning(tmp_path)) == first


def test_a_poor_scan_is_asked_for_again() -> None:
    poor = picture().resize((330, 130)).filter(ImageFilter.GaussianBlur(1.6))
    with pytest.raises(LoadError) as caught:
        load_bytes(saved(poor, "JPEG", quality=20), "a.jpg")
    assert caught.value.code in ("poor-scan", "no-text")


@pytest.mark.parametrize("name", ["a.png", "a.tiff", "a.jpg"])
def test_damaged_pictures(name: str) -> None:
    for data in (b"\x89PNG\r\n\x1a\n no", saved(Image.new("L", (9, 9)), "PNG")[:40]):
        with pytest.raises(LoadError) as caught:
            load_bytes(data, name)
        assert caught.value.code == "damaged-image"


def test_without_the_extra_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = Image.new("RGB", (60, 80), "white")
    for module, data, name in (
        (images, saved(blank, "PNG"), "a.png"),
        (pdf, saved(blank, "PDF"), "a.pdf"),
    ):
        monkeypatch.setattr(module, "can_read_scans", lambda: False)
        with pytest.raises(LoadError) as caught:
            load_bytes(data, name)
        assert caught.value.code == "no-text-layer"
        assert "ocr" in caught.value.line() and "ocr" in caught.value.line("zh")
