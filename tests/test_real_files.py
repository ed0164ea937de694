"""Names, dates and structure of the files officers have: neighbours of those that went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.cleaning.textdates import find_date
from ingest.document import Metadata
from ingest.loading.wrapping import unwrapped
from ingest.outline.citation import Paths
from ingest.outline.numbering import read_mark
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import Settings


def prepared(tmp_path: Path, content: str, name: str = "page.txt") -> Prepared:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    return prepare(Origin(name, file), Settings())


def metadata(tmp_path: Path, *lines: str) -> Metadata:
    return prepared(tmp_path, "\n".join(lines)).document.metadata


def cited(it: Prepared) -> list[str]:
    paths = Paths(it.sections)
    return [paths.official(it.document.title, section.index) for section in it.sections]


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["采购编号：YC-2024-7", "云川市医院", "CT设备采购项目", "竞争性磋商文件", "第一章 邀请"],
         "云川市医院CT设备采购项目竞争性磋商文件"),
        (["云川市第一中学食堂设备采购项目中标公告", "一、项目编号：YC-7"],
         "云川市第一中学食堂设备采购项目中标公告"),
        (["目 录", "云川市采购管理办法", "第一条 甲，制定本办法。"], "云川市采购管理办法"),
        (["- 1 -", "云川市采购管理办法", "第一条 甲，制定本办法。"], "云川市采购管理办法"),
        (["云川市财政局文件", "云财采〔2024〕5号", "关于调整限额标准的通知", "各单位："],
         "关于调整限额标准的通知"),
        (["财政部公告", "2024年第3号", "关于公布目录的公告", "现予公布。"], "关于公布目录的公告"),
        (["中华人民共和国国务院令第658号 中华人民共和国采购条例样本", "第一条 甲。"],
         "中华人民共和国采购条例样本"),
        (["法规名称：机关委托办法", "第 1 条", "甲。"], "机关委托办法"),
        (["云川市2024年10月政府采购意向", "为便于供应商了解采购信息，现予公开。"],
         "云川市2024年10月政府采购意向"),
        (["投诉处理决定书", "投诉人：甲公司", "一、相关当事人"], "投诉处理决定书"),
    ],
)  # fmt: skip
def test_titles(lines: list[str], title: str, tmp_path: Path) -> None:
    assert metadata(tmp_path, *lines).title == title


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>关于调整限额的通知 - 云川公共资源交易</title>", "关于调整限额的通知"),
        ("<title>关于调整限额的通知_通知公告_云川市财政局</title>", "关于调整限额的通知"),
        ("<title>关于调整限额的通知-政策法规-阳光采购平台</title>", "关于调整限额的通知"),
        ("<title>云川市政府采购网</title>", "关于调整限额的通知"),
    ],
)
@pytest.mark.parametrize("tag", ["h1", "p"])
def test_titles_of_pages(head: str, title: str, tag: str, tmp_path: Path) -> None:
    if tag == "p" and "关于" not in head:
        pytest.skip("nothing in the markup says which line is the title")
    page = (
        f"<html><head>{head}</head><body><{tag}>{title}</{tag}><p>限额为100万元。</p></body></html>"
    )
    assert prepared(tmp_path, page, "page.html").document.title == title


def test_an_annexed_notice_lends_nothing(tmp_path: Path) -> None:
    meta = metadata(
        tmp_path,
        "云川市图书馆设备采购项目采购文件",
        "第一章 邀请",
        "甲。",
        "附件2",
        "财库〔2020〕46号",
        "财政部关于印发管理办法的通知",
        "财政部",
        "2020年12月18日",
    )
    assert (meta.number, meta.issuer, meta.published) == (None, None, None)


def test_a_list_of_annexes_above_the_signature_cuts_nothing(tmp_path: Path) -> None:
    meta = metadata(
        tmp_path,
        "云川市财政局关于调整限额标准的通知",
        "云财采〔2024〕5号",
        "各单位：",
        "现将有关事项通知如下。",
        "附件：1.限额标准",
        "2.品目",
        "云川市财政局",
        "2024年5月1日",
        "附件1",
        "限额标准",
        "财政部",
        "2023年1月1日",
    )
    assert (meta.number, meta.published) == ("云财采〔2024〕5号", "2024-05-01")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("民国98年8月31日", "2009-08-31"),
        ("中華民國 113 年 01 月 02 日", "2024-01-02"),
        ("民国一百零五年三月四日", "2016-03-04"),
        ("民国九十八年八月三十一日", "2009-08-31"),
    ],
)
def test_years_of_the_republic(text: str, day: str) -> None:
    assert find_date(text) == day


@pytest.mark.parametrize(
    ("line", "is_news"),
    [
        ("投标文件应当在开标10日前送达。", False),
        ("供应商应当在截止日前提交。", False),
        ("合同生效日前应当公告。", False),
        ("财政部日前公布了有关情况。", True),
        ("日前，云川市召开会议。", True),
    ],
)
def test_news_by_the_day(line: str, is_news: bool, tmp_path: Path) -> None:
    assert (metadata(tmp_path, "云川市物业管理服务采购情况", line).kind == "news") is is_news


def test_the_day_of_promulgation_before_that_of_the_page(tmp_path: Path) -> None:
    meta = metadata(
        tmp_path,
        "云川市采购条例",
        "发布时间：2024-08-15 10:00",
        "（2019年5月1日云川市第十届人民代表大会常务委员会第三次会议通过 2019年5月30日公布 "
        "自2019年9月1日起施行）",
        "第一条 为规范交易，制定本条例。",
    )
    assert (meta.published, meta.effective) == ("2019-05-30", "2019-09-01")


@pytest.mark.parametrize(
    ("line", "label", "number", "sub"),
    [
        ("第五条之一 甲", "第五条之一", 5, 1),
        ("第5条之2 甲", "第5条之2", 5, 2),
        ("第 85-1 条", "第85-1条", 85, 1),
        ("第八十五－一条 甲", "第八十五－一条", 85, 1),
        ("Article 23", "Article 23", 23, 0),
        ("Article 5-1. The entity shall publish.", "Article 5-1", 5, 1),
    ],
)
def test_articles_put_in_later(line: str, label: str, number: int, sub: int) -> None:
    mark = read_mark(line)
    assert mark is not None
    assert (mark.scheme, mark.label, mark.number, mark.sub) == ("article", label, number, sub)


@pytest.mark.parametrize(
    "line", ["Article 23 of the Act applies.", "Articles 5 and 6", "Article 5, paragraph 2", "A市"]
)
def test_english_references_are_no_articles(line: str) -> None:
    assert read_mark(line) is None


def test_how_they_are_cited(tmp_path: Path) -> None:
    text = "某法\n第 4 条\n甲。\n第 4-1 条\n乙。\n第5条之2 丙。\n"
    assert {"《某法》第四条之一", "《某法》第五条之二"} <= set(cited(prepared(tmp_path, text)))


def test_a_law_of_taiwan_is_cited_in_its_own_units(tmp_path: Path) -> None:
    text = (
        "採購法\n第 22 條\n機關得採限制性招標。\n前項情形如下：\n一、無廠商投標。\n二、下列情形：\n"
        "（一）專屬權利。\n（二）獨家製造。\n第 23 條\n由主管機關定之。\n"
    )
    found = cited(prepared(tmp_path, text))
    assert "《采购法》第二十二条第一项" in found
    assert "《采购法》第二十二条第二项第二款第一目" in found
    assert "《采购法》第二十三条" in found


def test_bilingual_text(tmp_path: Path) -> None:
    text = (
        "采购法\nProcurement Act\n第一条 甲。\nArticle 1\nThe entity shall publish.\n第二条 乙。\n"
    )
    it = prepared(tmp_path, text)
    assert [s.label for s in it.sections if s.kind == "article"] == [
        "第一条",
        "Article 1",
        "第二条",
    ]


def test_chapters_go_on_after_forms(tmp_path: Path) -> None:
    text = (
        "云川市采购文件范本\n第一部分 邀请\n甲。\n第二部分 格式\n附件1\n授权书\n兹授权某人。\n"
        "附件2\n报价表\n合计为零。\n第三部分 程序\n一、评审\n乙。\n"
    )
    it = prepared(tmp_path, text)
    parts = [s for s in it.sections if s.kind == "part"]
    assert [(s.label, s.parent) for s in parts] == [
        ("第一部分", None), ("第二部分", None), ("第三部分", None),
    ]  # fmt: skip


def test_chapters_of_an_annexed_text_stay_in_it(tmp_path: Path) -> None:
    text = (
        "关于印发办法的通知\n一、甲。\n附件1\n采购管理办法\n第一章 总则\n第一条 甲。\n"
        "第二章 程序\n第二条 乙。\n"
    )
    it = prepared(tmp_path, text)
    annex = next(s.index for s in it.sections if s.kind == "annex")
    assert {s.parent for s in it.sections if s.kind == "chapter"} == {annex}


def test_lines_cut_at_a_fixed_width_are_joined() -> None:
    paragraphs = [
        "　　第一条 " + "采购人应当按照规定的程序组织采购活动，对采购文件的合法性负责" * 3 + "。",
        "　　第二条 " + "供应商认为自己的权益受到损害的，可以提出质疑，" * 4 + "并附证明。",
    ]
    wrapped = [p[at : at + 30] for p in paragraphs for at in range(0, len(p), 30)]
    assert unwrapped(["采购办法", "", *wrapped]) == ["采购办法", "", *paragraphs]


@pytest.mark.parametrize(
    "lines",
    [
        ["第一条 立法目的", "为了规范采购，制定本办法。"],
        ["第一条 适用范围", "本办法适用于政府采购。"],
        ["云川市财政局", "云川市审计局", "2024年5月1日"],
        ["第一条 采购人应当公开下列事项：", "（一）名称；"],
        ["一、采购需求", "物业服务"],
    ],
)
def test_lines_that_stand_alone_stay(lines: list[str]) -> None:
    assert unwrapped(lines) == lines


def test_furniture_of_a_scraped_page(tmp_path: Path) -> None:
    text = (
        "首页 政策法规 云川市采购限额标准\n云川市采购限额标准\n发布时间：2024-08-15　发布人：张三\n"
        "货物和服务限额标准为100万元。\n长按识别二维码关注我们\n最新公告\n·某县采购7台电脑\n"
        "·某县采购8台电脑\n"
    )
    it = prepared(tmp_path, text)
    assert it.document.text == "云川市采购限额标准\n货物和服务限额标准为100万元。"
    assert it.document.metadata.published == "2024-08-15"


def test_cells_over_rows_and_tables_in_cells(tmp_path: Path) -> None:
    page = (
        "<h1>云川市采购目录</h1><table><tr><th>品目<th>限额<th>方式"
        "<tr><td>计算机<td rowspan=2>50万元<td rowspan=2>电子卖场<tr><td>打印机<tr><td>服务"
        "<td colspan=2><table><tr><td>物业<td>30万元<tr><td>保安<td>20万元</table></table>"
    )
    lines = prepared(tmp_path, page, "page.html").document.text.split("\n")
    assert "打印机 | 50万元 | 电子卖场" in lines
    assert "服务 | 物业 30万元；保安 20万元" in lines


def test_two_notes_of_pinyin_on_a_page(tmp_path: Path) -> None:
    page = "云川市采购办法\n" + "采购人应当公开采购文件，并接受监督。" * 20
    it = prepared(tmp_path, page + "\n落实(shí)责任，规定(dìng)标准。\n")
    assert it.document.text.endswith("落实责任，规定标准。")
    taught = "生僻字：骉(biāo)、龘(dá)、行(háng)业、重(chóng)复。"
    assert prepared(tmp_path, page + "\n" + taught).document.text.endswith(taught)


def test_radicals_copied_from_a_pdf(tmp_path: Path) -> None:
    it = prepared(
        tmp_path, "云川市采购办法\n第⼀条 采购⼈应当公开采购⽂件。\n第⼆条 ⾃⽉底起施⾏。\n"
    )
    assert it.document.text.endswith("第一条 采购人应当公开采购文件。\n第二条 自月底起施行。")
    assert [s.label for s in it.sections if s.kind == "article"] == ["第一条", "第二条"]


WORDED = (
    "采购人应当在招标文件中公开信息系统和服务器的技术标准，财政部门支持通过网络提交程序性文件。"
)


def test_wording_of_taiwan_that_a_converter_put_in_is_taken_back(tmp_path: Path) -> None:
    from opencc import OpenCC

    page = f"云川市财政局关于软件采购的通知\n{WORDED}\n"
    it = prepared(tmp_path, OpenCC("s2twp").convert(page))
    assert it.document.text == page.strip()
    guessed = {r.replacement for r in it.document.repairs if r.guess}
    assert guessed and guessed <= {"文", "件", "文件", "支", "持", "支持"}


def test_a_text_of_taiwan_keeps_its_words(tmp_path: Path) -> None:
    it = prepared(
        tmp_path, "採購法施行細則\n中華民國113年修正\n機關辦理資訊服務採購，應登載於網路。\n"
    )
    assert "机关办理资讯服务采购，应登载于网路。" in it.document.text


@pytest.mark.parametrize(
    "line",
    [
        "采购效能著有贡献者，予以表扬。",
        "成效显著的，予以奖励。",
        "著作权人应当著录。",
        "朝着目标前进，有着重要意义。",
    ],
)
def test_zhu_and_zhe(line: str, tmp_path: Path) -> None:
    from opencc import OpenCC

    page = f"云川市采购办法\n采购人应当编制预算，财政部门应当监督。\n{line}"
    for config in ("s2t", "s2tw"):
        assert prepared(tmp_path, OpenCC(config).convert(page)).document.text == page


def test_markdown_bars_and_footnotes(tmp_path: Path) -> None:
    page = (
        "# 云川市采购目录\n\n限额为100万元[^1]，另有规定的除外。\n\n[^1]: 指单项预算。\n\n"
        "| 品目 | 方式 |\n| --- | --- |\n| 甲\\|乙 | 招标[^2] |\n\n第二条 乙。\n\n"
        "[^2]: 公开招标。\n"
    )
    lines = prepared(tmp_path, page, "page.md").document.text.split("\n")
    assert lines == [
        "云川市采购目录",
        "限额为100万元[1]，另有规定的除外。",
        "品目 | 方式",
        "甲|乙 | 招标[2]",
        "第二条 乙。",
        "[1] 指单项预算。",
        "[2] 公开招标。",
    ]
