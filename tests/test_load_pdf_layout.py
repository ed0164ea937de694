"""PDF pages whose characters, columns or margins would make nonsense of the text."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.clean import clean
from ingest.document import Block
from ingest.load import load_bytes
from ingest.loading.radicals import fold_radicals

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
HEIGHT = A4[1]
TEXT = "供应商认为采购文件使自己的权益受到损害的，可以在知道之日起七个工作日内提出质疑，"


def article(number: str, length: int = 70) -> str:
    return f"第{number}条　" + (TEXT * 3)[: length - 6] + f"记作{number}。"


def pdf(*pages: Callable[[Canvas], object]) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def blocks(*pages: Callable[[Canvas], object]) -> tuple[Block, ...]:
    return load_bytes(pdf(*pages), "a.pdf").blocks


def texts(*pages: Callable[[Canvas], object]) -> list[str]:
    return ["".join(block.text.split()) for block in blocks(*pages)]


def write(canvas: Canvas, left: float, top: float, text: str, size: float = 12) -> None:
    canvas.setFont(FONT, size)
    canvas.drawString(left, HEIGHT - top, text)


def flow(
    canvas: Canvas, paragraphs: list[str], left: float = 72, top: float = 100, width: int = 36
) -> float:
    """Print ``paragraphs`` indented by two characters, ``width`` a line; where the next goes."""
    for paragraph in paragraphs:
        text = "　　" + paragraph
        for at in range(0, len(text), width):
            write(canvas, left, top, text[at : at + width])
            top += 20
    return top


NUMBERS = "一二三四五六七八九十"
ARTICLES = [article(number) for number in NUMBERS]
BARE = ["".join(text.split()) for text in ARTICLES]


def test_radicals_are_the_characters_they_look_like() -> None:
    assert fold_radicals("第⼀条 ⽂件、采购⼈、部⻔、⻚⾯，⻓⾼⼆⼗⼋⽇") == (
        "第一条 文件、采购人、部门、页面，长高二十八日"
    )
    assert fold_radicals("一般文字 abc") == "一般文字 abc"


@pytest.mark.parametrize("gutter", [24, 40])
def test_two_columns_are_read_one_after_the_other(gutter: int) -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 190, 60, "云川市采购管理办法", 20)
        flow(canvas, ARTICLES[:5], 60, width=18)
        flow(canvas, ARTICLES[5:], 60 + 18 * 12 + gutter, width=18)

    assert texts(draw) == ["云川市采购管理办法", *BARE]


def test_columns_under_a_heading_across_the_page_each_in_turn() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 190, 60, "云川市采购管理办法", 20)
        for chapter, top, part in (
            ("第一章 总则", 100, ARTICLES[:4]),
            ("第二章 程序", 380, ARTICLES[4:8]),
        ):
            write(canvas, 260, top, chapter, 14)
            flow(canvas, part[:2], 60, top + 30, width=18)
            flow(canvas, part[2:], 306, top + 30, width=18)

    assert texts(draw) == [
        "云川市采购管理办法", "第一章总则", *BARE[:4], "第二章程序", *BARE[4:8],
    ]  # fmt: skip


def test_a_list_with_values_at_the_right_is_no_columns() -> None:
    rows = [("计算机", "五十万元"), ("打印机", "二十万元"), ("复印机", "三十万元"),
            ("投影仪", "十万元"), ("扫描仪", "八万元"), ("服务器", "一百万元")]  # fmt: skip

    def draw(canvas: Canvas) -> None:
        for at, (name, value) in enumerate(rows):
            write(canvas, 72, 100 + 20 * at, name)
            write(canvas, 330, 100 + 20 * at, value)

    whole = "".join(texts(draw))
    assert whole == "".join(name + value for name, value in rows)


@pytest.mark.parametrize("shifts", [(0.3,), (0.25, 0.5), (0.4, 0.8, 1.2)])
def test_bold_by_overprinting_is_read_once(shifts: tuple[float, ...]) -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 190, 60, "云川市采购管理办法", 20)
        for shift in (0.0, *shifts):
            write(canvas, 72 + shift, 100, "第一条 限额标准为一一一万元，即1111111元。")
            write(canvas, 72, 120 + shift, "第二条 本办法自2025年11月11日起施行。")

    assert texts(draw)[1:] == [
        "第一条限额标准为一一一万元，即1111111元。",
        "第二条本办法自2025年11月11日起施行。",
    ]


@pytest.mark.parametrize("kind", ["slanting", "large", "pale"])
def test_a_watermark_is_no_text(kind: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        if kind == "slanting":
            canvas.translate(150, 350)
            canvas.rotate(40)
            canvas.setFont(FONT, 14)
            canvas.drawString(0, 0, "内部资料严禁外传")
        elif kind == "large":
            write(canvas, 100, 215, "内部资料", 80)
        else:
            canvas.setFillGray(0.85)
            for top in (106, 186, 266):
                write(canvas, 80, top, "云川市财政局专用" * 3)
        canvas.restoreState()
        flow(canvas, ARTICLES[:5])

    assert texts(draw) == BARE[:5]


def test_a_pale_heading_stays() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFillGray(0.8)
        write(canvas, 190, 60, "云川市采购管理办法", 24)
        canvas.restoreState()
        flow(canvas, ARTICLES[:3])

    assert texts(draw) == ["云川市采购管理办法", *BARE[:3]]


@pytest.mark.parametrize("number", ["- 1 -", "1", "第1页", "第 1 页 共 1 页", "— 1 —", "1/1"])
def test_head_and_number_of_a_single_page(number: str) -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 250, 42, "云川市财政局文件汇编", 9)
        write(canvas, 190, 90, "云川市采购管理办法", 20)
        flow(canvas, ARTICLES[:3], top=130)
        write(canvas, 290, 805, number, 9)

    assert texts(draw) == ["云川市采购管理办法", *BARE[:3]]


def test_heads_of_two_pages() -> None:
    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            write(canvas, 72, 40, "政府采购文件汇编　　　　　第二册", 9)
            flow(canvas, ARTICLES[3 * number - 3 : 3 * number])
            write(canvas, 290, 810, f"{number}", 9)

        return draw

    assert texts(page(1), page(2)) == BARE[:6]


def test_what_stands_at_the_edge_of_a_page_without_head() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 72, 60, "附件2", 10)
        write(canvas, 190, 100, "采购限额标准", 20)
        flow(canvas, ARTICLES[:2], top=140)
        write(canvas, 72, 260, "100")

    assert texts(draw) == ["附件2", "采购限额标准", *BARE[:2], "100"]


def test_lines_that_many_pages_end_with_are_text() -> None:
    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            top = flow(canvas, ["本条的事项如下所列，采购人应当逐项予以核对："], top=100)
            for item in range(1, 4):
                top = flow(
                    canvas, [f"（{item}）第{number}类的第{item}个采购事项及其限额标准"], top=top
                )
            write(canvas, 290, 810, f"- {number} -", 9)

        return draw

    found = texts(*(page(number) for number in range(1, 5)))
    assert [text for text in found if text.startswith("（3）")] == [
        f"（3）第{number}类的第3个采购事项及其限额标准" for number in range(1, 5)
    ]
    assert not any(text.startswith("-") for text in found)


def test_signature_date_and_annex_stand_apart() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 170, 95, "云川市财政局文件", 32)
        write(canvas, 250, 140, "云财采〔2024〕5号")
        write(canvas, 135, 190, "云川市财政局关于印发《采购限额标准》的通知", 18)
        write(canvas, 72, 230, "各预算单位：")
        write(canvas, 96, 250, "现将《采购限额标准》印发给你们，请遵照执行。")
        write(canvas, 380, 290, "云川市财政局")
        write(canvas, 380, 310, "2024年5月1日")
        write(canvas, 72, 330, "附件：采购限额标准")

    assert texts(draw)[-3:] == ["云川市财政局", "2024年5月1日", "附件：采购限额标准"]


def test_a_footnote_cuts_no_paragraph() -> None:
    lines = [(TEXT * 4)[at : at + 36] for at in range(0, 144, 36)]

    def first(canvas: Canvas) -> None:
        top = flow(canvas, ARTICLES[:4], top=420)
        for line in lines[:2]:
            write(canvas, 72, top, line)
            top += 20
        write(canvas, 72, 740, "① 指县级以上人民政府财政部门。", 9)
        write(canvas, 290, 810, "1", 9)

    def second(canvas: Canvas) -> None:
        for at, line in enumerate(lines[2:]):
            write(canvas, 72, 100 + 20 * at, line)
        write(canvas, 72, 140, "予以公告。")
        flow(canvas, ARTICLES[4:6], top=160)
        write(canvas, 290, 810, "2", 9)

    found = texts(first, second)
    assert "".join(lines) + "予以公告。" in found
    assert found[-1] == "①指县级以上人民政府财政部门。"


def test_a_printed_web_page_is_no_table() -> None:
    def draw(canvas: Canvas) -> None:
        edges = (60, 70, 540)
        for top in (70, 100, 600):
            canvas.line(60, HEIGHT - top, 540, HEIGHT - top)
        for left in edges:
            canvas.line(left, HEIGHT - 70, left, HEIGHT - 600)
        write(canvas, 80, 90, "首页　政策法规　办事指南")
        flow(canvas, ARTICLES[:6], top=120)

    found = texts(draw)
    assert [text for text in found if text in BARE] == BARE[:6]
    assert all(a != b for a, b in pairwise(found))


def test_heads_over_columns_and_last_lines_across_them() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 60, 45, "云川市人民政府公报", 9)
        write(canvas, 480, 45, "2024年第1期", 9)
        write(canvas, 190, 80, "云川市采购管理办法", 20)
        flow(canvas, ARTICLES[:2], 60, 120)
        flow(canvas, ARTICLES[2:5], 60, 260, width=18)
        flow(canvas, ARTICLES[5:8], 306, 260, width=18)

    assert texts(draw) == ["云川市采购管理办法", *BARE[:8]]


def test_a_last_page_with_few_lines_in_its_right_column() -> None:
    lines = ["　　" + text for text in ARTICLES]
    cut = [line[at : at + 18] for line in lines for at in range(0, len(line), 18)]

    def columns(left: list[str], right: list[str]) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            for x, column in ((60, left), (306, right)):
                for at, line in enumerate(column):
                    write(canvas, x, 100 + 20 * at, line)

        return draw

    assert texts(columns(cut[:12], cut[12:24]), columns(cut[24:-2], cut[-2:])) == BARE


def test_heads_of_left_and_right_pages_and_a_title_that_one_repeats() -> None:
    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            head = (72, "云川市财政局") if number % 2 == 0 else (400, "云川市采购管理办法")
            write(canvas, head[0], 42, head[1], 9)
            if number == 1:
                write(canvas, 190, 90, "云川市采购管理办法", 20)
            flow(canvas, ARTICLES[number * 2 - 2 : number * 2], top=130)

        return draw

    assert texts(*map(page, range(1, 6))) == ["云川市采购管理办法", *BARE]


def test_a_head_of_the_size_of_the_text() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 72, 42, "云川市政府采购文件")
        write(canvas, 190, 100, "云川市采购管理办法", 20)
        flow(canvas, ARTICLES[:3], top=140)

    assert texts(draw) == ["云川市采购管理办法", *BARE[:3]]


def test_a_watermark_in_the_white_of_another_page() -> None:
    def mark(canvas: Canvas) -> None:
        canvas.setFillGray(0.85)
        write(canvas, 100, 305, "仅供内部参考使用", 26)
        canvas.setFillGray(0)

    def cover(canvas: Canvas) -> None:
        mark(canvas)
        write(canvas, 190, 100, "云川市采购管理办法", 20)
        write(canvas, 72, 140, "云川市财政局编")

    def full(canvas: Canvas) -> None:
        mark(canvas)
        flow(canvas, ARTICLES)

    def last(canvas: Canvas) -> None:
        mark(canvas)
        flow(canvas, [article("十一")])

    found = texts(cover, full, last)
    assert found == [
        "云川市采购管理办法",
        "云川市财政局编",
        *BARE,
        article("十一").replace("　", ""),
    ]


def test_a_cover_whose_form_is_larger_than_its_purchase() -> None:
    def draw(canvas: Canvas) -> None:
        write(canvas, 120, 220, "云川市第一中学食堂", 26)
        write(canvas, 120, 260, "设备采购项目", 26)
        write(canvas, 200, 340, "竞争性磋商文件", 30)
        write(canvas, 150, 600, "采购人：云川市第一中学", 14)
        flow(canvas, ARTICLES[:2], top=660)

    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    draw(canvas)
    canvas.save()
    document = clean(load_bytes(stream.getvalue(), "a.pdf"))
    assert document.title == "云川市第一中学食堂设备采购项目竞争性磋商文件"
