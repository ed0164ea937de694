"""No quote is half a rule: every unit of every article of many laws, quoted as the best of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.answering.choose import quoted
from app.answering.direct import LINE, direct
from app.answering.whole import whole
from app.content.sentences import Source, Span, Unit
from app.reading.reading import Read, Reading
from benchmarks.half_rules import faults, questions
from ingest.document import Section
from tests.test_choose import places

LAWS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "laws"

TEXT = """图书采购办法
第一条 图书馆应当公开采购计划。
第二条 图书馆不得泄露评审情况。
第三条 违反前两条规定的，由文化部门责令改正。{filler}
第四条 供应商可以提出复核申请。{filler}
图书馆应当自收到申请之日起七日内答复。{filler}
图书馆逾期未按前款规定答复的，供应商可以向文化部门投诉。{filler}
涉及国家秘密的，不适用第一款规定。
第五条 有下列情形之一的，图书馆应当终止采购：
（一）供应商不足三家的；{filler}
（二）因前项情形重新采购仍不足三家的；{filler}
（三）采购任务取消的。{filler}
第六条 图书馆不得复制图书。但征得作者同意的除外。{filler}
"""
FILLER = "图书馆应当建立健全管理制度，明确责任，加强监督，并将有关情况向主管部门报告。" * 4


class Liking(Reading):
    """Finds best what holds a place of the text."""

    def __init__(self, at: int) -> None:
        super().__init__(None)
        self.at = at

    def units(self, question: str, source: Source, units: Sequence[Unit]) -> list[float]:
        return [9.0 * any(a <= self.at < b for a, b in unit.spans) for unit in units]


def of_every_unit(reads: Iterator[Read]) -> Iterator[tuple[Source, Section, list[Span], bool]]:
    """What is quoted of each article when each of its sentences is the best, and, true, the line
    and cases that are cut out of it."""
    done: set[tuple[str, int]] = set()
    for read in reads:
        source, passage = read.source, read.hit.passage
        article = source.top(passage.start, passage.end)
        if article.kind != "article" or (source.id, article.index) in done:
            continue
        done.add((source.id, article.index))
        seen = set()
        for start, _ in source.sentences(*source.whole(article.index)):
            spans = quoted("", read, Liking(start))[1]
            cut = direct("", [(source, spans)], [], Liking(start)).line
            for one, line in ((spans, False), *((case, True) for _, case in cut)):
                if (line, *one) not in seen:
                    seen.add((line, *one))
                    yield source, article, one, line


def test_of_a_text_made_for_it_nothing_is_torn(tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text(TEXT.format(filler=FILLER), encoding="utf-8")
    quotes = list(of_every_unit(places(file)))
    assert [f for *quote, _ in quotes if (f := faults(*quote))] == []
    by_article: dict[str, list[str]] = {}
    for source, article, spans, line in quotes:
        if line:
            continue
        text = "\n".join(source.text[a:b] for a, b in spans)
        by_article.setdefault(article.label, []).append(text)
    assert all("第一条 图书馆应当公开" in t and "第二条" in t for t in by_article["第三条"])
    assert any("逾期" in t and "七日内" in t for t in by_article["第四条"])
    assert all("不适用第一款" in t for t in by_article["第四条"] if "提出复核申请" in t)
    again = [t for t in by_article["第五条"] if "重新采购" in t]
    assert again and all("不足三家的" in t and "终止采购：" in t for t in again)


@pytest.mark.parametrize(
    ("article", "torn", "fault"),
    [
        ("第三条", "违反前两条规定的，由文化部门责令改正。", "前两条"),
        ("第四条", "图书馆逾期未按前款规定答复的，供应商可以向文化部门投诉。", "前款"),
        ("第五条", "有下列情形之一的，图书馆应当终止采购：", "ends in the air"),
        ("第六条", "但征得作者同意的除外。", "begins in the air"),
        ("第五条", "（二）因前项情形重新采购仍不足三家的；", "前项"),
    ],
)
def test_what_is_torn_is_seen(article: str, torn: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text(TEXT.format(filler=""), encoding="utf-8")
    source = next(places(file)).source
    start = source.text.index(torn)
    within = next(section for section in source.articles if section.label == article)
    assert fault in faults(source, within, [(start, start + len(torn))])
    assert faults(source, within, [source.whole(within.index)]) == ["前两条"] * (
        2 * (article == "第三条")
    )


def test_every_article_is_asked_by_its_own_words(tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text(TEXT.format(filler=""), encoding="utf-8")
    source = next(places(file)).source
    for whole_sentence in (False, True):
        asked = list(questions([source], whole_sentence))
        assert [one.article for one in asked] == [f"第{n}条" for n in "一二三四五六"]
        assert all(one.question.removesuffix("有什么规定？") in source.text for one in asked)


@pytest.mark.parametrize("ending", ["除外：", "下列情形之一的：", "包括："])
def test_what_is_announced_comes_along(ending: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    lines = ["图书采购办法", f"第一条 图书馆不得接受捐赠，但是{ending}"]
    file.write_text("\n".join([*lines, "（一）作者捐赠作品；", "（二）国家捐赠档案。"]), "utf-8")
    source = next(places(file)).source
    start = source.text.index("图书馆不得")
    spans = whole(source, [(start, source.text.index("\n（一）"))], source.blocks(start, start + 9))
    assert source.text[slice(*spans[0])].endswith("（二）国家捐赠档案。")


@pytest.mark.skipif(not LAWS.is_dir(), reason="the collection of laws is not here")
def test_of_no_article_of_any_law_half_a_rule_is_quoted() -> None:
    wrong, articles, lines = [], set(), 0
    for file in sorted(LAWS.iterdir()):
        for source, article, spans, line in of_every_unit(places(file)):
            articles.add((source.id, article.index))
            lines += line
            assert not line or sum(end - start for start, end in spans) <= LINE
            for fault in faults(source, article, spans):
                wrong.append((fault, source.record.title, article.label, spans))
    assert len(articles) > 3000 and lines > 2000
    assert not wrong, (len(wrong), wrong[:5])
