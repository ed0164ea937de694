"""PDF: printed lines back to paragraphs, page furniture out, tables over page breaks."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

from ingest.document import RawDocument
from ingest.load import load, load_bytes

FONT = "STSong-Light"  # of the readers themselves: needs no font file
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
BODY = ParagraphStyle(
    "body",
    fontName=FONT,
    fontSize=14,
    leading=24,
    firstLineIndent=28,
    wordWrap="CJK",
    alignment=TA_JUSTIFY,
)
FLUSH = ParagraphStyle("flush", parent=BODY, firstLineIndent=0)
TITLE = ParagraphStyle("title", parent=BODY, fontSize=20, firstLineIndent=0, alignment=TA_CENTER)
CELL = ParagraphStyle("cell", fontName=FONT, fontSize=10, leading=14, wordWrap="CJK")


def _furniture(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(FONT, 9)
    canvas.drawString(72, A4[1] - 40, "财政部文件汇编")
    canvas.drawCentredString(A4[0] / 2, 36, f"— {document.page} —")


def _pdf(story: list[Flowable], title: str = "", furniture: bool = True) -> RawDocument:
    stream = io.BytesIO()
    document = SimpleDocTemplate(stream, pagesize=A4, title=title)
    draw = _furniture if furniture else (lambda canvas, document: None)
    document.build(story, onFirstPage=draw, onLaterPages=draw)
    return load_bytes(stream.getvalue(), "a.pdf")


PARAGRAPHS = [
    text
    for number in "一二三四五六七八九十"
    for text in (
        f"第{number}条 为了规范政府采购行为，提高政府采购资金的使用效益，维护国家利益和社会公共"
        "利益，保护政府采购当事人的合法权益，促进廉政建设，根据《中华人民共和国政府采购法》制定本办法。"
        "采购人应当在2023年12月31日前编制采购预算，采购限额为100万元以上的项目实行公开招标。",
        "前款所称采购人，是指依法进行政府采购的国家机关、事业单位和团体组织。有下列情形之一的除外：",
        f"（{number}）采购文件存在不合理条款的；",
    )
]


@pytest.mark.parametrize("style", [BODY, FLUSH], ids=["indented", "flush"])
def test_paragraphs_over_lines_and_pages(style: ParagraphStyle) -> None:
    title = "政府采购样本管理办法"
    document = _pdf([Paragraph(title, TITLE), *(Paragraph(p, style) for p in PARAGRAPHS)], title)
    texts = [block.text for block in document.blocks]
    # Line ends beside Latin letters and digits may keep or lose a space; nothing else may differ.
    assert ["".join(text.split()) for text in texts] == [
        "".join(text.split()) for text in [title, *PARAGRAPHS]
    ]
    assert document.metadata.title == title
    assert not any("\n" in text or "汇编" in text for text in texts)


def test_a_title_of_the_properties_that_the_text_does_not_say() -> None:
    assert _pdf([Paragraph(PARAGRAPHS[0], BODY)], "微软 Word 文档一").metadata.title is None


def test_numbers_that_are_text_stay() -> None:
    """Two pages whose edges differ: nothing there is furniture."""
    story: list[Flowable] = [Paragraph(p, BODY) for p in PARAGRAPHS[:12]]
    document = _pdf(story, furniture=False)
    shown = "".join(block.text for block in document.blocks)
    assert "".join(shown.split()) == "".join("".join(PARAGRAPHS[:12]).split())


def test_table_over_pages() -> None:
    note = "包括办公室、服务用房、设备用房、附属用房等，具体范围由主管部门规定并向社会公布。"
    rows = [["编码", "品目名称", "说明"]]
    rows += [[f"A{n:08}", f"品目{n}", note if n % 3 == 0 else ""] for n in range(90)]
    cells = [[Paragraph(text, CELL) for text in row] for row in rows]
    table = Table(cells, colWidths=[90, 120, 200], repeatRows=1, splitInRow=0)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))
    document = _pdf([Paragraph("目录如下。", BODY), table, Paragraph("以上。", BODY)])
    assert [block.kind for block in document.blocks] == ["paragraph", "table", "paragraph"]
    lines = document.blocks[1].text.split("\n")
    assert lines == [" | ".join(row).removesuffix(" | ") for row in rows]


def _grid(rows: list[list[str]]) -> Table:
    table = Table([[Paragraph(text, CELL) for text in row] for row in rows], [60, 90, 200])
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))
    return table


def test_row_cut_by_a_page() -> None:
    """As Word draws it: the head again, then the rest of the row under empty cells."""
    head = ["编码", "名称", "说明"]
    above = [head, ["A1", "甲", "包括一。"], ["A2", "乙", "包括二、三、"]]
    below = [head, ["", "", "四和五。"], ["A3", "丙", "包括六；"]]
    further = [head, ["", "续", "包括七。"], ["A4", "丁"]]
    pages = [_grid(above), PageBreak(), _grid(below), PageBreak(), _grid(further)]
    blocks = _pdf(pages).blocks
    assert [block.text.split("\n") for block in blocks] == [
        [
            "编码 | 名称 | 说明",
            "A1 | 甲 | 包括一。",
            "A2 | 乙 | 包括二、三、四和五。",
            "A3 | 丙续 | 包括六；包括七。",
            "A4 | 丁",
        ]
    ]


def test_cells_that_span_rows_are_not_mended() -> None:
    head = ["部门", "事项", "说明"]
    above = [head, ["甲", "一", "完。"], ["", "二", "完。"], ["", "三", "完。"]]
    below = [head, ["", "四", "完。"], ["乙", "五", "完。"]]
    story = [_grid(above), PageBreak(), _grid(below)]
    lines = _pdf(story, furniture=False).blocks[0].text.split("\n")
    assert lines[3:] == [" | 三 | 完。", " | 四 | 完。", "乙 | 五 | 完。"]


def test_one_cell_frames_are_paragraphs() -> None:
    frame = Table([[Paragraph("第一条 框中的文字。", BODY)]], colWidths=[400])
    frame.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 1, colors.black)]))
    blocks = _pdf([frame], furniture=False).blocks
    assert [(block.kind, block.text) for block in blocks] == [("paragraph", "第一条 框中的文字。")]


def test_catalogue(shared: Path) -> None:
    """The first 30 of 147 pages; all of them take about 25 s on one core."""
    path = next((shared / "corpus" / "office").glob("政府采购品目*.pdf"))
    writer, stream = PdfWriter(), io.BytesIO()
    for page in PdfReader(path).pages[:30]:
        writer.add_page(page)
    writer.write(stream)
    started = time.process_time()
    document = load_bytes(stream.getvalue(), path.name)
    assert time.process_time() - started < 30
    tables = [block.text.split("\n") for block in document.blocks if block.kind == "table"]
    assert [table[0] for table in tables] == ["编 码 | 品目名称 | 说 明"]
    codes = [line.split(" | ")[0] for line in tables[0][1:]]
    assert len(codes) > 500
    assert all(code[0] == "A" and len(code) in (1, 9) for code in codes)
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)
    # The table of contents: a line each.
    assert sum(block.text.count("....") > 0 for block in document.blocks) > 40
    preface = [block.text for block in document.blocks if block.kind == "paragraph"]
    assert any(text.startswith("一是与《资产分类与代码》保持一致") for text in preface)


def test_measures_on_procurement_needs(shared: Path) -> None:
    path = next((shared / "corpus" / "office").glob("政府采购需求*.pdf"))
    texts = [block.text for block in load(path).blocks]
    articles = [text for text in texts if text.startswith("第") and "条 " in text[:7]]
    assert len(articles) == len({text.partition(" ")[0] for text in articles}) >= 39
    assert all(text.endswith(("。", "：", "；")) for text in texts if len(text) > 25)
    assert not any(text.isdecimal() for text in texts)
