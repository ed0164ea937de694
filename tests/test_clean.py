"""Cleaning: what is mended, what is left alone."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import clean, count_repairs, diagnose
from ingest.cleaning.edits import Edit, Edited, undo
from ingest.cleaning.pinyin import is_annotated
from ingest.cleaning.script import is_traditional, to_simplified
from ingest.document import Block, Document, RawDocument, document_id


def raw(*lines: str, source: str = "page.txt") -> RawDocument:
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return RawDocument(source, "txt", digest, tuple(Block(line) for line in lines))


def check(document: Document) -> None:
    """What holds for every document: places are right, and the original can be rebuilt."""
    assert undo(document.text, document.repairs) == document.original
    for repair in document.repairs:
        assert document.text[repair.start : repair.end] == repair.replacement
        assert repair.original != repair.replacement
    assert all(a.end <= b.start for a, b in pairwise(document.repairs))
    assert "\n".join(document.text[line.start : line.end] for line in document.lines) == (
        document.text
    )


# A page like those that a converter spoils: Traditional script, pinyin, ASCII punctuation.
SPOILT = (
    "當前位置:首頁(yè) » 政策法規 » 通知公告",
    "關(guān)于加強檔案管理工作的通知",
    "2023年3月5日 09:30 來(lái)源:某縣檔案局 【打印】",
    "各單位要認真做好檔案管理工作,及時(shí)整理歸檔,確保檔案(含電子檔案)完整。",
    "一、加強領(lǐng)導,落實(shí)責任",
    "全縣已有檔案室240個(gè),占應建總數61%,其中“一級”12個(gè)。聯(lián)系電話:010-12345678,網(wǎng)址:http://www.example.cn/a,b。",
    "會(huì )議經(jīng)費為1,100元,時(shí)間為10:32,開(kāi)展創(chuàng )新工作(第一批)。",
    "相關(guān)文章",
    "- 某縣召開(kāi)檔案工作會(huì )議2023-02-01",
    "- 檔案室建設標準發(fā)布2023-01-15",
)


@pytest.fixture(scope="module")
def spoilt() -> Document:
    return clean(raw(*SPOILT))


def test_spoilt_page_reads_like_the_printed_text(spoilt: Document) -> None:
    check(spoilt)
    assert spoilt.text.split("\n") == [
        "关于加强档案管理工作的通知",
        "各单位要认真做好档案管理工作，及时整理归档，确保档案（含电子档案）完整。",
        "一、加强领导，落实责任",
        "全县已有档案室240个，占应建总数61%，其中“一级”12个。"
        "联系电话：010-12345678，网址：http://www.example.cn/a,b。",
        "会议经费为1,100元，时间为10:32，开展创新工作（第一批）。",
    ]
    assert set(count_repairs(spoilt)) == {"boilerplate", "pinyin", "punctuation", "script"}


def test_furniture_of_the_page_becomes_metadata(spoilt: Document) -> None:
    assert spoilt.metadata.published == "2023-03-05"
    assert spoilt.metadata.source_name == "某县档案局"
    assert [(r.title, r.date) for r in spoilt.metadata.related] == [
        ("某县召开档案工作会议", "2023-02-01"),
        ("档案室建设标准发布", "2023-01-15"),
    ]
    gone = [r.original.strip("\n") for r in spoilt.repairs if r.kind == "boilerplate"]
    assert gone == [SPOILT[0], SPOILT[2], *SPOILT[7:]]


def test_document_carries_what_the_file_is() -> None:
    page = raw("标题", "正文第一句。")
    document = clean(page)
    assert document.id == document_id("page.txt")
    assert (document.source, document.format) == ("page.txt", "txt")
    assert document.content_hash == page.content_hash
    assert document.original == "标题\n正文第一句。"
    assert [line.kind for line in document.lines] == ["paragraph", "paragraph"]


def test_a_table_is_one_line_and_is_never_furniture() -> None:
    blocks = (Block("目录", "heading", 1), Block("编码 | 名称\nA01 | 房屋", "table"), Block("完。"))
    document = clean(RawDocument("t.html", "html", "0" * 64, blocks))
    check(document)
    table = document.lines[1]
    assert table.kind == "table"
    assert document.text[table.start : table.end] == "编码 | 名称\nA01 | 房屋"
    assert (document.lines[0].kind, document.lines[0].level) == ("heading", 1)


@pytest.mark.parametrize(
    "text",
    [
        "推广PPP(政府和社会资本合作)模式，2023年GDP (2023)增长。",
        "项目(a)与项目(b)，WTO(世贸)规则，第(一)项,第二项:说明。",
        "“银行”的“行”读作行(háng)，不读行(xíng)。",
        "《乾隆朝档案》提到「財政」二字，著作权归原作者。",
        "价格为3.5%,共1,100元；详见http://www.example.cn/?a=1,2。",
        "《财政部关于印发<办法>的通知》(财库[2021]22号)",
        "什么是政府采购?采购人是谁?",
    ],
)
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    document = clean(raw("关于某事的说明", text))
    assert document.text == f"关于某事的说明\n{text}"
    assert document.repairs == ()


def test_parentheses_that_hold_no_reading_stay_in_a_spoilt_page() -> None:
    page = (
        "服務(wù)和購買(mǎi)服務(wù),開(kāi)展創(chuàng )新,"
        "領(lǐng)導PPP(政府和社會(huì )資本合作)、項目(a)、GDP (2023)。"
    )
    document = clean(raw(page, page))
    check(document)
    assert document.lines[0].end == document.text.index("\n")
    assert document.text.split("\n")[0] == (
        "服务和购买服务，开展创新，领导PPP(政府和社会资本合作)、项目(a)、GDP (2023)。"
    )


def test_a_wrong_reading_is_no_annotation() -> None:
    # 務 is not read mǎi: whatever this is, it was not put there by the converter.
    page = "服務(wù)購買(mǎi)服務(wù)購買(mǎi)服務(wù)購買(mǎi)服務(mǎi)"
    assert clean(raw(page)).text == "服务购买服务购买服务购买服务(mǎi)"


def test_annotations_on_simplified_characters_and_full_width_parentheses() -> None:
    page = "服务（wù）工作开(kāi )展，服务（wù）购买(mǎi)服务（wù）。"
    document = clean(raw(page))
    check(document)
    assert document.text == "服务工作开展，服务购买服务。"


def test_a_space_behind_annotations_goes_where_they_bring_it() -> None:
    page = "服务(wù) 工作，服务(wù) 购买(mǎi) 服务(wù) 的开(kāi) 展与服务(wù) 创新"
    assert clean(raw(page)).text == "服务工作，服务购买服务的开展与服务创新"


def test_a_lesson_in_pronunciation_is_not_an_annotated_document() -> None:
    lesson = (
        "多音字：行（háng）业、长（zhǎng）辈、重（chóng）复、"
        "数（shǔ）数、还（huán）款、调（diào）查。"
    )
    assert not is_annotated(lesson)
    assert clean(raw("读音", lesson)).text == f"读音\n{lesson}"


def test_traditional_text_is_converted_by_meaning() -> None:
    page = (
        "關於徵求意見的通知：乾隆年間的著作，顯著增長；覆蓋後裏，答覆群眾；皇后與之後；"
        "餘額剩餘，瞭解製度，衆多項目。"
    )
    assert is_traditional(page)
    assert to_simplified(page) == (
        "关于征求意见的通知：乾隆年间的著作，显著增长；覆盖后里，答复群众；皇后与之后；"
        "余额剩余，了解制度，众多项目。"
    )
    document = clean(raw(page))
    check(document)
    assert document.text == to_simplified(page)
    assert (
        0
        < count_repairs(document)["script"]
        < sum(a != b for a, b in zip(page, document.text, strict=True))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("政府採購法第二十二條是什麼", True),
        ("政府采购法第二十二条是什么", False),
        ("乾隆", False),
        ("", False),
        ("GDP 2023", False),
        ("《資治通鑑》记载的财政制度与国家开支，是研究古代预算的资料。", False),
    ],
)
def test_script_of_a_question(text: str, expected: bool) -> None:
    assert is_traditional(text) is expected


def test_leftovers_of_html_and_invisible_characters_go() -> None:
    document = clean(
        raw("标题", "第一句&nbsp;&ldquo;引文&rdquo;<br>\u200b第二句/span>，\ufeff小于&lt;5%。")
    )
    check(document)
    assert document.text == "标题\n第一句 “引文”第二句，小于<5%。"


def test_tags_are_not_taken_for_titles_in_angle_brackets() -> None:
    text = "《关于修改<中华人民共和国保险法>等五部法律的决定》"
    assert clean(raw("决定", text)).text.endswith(text)


def test_white_space_at_the_edges_goes_and_within_stays() -> None:
    document = clean(raw("标题", "　　第一条　为了规范采购，制定本办法。 "))
    check(document)
    assert document.text == "标题\n第一条　为了规范采购，制定本办法。"
    assert count_repairs(document) == {"space": 2}


def test_a_space_that_parts_a_word_goes_and_one_between_halves_of_a_heading_stays() -> None:
    page = "服務(wù)建設固根本 創(chuàng )新服務(wù)促長(cháng)效,推進(jìn)服 務創(chuàng )新"
    assert clean(raw(page)).text == "服务建设固根本 创新服务促长效，推进服务创新"


BODY = "为规范档案管理，现将有关事项通知如下。"


def test_a_tool_bar_between_title_and_body_goes() -> None:
    title = "某市档案管理办法"
    lines = [
        f"{title}_政策文件_某市人民政府", "首页", ">", "政策文件", title,
        "收藏", "打印", "字号：", "大", "中", "小",
        BODY, "第一条 本办法适用于本市。", "分享：", "【打印】【关闭窗口】",
        "主办单位：某市人民政府", "某ICP备12345678号",
    ]  # fmt: skip
    document = clean(raw(*lines))
    check(document)
    assert document.text.split("\n") == [title, BODY, "第一条 本办法适用于本市。"]


def test_no_line_within_the_body_is_furniture() -> None:
    lines = [
        "某市网站管理办法",
        "第一条 网站应当标明以下内容：",
        "版权所有",
        "主办单位：网站的主办单位",
        "打印",
        "第二条 网站应当设置首页。",
        "相关链接",
        "应当真实有效，并注明来源。",
        "第三条 本办法自公布之日起施行。",
    ]
    document = clean(raw(*lines))
    assert document.text.split("\n") == lines
    assert document.repairs == ()


def test_a_signature_is_no_publication_line() -> None:
    lines = ["关于某事的通知", BODY, "某市档案局", "2023年3月5日"]
    assert clean(raw(*lines)).text.split("\n") == lines


@pytest.mark.parametrize("lines", [["建议", BODY], [BODY, "评价"]])
def test_a_single_word_may_be_a_heading(lines: list[str]) -> None:
    assert clean(raw(*lines)).text.split("\n") == lines


def test_a_page_of_furniture_alone_keeps_it() -> None:
    document = clean(raw("打印", "关闭窗口"))
    check(document)
    assert document.text == "打印\n关闭窗口"


def test_ascii_punctuation_throughout_is_mended_without_other_damage() -> None:
    text = '采购人应当公开信息,接受监督;供应商可以质疑,也可以投诉,但应当说明理由:"事实清楚".'
    document = clean(raw(text))
    check(document)
    assert document.text == (
        "采购人应当公开信息，接受监督；供应商可以质疑，也可以投诉，但应当说明理由：“事实清楚”。"
    )
    assert diagnose([text]).ascii_punctuation


# Generated pages

PIECES = [
    "服務(wù)", "購買(mǎi)", "創(chuàng )新", "長(cháng)效", "政府采购", "，", ",", "。",
    "(第一批)", " ", "　", "&nbsp;",
    "</span>", "?", "\ufffd", "\u200b", "10:32", "來源:財政部", "“引文”",
    "當前位置:首頁 » 通知", "【打印】",
    "相關文章", "2024-10-21", "ú缓”炯墸?/span>", "第一条", "\n", "A", "著作", "乾隆", "|",
]  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@settings(max_examples=60)
@given(st.lists(LINES, min_size=1, max_size=8))
def test_the_original_can_always_be_rebuilt(lines: list[str]) -> None:
    check(clean(raw(*lines)))


@settings(max_examples=100)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_is_cleaned_without_failing(lines: list[str]) -> None:
    check(clean(raw(*lines)))


CHANGES = st.tuples(
    st.integers(0, 40),
    st.integers(0, 5),
    st.text("xyz", max_size=3),
    st.sampled_from(["encoding", "pinyin", "script", "punctuation", "space"]),
)


@settings(max_examples=300)
@given(st.text("abc\n", max_size=30), st.lists(st.lists(CHANGES, max_size=5), max_size=5))
def test_edits_of_edited_text_keep_their_places(text: str, passes: list[list[tuple]]) -> None:
    edited = Edited(text)
    for changes in passes:
        edits, reached = [], 0
        for start, length, new, kind in sorted(changes):
            start = max(start, reached)
            if start > len(edited.text):
                break
            reached = min(len(edited.text), start + length)
            edits.append(Edit(start, reached, new, kind))
        expected = edited.text
        for edit in reversed(edits):
            expected = expected[: edit.start] + edit.replacement + expected[edit.end :]
        edited.apply(edits)
        assert edited.text == expected
    repairs = edited.repairs()
    assert undo(edited.text, repairs) == text
    assert all(edited.text[r.start : r.end] == r.replacement for r in repairs)


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        Edited("abc").apply([Edit(0, 2, "x", "space"), Edit(1, 3, "y", "space")])
