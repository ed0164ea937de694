"""Prints a text as PDF in seven ways: Chromium, the same with menu, links and shadows, LibreOffice,
plain, Word-like, gazette, red head."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

_FONT = "STSong-Light"
_WIDTH, _HEIGHT = 595.28, 841.89


def chromium(title: str, paragraphs: Sequence[str]) -> bytes:
    """A printed web page."""
    return _printed_by_chromium(f"<h1>{escape(title)}</h1>{_indented(paragraphs)}")


_MENU = ["法律法规", "部门规章", "采购公告", "中标公告", "投诉处理", "下载中心", "联系我们"]
_LINKS = ["云川市召开采购工作会议", "云川市公布集中采购目录", "云川市完成电脑采购项目验收"]


def web_page(title: str, paragraphs: Sequence[str]) -> bytes:
    """A printed web page with a menu at the left, links at the right and shadows under its title;
    the browser prints address and day at the edges."""
    menu, links = ("".join(f"<li>{text}</li>" for text in of) for of in (_MENU, 2 * _LINKS))
    style = (
        "body{display:flex;font-size:14px;line-height:1.8} main{flex:1} aside{font-size:12px}"
        "h1{text-shadow:4px 4px 8px #666,-3px 6px 2px #aaa;text-align:center}"
    )
    return _printed_by_chromium(
        f"<head><style>{style}</style></head><aside style='width:110px'><ul>{menu}</ul></aside>"
        f"<main><h1>{escape(title)}</h1>{_indented(paragraphs)}</main>"
        f"<aside style='width:150px'><ul>{links}</ul></aside>",
        display_header_footer=True,
        margin={"top": "15mm", "bottom": "15mm", "left": "8mm", "right": "8mm"},
    )


def _indented(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p style='text-indent:2em'>{escape(text)}</p>" for text in paragraphs)


def _printed_by_chromium(page: str, **how: Any) -> bytes:
    from playwright.sync_api import sync_playwright

    from benchmarks.serving import FLAGS
    from benchmarks.serving import chromium as browser_path

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
        tab = browser.new_page()
        tab.set_content(f"<html lang='zh-CN'>{page}</html>")
        made = tab.pdf(format="A4", **how)
        browser.close()
    return made


def libreoffice(title: str, paragraphs: Sequence[str]) -> bytes:
    """A Word file exported by LibreOffice."""
    import docx
    from docx.shared import Pt

    file = docx.Document()
    file.add_heading(title, 0)
    for text in paragraphs:
        added = file.add_paragraph(text)
        added.paragraph_format.first_line_indent = Pt(24)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "a.docx"
        file.save(str(source))
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/p", "--convert-to",
             "pdf", "--outdir", folder, str(source)],
            check=True, capture_output=True,
        )  # fmt: skip
        return (Path(folder) / "a.pdf").read_bytes()


class _Press:
    """Sets lines on pages."""

    def __init__(self) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen.canvas import Canvas

        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
        self._stream = io.BytesIO()
        self.canvas = Canvas(self._stream, pagesize=(_WIDTH, _HEIGHT))

    def write(self, left: float, top: float, text: str, size: float, spread: float = 0.0) -> None:
        line = self.canvas.beginText(left, _HEIGHT - top)
        line.setFont(_FONT, size)
        line.setCharSpace(spread)
        line.textOut(text)
        self.canvas.drawText(line)

    def made(self) -> bytes:
        self.canvas.save()
        return self._stream.getvalue()


def _wrapped(paragraphs: Sequence[str], width: int) -> list[str]:
    lines = []
    for text in paragraphs:
        text = "　　" + text
        lines += [text[at : at + width] for at in range(0, len(text), width)]
    return lines


def plain(title: str, paragraphs: Sequence[str]) -> bytes:
    """One column, set by reportlab."""
    return _set(title, paragraphs, size=12, width=36, numbered=False)


def word_like(title: str, paragraphs: Sequence[str]) -> bytes:
    """Sanhao type, spread to fill the line, a quarter between Chinese and figures, page numbers."""
    return _set(title, paragraphs, size=16, width=28, numbered=True, spread=0.3)


def red_head(title: str, paragraphs: Sequence[str]) -> bytes:
    """A document of an authority: its name in red, its number, a rule, the text, a signature."""

    def head(press: _Press) -> float:
        press.canvas.setFillColorRGB(0.9, 0, 0)
        press.write(130, 110, "云川市财政局文件", 40)
        press.canvas.setFillColorRGB(0, 0, 0)
        press.write(230, 160, "云财采〔2024〕5号", 16)
        press.canvas.line(72, _HEIGHT - 175, _WIDTH - 72, _HEIGHT - 175)
        return 230.0

    return _set(title, paragraphs, size=16, width=28, numbered=True, head=head)


def _set(
    title: str,
    paragraphs: Sequence[str],
    size: float,
    width: int,
    numbered: bool,
    spread: float = 0.0,
    head: Callable[[_Press], float] | None = None,
) -> bytes:
    press = _Press()
    top, page = head(press) if head else 90.0, 1
    for at in range(0, len(title), 20):
        press.write(72, top, title[at : at + 20], 22)
        top += 32
    top += 20
    for line in _wrapped(paragraphs, width):
        if top > _HEIGHT - 90:
            if numbered:
                press.write(_WIDTH / 2 - 20, _HEIGHT - 50, f"— {page} —", 12)
            press.canvas.showPage()
            top, page = 90.0, page + 1
        press.write(72, top, line, size, spread if len(line) == width else 0.0)
        top += 1.75 * size
    if numbered:
        press.write(_WIDTH / 2 - 20, _HEIGHT - 50, f"— {page} —", 12)
    return press.made()


def gazette(title: str, paragraphs: Sequence[str]) -> bytes:
    """Two columns with a running head."""
    press = _Press()
    lines, page = _wrapped(paragraphs, 20), 1
    press.write(72, 100, title[:22], 20)
    first = 140.0
    while lines:
        press.write(72, 50, f"云川市人民政府公报 2024年第{page}期", 9)
        for left in (60.0, 310.0):
            top = first
            while lines and top < _HEIGHT - 70:
                press.write(left, top, lines.pop(0), 11)
                top += 18
        press.canvas.showPage()
        first, page = 90.0, page + 1
    return press.made()


WAYS: dict[str, Callable[[str, Sequence[str]], bytes]] = {
    "Chromium": chromium,
    "page with sidebars": web_page,
    "LibreOffice": libreoffice,
    "reportlab": plain,
    "Word-like": word_like,
    "gazette in two columns": gazette,
    "red head": red_head,
}
