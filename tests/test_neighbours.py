"""Neighbours of files that once went wrong: names, dates, furniture, readings, structure."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import LoadError
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import Settings


def prepared(folder: Path, content: str | bytes, name: str = "a.txt") -> Prepared:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return prepare(Origin(name, file), Settings())


NAMED: dict[str, tuple[str, dict[str, str | None]]] = {
    "cover with two numbers and contents": (
        "采购项目编号：SC-2024-001\n采购计划号：CG2024-88\n\n云川大学第二附属医院\n"
        "核磁共振设备采购项目\n\n"
        "公 开 招 标 文 件\n\n二〇二四年八月\n\n目  录\n第一章 投标邀请\t1\n第二章 合同\t20\n\n"
        "第一章 投标邀请\n一、预算金额：300万元。\n第二章 合同\n乙。\n",
        {"title": "云川大学第二附属医院核磁共振设备采购项目公开招标文件",
         "kind": "tender-document"},
    ),
    "complaint told as a notice": (
        "云川市财政局政府采购投诉处理结果公告（第12号）\n一、项目编号：1\n二、处理结果\n"
        "投诉不成立。\n",
        {"kind": "complaint-decision"},
    ),
    "order of two bodies": (
        "国家发展改革委 财政部令\n第 16 号\n"
        "《采购工程评定规定》已经审议通过，现予公布，自2018年6月1日起施行。\n"
        "主任：某某\n2018年3月27日\n采购工程评定规定\n第一条 为了规范，制定本规定。\n",
        {"title": "采购工程评定规定", "published": "2018-03-27", "effective": "2018-06-01",
         "kind": "rule"},
    ),
    "notice named by its number": (
        "中华人民共和国财政部公告\n2023年第16号\n为规范采购，现将有关事项公告如下：\n一、甲。\n"
        "财政部\n2023年8月1日\n",
        {"title": "中华人民共和国财政部公告2023年第16号", "number": "财政部公告2023年第16号",
         "published": "2023-08-01"},
    ),
    "order that promulgates what it revised": (
        "中华人民共和国国务院令\n第707号\n现公布修订后的《采购法实施条例样本》，自2019年1月1日起施行。\n"
        "总理　　某某\n2018年12月18日\n第一条 甲，制定本条例。\n",
        {"title": "采购法实施条例样本", "number": "国务院令第707号", "effective": "2019-01-01"},
    ),
    "contents before the title": (
        "目 录\n第一章 总则\n第二章 程序\n云川市采购管理办法\n第一章 总则\n"
        "第一条 甲，制定本办法。\n"
        "第二章 程序\n第二条 乙。\n",
        {"title": "云川市采购管理办法"},
    ),
    "number of the purchase before the title": (
        "YCZC2024-118号 云川市气象局雷达采购项目中标（成交）结果公告\n一、项目编号：YCZC2024-118\n",
        {"title": "云川市气象局雷达采购项目中标（成交）结果公告", "kind": "award-notice"},
    ),
    "a notice that a tender document holds as a chapter": (
        "云川市医院保洁服务招标文件\n第一章 邀请\n甲。\n第二章 附录\n"
        "关于促进就业政府采购政策的通知\n"
        "财库〔2017〕141号\n财政部 民政部\n2017年8月22日\n第三章 合同\n甲。\n",
        {"number": None, "issuer": None, "published": None},
    ),
    "an order of Taiwan": (
        "行政院公共工程委員會令\n發文日期：中華民國113年5月22日\n發文字號：工程企字第1130100001號\n"
        "採購評審辦法樣本\n第 1 條\n甲。\n",
        {"title": "采购评审办法样本", "published": "2024-05-22"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_names_and_dates(name: str, tmp_path: Path) -> None:
    content, wanted = NAMED[name]
    found = prepared(tmp_path, content).document.metadata
    assert {field: getattr(found, field) for field in wanted} == wanted


@pytest.mark.parametrize(
    "head",
    [
        "<title>云川公共资源交易网 &gt; 政策法规 &gt; {0}</title></head><body><h2>{0}</h2>",
        "<title>云川市财政局</title></head><body><h1><a href='/'>云川市财政局</a></h1><h2>{0}</h2>",
    ],
)
def test_titles_below_a_site(head: str, tmp_path: Path) -> None:
    title = "关于调整限额标准的通知"
    page = (
        f"<html><head><meta charset=utf-8>{head.format(title)}<p>限额为100万元。</p></body></html>"
    )
    assert prepared(tmp_path, page, "a.html").document.title == title


def test_the_first_part_of_a_notice_is_no_title(tmp_path: Path) -> None:
    page = (
        "<html><head><meta charset=utf-8><title>云川市电梯采购</title></head><body>"
        "<h1>云川市电梯采购</h1><h2>一、采购项目的基本情况</h2><p>限额为100万元。</p></body></html>"
    )
    assert prepared(tmp_path, page, "a.html").document.title == "云川市电梯采购"


BODY = "限额为100万元，自2024年起执行。"
FURNITURE = [
    ["当前位置 > 首页 > 政策", "{title}", "{body}"],
    ["2024/10/12 09:33 {title}", "{title}", "{body}", "https://yunchuan.example/t1.html 1/2"],
    ["{title}", "原创 云川财政 云川财政 2024年10月12日 18:30 云川", "点击上方蓝字关注我们",
     "{body}", "来源：云川市财政局", "编辑：王五", "审核：赵六", "喜欢此内容的人还喜欢",
     "阅读 1234", "分享 收藏 点赞 在看"],
    ["{title}", "{body}", "推荐信息", "某市开标会 2024-01-02", "某市培训会 2024-01-03",
     "您可能感兴趣的内容", "某区比价结果", "Copyright 2024 云川采购网"],
    ["{title}", "公告时间：2024年06月03日 17:20", "{body}"],
]  # fmt: skip


@pytest.mark.parametrize("lines", FURNITURE)
def test_furniture(lines: list[str], tmp_path: Path) -> None:
    title = "云川市采购限额标准"
    page = "\n".join(lines).format(title=title, body=BODY)
    assert prepared(tmp_path, page).document.text == f"{title}\n{BODY}"


def test_a_signature_and_a_list_of_contacts_are_no_furniture(tmp_path: Path) -> None:
    text = (
        f"云川市采购限额标准\n{BODY}\n其他信息\n联系人：何敏\n电话：0877-1\n审核：赵六\n"
        "云川市财政局\n2024年5月1日"
    )
    assert prepared(tmp_path, text).document.text == text


PLAIN = "采购人应当编制采购计划，供应商应当按时提交文件，评审专家应当独立评审。"
READ = {
    "two notes": (
        "供应商应当编(biān)制投标文件，在规定时间(jiān)内送达。",
        "供应商应当编制投标文件，在规定时间内送达。",
    ),
    "toneless": (
        "采购(gou)人应当编制(zhi)采购计划(hua)，供应(ying)商应当按时(shi)提交文件(jian)，"
        "评审(shen)专家应当独立评审。",
        PLAIN,
    ),
    "capital": (
        "采购(GÒU)人应当编制(Zhì)采购计划(HUÀ)，"
        "供应商应当按时(SHÍ)提交文件(JIÀN)，评审专家应当独立(Lì)评审。",
        PLAIN,
    ),
    "square": (
        "采购[gòu]人应当编制【zhì】采购计划[huà]，"
        "供应商应当按时〔shí〕提交文件[jiàn]，评审专家应当独立评审。",
        PLAIN,
    ),
    "figures": (
        "采购(gou4)人应当编制(zhi4)采购计划(hua4)，"
        "供应商应当按时提交文件(jian4)，评审专家应当独立评审。",
        PLAIN,
    ),
    "words": (
        "采购(cǎigòu)人应当编制(biān zhì)采购计划(jìhuà)，供应商应当按时提交文件，"
        "评审(píngshěn)专家应当独立评审。",
        PLAIN,
    ),
}


@pytest.mark.parametrize("name", READ)
def test_readings(name: str, tmp_path: Path) -> None:
    spoilt, plain = READ[name]
    assert prepared(tmp_path, f"云川市采购办法\n{spoilt}\n").document.text.endswith(plain)


@pytest.mark.parametrize(
    "line",
    [
        "生僻字：骉(biāo)、耄耋(màodié)、行(háng)业、长(zhǎng)辈、调(diào)查、歙(shè)县。",
        "北京(Beijing)、上海(Shanghai)的金额(E)、数量(N)、单位(kg)、项目(a)。",
    ],
)
def test_what_is_no_injected_reading_stays(line: str, tmp_path: Path) -> None:
    assert prepared(tmp_path, f"云川市采购办法\n{line}\n").document.text.endswith(line)


def test_wording_of_taiwan_where_only_the_buyer_tells_the_mainland(tmp_path: Path) -> None:
    from opencc import OpenCC

    page = "云川市采购管理办法\n第一条 采购人应当在网络平台上发布软件和硬件采购信息。\n"
    it = prepared(tmp_path, OpenCC("s2twp").convert(page))
    assert it.document.text == page.strip()


def test_chapters_put_in_later(tmp_path: Path) -> None:
    text = (
        "某法\n第一章 总则\n第一条 甲。\n第一章之一 特别规定\n第一条之一 乙。\n"
        "第二章 罚则\n第二条 丙。\n"
    )
    it = prepared(tmp_path, text)
    chapters = [s.label for s in it.sections if s.kind == "chapter"]
    assert chapters == ["第一章", "第一章之一", "第二章"]


def test_items_that_a_program_cut(tmp_path: Path) -> None:
    text = (
        "云川市采购管理办法\n第一条 采购人不得有下列\n行为：\n"
        "（一）以不合理的条件对供应商实行\n差别待遇；\n"
        "（二）规避公开\n招标。\n第二条 甲。\n"
    )
    assert prepared(tmp_path, text).document.text.split("\n")[1:] == [
        "第一条 采购人不得有下列行为：",
        "（一）以不合理的条件对供应商实行差别待遇；",
        "（二）规避公开招标。",
        "第二条 甲。",
    ]


def test_holes_of_a_short_text_are_shown(tmp_path: Path) -> None:
    text = (
        "云川市采购通知\n限额标准提高到100万\ufffd\ufffd公开招标数额提高到400万元。\n"
        "二、采购人应当公\ufffd\ufffd采购文件。"
    )
    found = prepared(tmp_path, text).document.text
    assert "100万□" in found and "\ufffd" not in found


def test_mojibake_between_tags_is_read_again(tmp_path: Path) -> None:
    wrong = [
        t.encode("gbk").decode("latin-1") for t in ("关于调整限额标准的通知", "限额为一百万元。")
    ]
    page = f"<html><meta charset=utf-8><body><h1>{wrong[0]}</h1><p>{wrong[1]}</p></body></html>"
    text = prepared(tmp_path, page, "a.html").document.text
    assert text == "关于调整限额标准的通知\n限额为一百万元。"


@pytest.mark.parametrize("wrong", ["cp1252", "gbk"])
def test_mojibake_whose_bytes_are_gone_is_refused(wrong: str, tmp_path: Path) -> None:
    text = "关于调整限额标准的通知\n各单位：\n一、限额标准为一百万元。\n" * 3
    lost = text.encode().decode(wrong, "replace").replace("\ufffd", "")
    with pytest.raises(LoadError):
        prepared(tmp_path, lost)


def test_a_csv_with_a_title(tmp_path: Path) -> None:
    document = prepared(tmp_path, "云川市限额表,\n品目,限额\n计算机,50万元\n", "a.csv").document
    assert (document.title, document.text) == (
        "云川市限额表", "云川市限额表\n品目 | 限额\n计算机 | 50万元",
    )  # fmt: skip
