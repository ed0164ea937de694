"""Files that an office has besides Word, PDF and text: sheets, OFD, old Word, slides."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ingest.errors import LoadError
from ingest.load import FORMATS, LoadLimits, load_bytes
from ingest.loading import office
from ingest.loading.reading import table_block
from tests.office_files import ofd, rtf

WORDS = "云川市采购管理办法"


def book() -> openpyxl.Workbook:
    found = openpyxl.Workbook()
    sheet = found.active
    sheet.title = "限额标准"
    rows = [
        ["云川市限额标准", None, None],
        ["品目", "限额", "优惠"],
        ["货物", 1000000, 0.125],
        ["工程", "60万元", datetime.datetime(2024, 5, 1)],
        ["服务", None, True],
        ["备注：自2024年起施行"],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("B4:B5")
    sheet["C3"].number_format = "0.0%"
    return found


def saved(made: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


TABLE = "品目 | 限额 | 优惠\n货物 | 1000000 | 12.5%\n工程 | 60万元 | 2024-05-01\n服务 | 60万元 | 是"


def test_a_sheet_is_its_title_its_table_and_its_note() -> None:
    blocks = load_bytes(saved(book()), "a.xlsx").blocks
    assert [(b.kind, b.text) for b in blocks] == [
        ("paragraph", "云川市限额标准"),
        ("table", TABLE),
        ("paragraph", "备注：自2024年起施行"),
    ]


def test_several_sheets_are_named_and_tables_apart_stay_apart() -> None:
    workbook = book()
    sheet = workbook.create_sheet("目录")
    for row in (["序号", "名称"], [1, "计算机"], [], ["电话", "传真"], ["1", "2"]):
        sheet.append(row)
    blocks = load_bytes(saved(workbook), "a.xlsx").blocks
    assert [b.text for b in blocks if b.kind == "heading"] == ["限额标准", "目录"]
    assert [b.text for b in blocks][-2:] == ["序号 | 名称\n1 | 计算机", "电话 | 传真\n1 | 2"]


def test_what_a_sheet_hides_is_no_text() -> None:
    workbook = book()
    secret = workbook.create_sheet("草稿")
    secret["A1"] = "底价"
    secret.sheet_state = "hidden"
    sheet = workbook["限额标准"]
    sheet["E3"] = "内部意见"
    sheet.column_dimensions["E"].hidden = True
    sheet.row_dimensions[5].hidden = True
    raw = load_bytes(saved(workbook), "a.xlsx")
    shown, hidden = " ".join(b.text for b in raw.blocks), " ".join(raw.hidden)
    for word in ("底价", "内部意见", "服务"):
        assert word in hidden and word not in shown


def ods(rows: str) -> bytes:
    stream = io.BytesIO()
    office_ns = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    table = 'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    text = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest="
            '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {office_ns} {table} {text}><office:body>"
            f'<office:spreadsheet><table:table table:name="表">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return stream.getvalue()


def test_sheets_of_other_programs() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>"
        for row in ("品限", "货百")
    )
    assert load_bytes(ods(rows), "a.ods").blocks[0].text == "品 | 限\n货 | 百"
    assert load_bytes(saved(book()), "a.et").blocks[1].text == TABLE


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ofd"])
def test_damaged_ones_are_refused_in_a_line(name: str) -> None:
    for data in (b"\xd0\xcf\x11\xe0" + b"\0" * 600, saved(book())[:300], b"PK\x03\x04 no"):
        with pytest.raises(LoadError) as caught:
            load_bytes(data, name)
        assert "\n" not in caught.value.line("zh") + caught.value.line()


def test_an_ofd_is_read_in_the_order_of_its_pages() -> None:
    full = "采购人应当按照规定的程序组织采购活动，对采购文件的合法性"
    first = [(40.0, WORDS), (60.0, "　　第一条　" + full[:24]), (68.0, full[24:] + "负责。")]
    second = [(40.0, "　　第二条　本办法自2025年1月1日起施行。")]
    raw = load_bytes(ofd(first, second), "a.ofd")
    texts = ["".join(block.text.split()) for block in raw.blocks]
    assert texts == [WORDS, f"第一条{full}负责。", "第二条本办法自2025年1月1日起施行。"]
    assert [block.pages[0][1] for block in raw.blocks] == [1, 1, 2]
    assert raw.scanned == ()


RTF = rtf(WORDS, "第一条限额为一百万元。")

needs_office = pytest.mark.skipif(
    office.office() is None, reason="needs LibreOffice (soffice), which is not installed"
)


@needs_office
def test_rtf_through_libreoffice() -> None:
    raw = load_bytes(RTF, "a.rtf")
    assert [block.text for block in raw.blocks] == [WORDS, "第一条限额为一百万元。"]
    assert raw.format == "office"


@needs_office
def test_libreoffice_has_a_limited_time() -> None:
    with pytest.raises(LoadError) as caught:
        load_bytes(RTF, "a.rtf", limits=LoadLimits(max_seconds=0.01))
    assert caught.value.code == "too-long"


@pytest.mark.parametrize("ending", [e for e, f in FORMATS.items() if f in ("office", "slides")])
def test_without_libreoffice_it_is_said_how_to_save(
    ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "office", lambda: None)
    with pytest.raises(LoadError) as caught:
        load_bytes(b"\xd0\xcf\x11\xe0 x", f"a{ending}")
    assert caught.value.code == "no-office"
    assert "另存为" in caught.value.line("zh") and "DOCX" in caught.value.line()


def test_the_file_picker_offers_what_can_be_read() -> None:
    script = Path(office.__file__).parents[2] / "app/web/assets/js/library/adding.js"
    text = script.read_text(encoding="utf-8")
    offered = text[text.index("ENDINGS") : text.index(";", text.index("ENDINGS"))]
    for ending in FORMATS:
        assert f"{ending}," in offered or f'{ending}"' in offered, ending


def test_a_heading_over_several_columns_is_said_of_each() -> None:
    rows = [
        ["品目", "单价", "", "备注"],
        ["品目", "含税", "不含税", "备注"],
        ["电脑", "45", "40", ""],
    ]
    block = table_block(rows)
    assert block is not None and block.text == (
        "品目 | 单价 | 单价 | 备注\n品目 | 含税 | 不含税 | 备注\n电脑 | 45 | 40"
    )


def test_an_empty_cell_of_a_row_that_is_no_head_stays_empty() -> None:
    for rows in (
        [["1", "保证金", "", "甲"], ["2", "保证金", "二万元", "乙"]],
        [["品目", "单价", "", "备注"], ["电脑", "45", "40", "含税"]],
    ):
        block = table_block(rows)
        assert block is not None and block.text == "\n".join(" | ".join(row) for row in rows)
