"""Two documents of official form, and writers that save a text in the five formats."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

from ingest.document import Document, Line, Metadata, Section
from ingest.structure import outline

Paragraph = tuple[int, str]
"""Level and text: 1 is the title, 2 and 3 are headings that markup declares, 0 is text, and
``TABLE`` a table, one row a line, its cells parted by `` | ``."""

TABLE = -1

LAW: list[Paragraph] = [
    (1, "云川市政府购买服务监督办法"),
    (0, "（2021年3月5日云川市人民政府第12次常务会议通过 自2021年6月1日起施行）"),
    (0, "目录"),
    (0, "第一章 总则"),
    (0, "第二章 监督检查"),
    (0, "第三章 附则"),
    (2, "第一章 总则"),
    (0, "第一条 为了加强政府购买服务的监督，提高财政资金使用效益，制定本办法。"),
    (0, "第二条 本办法适用于本市行政区域内购买主体的监督检查。"),
    (0, "前款所称购买主体，是指各级国家机关。"),
    (2, "第二章 监督检查"),
    (0, "第三条 有下列情形之一的，财政部门应当开展检查："),
    (0, "（一）预算金额在500万元以上的；"),
    (0, "（二）收到书面举报，经核实有下列事实的："),
    (0, "1.擅自改变购买内容的；"),
    (0, "2.未按合同支付资金的；"),
    (0, "（三）市人民政府要求检查的。"),
    (0, "检查应当在30日内完成。情况复杂的，经批准可以延长15日。"),
    (0, "第十一条规定的期限不受本条限制。"),
    (0, "第四条 承接主体拒绝检查的，依照第三条第一款的规定处理。"),
    (0, "第四条之一 检查结果应当公开。"),
    (2, "第三章 附则"),
    (0, "第五条 本办法自2021年6月1日起施行。"),
]

NOTICE: list[Paragraph] = [
    (1, "云川市财政局关于加强政府购买服务绩效管理的通知"),
    (0, "云财购〔2022〕8号"),
    (0, "各区、县财政局，市级各部门："),
    (0, "为提高财政资金使用效益，现就加强政府购买服务绩效管理有关事项通知如下。"),
    (2, "一、总体要求"),
    (0, "坚持花钱必问效，2023年底前实现重点项目全覆盖。"),
    (2, "二、主要任务"),
    (0, "（一）完善制度。各地要制定绩效评价办法，明确评价指标。"),
    (0, "（二）强化培训。一是组织业务培训。市级每年至少举办两期。二是编印操作指南。"),
    (0, "1.编制目录。各部门应当编制购买目录。"),
    (0, "2.公开信息。购买信息应当在10日内公开。"),
    (2, "三、保障措施"),
    (0, "各级财政部门要加强统筹，3.5%以上的项目应当开展抽查。"),
    (0, "附件：云川市政府购买服务绩效评价规程"),
    (0, "云川市财政局"),
    (0, "2022年4月18日"),
    (2, "附件"),
    (0, "云川市政府购买服务绩效评价规程"),
    (0, "第一条 为了规范绩效评价工作，制定本规程。"),
    (0, "第二条 绩效评价应当遵循下列原则："),
    (0, "（一）客观公正；"),
    (0, "（二）注重实效。"),
]


LIMITS_BY_KIND: list[Paragraph] = [
    (1, "云川市采购限额标准"),
    (2, "一、标准"),
    (0, "各类项目的标准如下。"),
    (0, "采购限额标准表"),
    (TABLE, "品目 | 限额（万元）\n货物 | 100\n工程 | 400"),
    (0, "以上标准自2023年起执行。"),
    (2, "二、解释"),
    (0, "本标准由云川市财政局负责解释。"),
]
"""Not for ``txt``, which has no tables."""


def as_txt(text: list[Paragraph]) -> bytes:
    """Plain text, one paragraph a line."""
    return "\n".join(paragraph for _, paragraph in text).encode()


def as_md(text: list[Paragraph]) -> bytes:
    """Markdown with its declared headings. Dots are escaped, lest 1. become a Markdown list."""
    blocks = []
    for level, paragraph in text:
        if level == TABLE:
            first, *rest = paragraph.split("\n")
            blocks.append("\n".join([first, re.sub("[^|]+", "---", first), *rest]))
        else:
            blocks.append("#" * level + " " + paragraph if level else paragraph.replace(".", "\\."))
    return "\n\n".join(blocks).encode()


def as_html(text: list[Paragraph]) -> bytes:
    """A page with ``h1`` to ``h3`` and ``p``."""
    tags = ["p", "h1", "h2", "h3", "table"]
    body = ""
    for level, paragraph in text:
        inside = html.escape(paragraph)
        if level == TABLE:
            rows = [row.replace(" | ", "</td><td>") for row in inside.split("\n")]
            inside = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
        body += f"<{tags[level]}>{inside}</{tags[level]}>\n"
    head = "<!DOCTYPE html><html><head><meta charset='utf-8'></head>"
    return f"{head}<body>{body}</body></html>".encode()


def as_docx(text: list[Paragraph]) -> bytes:
    """A Word file; the title has the style Title, headings the heading styles."""
    import docx

    document = docx.Document()
    for level, paragraph in text:
        if level == TABLE:
            rows = _cells(paragraph)
            table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, words in zip(row.cells, cells, strict=True):
                    cell.text = words
        elif level:
            document.add_heading(paragraph, level - 1)
        else:
            document.add_paragraph(paragraph)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_pdf(text: list[Paragraph]) -> bytes:
    """A PDF with wrapped, indented paragraphs and a centred title."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph as Printed
    from reportlab.platypus import SimpleDocTemplate, Table

    font = "STSong-Light"
    pdfmetrics.registerFont(UnicodeCIDFont(font))
    body = ParagraphStyle(
        "body", fontName=font, fontSize=12, leading=20, firstLineIndent=24, wordWrap="CJK"
    )
    title = ParagraphStyle("title", parent=body, fontSize=18, leading=28, firstLineIndent=0)
    title.alignment = 1
    file = io.BytesIO()
    pages = SimpleDocTemplate(file, pagesize=A4)
    centred = {"目录", "采购限额标准表"} | {p for level, p in text if level == 1}
    printed = []
    for level, paragraph in text:
        if level == TABLE:
            grid = [("GRID", (0, 0), (-1, -1), 1, "black"), ("FONTNAME", (0, 0), (-1, -1), font)]
            printed.append(Table(_cells(paragraph), colWidths=150, style=grid))
        else:
            style = title if paragraph in centred else body
            printed.append(Printed(html.escape(paragraph), style))
    pages.build(printed)
    return file.getvalue()


def _cells(table: str) -> list[list[str]]:
    return [row.split(" | ") for row in table.split("\n")]


WRITERS: dict[str, Callable[[list[Paragraph]], bytes]] = {
    "txt": as_txt,
    "md": as_md,
    "html": as_html,
    "docx": as_docx,
    "pdf": as_pdf,
}


def saved(text: list[Paragraph], format: str, folder: Path) -> Document:
    """``text`` written to a file of ``format``, loaded and cleaned as any other file."""
    from ingest.clean import clean
    from ingest.load import load

    path = folder / f"sample.{format}"
    path.write_bytes(WRITERS[format](text))
    return clean(load(path))


def document(text: str, title: str | None = None) -> Document:
    """A document whose lines are those of ``text``; ``#`` to ``###`` declare headings, and
    neighbouring lines with `` | `` are one table."""
    lines: list[Line] = []
    kept: list[str] = []
    at = 0
    for raw in text.strip("\n").split("\n"):
        line = raw.lstrip("#")
        level = len(raw) - len(line)
        line = line.strip(" ") if level else line
        is_row = " | " in line
        if is_row and lines and lines[-1].kind == "table" and lines[-1].end == at - 1:
            lines[-1] = Line(lines[-1].start, at + len(line), "table")
        elif is_row:
            lines.append(Line(at, at + len(line), "table"))
        elif level:
            lines.append(Line(at, at + len(line), "heading", level))
        else:
            lines.append(Line(at, at + len(line)))
        kept.append(line)
        at += len(line) + 1
    return Document(
        id="0123456789",
        source="sample.txt",
        format="txt",
        content_hash="ab" * 32,
        text="\n".join(kept),
        lines=tuple(lines),
        metadata=Metadata(title=title),
    )


def shape(doc: Document) -> list[tuple[str, str, str, str]]:
    return [
        (s.kind, s.label, s.heading, re.sub(r"\s", "", doc.text[s.start : s.end]))
        for s in outline(doc)
    ]


def tree(doc: Document, *leave_out: str) -> list[str]:
    """The outline as indented lines ``kind label heading``, without the kinds given."""
    sections = outline(doc)
    depth: dict[int, int] = {}
    lines = []
    for section in sections:
        depth[section.index] = 0 if section.parent is None else depth[section.parent] + 1
        if section.kind not in leave_out:
            parts = (section.kind, section.label, section.heading)
            lines.append("  " * depth[section.index] + " ".join(part for part in parts if part))
    return lines


def of_kind(doc: Document, kind: str) -> list[Section]:
    return [section for section in outline(doc) if section.kind == kind]
