"""Section paths as a reader of law or of official documents writes them."""

import pytest

from ingest.document import Document
from ingest.outline.citation import (
    citation_of,
    citation_of_span,
    find_section,
    in_title_marks,
    official,
    official_of_span,
    path_of,
    shortened,
)
from ingest.structure import outline
from tests.structure_samples import document

LAW = document(
    "第二章 当事人\n第二十二条 供应商应当具备下列条件：\n（一）独立承担责任；\n（二）良好信誉；\n"
    "(三)必需的设备，包括：\n1.车辆；\n2.厂房；\n（四）依法纳税。\n采购人可以规定特定条件。\n"
    "第二十三条 采购人可以审查下列事项：\n（一）资质；\n（二）业绩。\n"
    "第24条 联合体应当诚信。\n联合体应当签订协议。"
)
ARTICLE = document(
    "四川：建章立制\n改革启动以来，工作有序开展。\n一、加强保障，健全机制\n"
    "一是建立协调机制。各地建立机制。二是在具体内容上，形成以办法为引领、以目录为支撑、以绩效评价为抓手的制度体系。\n"
    "二、强化制度，坚持以习近平新时代中国特色社会主义思想为指导并全面贯彻落实党中央国务院各项决策部署\n正文。"
)
NOTICE = document(
    "关于印发采购办法的通知\n现印发给你们。\n一、执行要求\n各区要严格执行。\n云川市财政局\n2022年4月18日\n"
    "云川市采购办法\n第一条 采购应当公开。\n附件1\n评审细则\n第三条 评审应当独立。\n"
    "附件2\n申请表\n姓名 | 电话\n甲 | 1"
)
ONE_TEXT = document(
    "关于印发采购办法的通知\n现印发给你们，请遵照执行。\n云川市财政局\n2022年4月18日\n"
    "云川市采购办法\n第一条 采购应当公开。\n第二条 采购应当公平。"
)


def at(doc: Document, words: str) -> int:
    start = doc.text.index(words)
    return find_section(outline(doc), start, start + len(words))


def cited(doc: Document, words: str) -> str:
    return citation_of(outline(doc), at(doc, words))


def span(doc: Document, first: str, last: str) -> tuple[int, int]:
    return doc.text.index(first), doc.text.index(last) + len(last)


def spanned(doc: Document, first: str, last: str) -> str:
    return citation_of_span(outline(doc), *span(doc, first, last))


@pytest.mark.parametrize(
    ("doc", "words", "citation"),
    [
        (LAW, "当事人", "第二章"),
        (LAW, "供应商应当具备", "第二十二条第一款"),
        (LAW, "良好信誉", "第二十二条第一款第（二）项"),
        (LAW, "必需的设备", "第二十二条第一款第（三）项"),
        (LAW, "厂房", "第二十二条第一款第（三）项第2目"),
        (LAW, "特定条件", "第二十二条第二款"),
        (LAW, "资质", "第二十三条第（一）项"),
        (LAW, "审查下列事项", "第二十三条"),
        (LAW, "签订协议", "第二十四条第二款"),
        (ARTICLE, "四川：", "正文"),
        (ARTICLE, "有序开展", "正文第一段"),
        (ARTICLE, "加强保障", "一、加强保障，健全机制"),
        (ARTICLE, "各地建立", "一、加强保障，健全机制 › 一是建立协调机制"),
        (ARTICLE, "以目录为支撑", "一、加强保障，健全机制 › 二是"),
        (
            ARTICLE,
            "正文。",
            "二、强化制度，坚持以习近平新时代中国特色社会主义思想为指导并全面贯彻落实党中央…",
        ),
        (NOTICE, "执行要求", "一、执行要求"),
        (NOTICE, "2022年", "文末"),
        (NOTICE, "应当公开", "云川市采购办法 › 第一条"),
        (NOTICE, "应当独立", "附件1 › 第三条"),
        (NOTICE, "申请表", "附件2"),
        (NOTICE, "甲 | 1", "附件2 › 表1"),
        (ONE_TEXT, "应当公平", "第二条"),
        (ONE_TEXT, "云川市采购办法", "云川市采购办法"),
    ],
)
def test_citation_of_a_section(doc: Document, words: str, citation: str) -> None:
    assert cited(doc, words) == citation


@pytest.mark.parametrize(
    ("doc", "first", "last", "citation"),
    [
        (LAW, "第二十二条", "特定条件。", "第二十二条"),
        (LAW, "供应商应当", "依法纳税。", "第二十二条第一款"),
        (LAW, "（二）良好", "必需的设备", "第二十二条第一款第（二）项、第（三）项"),
        (LAW, "独立承担", "依法纳税。", "第二十二条第一款第（一）项至第（四）项"),
        (LAW, "供应商应当", "良好信誉；", "第二十二条第一款"),
        (LAW, "依法纳税", "采购人可以规定", "第二十二条第一款、第二款"),
        (LAW, "1.车辆", "2.厂房；", "第二十二条第一款第（三）项第1目、第2目"),
        (LAW, "（一）资质", "业绩。", "第二十三条第（一）项、第（二）项"),
        (LAW, "采购人可以审查", "签订协议。", "第二十三条、第二十四条"),
        (ARTICLE, "一是建立", "制度体系。", "一、加强保障，健全机制 › 一是、二是"),
        (ARTICLE, "一、加强", "制度体系。", "一、加强保障，健全机制"),
        (ARTICLE, "四川：", "建章立制", "文首"),
    ],
)
def test_citation_of_a_span(doc: Document, first: str, last: str, citation: str) -> None:
    assert spanned(doc, first, last) == citation


def test_three_paragraphs_of_four() -> None:
    doc = document("第七条 甲。\n乙。\n丙。\n丁。")
    assert spanned(doc, "甲", "丙。") == "第七条第一款至第三款"
    assert spanned(doc, "第七条", "乙。") == "第七条第一款、第二款"
    assert spanned(doc, "第七条", "甲。") == "第七条第一款"
    assert spanned(doc, "第七条", "丁。") == "第七条"


def test_path_names_every_level_that_has_a_name() -> None:
    assert path_of(outline(LAW), at(LAW, "良好信誉")) == (
        "第二章 当事人",
        "第二十二条",
        "第一款",
        "（二）",
    )
    assert path_of(outline(ARTICLE), at(ARTICLE, "有序开展")) == ()
    assert path_of(outline(NOTICE), at(NOTICE, "应当独立"))[:2] == ("附件1 评审细则", "第三条")


def test_official_form() -> None:
    law, article, notice = outline(LAW), outline(ARTICLE), outline(NOTICE)
    title = "中华人民共和国政府采购法"
    assert official(title, law, at(LAW, "良好信誉")) == (
        "《中华人民共和国政府采购法》第二十二条第一款第（二）项"
    )
    assert official(title, law, at(LAW, "当事人")) == "《中华人民共和国政府采购法》第二章"
    assert official("四川：建章立制", article, at(ARTICLE, "各地建立")) == (
        "《四川：建章立制》“一、加强保障，健全机制”“一是建立协调机制”"
    )
    assert (
        official("四川：建章立制", article, at(ARTICLE, "有序开展"))
        == "《四川：建章立制》正文第一段"
    )
    assert (
        official("通知", notice, at(NOTICE, "应当公开")) == "《通知》所附《云川市采购办法》第一条"
    )
    assert official("通知", notice, at(NOTICE, "应当独立")) == "《通知》附件1第三条"
    assert official_of_span(title, law, *span(LAW, "（二）良好", "必需的设备")) == (
        "《中华人民共和国政府采购法》第二十二条第一款第（二）项、第（三）项"
    )
    assert official_of_span("四川", article, *span(ARTICLE, "一是建立", "制度体系。")) == (
        "《四川》“一、加强保障，健全机制”“一是、二是”"
    )


def test_title_marks_within_a_title() -> None:
    assert in_title_marks("关于印发《采购办法》的通知") == "《关于印发〈采购办法〉的通知》"
    assert in_title_marks("《采购办法》") == "《采购办法》"


def test_declared_headings_are_parts_of_the_path() -> None:
    doc = document(
        "# 指南\n## 背景\n概述如下。\n## 措施\n1.编制预算\n每年编制。\n2.公开信息\n每月公开。"
    )
    assert cited(doc, "每年编制") == "措施 › 1.编制预算"
    assert official("指南", outline(doc), at(doc, "每年编制")) == "《指南》“措施”“1.编制预算”"


def test_points_of_a_text_without_headings() -> None:
    doc = document(
        "情况如下。\n做法有三：一是公开。全程公开。二是公平。对待公平。\n第一、节支。\n第二、增效。"
    )
    assert cited(doc, "全程公开") == "正文第二段 › 一是公开"
    assert cited(doc, "节支") == "正文第三段 › 第一，节支"


def test_an_annex_that_is_the_whole_document_goes_unsaid() -> None:
    doc = document("附件：\n采购需求管理办法\n第一条 采购需求应当合规。\n第二条 采购需求应当完整。")
    assert cited(doc, "应当完整") == "第二条"


def test_shortened_keeps_within_its_length() -> None:
    assert shortened("一" * 41) == "一" * 39 + "…"
    assert shortened("一" * 40) == "一" * 40


def test_find_section() -> None:
    sections = outline(LAW)
    start = LAW.text.index("良好")
    assert sections[find_section(sections, start, start + 2)].label == "（二）"
    assert sections[find_section(sections, 0, len(LAW.text))].label == "第二章"
    with pytest.raises(ValueError, match="without sections"):
        find_section([], 0, 1)
