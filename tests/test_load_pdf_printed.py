"""Printed web pages in PDF: menus and boxes beside the text, shadows, tables of numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.clean import clean
from ingest.cleaning.edits import undo
from ingest.load import load_bytes
from tests.test_load_pdf_layout import (
    ARTICLES,
    BARE,
    NUMBERS,
    TEXT,
    article,
    blocks,
    flow,
    pdf,
    texts,
    write,
)

MENU = ["法律法规", "部门规章", "规范性文件", "采购公告", "中标公告", "下载中心"]


def menu(canvas: Canvas, left: float, step: float) -> None:
    for at, text in enumerate(MENU):
        write(canvas, left, 90 + step * at, text, 9)


@pytest.mark.parametrize("left", [20, 500])
def test_a_menu_beside_the_text_of_a_printed_web_page(left: float) -> None:
    def draw(canvas: Canvas) -> None:
        menu(canvas, left, 17)
        write(canvas, 190, 80, "云川市采购管理办法", 20)
        flow(canvas, ARTICLES[:5], 90 if left < 90 else 60, 120, 34)

    assert texts(draw) == ["云川市采购管理办法", *BARE[:5], *MENU]
    assert cleaned(draw).split("\n")[1:] == ARTICLES[:5]


def cleaned(draw: Callable[[Canvas], None]) -> str:
    document = clean(load_bytes(pdf(draw), "a.pdf"))
    assert undo(document.text, document.repairs) == document.original
    return document.text.replace(" ", "　")


def test_text_runs_around_a_box_of_links() -> None:
    def draw(canvas: Canvas) -> None:
        menu(canvas, 480, 17)
        flow(canvas, ARTICLES[:2], 60, 90, 32)
        flow(canvas, ARTICLES[2:5], 60, 220, 40)

    assert texts(draw) == [*BARE[:5], *MENU]


def test_labels_beside_what_they_say_are_no_sidebar() -> None:
    labels = ["项目名称", "预算金额", "资格要求", "开标地点", "联系人员", "联系电话"]

    def draw(canvas: Canvas) -> None:
        top = 90.0
        for at, label in enumerate(labels):
            below = flow(canvas, [TEXT if at % 2 else TEXT[:12]], 150, top, 30)
            write(canvas, 60, (top + below - 20) / 2, label)
            top = below + 6

    assert all(block.kind != "aside" for block in blocks(draw))


def test_short_last_lines_at_the_left_are_no_sidebar() -> None:
    short = [article(number, 35) for number in NUMBERS]

    assert texts(lambda canvas: flow(canvas, short, 60, 90, 34)) == [
        "".join(text.split()) for text in short
    ]


@pytest.mark.parametrize("shift", [(2.0, 2.0), (4.0, 5.0), (-3.0, 6.0)])
def test_shadows_are_no_text(shift: tuple[float, float]) -> None:
    def draw(canvas: Canvas) -> None:
        for grey, (x, y) in ((0.6, shift), (0.0, (0.0, 0.0))):
            canvas.setFillGray(grey)
            write(canvas, 190 + x, 80 + y, "云川市采购管理办法", 20)
        flow(canvas, ARTICLES[:3])

    assert texts(draw) == ["云川市采购管理办法", *BARE[:3]]


def test_the_day_below_a_table_of_numbers() -> None:
    page = (
        "<body><table><tr><td>索引号</td><td>YC-1</td><td>发布机构</td><td>云川市财政局</td></tr>"
        "</table><p>云川市采购管理办法</p><p>发布时间：2024-08-15 10:20　来源：云川市财政局</p>"
        + "".join(f"<p>{text}</p>" for text in ARTICLES)
    )
    document = clean(load_bytes(page.encode(), "a.html"))
    assert document.metadata.published == "2024-08-15"
    assert "来源" not in document.text
