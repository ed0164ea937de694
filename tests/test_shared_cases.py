"""The small files of the folder beside the checkout that once became nonsense, each made right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.outline.citation import Paths
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import Settings

Check = Callable[[Prepared], bool]


def text(it: Prepared) -> str:
    return it.document.text


def lines(it: Prepared) -> list[str]:
    return text(it).split("\n")


def labels(it: Prepared, kind: str = "article") -> list[str]:
    return [section.label for section in it.sections if section.kind == kind]


def cited(it: Prepared) -> list[str]:
    paths = Paths(it.sections)
    return [paths.official(it.document.title, section.index) for section in it.sections]


CASES: dict[str, Check] = {
    "01_article_zhi": lambda it: labels(it) == ["第五条", "第五条之一", "第五条之二", "第六条"],
    "02_article_dash": lambda it: "《政府采购法》第八十五条之一" in cited(it),
    "04_utf8_portuguese": lambda it: (
        it.document.title == "Decreto-Lei n.º 122/84/M" and "aquisição de bens" in text(it)
    ),
    "05_latin1_mojibake": lambda it: lines(it)[0] == "关于调整限额标准的通知",
    "06_pdf_kangxi": lambda it: len(labels(it)) == 20 and not set(text(it)) & set("⼀⽂⼈"),
    "07_pdf_two_columns": lambda it: (
        len(labels(it)) == 14
        and lines(it)[1].startswith("第一条 采购人、采购代理机构应当按照规定的程序组织采购活动，")
        and lines(it)[1].endswith("（事项1）。")
    ),
    "08_pdf_fake_bold": lambda it: (
        lines(it)[1:] == ["第一条 限额标准为一百万元。", "第二条 本办法自2025年1月1日起施行。"]
        and it.document.metadata.effective == "2025-01-01"
    ),
    "09_pdf_watermark": lambda it: len(labels(it)) == 20 and "仅" not in text(it),
    "10_pdf_header_one_page": lambda it: (
        it.document.title == "成都市采购管理办法" and "- 1 -" not in text(it)
    ),
    "12_pdf_redhead_signature": lambda it: (
        it.document.metadata.published == "2024-05-01"
        and {"成都市财政局", "2024年5月1日", "附件：成都市政府采购限额标准"} <= set(lines(it))
    ),
    "13_annex_gives_number_issuer_date": lambda it: (
        it.document.title == "某海关辅助服务采购项目招标文件"
        and not (it.document.metadata.number or it.document.metadata.issuer)
        and it.document.metadata.published is None
    ),
    "14_title_announcement": lambda it: it.document.title == "成都市物业服务采购项目公开招标公告",
    "16_title_cover_number": lambda it: it.document.title == "某市某局物业管理服务招标文件",
    "17_title_site_suffix": lambda it: (
        it.document.title == "某市2024年政府采购限额标准"
        and it.document.metadata.published == "2024-08-15"
        and lines(it) == ["某市2024年政府采购限额标准", "货物和服务限额标准为100万元。"]
    ),
    "18_title_order_prefix": lambda it: (
        it.document.title == "政府采购货物和服务招标投标管理办法"
        and it.document.metadata.number == "财政部令第87号"
        and it.document.metadata.issuer == "财政部"
        and it.document.metadata.kind == "rule"
    ),
    "20_kind_news_by_deadline": lambda it: it.document.metadata.kind != "news",
    "21_table_rowspan": lambda it: (
        {
            "打印机 | 50万元 | 电子卖场",
            "复印机 | 50万元 | 电子卖场",
        }
        <= set(lines(it))
    ),
    "22_annex_swallows_chapters": lambda it: "《某市采购文件范本》第三章“一、评审”" in cited(it),
    "23_page_date_over_promulgation": lambda it: it.document.metadata.published == "2019-05-30",
    "24_wrapped_article": lambda it: (
        "第一条 采购人应当遵守本办法。" in lines(it)
        and not any(section.heading for section in it.sections)
    ),
    "26_s2t_zhu": lambda it: "采购效能著有贡献者" in text(it),
    "27_moj_tw": lambda it: (
        it.document.title == "招标期限标准"
        and it.document.metadata.published == "2009-08-31"
        and "第4-1条" in labels(it)
        and it.document.metadata.kind != "news"
    ),
    "28_list_over_paragraphs": lambda it: labels(it, "point") == ["一是", "二是", "三是", "四是"],
    "29_english_articles": lambda it: "Government Procurement Act, Article 23" in cited(it),
    "31_docx_nested_table": lambda it: "货物 60万元；工程 80万元" in text(it),
    "33_hole_closed_silently": lambda it: (
        "提高到100万□" in text(it) and "100万招标" not in text(it)
    ),
}


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, Path]:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("needs the folder 'shared/cases' beside the checkout, which is not here")
    return {file.stem: file for file in folder.iterdir() if ".expected" not in file.name}


def test_every_case_is_looked_at(cases: dict[str, Path]) -> None:
    assert set(cases) <= set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, cases: dict[str, Path]) -> None:
    if name not in cases:
        pytest.skip(f"the folder of cases has no {name}")
    found = prepare(Origin(cases[name].name, cases[name]), Settings())
    assert CASES[name](found), (found.document.metadata, found.document.text[:600])
    for passage in found.passages:
        assert passage.text == found.document.text[passage.start : passage.end]
