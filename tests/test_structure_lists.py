"""The outline of points, tables, annexes and declared headings, and of the laws of the corpus."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.document import Document
from ingest.structure import outline
from tests.structure_samples import document, of_kind, tree


def test_text_after_a_list_goes_back_to_its_lead_in() -> None:
    doc = document(
        "一、主要内容\n本次检查包括：\n1.采购文件编制情况，特别是资格条件；\n"
        "2.合同履行情况，特别是支付期限。\n以上内容由各区自查。\n二、时间安排\n年底完成。"
    )
    last = of_kind(doc, "subitem")[-1]
    assert doc.text[last.start : last.end].endswith("支付期限。")


def test_points_need_their_sequence() -> None:
    doc = document(
        "一是建立机制。财政部门牵头，统一是关键。二是加强培训，第一是学习；三是“一是一、二是二”。\n"
        "工作一是一贯的。\n一是单独的一句话。\n要点有三：第一，公开；第二，公平；第三，公正。"
    )
    points = of_kind(doc, "point")
    assert [(s.label, s.heading) for s in points] == [
        ("一是", "建立机制"),
        ("二是", ""),
        ("三是", "“一是一、二是二”"),
        ("第一", ""),
        ("第二", ""),
        ("第三", "公正"),
    ]
    assert doc.text[points[1].start : points[1].end] == "二是加强培训，第一是学习；"


def test_points_of_a_text_without_headings_go_from_paragraph_to_paragraph() -> None:
    doc = document("有关事项通知如下。\n第一、加强领导。各区要重视。\n第二、完善制度。各区要立制。")
    assert tree(doc) == [
        "body",
        "  body",
        "  body",
        "    point 第一 加强领导",
        "  body",
        "    point 第二 完善制度",
    ]


def test_two_sequences_in_one_paragraph() -> None:
    doc = document("抓两方面：一是建章；二是立制。落实两方面：一是培训；二是检查。")
    points = [(s.label, doc.text[s.start : s.end]) for s in of_kind(doc, "point")]
    assert points == [
        ("一是", "一是建章；"),
        ("二是", "二是立制。落实两方面："),
        ("一是", "一是培训；"),
        ("二是", "二是检查。"),
    ]


def test_points_on_lines_of_their_own() -> None:
    doc = document(
        "一、措施\n主要做法：\n一是抓制度。制定三项办法。\n二是抓培训。举办两期。\n二、成效\n较好。"
    )
    assert tree(doc) == [
        "heading 一、 措施",
        "  point 一是 抓制度",
        "  point 二是 抓培训",
        "heading 二、 成效",
    ]


def test_declared_headings_serve_lines_without_number() -> None:
    doc = document(
        "# 采购指南\n## 背景\n采购制度改革。\n### 目的\n便民。\n## 一、流程\n1.申请\n"
        "提交材料。\n## 附录说明\n略。"
    )
    assert tree(doc, "body") == [
        "heading 背景",
        "  heading 目的",
        "heading 一、 流程",
        "  heading 1. 申请",
        "heading 附录说明",
    ]


def test_declared_levels_do_not_change_what_numbers_say() -> None:
    text = "通知如下。\n{}一、甲类\n{}（一）乙类\n正文。\n{}（二）丙类\n正文。\n{}二、丁类\n正文。"
    assert tree(document(text.format("## ", "## ", "# ", "### "))) == tree(
        document(text.format("", "", "", ""))
    )


def test_tables_are_sections_with_their_caption() -> None:
    doc = document(
        "一、限额标准\n标准如下。\n采购限额标准表\n单位：万元\n项目 | 限额\n货物 | 100\n"
        "工程 | 400\n以上标准自2023年起执行。"
    )
    (table,) = of_kind(doc, "table")
    assert table.heading == "采购限额标准表"
    assert doc.text[table.start : table.end].endswith("工程 | 400")
    assert outline(doc)[table.parent or 0].label == "一、"


def test_list_of_annexes_is_not_the_annexes() -> None:
    doc = document(
        "通知如下。\n一、要求\n各地执行。\n附件：1.申请表\n2.汇总表\n云川市财政局\n"
        "2022年4月18日\n附件1\n申请表\n姓名 | 电话\n甲 | 1\n附件2\n汇总表\n区 | 数\n乙 | 2"
    )
    assert tree(doc, "body", "table") == [
        "heading 一、 要求",
        "annex 附件1 申请表",
        "annex 附件2 汇总表",
    ]


def test_many_annexes_named_one_after_the_other() -> None:
    doc = document("通知如下。\n" + "附件：申请表\n" * 3 + "云川市财政局\n2022年4月18日")
    assert {s.kind for s in outline(doc)} == {"body"}


def test_sign_off_and_date_are_body() -> None:
    doc = document(
        "通知如下。\n一、要求\n各地执行。\n云川市财政局\n二〇二二年四月十八日\n（此件公开发布）"
    )
    last = outline(doc)[-1]
    assert last.kind == "body" and last.parent is None
    assert doc.text[last.start : last.end].startswith("云川市财政局")


def test_articles_of_the_laws_run_without_gap(laws: list[Document]) -> None:
    """Two of the files lack the heading 第一章, none lacks an article."""
    for law in laws:
        numbers = [s.number for s in of_kind(law, "article")]
        assert numbers == list(range(1, len(numbers) + 1)), law.source
        chapters = [s.number or 0 for s in of_kind(law, "chapter")]
        assert all(b == a + 1 for a, b in pairwise(chapters)), law.source


def test_article_and_number_are_never_parted(laws: list[Document]) -> None:
    for law in laws:
        for section in of_kind(law, "article"):
            text = law.text[section.start : section.end]
            assert text.startswith("第") and len(text) > len(section.label) + 4, (law.source, text)


@pytest.fixture(scope="module")
def laws(shared: Path, cleaned: Callable[[Path], Document]) -> list[Document]:
    return [cleaned(path) for path in sorted((shared / "corpus" / "laws").iterdir())]
