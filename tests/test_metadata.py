"""Metadata found in the text, the file's name, and what the file declares."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.cleaning.metadata import find_metadata
from ingest.cleaning.places import PROVINCES, is_central, labelled_place, place_at_start
from ingest.cleaning.promulgation import find_expiry
from ingest.cleaning.textdates import find_date, find_dates
from ingest.document import Document, Metadata, RawDocument

Loaded = Callable[[Path], RawDocument]
Cleaned = Callable[[Path], Document]


def found(*lines: str, source: str = "page.txt", **declared: str) -> Metadata:
    return find_metadata(lines, Metadata(**declared), source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024年10月24日", "2024-10-24"),
        ("2024 年 1 月 2 日", "2024-01-02"),
        ("2024-1-2", "2024-01-02"),
        ("2024/01/02 10:32", "2024-01-02"),
        ("二〇二四年十月二十四日", "2024-10-24"),
        ("一九九八年十二月三十一日", "1998-12-31"),
        ("二○一○年十月十日", "2010-10-10"),
        ("2024年2月30日", None),
        ("2024年", None),
        ("共2024项", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert find_date(text) == expected


def test_all_dates_in_reading_order() -> None:
    assert find_dates("自2021年7月1日至2024年13月1日，2022-06-30止") == ["2021-07-01", "2022-06-30"]


def test_a_law() -> None:
    meta = found(
        "中华人民共和国档案整理法",
        "1999年3月1日 第九届全国人民代表大会常务委员会第八次会议通过",
        "2018年10月26日 第十三届全国人民代表大会常务委员会第六次会议"
        "《关于修改〈中华人民共和国野生动物保护法〉等十五部法律的决定》修正",
        "第一章 总则",
        "第一条 为了规范档案整理，制定本法。",
        "第二条 本法自2000年1月1日起施行。",
    )
    assert meta == Metadata(
        title="中华人民共和国档案整理法",
        issuer="全国人民代表大会常务委员会",
        effective="2000-01-01",
        version="2018-10-26",
        kind="law",
        level="central",
    )


def test_a_regulation_and_its_amendments() -> None:
    meta = found(
        "档案开放条例",
        "2007年4月5日 中华人民共和国国务院令第901号公布",
        "2019年4月3日 中华人民共和国国务院令第902号修订",
        "2019年5月15日 施行",
        "第一条 为了规范档案开放，制定本条例。",
    )
    assert (meta.issuer, meta.number) == ("国务院", "国务院令第902号")
    assert (meta.published, meta.effective, meta.version) == (
        "2019-04-03",
        "2019-05-15",
        "2019-04-03",
    )
    assert (meta.kind, meta.level, meta.region) == ("regulation", "central", None)


def test_an_order_that_prints_its_number_below_its_name() -> None:
    meta = found(
        "中华人民共和国国务院令",
        "第903号",
        "《档案利用条例》已经2018年9月6日国务院第23次常务会议通过，现予公布，自2019年3月1日起施行。",
        "总理 某某某",
        "2018年11月6日",
        "档案利用条例",
        "（1991年3月4日中华人民共和国国务院令第76号发布　"
        "2018年9月6日国务院第23次常务会议修订通过）",
        "第一条 为了规范档案利用，制定本条例。",
        title="档案利用条例",
    )
    assert (meta.issuer, meta.kind) == ("国务院", "regulation")
    assert (meta.published, meta.effective) == ("2018-11-06", "2019-03-01")


def test_a_rule_of_a_ministry() -> None:
    meta = found(
        "中华人民共和国财政部令",
        "第99号",
        "《档案费用管理办法》已经部务会议审议通过，现予公布，自2020年3月1日起施行。",
        "部长 某某某",
        "2020年1月3日",
        "档案费用管理办法",
        "第一条 为了规范档案费用，制定本办法。",
        title="档案费用管理办法",
    )
    assert meta.number == "财政部令第99号"
    assert (meta.issuer, meta.kind, meta.level) == ("财政部", "rule", "central")
    assert (meta.published, meta.effective) == ("2020-01-03", "2020-03-01")


def test_a_local_regulation_approved_by_the_province() -> None:
    meta = found(
        "丹江市档案条例",
        "2022年12月6日 丹江市第七届人民代表大会常务委员会第七次会议通过",
        "2023年2月10日 广东省第十四届人民代表大会常务委员会第一次会议批准",
        "第一条 为了加强档案工作，制定本条例。",
        source="corpus/丹江市档案条例(2023-03-03).md",
    )
    assert meta.issuer == "丹江市人民代表大会常务委员会"
    assert (meta.region, meta.level, meta.kind) == ("丹江", "local", "local-regulation")
    assert meta.version == "2023-03-03"  # promulgated after the approval, as the name says


def test_a_file_name_older_than_the_text_does_not_count() -> None:
    meta = found(
        "中华人民共和国档案整理法",
        "2023年9月1日 第十四届全国人民代表大会常务委员会第五次会议修订",
        source="档案整理法(2017-09-01).md",
    )
    assert meta.version == "2023-09-01"


def test_a_judicial_interpretation() -> None:
    meta = found(
        "最高人民法院",
        "关于适用《中华人民共和国档案整理法》",
        "若干问题的解释",
        "（2022年1月29日最高人民法院审判委员会",
        "第1862次会议通过，自2022年3月20日起施行）",
        "法释〔2022〕99号",
        "为正确适用档案整理法，制定本解释。",
    )
    assert meta.title == "最高人民法院关于适用《中华人民共和国档案整理法》若干问题的解释"
    assert (meta.issuer, meta.number) == ("最高人民法院", "法释〔2022〕99号")
    assert (meta.kind, meta.level, meta.version) == ("interpretation", "central", "2022-01-29")


def test_a_document_with_number_and_signature() -> None:
    meta = found(
        "关于进一步加强档案管理",
        "工作有关问题的通知",
        "财库[2021]99号",
        "各省、自治区、直辖市财政厅（局）：",
        "根据《财政部关于做好有关工作的通知》（财库〔2019〕1号），现将有关事项通知如下。",
        "本通知自印发之日起施行，有效期5年。",
        "财政部",
        "2021年4月30日",
        "附件：目录",
    )
    assert meta.title == "关于进一步加强档案管理工作有关问题的通知"
    assert meta.number == "财库〔2021〕99号"  # not the one it refers to
    assert (meta.issuer, meta.published) == ("财政部", "2021-04-30")
    assert (meta.effective, meta.expires) == ("2021-04-30", "2026-04-29")
    assert (meta.kind, meta.level, meta.version) == ("document", "central", None)


def test_a_document_of_a_province() -> None:
    meta = found(
        "四川省财政厅关于印发《某办法》的通知",
        "川财规〔2023〕9号",
        "省级各部门：",
        "现印发给你们，请遵照执行。",
        "四川省财政厅",
        "2023年8月15日",
    )
    assert (meta.issuer, meta.number) == ("四川省财政厅", "川财规〔2023〕9号")
    assert (meta.region, meta.level) == ("四川", "local")


def test_numbers_only_referred_to_are_not_the_documents() -> None:
    meta = found(
        "某县档案工作情况", "根据国办发〔2013〕96号文件和财政部令第102号，某县开展了档案工作。"
    )
    assert meta.number is None
    assert meta.issuer is None


@pytest.mark.parametrize(
    ("text", "effective", "expected"),
    [
        ("本办法自2021年7月1日起施行，有效期至2026年6月30日。", None, "2026-06-30"),
        ("本办法有效期自2021年7月1日至2024年6月30日。", None, "2024-06-30"),
        ("本办法自2021年7月1日起施行，有效期5年。", "2021-07-01", "2026-06-30"),
        ("本办法自2021年7月1日起施行，有效期为三年。", "2021-07-01", "2024-06-30"),
        ("本办法有效期5年。", None, None),
        ("供应商的资质证书有效期5年。", "2021-07-01", None),
        ("保函有效期至2025年1月1日。", None, None),
    ],
)
def test_expiry_only_where_the_text_is_certain(
    text: str, effective: str | None, expected: str | None
) -> None:
    assert find_expiry([text], effective) == expected


def test_news_from_a_named_file() -> None:
    meta = found(
        "某省财政厅近日印发《某办法》，提出构建多元化的运营模式，拓展服务类品目，简化申请流程，提高绩效，"
        "并要求各级部门抓好落实，确保各项措施落地见效。（记者某某报道）",
        source="news/【辽宁】规范网上商城采购管理.txt",
    )
    assert (meta.title, meta.kind) == ("规范网上商城采购管理", "news")
    assert (meta.region, meta.level, meta.issuer) == ("辽宁", "local", None)


def test_news_of_the_centre_has_no_region() -> None:
    meta = found("记者从会上了解到某事。", source="【中央】某项工作成效显著.txt")
    assert (meta.region, meta.level) == (None, "central")


def test_what_the_file_declares_is_kept() -> None:
    meta = found(
        "四川省财政厅关于某事的通知",
        "川财规〔2023〕9号",
        title="另一个标题",
        issuer="某厅",
        number="国令第706号",
        published="2001-02-03",
        region="某地",
        kind="rule",
        url="https://www.example.cn/",
    )
    assert meta.title == "另一个标题"
    assert (meta.issuer, meta.number) == ("某厅", "国令第706号")
    assert (meta.published, meta.region, meta.kind) == ("2001-02-03", "某地", "rule")
    assert meta.url == "https://www.example.cn/"


def test_nothing_is_invented() -> None:
    assert found("这是一段没有标题的文字，说的是一件事情。", source="a.txt") == Metadata()
    assert found(source="a.txt") == Metadata()
    assert found("某事", source="https://www.example.cn/t.html").title == "某事"


def test_there_are_34_provinces() -> None:
    assert len(PROVINCES) == 34
    assert PROVINCES["宁夏"][0] == "宁夏回族自治区"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("四川：建章立制", "四川"),
        ("四川省财政厅", "四川"),
        ("新疆维吾尔自治区财政厅", "新疆"),
        ("内蒙古自治区人民政府", "内蒙古"),
        ("云浮市优化营商环境条例", "云浮"),
        ("驻马店市人民代表大会常务委员会", "驻马店"),
        ("黔东南苗族侗族自治州人民政府", "黔东南苗族侗族"),
        ("国务院办公厅", None),
        ("关于加强城市管理的通知", None),
        ("政府采购法", None),
        ("各市县财政局", None),
        ("超大城市治理意见", None),
        ("完善市场监管的意见", None),
        ("优化城市营商环境", None),
    ],
)
def test_place_at_the_start(text: str, expected: str | None) -> None:
    assert place_at_start(text) == expected


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("财政部", True),
        ("财政部办公厅", True),
        ("国务院、中央军委", True),
        ("最高人民法院", True),
        ("财政局", False),
        ("四川省财政厅", False),
        ("云浮市人民代表大会常务委员会", False),
    ],
)
def test_bodies_of_the_central_state(issuer: str, expected: bool) -> None:
    assert is_central(issuer) is expected


def test_labels_of_file_names() -> None:
    assert labelled_place("【河南】长葛：建立体系") == "河南"
    assert labelled_place("【中央】某事") == "中央"
    assert labelled_place("【转发】某事") is None


# Over the files beside the checkout


def test_every_law_has_title_and_the_version_of_its_name(shared: Path, cleaned: Cleaned) -> None:
    files = sorted((shared / "corpus" / "laws").glob("*"))
    assert len(files) >= 58
    for file in files:
        meta = cleaned(file).metadata
        name = re.sub(r"[(（《》).].*", "", file.stem)
        assert meta.title and name[:4] in meta.title, file.name
        if dated := re.search(r"\((\d{4}-\d{2}-\d{2})\)", file.name):
            assert meta.version == dated[1], file.name
        assert meta.kind in {"law", "regulation", "local-regulation", "rule", "interpretation"}
        assert meta.level == ("local" if meta.region else "central"), file.name
        place = re.match(r"(.{2,4}?)[省市]", file.name)
        assert meta.region == (place[1] if place else None), file.name


def test_documents_of_the_state_council(shared: Path, loaded: Loaded, cleaned: Cleaned) -> None:
    files = sorted((shared / "corpus" / "gov-html").glob("[0-9]*.html"))
    assert len(files) == 60
    for file in files:
        raw, meta = loaded(file), cleaned(file).metadata
        assert meta.number == raw.metadata.number, file.name
        assert meta.title == raw.metadata.title
        assert (meta.level, meta.region) == ("central", None), file.name
        assert meta.kind in {"document", "regulation"}
        assert meta.published, file.name


def test_the_same_documents_without_what_their_pages_declare(shared: Path, loaded: Loaded) -> None:
    """The text alone gives the number and the issuer that the page's markup declares."""
    files = sorted((shared / "corpus" / "gov-html").glob("[0-9]*.html"))
    numbers = issuers = titles = 0
    for file in files:
        raw = loaded(file)
        lines = [line for block in raw.blocks for line in block.text.split("\n")]
        meta = find_metadata(lines, Metadata(), "page.html")
        declared = raw.metadata
        same_number = (declared.number or "").removeprefix("国令") in (meta.number or "")
        numbers += same_number
        issuers += meta.issuer == declared.issuer
        titles += meta.title == declared.title
    assert numbers == issuers == 60
    assert titles >= 59


def test_articles_know_their_region(shared: Path, cleaned: Cleaned) -> None:
    files = sorted((shared / "corpus" / "articles").glob("*.txt"))
    assert len(files) == 12
    for file in files:
        meta = cleaned(file).metadata
        label = file.name[1 : file.name.index("】")]
        assert meta.region == (None if label == "中央" else label)
        assert meta.level == ("central" if label == "中央" else "local")
        assert meta.title
        assert meta.kind in {"news", None}


INDEX_TABLE = (
    "索引号： | YC0010/2024-00031 | 主题分类： | 财政、金融\n"
    "发文机关： | 云川市财政局 | 成文日期： | 2024年06月10日\n"
    "标 题： | 关于印发《云川市采购内部控制办法》的通知\n"
    "发文字号： | 云财采〔2024〕18号 | 发布日期： | 2024年06月12日"
)


def test_the_table_that_sites_print_above_a_text() -> None:
    meta = found(INDEX_TABLE, "各区县财政局：", "现将办法印发给你们。", title="云川市财政局")
    assert meta == Metadata(
        title="关于印发《云川市采购内部控制办法》的通知",
        issuer="云川市财政局",
        number="云财采〔2024〕18号",
        published="2024-06-10",
        region="云川",
        kind="document",
        level="local",
    )
    empty = found("索引号 | YC-1 | 标题 |  | 文号 | 无 | 发文机关 | ", "云川市采购办法")
    assert (empty.title, empty.number, empty.issuer) == ("云川市采购办法", None, None)


def test_a_table_with_one_such_label_is_no_index() -> None:
    assert found("云川市采购办法", "名称 | 数量\n电脑 | 3").title == "云川市采购办法"


@pytest.mark.parametrize("done", ["印发", "发布", "公布"])
def test_who_issued_a_text_below_its_title(done: str) -> None:
    meta = found("云川市采购办法", f"（云川市财政局2024年6月10日{done}）", "第一条 为了规范采购。")
    assert (meta.issuer, meta.published) == ("云川市财政局", "2024-06-10")


def test_the_kind_of_a_text_with_a_title_in_two_languages() -> None:
    meta = found("云川市采购条例 / Yunchuan Procurement Ordinance", "第一条 为了规范采购。")
    assert meta.kind == "local-regulation"
