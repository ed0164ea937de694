"""The outline: numbering of laws and of official documents, and what is no heading."""

from pathlib import Path

import pytest

from ingest.structure import outline
from tests.structure_samples import (
    LAW,
    LIMITS_BY_KIND,
    NOTICE,
    WRITERS,
    document,
    of_kind,
    saved,
    shape,
    tree,
)


@pytest.mark.parametrize("text", [LAW, NOTICE], ids=["law", "notice"])
@pytest.mark.parametrize("format", [name for name in WRITERS if name != "txt"])
def test_five_formats_give_the_same_sections(text: list, format: str, tmp_path: Path) -> None:
    assert shape(saved(text, format, tmp_path)) == shape(saved(text, "txt", tmp_path))


@pytest.mark.parametrize("format", ["html", "docx", "pdf"])
def test_tables_of_four_formats_give_the_same_sections(format: str, tmp_path: Path) -> None:
    found = shape(saved(LIMITS_BY_KIND, format, tmp_path))
    assert found == shape(saved(LIMITS_BY_KIND, "md", tmp_path))
    assert [(kind, heading) for kind, _, heading, _ in found] == [
        ("body", ""),
        ("heading", "标准"),
        ("table", "采购限额标准表"),
        ("heading", "解释"),
    ]


def test_law(tmp_path: Path) -> None:
    assert tree(saved(LAW, "txt", tmp_path)) == [
        "body",
        "body 目录",
        "chapter 第一章 总则",
        "  article 第一条",
        "    paragraph 第一款",
        "  article 第二条",
        "    paragraph 第一款",
        "    paragraph 第二款",
        "chapter 第二章 监督检查",
        "  article 第三条",
        "    paragraph 第一款",
        "      item （一）",
        "      item （二）",
        "        subitem 1.",
        "        subitem 2.",
        "      item （三）",
        "    paragraph 第二款",
        "    paragraph 第三款",
        "  article 第四条",
        "    paragraph 第一款",
        "  article 第四条之一",
        "    paragraph 第一款",
        "chapter 第三章 附则",
        "  article 第五条",
        "    paragraph 第一款",
    ]


def test_notice(tmp_path: Path) -> None:
    assert tree(saved(NOTICE, "txt", tmp_path), "paragraph") == [
        "body",
        "  body",
        "heading 一、 总体要求",
        "heading 二、 主要任务",
        "  heading （一） 完善制度",
        "  heading （二） 强化培训",
        "    point 一是 组织业务培训",
        "    point 二是 编印操作指南",
        "    heading 1. 编制目录",
        "    heading 2. 公开信息",
        "heading 三、 保障措施",
        "body",
        "annex 附件 云川市政府购买服务绩效评价规程",
        "  article 第一条",
        "  article 第二条",
        "      item （一）",
        "      item （二）",
    ]


@pytest.mark.parametrize(
    ("line", "label", "number"),
    [
        ("第一条 为了规范采购，制定本法。", "第一条", 1),
        ("第1条 为了规范采购，制定本法。", "第1条", 1),
        ("第１２条　采购人应当公开。", "第１２条", 12),
        ("第 十 条 采购人应当公开。", "第十条", 10),
        ("第一百零二条 采购人应当公开。", "第一百零二条", 102),
        ("第十二条之一 采购人应当公开。", "第十二条之一", 12),
        ("第一条为了规范采购，制定本法。", "第一条", 1),
        ("第三条（适用范围） 采购人应当公开。", "第三条", 3),
    ],
)
def test_article_labels(line: str, label: str, number: int) -> None:
    (article,) = of_kind(document(line), "article")
    assert (article.label, article.number) == (label, number)


def test_article_with_a_heading_of_its_own() -> None:
    doc = document(
        "第一条（适用范围） 采购人适用本法。\n第二条 【原则】采购应当公开。\n第三条\n采购应当公平。"
    )
    assert [s.heading for s in of_kind(doc, "article")] == ["适用范围", "原则", ""]
    assert [doc.text[s.start : s.end] for s in of_kind(doc, "paragraph")] == [
        "采购人适用本法。",
        "采购应当公开。",
        "采购应当公平。",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "第十一条规定的采购项目应当开展审查。",
        "第二十条第一款所称采购人，是指国家机关。",
        "第二十条 第一款所称采购人，是指国家机关。",
        "第七十七条、第七十八条规定的违法行为应当处理。",
        "第三章规定的程序适用于前款。",
        "第三条至第五条的规定不适用。",
        "依照第四条的规定处理。",
        "（一）项规定的情形除外。",
        "（一）、（二）项所列情形除外。",
        "2023年全市支出178亿元。",
        "3.5%以上的项目应当抽查。",
        "1.5万元以下的不再采购。",
        "100万元以上的项目应当公开招标。",
        "2023.1.5印发的通知同时废止。",
        "一、二级目录与中央保持一致。",
        "4.3的试验结果另行规定。",
        "11.5.14.2的试验适用于外护套。",
        "统一是前提，统一要有步骤。",
    ],
)
def test_lines_that_open_with_no_number_of_their_own(line: str) -> None:
    doc = document(f"第一条 本办法适用于采购。\n第二条 采购应当公开。\n{line}")
    assert [s.label for s in outline(doc)][3:] == ["第一款", "第二款"]
    plain = document(f"采购工作应当公开。\n{line}")
    assert {s.kind for s in outline(plain)} == {"body"}


def test_clause_numbers_of_standards_are_told_from_references_to_them() -> None:
    doc = document(
        "11.5.14 试验\n11.5.14.1 通则\n11.5.14.2的试验适用于外护套。\n"
        "11.5.14.3的试验应按4.4 c）项声明的性能进行。\n11.5.14.2 高温试验\n试样应当干燥。"
    )
    assert tree(doc) == [
        "heading 11.5.14 试验",
        "  heading 11.5.14.1 通则",
        "  heading 11.5.14.2 高温试验",
    ]
    assert outline(doc)[1].end == doc.text.index("11.5.14.2 高温试验") - 1


def test_item_belongs_to_the_paragraph_that_leads_to_it() -> None:
    doc = document(
        "第五条 采购应当公开。\n有下列情形之一的，可以邀请招标：\n（一）技术复杂的；\n"
        "（二）费用过高的。\n"
        "前款所称技术复杂，由专家认定：\n（一）三名以上专家；\n（二）书面意见。"
    )
    assert tree(doc) == [
        "article 第五条",
        "  paragraph 第一款",
        "  paragraph 第二款",
        "    item （一）",
        "    item （二）",
        "  paragraph 第三款",
        "    item （一）",
        "    item （二）",
    ]


def test_schemes_change_within_one_document() -> None:
    doc = document(
        "关于印发办法的通知\n各区：\n现印发给你们，请遵照执行。\n云川市财政局\n2022年4月18日\n"
        "云川市政府采购管理办法\n第一章 总则\n第一条 采购应当公开。\n第二章 附则\n"
        "第二条 本办法自印发之日起施行。\n"
        "附件1\n评审工作方案\n一、组织\n（一）成立小组。市级成立工作小组。\n二、步骤\n"
        "分两步实施。\n"
        "附件2\n第一条 表格由财政局制发。"
    )
    assert tree(doc, "paragraph", "body") == [
        "heading 云川市政府采购管理办法",
        "  chapter 第一章 总则",
        "    article 第一条",
        "  chapter 第二章 附则",
        "    article 第二条",
        "annex 附件1 评审工作方案",
        "  heading 一、 组织",
        "    heading （一） 成立小组",
        "  heading 二、 步骤",
        "annex 附件2",
        "  article 第一条",
    ]


def test_plan_within_a_notice_starts_again_at_one() -> None:
    doc = document(
        "关于开展检查的通知\n为做好检查工作，现通知如下。\n一、提高认识\n各区要提高认识。\n"
        "二、抓好落实\n各区要抓好落实。\n"
        "专项检查实施方案\n为开展检查，制定本方案。\n一、检查范围\n全部项目。\n二、检查步骤\n"
        "分两步。"
    )
    assert tree(doc, "body") == [
        "heading 一、 提高认识",
        "heading 二、 抓好落实",
        "heading 专项检查实施方案",
        "  heading 一、 检查范围",
        "  heading 二、 检查步骤",
    ]


def test_articles_below_chinese_numbers() -> None:
    doc = document(
        "一、受案范围\n第一条 起诉应当受理。\n第二条 下列行为不受理：\n（一）国防行为；\n"
        "二、管辖\n第三条 基层法院管辖。"
    )
    assert tree(doc, "paragraph", "item") == [
        "heading 一、 受案范围",
        "  article 第一条",
        "  article 第二条",
        "heading 二、 管辖",
        "  article 第三条",
    ]


def test_parts_chapters_and_sections_nest() -> None:
    doc = document(
        "第一编 总则\n第一章 基本规定\n第一条 甲。\n第二编 物权\n第一分编 通则\n"
        "第一章 一般规定\n第一节 登记\n"
        "第二条 乙。\n第二节 交付\n第三条 丙。\n第二分编 所有权\n第二章 共有\n第四条 丁。"
    )
    assert tree(doc, "paragraph") == [
        "part 第一编 总则",
        "  chapter 第一章 基本规定",
        "    article 第一条",
        "part 第二编 物权",
        "  part 第一分编 通则",
        "    chapter 第一章 一般规定",
        "      section 第一节 登记",
        "        article 第二条",
        "      section 第二节 交付",
        "        article 第三条",
        "  part 第二分编 所有权",
        "    chapter 第二章 共有",
        "      article 第四条",
    ]


@pytest.mark.parametrize("word", ["目 录\n", ""])
def test_contents_open_nothing(word: str) -> None:
    listed = "第一章 总则…………1\n第二章 监督\n  第一节 检查……3\n"
    doc = document(
        f"采购办法\n{word}{listed}第一章 总则\n第一条 甲。\n第二章 监督\n第一节 检查\n第二条 乙。"
    )
    assert [s.label for s in outline(doc) if s.kind in ("chapter", "section")] == [
        "第一章",
        "第二章",
        "第一节",
    ]


def test_a_contents_heading_without_a_list_hides_nothing() -> None:
    doc = document("采购办法\n目录\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。")
    assert [s.label for s in of_kind(doc, "chapter")] == ["第一章", "第二章"]


def test_headings_with_run_in_text_and_items_without() -> None:
    doc = document(
        "一、工作安排\n（一）完善制度。各地要制定办法。\n（二）强化监管。\n各地要开展检查。\n"
        "二、有关事项\n（一）自2022年起，新开工项目由银行贷款，续建项目由原银行安排贷款。\n"
        "（二）预算单位每年按时填报。填报内容包括数量。\n"
        "（三）各地应当在年底以前，把汇总情况书面报送市财政局备案，并抄送审计局。\n"
    )
    assert tree(doc) == [
        "heading 一、 工作安排",
        "  heading （一） 完善制度",
        "  heading （二） 强化监管",
        "heading 二、 有关事项",
        "  item （一）",
        "  item （二）",
        "  item （三）",
    ]


@pytest.mark.parametrize(
    "start", ["一、", "一. ", "一．", "1.", "1．", "１．", "1、", "（一）", "(一)", "（1）", "①"]
)
def test_labels_of_official_documents(start: str) -> None:
    doc = document(f"现通知如下。\n{start}组织领导\n各地要加强领导。")
    (heading,) = of_kind(doc, "heading")
    assert heading.heading == "组织领导" and heading.number == 1


def test_conventional_depth() -> None:
    doc = document(
        "一、甲类\n（一）乙类\n1.丙类\n（1）丁类\n①戊类\n②己类\n（2）庚类\n2.辛类\n（二）壬类\n"
        "二、癸类\n1.子类\n2.丑类"
    )
    depth = {"一、": 0, "（一）": 1, "1.": 2, "（1）": 3, "①": 4}
    lines = tree(doc)
    assert [len(line) - len(line.lstrip()) for line in lines[:5]] == [2 * d for d in depth.values()]
    assert lines[5:] == [
        "        heading ② 己类",
        "      heading （2） 庚类",
        "    heading 2. 辛类",
        "  heading （二） 壬类",
        "heading 二、 癸类",
        "  heading 1. 子类",
        "  heading 2. 丑类",
    ]


def test_contract_with_headed_articles_and_dotted_clauses() -> None:
    doc = document(
        "第一部分 协议书\n第1条 合同标的\n1.1 计算机，共10台。\n第2条 付款\n甲方应当付款。\n"
        "第二部分 通用条款\n1. 定义\n1.1 合同是指本合同。\n2. 范围\n2.1 本条款适用于货物。"
    )
    assert tree(doc, "paragraph") == [
        "part 第一部分 协议书",
        "  article 第1条 合同标的",
        "    item 1.1",
        "  article 第2条 付款",
        "part 第二部分 通用条款",
        "  heading 1. 定义",
        "    item 1.1",
        "  heading 2. 范围",
        "    item 2.1",
    ]


def test_reference_left_by_a_broken_line_opens_no_article() -> None:
    doc = document(
        "第七条 采购人依法采购。\n第八条 违反本办法第五条、\n第九条 的，责令改正，并按照本办法\n"
        "第二十三条处理。\n第九条 供应商应当诚信。"
    )
    assert [s.label for s in of_kind(doc, "article")] == ["第七条", "第八条", "第九条"]


def test_articles_quoted_by_an_amending_decision_are_not_its_own() -> None:
    doc = document(
        "一、将第四条修改为：\n“第四条 采购应当公开。\n第五条 采购应当公平，并遵守下列规定：\n"
        "（一）公告；\n（二）公示。”\n"
        "二、将第九条改为第十条，修改为：“第十条 采购应当公正。”\n三、本决定自公布之日起施行。"
    )
    assert of_kind(doc, "article") == []
    assert [s.label for s in outline(doc) if s.parent is None] == ["一、", "二、", "三、"]


def test_a_slip_in_quotation_marks_costs_no_article() -> None:
    doc = document("第一条 本法中的“采购，是指购买。\n第二条 采购应当公开。\n第三条 采购应当公平。")
    assert len(of_kind(doc, "article")) == 3


def test_formula_and_broken_line_do_not_count_as_paragraphs() -> None:
    doc = document(
        "第五十五条 价格分按照下列公式计算：\n得分=(基准价／报价)×100\nF为各项得分；\nA为权重。\n"
        "评标过程中不得去掉最高报价，也不得\n去掉最低报价。\n前款规定不适用于询价。"
    )
    assert [doc.text[s.start : s.end] for s in of_kind(doc, "paragraph")] == [
        "价格分按照下列公式计算：\n得分=(基准价／报价)×100\nF为各项得分；\nA为权重。",
        "评标过程中不得去掉最高报价，也不得\n去掉最低报价。",
        "前款规定不适用于询价。",
    ]


def test_empty_and_blank_documents() -> None:
    assert outline(document("")) == []
    assert outline(document(" \n\u3000\n")) == []


def test_excerpt_of_a_law_keeps_the_first_article_of_a_later_chapter() -> None:
    doc = document(
        "第一章 总则\n第二条 采购人适用本办法。\n"
        "第三章 信用\n第二十五条 供应商应当守信。\n第二十六条 失信的供应商受到惩戒。"
    )
    labels = [section.label for section in of_kind(doc, "article")]
    assert labels == ["第二条", "第二十五条", "第二十六条"]
