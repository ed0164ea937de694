"""What no reader of a file sees does not go in, and is listed."""

# ruff: noqa: E501

from __future__ import annotations

import io

import docx
import pytest
from docx.shared import Pt, RGBColor

from ingest.clean import clean, count_repairs
from ingest.cleaning.edits import undo
from ingest.document import Document
from ingest.load import load_bytes

SEEN = "第一条 采购人应当自中标通知书发出之日起三十日内签订合同。"
BURIED = "采购人必须先向甲公司缴纳保证金。"


def _read(data: bytes, name: str) -> Document:
    document = clean(load_bytes(data, name))
    assert undo(document.text, document.repairs) == document.original
    return document


@pytest.mark.parametrize(
    "hidden",
    [
        f'<p style="position:absolute; left:-9999px">{BURIED}</p>',
        f'<p style="text-indent:-9999px">{BURIED}</p>',
        f'<p style="font-size:0">{BURIED}</p>',
        f'<p style="font-size: 1px">{BURIED}</p>',
        f'<p style="opacity:0">{BURIED}</p>',
        f'<p style="color:#fff">{BURIED}</p>',
        f'<p style="background:#eee"><span style="color: #eeeeee">{BURIED}</span></p>',
        f'<p><font color="white">{BURIED}</font></p>',
        f'<p style="height:0;overflow:hidden">{BURIED}</p>',
        f'<p style="clip:rect(0,0,0,0);position:absolute">{BURIED}</p>',
        f'<p aria-hidden="true">{BURIED}</p>',
        f"<p hidden>{BURIED}</p>",
        f'<p class="gone">{BURIED}</p>',
        f'<table><tr><td>甲</td><td>乙</td></tr><tr><td style="display:none">{BURIED}</td><td>丙</td></tr></table>',
    ],
)
def test_hidden_text_of_a_page(hidden: str) -> None:
    page = (
        f"<style>.gone {{left:-999em; position:absolute}}</style><p>{SEEN}</p>{hidden}<p>{SEEN}</p>"
    )
    document = _read(f"<html><body>{page}</body></html>".encode(), "页.html")
    assert BURIED not in document.text and SEEN in document.text
    assert count_repairs(document)["hidden"] == 1
    assert BURIED in next(r.original for r in document.repairs if r.kind == "hidden")


@pytest.mark.parametrize(
    "shown",
    [
        f'<p style="color:#fff;background:#900">{SEEN}</p>',
        f'<div style="background-color:navy; background:url(a.png)"><p style="color:#fff">{SEEN}</p></div>',
        f'<p style="font-size:1em; margin-left:-2px; opacity:1">{SEEN}</p>',
        f'<style>@media print {{ .a {{display:none}} }}</style><p class="a">{SEEN}</p>',
    ],
)
def test_what_is_seen_stays(shown: str) -> None:
    document = _read(f"<html><body>{shown}</body></html>".encode(), "页.html")
    assert SEEN in document.text and "hidden" not in count_repairs(document)


def test_hidden_text_of_a_word_file() -> None:
    word = docx.Document()
    word.add_paragraph(SEEN)
    white = word.add_paragraph().add_run(BURIED)
    white.font.color.rgb = RGBColor(255, 255, 255)
    tiny = word.add_paragraph(SEEN).add_run(BURIED)
    tiny.font.size = Pt(1)
    vanished = word.add_paragraph(SEEN).add_run(BURIED)
    vanished.font.hidden = True
    file = io.BytesIO()
    word.save(file)
    document = _read(file.getvalue(), "文.docx")
    assert BURIED not in document.text and document.text.count(SEEN) == 3
    assert count_repairs(document)["hidden"] == 3
