"""Passages: the invariants on generated documents, and where real ones are cut."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import Document, Passage, Section
from ingest.split import SplitLimits, split
from ingest.structure import outline
from tests.structure_samples import document

LIMITS = SplitLimits()


def passages(doc: Document, limits: SplitLimits = LIMITS) -> list[Passage]:
    return split(doc, outline(doc), limits)


def ancestors(sections: list[Section], index: int | None) -> list[int]:
    chain = []
    while index is not None:
        chain.append(index)
        index = sections[index].parent
    return chain


def check_outline(doc: Document, sections: list[Section]) -> None:
    """Sections nest, stand in reading order, and siblings do not overlap."""
    ends: dict[int | None, int] = {}
    for place, section in enumerate(sections):
        assert section.index == place
        assert 0 <= section.start < section.end <= len(doc.text)
        assert section.start >= ends.get(section.parent, 0)
        ends[section.parent] = section.end
        if section.parent is not None:
            above = sections[section.parent]
            assert section.parent < place
            assert above.start <= section.start and section.end <= above.end


def check_passages(doc: Document, sections: list[Section], found: list[Passage]) -> None:
    """Invariants 1 and 2 of the design."""
    at = 0
    articles = [s for s in sections if s.kind == "article"]
    tops = [s for s in sections if s.parent is None]
    for ordinal, passage in enumerate(found):
        assert passage.text == doc.text[passage.start : passage.end]
        assert passage.text and passage.text == passage.text.strip()
        assert doc.text[at : passage.start].strip() == ""
        at = passage.end
        assert passage.ordinal == ordinal
        assert passage.id == f"{doc.id}.{doc.content_hash[:8]}.{ordinal:05d}"
        assert passage.citation
        assert passage.kind == sections[passage.section].kind
        assert sections[passage.section].end >= passage.end
    assert doc.text[at:].strip() == ""
    for group in (articles, tops):
        crossing, place = 0, 0
        for passage in found:
            while place < len(group) and group[place].end <= passage.start:
                place += 1
            if place < len(group) and group[place].start < passage.end > group[place].end:
                crossing += 1
        assert crossing == 0


NUMERALS = "一二三四五六七八九十"
NUMBER = st.sampled_from([*NUMERALS, "十二", "二十一", "1", "２", "13"])
WORDS = st.text(
    alphabet="采购人供应商应当公开招标预算2023.%“”（）、，：；a 　\U0001f600", max_size=30
)
SENTENCE = st.builds(lambda a, b: f"{a}。{b}。", WORDS, WORDS)
BODY = st.one_of(WORDS, SENTENCE, st.text(max_size=40))
LABEL = st.sampled_from(
    [
        "第{}条 ",
        "第{}条",
        "第 {} 条\u3000",
        "第{}章 ",
        "第{}节 ",
        "第{}编 ",
        "{}、",
        "（{}）",
        "({})",
        "{}. ",
        "{}.",
        "①",
        "附件{}\n",
        "附件：",
        "附件{}：",
        "1.{} ",
        "目录\n",
        "{}是",
        "一是甲。二是",
        "第{}，",
        "",
        "",
        "",
    ]
)
NUMBERED = st.builds(lambda label, n, body: label.format(n) + body, LABEL, NUMBER, BODY)
TABLE = st.integers(1, 12).map(lambda n: "\n".join(f"行{i} | 值{i}" for i in range(n)))
OTHER = st.sampled_from(
    [
        "",
        "\n",
        "云川市财政局\n2022年4月18日",
        "云川市采购办法",
        "各区：",
        "现通知如下。",
        "# 背景",
        "## 一、甲",
        "表1 限额",
        "\u2028",
        "\xa0",
        "第一章 总则\n第二章 附则",
    ]
) | st.sampled_from(["甲" * 700, "甲，" * 300, "乙。" * 400])
DOCUMENT = st.lists(st.one_of(NUMBERED, NUMBERED, TABLE, OTHER), max_size=25).map("\n".join)
LIMIT = st.integers(1, 700).flatmap(
    lambda most: st.builds(SplitLimits, st.just(most), st.integers(0, min(most, 80)))
)


@settings(max_examples=200)
@given(DOCUMENT, LIMIT)
def test_invariants_on_generated_documents(text: str, limits: SplitLimits) -> None:
    doc = document(text)
    sections = outline(doc)
    check_outline(doc, sections)
    check_passages(doc, sections, split(doc, sections, limits))


@settings(max_examples=100)
@given(
    st.text(alphabet="采购。！？；，、“” \n\u3000a1", min_size=1, max_size=400), st.integers(1, 60)
)
def test_no_passage_of_running_text_is_longer_than_the_limit(text: str, most: int) -> None:
    doc = document(text)
    for passage in passages(doc, SplitLimits(most, 0)):
        assert len(passage.text) <= most


def test_one_passage_for_each_article() -> None:
    doc = document(
        "第一章 总则\n第一条 甲。\n第二条 乙。\n丙。\n（一）丁；\n（二）戊。\n"
        "第二章 附则\n第三条 己。"
    )
    found = passages(doc)
    assert [p.citation for p in found] == ["第一条", "第二条", "第三条"]
    assert found[0].text == "第一章 总则\n第一条 甲。"
    assert found[0].path == ("第一章 总则", "第一条")
    assert found[2].text.startswith("第二章 附则\n第三条")
    assert {p.kind for p in found} == {"article"}


def test_long_article_is_cut_at_paragraphs_then_between_items() -> None:
    items = "\n".join(f"（{n}）{'供应商应当依法履行合同' * 3}；" for n in NUMERALS)
    doc = document(
        f"第三条 {'采购应当公开' * 20}。\n有下列情形之一的，应当处理：\n{items}\n"
        f"{'处理应当及时' * 10}。"
    )
    found = passages(doc, SplitLimits(200, 20))
    assert [p.citation for p in found] == [
        "第三条第一款",
        "第三条第二款",
        "第三条第二款第（五）项至第（九）项",
        "第三条第二款第（十）项",
        "第三条第三款",
    ]
    assert found[0].text.startswith("第三条 采购")
    assert found[1].text.startswith("有下列") and "（四）" in found[1].text
    assert all(len(p.text) <= 200 for p in found)


def test_long_paragraph_is_cut_at_sentence_ends() -> None:
    sentence = "采购人应当按照批准的预算执行，不得超出预算开展采购活动。"
    doc = document("第四条 " + sentence * 20)
    found = passages(doc, SplitLimits(150, 20))
    assert "".join(p.text for p in found) == doc.text
    assert all(p.text.endswith("。") and len(p.text) <= 150 for p in found)
    assert {p.citation for p in found} == {"第四条"}


def test_closing_quotation_mark_stays_with_its_sentence() -> None:
    doc = document("他说：" + "“采购应当公开。”" * 40)
    found = passages(doc, SplitLimits(60, 0))
    assert all(p.text.endswith("。”") for p in found)


def test_unbroken_string_is_cut_all_the_same() -> None:
    found = passages(document("甲" * 5000))
    assert [len(p.text) <= LIMITS.max_chars for p in found] == [True] * len(found)
    assert len(found) >= 9


def test_a_heading_goes_with_the_first_text_below_it() -> None:
    doc = document(
        "通知如下，请各区结合实际认真贯彻执行，并将执行情况及时报送市财政局。\n一、任务\n"
        f"（一）制度。{'各地要制定办法' * 6}。\n（二）培训。{'各地要开展培训' * 6}。\n"
        f"二、保障\n{'各地要加强保障' * 6}。"
    )
    found = passages(doc)
    assert [p.citation for p in found] == [
        "正文第一段",
        "一、任务 › （一）制度",
        "一、任务 › （二）培训",
        "二、保障",
    ]
    assert found[1].text.startswith("一、任务\n（一）制度。")
    assert found[1].path == ("一、任务", "（一）制度")


def test_headings_of_several_levels_gather_before_the_text() -> None:
    doc = document("第一编 总则\n第一章 基本规定\n第一节 通则\n第一条 采购应当公开。")
    (passage,) = passages(doc)
    assert passage.text == doc.text and passage.citation == "第一条"


def test_heading_without_any_text_is_kept() -> None:
    doc = document(f"一、甲类事项\n二、乙类事项\n{'正文应当足够长' * 8}。")
    assert next(p.text for p in passages(doc)) == "一、甲类事项"


def test_points_are_passages_and_short_ones_join() -> None:
    long = (
        "一是建立机制。"
        + "各地建立协调机制" * 6
        + "。二是加强培训。"
        + "各地开展业务培训" * 6
        + "。"
    )
    found = passages(document(f"一、措施\n{long}\n二、成效\n一是增效；二是便民；三是节支。"))
    assert [p.citation for p in found] == [
        "一、措施 › 一是建立机制",
        "一、措施 › 二是加强培训",
        "二、成效 › 一是至三是",
    ]


def test_articles_never_join_however_short() -> None:
    doc = document("第一条 甲。\n第二条 乙。\n第三条 丙。")
    assert len(passages(doc, SplitLimits(600, 300))) == 3


def test_table_is_cut_between_rows_and_names_its_columns() -> None:
    rows = "\n".join(f"A{i:04d} | 办公设备第{i}类 | 含主机和配件" for i in range(60))
    doc = document(f"一、目录\n采购品目表\n编码 | 名称 | 说明\n{rows}")
    found = passages(doc, SplitLimits(300, 20))
    assert len(found) > 3
    assert found[0].text.startswith("一、目录\n采购品目表\n编码 | 名称 | 说明\n")
    assert all(re.match(r"A\d{4} \| ", p.text) and p.text.endswith("配件") for p in found[1:])
    assert all(p.path[-1] == "编码 | 名称 | 说明" for p in found[1:])
    assert {p.citation for p in found} == {"一、目录 › 采购品目表"}


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="max_chars >= 1"):
        SplitLimits(0, 0)
    with pytest.raises(ValueError, match="min_chars <= max_chars"):
        SplitLimits(10, 11)


def test_time_grows_with_length_only() -> None:
    """A text eight times as long takes about eight times as long, far from sixty-four."""
    article = "第{}条 采购人应当公开。\n有下列情形的除外：\n（一）涉密；\n（二）紧急。\n"

    def seconds(n: int) -> float:
        doc = document("".join(article.format(i) for i in range(1, n)))
        start = time.process_time()
        passages(doc)
        return time.process_time() - start

    seconds(100)
    assert seconds(4000) < 30 * max(seconds(500), 0.005)


def test_invariants_over_the_corpus(corpus: list[Document]) -> None:
    size, spent = 0, 0.0
    for doc in corpus:
        start = time.process_time()
        sections = outline(doc)
        found = split(doc, sections)
        spent += time.process_time() - start
        size += len(doc.text.encode())
        check_outline(doc, sections)
        check_passages(doc, sections, found)
        for article in (s for s in sections if s.kind == "article"):
            first = next(p for p in found if p.end > article.start)
            assert first.start <= article.start < first.end
            assert len(doc.text[article.start : first.end]) > len(article.label) + 2, doc.source
    assert spent < 10 * size / 1e6, f"{spent:.1f} s for {size / 1e6:.1f} MB"


@pytest.fixture(scope="module")
def corpus(shared: Path, seed_file: Path, cleaned: Callable[[Path], Document]) -> list[Document]:
    """Every text, Markdown, HTML and DOCX file; PDFs have their own, slower, tests."""
    files = sorted((shared / "corpus").rglob("*"))
    readable = [f for f in files if f.suffix in (".txt", ".md", ".html", ".docx")]
    return [cleaned(file) for file in [seed_file, *readable]]
