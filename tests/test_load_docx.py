"""Word files: numbers that Word prints, headings, tables, tracked changes, text boxes, notes."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path

import docx
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.document import Block, RawDocument
from ingest.load import load, load_bytes
from ingest.loading.docx_numbering import format_number

LEVELS = """
<w:abstractNum {ns} w:abstractNumId="90">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>
    <w:lvlText w:val="第%1条"/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
    <w:suff w:val="nothing"/><w:lvlText w:val="（%2）"/></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/>
    <w:lvlText w:val="%1.%3."/></w:lvl>
</w:abstractNum>
"""
BULLETS = """
<w:abstractNum {ns} w:abstractNumId="91">
  <w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="\uf06c"/></w:lvl>
</w:abstractNum>
"""


def _saved(document: WordDocument) -> RawDocument:
    stream = io.BytesIO()
    document.save(stream)
    return load_bytes(stream.getvalue(), "a.docx")


def _xml(markup: str) -> object:
    return parse_xml(markup.replace("{ns}", nsdecls("w")))


def _with_lists(document: WordDocument) -> None:
    """Lists 70 and 71 of one definition, the second starting at 100; 72 has bullets."""
    root = document.part.numbering_part.element
    for position, markup in enumerate((LEVELS, BULLETS)):
        root.insert(position, _xml(markup))
    for number, abstract, override in ((70, 90, ""), (71, 90, "100"), (72, 91, "")):
        start = f'<w:startOverride w:val="{override}"/>' if override else ""
        inside = f'<w:lvlOverride w:ilvl="0">{start}</w:lvlOverride>' if start else ""
        root.append(
            _xml(
                f'<w:num {{ns}} w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>'
                f"{inside}</w:num>"
            )
        )


def _numbered(document: WordDocument, text: str, number: int, level: int = 0) -> None:
    properties = document.add_paragraph(text)._p.get_or_add_pPr()
    properties.append(
        _xml(f'<w:numPr {{ns}}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def test_printed_numbers() -> None:
    document = docx.Document()
    _with_lists(document)
    for text, number, level in (
        ("为了规范采购", 70, 0),
        ("采购人", 70, 0),
        ("甲", 70, 1),
        ("乙", 70, 1),
        ("细目", 70, 2),
        ("细目", 70, 2),
        ("供应商", 70, 0),
        ("又从头", 70, 1),
        ("附则", 71, 0),
        ("施行", 71, 0),
        ("圆点", 72, 0),
        ("无编号", 0, 0),
    ):
        _numbered(document, text, number, level)
    assert [block.text for block in _saved(document).blocks] == [
        "第一条 为了规范采购",
        "第二条 采购人",
        "（一）甲",
        "（二）乙",
        "2.1. 细目",
        "2.2. 细目",
        "第三条 供应商",
        "（一）又从头",
        "第一百条 附则",
        "第一百零一条 施行",
        "圆点",
        "无编号",
    ]


def test_numbers_of_a_style() -> None:
    document = docx.Document()
    _with_lists(document)
    style = document.styles["Heading 1"].element
    style.get_or_add_pPr().append(
        _xml('<w:numPr {ns}><w:ilvl w:val="0"/><w:numId w:val="70"/></w:numPr>')
    )
    document.add_heading("总则", 1)
    document.add_heading("附则", 1)
    assert list(_saved(document).blocks) == [
        Block("第一条 总则", "heading", 1),
        Block("第二条 附则", "heading", 1),
    ]


def test_number_formats() -> None:
    for value, format, printed in (
        (12, "chineseCounting", "十二"),
        (20, "chineseCountingThousand", "二十"),
        (110, "japaneseCounting", "一百一十"),
        (105, "ideographDigital", "一〇五"),
        (3, "chineseLegalSimplified", "叁"),
        (2, "ideographTraditional", "乙"),
        (2, "ideographZodiac", "丑"),
        (3, "decimalEnclosedCircle", "③"),
        (3, "decimalEnclosedCircleChinese", "③"),
        (2, "decimalEnclosedParen", "⑵"),
        (21, "decimalEnclosedCircle", "21"),
        (7, "decimalZero", "07"),
        (7, "decimalFullWidth", "７"),
        (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"),
        (5, "unheardOf", "5"),
        (0, "chineseCounting", "0"),
    ):
        assert format_number(value, format) == printed, (value, format)


def test_headings() -> None:
    document = docx.Document()
    document.add_heading("办法", 0)
    document.add_heading("第一章 总则", 2)
    style = document.styles.add_style("自定", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 3"]
    document.add_paragraph("第一节", style="自定")
    outline = document.add_paragraph("第二章 主体")
    outline._p.get_or_add_pPr().append(_xml('<w:outlineLvl {ns} w:val="0"/>'))
    body = document.add_paragraph("正文段落", style="Heading 1")
    body._p.get_or_add_pPr().append(_xml('<w:outlineLvl {ns} w:val="9"/>'))
    provision = f"第一条 {'规范采购行为，' * 12}制定本办法。"
    document.add_heading(provision, 1)
    blocks = _saved(document).blocks
    assert [(block.kind, block.level) for block in blocks[:4]] == [
        ("heading", 1),
        ("heading", 2),
        ("heading", 3),
        ("heading", 1),
    ]
    assert blocks[5] == Block(provision)  # a provision with an outline level is no heading


def test_lines_tabs_and_symbols() -> None:
    document = docx.Document()
    run = document.add_paragraph("第一条\t为了").add_run("规范")
    run.add_break()
    run.add_text("第二条")
    run._r.append(_xml('<w:sym {ns} w:font="Wingdings" w:char="F0FE"/>'))
    run._r.append(_xml("<w:noBreakHyphen {ns}/>"))
    assert [block.text for block in _saved(document).blocks] == ["第一条 为了规范", "第二条-"]


def test_tracked_changes_hidden_text_and_fields() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("采购人")._p
    for markup in (
        "<w:del {ns}><w:r><w:delText>删去</w:delText></w:r></w:del>",
        "<w:ins {ns}><w:r><w:t>增加</w:t></w:r></w:ins>",
        "<w:moveFrom {ns}><w:r><w:t>移走</w:t></w:r></w:moveFrom>",
        "<w:r {ns}><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>",
        '<w:r {ns}><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>可见</w:t></w:r>',
        "<w:r {ns}><w:instrText>PAGE</w:instrText></w:r>",
        "<w:hyperlink {ns}><w:r><w:t>链接</w:t></w:r></w:hyperlink>",
        "<w:sdt {ns}><w:sdtContent><w:r><w:t>控件</w:t></w:r></w:sdtContent></w:sdt>",
    ):
        paragraph.append(_xml(markup))
    assert _saved(document).blocks == (Block("采购人增加可见链接控件"),)


def test_tables() -> None:
    document = docx.Document()
    document.add_paragraph("前")
    table = document.add_table(3, 3)
    for row, texts in zip(
        table.rows, (("编码", "名称", "说明"), ("A", "甲", "x"), ("", "乙", "")), strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 1).add_paragraph("第二段")
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    frame = document.add_table(1, 1)
    frame.cell(0, 0).text = "框中的段落"
    frame.cell(0, 0).add_paragraph("另一段")
    assert list(_saved(document).blocks) == [
        Block("前"),
        Block("编码 | 名称 说明\nA | 甲 第二段 | x\nA | 乙", "table"),
        Block("框中的段落"),
        Block("另一段"),
    ]


def test_text_box_stands_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>文本框</w:t></w:r></w:p></w:txbxContent>"
    markup = (
        "<w:r {ns} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'"
        " xmlns:wps='http://schemas.microsoft.com/office/word/2010/wordprocessingShape'"
        " xmlns:v='urn:schemas-microsoft-com:vml'><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><wps:txbx>{box}</wps:txbx></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    document = docx.Document()
    document.add_paragraph("正文")._p.append(_xml(markup))
    document.add_paragraph("后文")
    assert [block.text for block in _saved(document).blocks] == ["正文", "文本框", "后文"]


def test_footnotes_follow_the_text() -> None:
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    document = docx.Document()
    notes = (
        f"<w:footnotes {nsdecls('w')}><w:footnote w:id='-1' w:type='separator'><w:p/></w:footnote>"
        "<w:footnote w:id='5'><w:p><w:r><w:t>脚注内容</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    part = Part(
        PackURI("/word/footnotes.xml"),
        CONTENT_TYPE.WML_FOOTNOTES,
        notes.encode(),
        document.part.package,
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    paragraph = document.add_paragraph("第一条")._p
    paragraph.append(_xml('<w:r {ns}><w:footnoteReference w:id="5"/></w:r>'))
    document.add_paragraph("第二条")
    assert [block.text for block in _saved(document).blocks] == [
        "第一条",
        "第二条",
        "注1：脚注内容",
    ]


def test_title_of_the_properties_only_where_the_text_says_it() -> None:
    document = docx.Document()
    document.add_paragraph("关于规范采购")
    document.add_paragraph("管理的通知")
    for title, wanted in (
        ("关于规范采购管理的通知", "关于规范采购管理的通知"),
        ("Word Document", None),
        ("中华人民共和国别的法律", None),
        ("通知", None),
        ("", None),
    ):
        document.core_properties.title = title
        assert _saved(document).metadata.title == wanted


def test_corpus(shared: Path) -> None:
    """Nothing of ``document.xml`` is lost; the printed numbers are complete."""
    paths = sorted((shared / "corpus" / "office").glob("*.docx"))
    assert len(paths) == 5
    for path in paths:
        shown = "".join("".join(block.text.split()) for block in load(path).blocks)
        for paragraph in docx.Document(str(path)).paragraphs:
            assert "".join(paragraph.text.split()) in shown, path.name
        # Each list （一）（二）… goes on by one or starts anew.
        numbers = "一二三四五六七八九十"
        items = re.findall(
            r"(?:^|\n)（([一二三四五六七八九十])）",
            "\n".join(block.text for block in load(path).blocks),
        )
        steps = [(numbers.index(a), numbers.index(b)) for a, b in pairwise(items)]
        assert all(after in (before + 1, 0) for before, after in steps), path.name
