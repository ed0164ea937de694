"""Read a PDF: paragraphs and ruled tables in reading order; pages without text are recognised."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ingest.errors import LoadError
from ingest.loading.pdf_chars import UNKNOWN, Mark
from ingest.loading.pdf_streams import check_streams
from ingest.loading.printed_pages import PrintedPage, printed_page, reading_of
from ingest.loading.reading import LoadLimits, Reading, Scanning
from ingest.loading.scans import (
    DPI,
    LEAST_SURE,
    can_read_scans,
    no_recognition,
    poor_scan,
    read_scan,
)

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument


def read_pdf(
    data: bytes, where: str, limits: LoadLimits, scanning: Scanning, flowing: bool = True
) -> Reading:
    """Paragraphs and tables; headers, footers and page numbers are left out. ``scanned`` names the
    pages (from 1) whose text was recognised.

    :param flowing: whether a paragraph may go on over the page.
    :raises LoadError: ``not-pdf``, ``damaged-pdf``, ``encrypted-pdf``, ``too-many-pages``,
        ``too-large-expanded`` or ``poor-scan``; where the extra ``ocr`` is not installed,
        ``no-text-layer`` or ``unreadable-text-layer``.
    """
    import pypdfium2

    _check_frame(data, where)
    check_streams(data, where, limits)
    try:
        with pypdfium2.PdfDocument(data) as pdf:
            _check_count(len(pdf), where, limits)
            title = pdf.get_metadata_value("Title")
            pages = _pages(pdf)
            scanned = _scanned(pages, where)
            if scanned:
                _recognise(pdf, pages, scanned, where, hashlib.sha256(data).hexdigest(), scanning)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY):
            raise _locked(where) from error
        raise _damaged(where) from error
    return reading_of(pages, title, tuple(number + 1 for number in scanned), flowing)


def _check_frame(data: bytes, where: str) -> None:
    if b"%PDF-" not in data[:1024]:
        raise LoadError(
            "not-pdf",
            where,
            "this is not a PDF",
            "Give it the ending of its real format",
            ("这不是 PDF 文件", "请改用正确的扩展名"),
        )
    if b"%%EOF" not in data[-4096:]:
        raise _damaged(where)


def _check_count(count: int, where: str, limits: LoadLimits) -> None:
    if not count:
        raise _damaged(where)
    if count > limits.max_pages:
        raise LoadError(
            "too-many-pages",
            where,
            f"the PDF has {count} pages, more than {limits.max_pages}",
            "Split it, or raise the limit",
            (f"PDF 共 {count} 页，超过 {limits.max_pages} 页", "请拆分文件或调高上限"),
        )


def _pages(pdf: PdfDocument) -> list[PrintedPage]:
    from ingest.loading.pdf_content import read_page

    marks: set[Mark] = set()
    pages: list[PrintedPage] = []
    for number in range(len(pdf)):
        gutter = pages[-1].gutter if pages else None
        pages.append(printed_page(read_page(pdf[number], number + 1), number, gutter, marks))
    for number, page in enumerate(pages):
        if page.pale & marks:  # the first page shows a watermark in the white
            again = read_page(pdf[number], number + 1)
            pages[number] = printed_page(again, number, page.gutter, marks)
    return pages


def _scanned(pages: list[PrintedPage], where: str) -> list[int]:
    """The pages (from 0) that show text and have none.

    :raises LoadError: if there are some, nothing can recognise them, and they are not a few among
        many, or if there is no text at all.
    """
    empty = [n for n, page in enumerate(pages) if not page.lines and not page.tables]
    shown = [n for n in empty if pages[n].has_image]
    unreadable = [n for n, page in enumerate(pages) if _is_unreadable(page)]
    if can_read_scans():
        return sorted({*shown, *unreadable})
    if len(empty) == len(pages) or len(shown) * 2 > len(pages):
        raise no_recognition(
            where,
            f"{len(empty)} of {len(pages)} pages hold no text: this is a scan",
            f"{len(pages)} 页中有 {len(empty)} 页没有文字层，是扫描件",
        )
    if len(unreadable) * 2 > len(pages):
        raise LoadError(
            "unreadable-text-layer",
            where,
            "the PDF does not say which characters its fonts show",
            "Run OCR on it first, or save it anew from its source",
            ("PDF 的字体没有文字编码信息", "请先做文字识别，或从原文件重新导出"),
        )
    return []


def _is_unreadable(page: PrintedPage) -> bool:
    text = "".join(line.text for line in page.lines)
    return text.count(UNKNOWN) * 5 > len(text)


def _recognise(
    pdf: PdfDocument,
    pages: list[PrintedPage],
    scanned: list[int],
    where: str,
    hash: str,
    scanning: Scanning,
) -> None:
    """Put recognised pages in the place of those without text."""
    poor = []
    for at, number in enumerate(scanned, 1):
        if scanning.on_page:
            scanning.on_page(at, len(scanned))
        image = pdf[number].render(scale=DPI / 72).to_pil()
        found = read_scan(image, DPI, number + 1, hash, scanning)
        poor += [number + 1] if found.sure < LEAST_SURE else []
        pages[number] = printed_page(found.page, number)
    if poor:
        raise poor_scan(where, poor)


def _locked(where: str) -> LoadError:
    return LoadError(
        "encrypted-pdf",
        where,
        "the PDF is protected by a password",
        "Remove the password and try again",
        ("PDF 有密码保护", "请去掉密码后重试"),
    )


def _damaged(where: str) -> LoadError:
    return LoadError(
        "damaged-pdf",
        where,
        "the PDF is damaged or incomplete",
        "Fetch or save it again",
        ("PDF 已损坏或不完整", "请重新下载或另存"),
    )
