"""The line that answers: a part of the official text that stands alone, and its cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from app.answering.choose import Chosen
from app.answering.direct import Told, direct
from app.answering.holdings import Holdings
from app.answering.question import analyse
from app.answering.whose import nation_first, told_whose
from app.content.sentences import Source, Unit, spans_text
from app.reading.reading import Read, Reading
from app.service import Assistant
from app.types import Statement
from app.verify import judge_all
from ingest.document import Metadata
from ingest.storage.catalogue import DocumentRecord
from tests.projects import Project, answering
from tests.test_choose import places

RULES = """图书采购办法
第一条 图书馆应当公开采购计划。供应商可以在知道或者应知其权益受到损害之日起七个工作日内提出复核\
申请。图书馆应当建立健全管理制度，明确责任，加强监督，并将有关情况向主管部门报告。
第二条 供应商应知其权益受到损害之日，是指：
（一）对采购文件申请复核的，为收到采购文件之日；
（二）对采购结果申请复核的，为结果公告之日。
第三条 评审小组由五人以上单数组成，其中专家不得少于三分之二。
采购预算在一千万元以上的，评审小组由七人以上单数组成。
评审小组成员名单在结果公告前应当保密，任何单位和个人不得打听，也不得影响评审。
第四条 纸质图书的价格分不得低于百分之三十；电子图书的价格分不得低于百分之十。\
执行国家统一定价的图书，其价格不列为评审因素，图书馆应当在采购文件中说明理由。
第五条 图书馆不得接受捐赠，并应当向主管部门报告有关情况，明确责任，加强监督，建立健全管理制度。
前款规定不适用于作者捐赠自己的作品。
第六条 有下列情形之一的，图书馆应当终止采购：
（一）供应商不足三家的；
（二）采购任务取消的；
（三）出现影响公正的违法行为的。
终止采购后，图书馆应当在两个工作日内公告，并说明理由，同时通知所有参加采购的供应商。
第七条 图书馆应当自收到图书之日起30日内付款，另有约定的从其约定，但最长不得超过60日。
大型书店应当自收到图书之日起60日内付款。
付款应当通过银行转账办理，不得以现金支付，也不得要求供应商承担转账的费用。
第八条 供应商不得有下列行为：
（一）提供盗版的图书；
（二）法律、行政法规规定的其他行为。
违反规定的，图书馆应当取消其参加采购的资格，并在两年内不再受理其提出的申请。
第九条 图书采购的评审方法分为低价法和综合法。
低价法，是指报价最低的为候选人的方法。综合法，是指得分最高的为候选人的方法。
评审方法应当在采购文件中载明，没有载明的不得作为评审的依据，评审小组不得更改。
第十条 复核期间不停止采购。但有下列情形之一的，停止采购：
（一）文化部门要求停止的；
（二）停止采购不损害读者利益的。
停止采购的期限由文化部门决定。其决定应当书面通知图书馆和所有参加采购的供应商。
"""


class Scored(Reading):
    """Finds units the better the more of the given words they hold."""

    def __init__(self, **words: float) -> None:
        super().__init__(None)
        self.words = words

    def units(self, question: str, source: Source, units: Sequence[Unit]) -> list[float]:
        return [sum(s for w, s in self.words.items() if w in unit.text) for unit in units]


@pytest.fixture(autouse=True)
def short_provisions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provisions of these tests are short."""
    monkeypatch.setattr("app.answering.direct.SHORT", 50)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    file = tmp_path_factory.mktemp("direct") / "rules.txt"
    file.write_text(RULES, encoding="utf-8")
    return next(places(file)).source


def article(source: Source, number: str) -> Chosen:
    section = next(s for s in source.articles if s.label == f"第{number}条")
    return source, [source.whole(section.index)]


def told(source: Source, names: str, beside: str = "", **words: float) -> Told:
    chosen = [article(source, name) for name in names]
    others = [article(source, name) for name in beside]
    return direct("", chosen, others, Scored(**words))


def lines(found: Told) -> list[str]:
    return [spans_text(*one) for one in found.line]


def test_the_sentence_that_reads_best_is_the_line(source: Source) -> None:
    found = told(source, "一", 复核申请=9)
    assert lines(found) == [
        "供应商可以在知道或者应知其权益受到损害之日起七个工作日内提出复核申请。"
    ]
    assert found.provisions == [article(source, "一")]


def test_a_short_provision_needs_no_line(source: Source) -> None:
    short = (source, [source.items(*article(source, "二")[1][0])[0]])
    assert direct("", [short], [], Scored()).line == []


def test_another_figure_of_the_same_kind_is_a_case(source: Source) -> None:
    found = lines(told(source, "三", 五人=9, 七人=8, 保密=7))
    assert len(found) == 2
    assert "五人以上" in found[0] and "七人以上" in found[1]
    far = lines(told(source, "三", 五人=9, 七人=2))
    assert len(far) == 1 and "五人以上" in far[0]


def test_a_case_has_another_figure_for_what_it_rules(source: Source) -> None:
    for best, other in (("图书馆应当自", "大型书店"), ("大型书店", "图书馆应当自")):
        found = lines(told(source, "七", **{best: 9, other: 8}))
        assert len(found) == 2 and best in found[0] and other in found[1]


def test_what_other_things_are_is_told_with_those_before(source: Source) -> None:
    for line in lines(told(source, "八", 其他行为=9)):
        assert "（一）提供盗版" in line and "下列行为：" in line
    alone = lines(told(source, "八", 盗版=9))[0]
    assert "（一）提供盗版" in alone and "其他" not in alone


def test_an_item_comes_with_what_its_lead_goes_on_from(source: Source) -> None:
    item = lines(told(source, "十", 读者利益=9))[0]
    assert item.startswith("复核期间不停止采购。但有下列情形之一的") and "（一）" not in item
    its = lines(told(source, "十", 书面通知=9))[0]
    assert its.startswith("停止采购的期限由文化部门决定。其决定")


def test_what_is_named_comes_with_what_it_is(source: Source) -> None:
    named = lines(told(source, "九", 分为=9))[0]
    assert "报价最低" in named and "得分最高" in named and "不得更改" not in named
    alone = lines(told(source, "九", 得分最高=9))[0]
    assert alone == "综合法，是指得分最高的为候选人的方法。"


def test_clauses_that_say_the_same_of_several_cases_stand_alone(source: Source) -> None:
    paper = lines(told(source, "四", 纸质=9))
    assert paper[0] == "纸质图书的价格分不得低于百分之三十；"
    both = lines(told(source, "四", 纸质=9, 电子=9))
    assert "百分之三十" in both[0] and "百分之十。" in both[0]


def test_a_line_brings_its_exception_and_what_it_points_to(source: Source) -> None:
    for word in ("不得接受", "不适用"):
        found = told(source, "五", **{word: 9})
        text = "".join(lines(found)) or spans_text(*found.provisions[0])
        assert "不得接受捐赠" in text and "不适用于作者" in text


def test_an_item_comes_below_its_lead_and_a_lead_with_its_items(source: Source) -> None:
    item = lines(told(source, "六", 任务取消=9))[0]
    assert item.startswith("有下列情形之一的，图书馆应当终止采购：")
    assert "（二）采购任务取消的" in item and "（三）" not in item
    listed = lines(told(source, "六", 情形之一=9))[0]
    assert all(mark in listed for mark in ("（一）", "（二）", "（三）")) and "公告" not in listed


def test_what_a_word_of_the_line_means_comes_case_by_case(source: Source) -> None:
    for names, beside in (("一二", ""), ("一", "二")):
        found = told(source, names, beside, 复核申请=9)
        line, first, second = lines(found)
        assert "七个工作日" in line
        assert first.startswith("供应商应知其权益受到损害之日，是指：") and "（一）" in first
        assert second.startswith("（二）对采购结果")
        assert len(found.provisions) == 2 and not found.beside


def test_the_provision_with_the_best_part_leads(source: Source) -> None:
    found = told(source, "五一", 复核申请=9)
    assert found.provisions[0] == article(source, "一")
    assert "七个工作日" in lines(found)[0]
    chosen = [article(source, "五"), article(source, "一")]
    kept = direct("", chosen, [], Scored(复核申请=9), in_order=True)
    assert kept.provisions == chosen


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("told") / "project")
    project.write("办法.txt", RULES)
    for day, years in (("2017年11月4日", "十"), ("2024年6月28日", "三十")):
        text = f"中华人民共和国会计法\n（{day}修正）\n第一条 为了规范会计工作，制定本法。\n"
        project.write(f"{day}.txt", f"{text}第二条 会计资料应当保管{years}年。\n")
    with answering(project) as assistant:
        yield assistant


def test_the_answer_begins_with_its_line_and_every_line_is_proved(assistant: Assistant) -> None:
    answer = assistant.ask("供应商可以在几个工作日内提出复核申请？")
    first, *rest = answer.statements
    assert first.direct and "七个工作日内" in first.text
    assert answer.text.startswith(first.text) and "\n条文：\n" in answer.text
    provision = next(s for s in rest if not s.direct)
    assert "".join(first.text.split()) in "".join(provision.text.split())
    assert all(verdict.holds for verdict in judge_all(answer, assistant.index))
    cited = {c.n: c for c in answer.citations}
    for statement in answer.statements:
        for quote in statement.quotes:
            homes = [cited[n] for n in statement.citations]
            assert any(c.start <= quote.start and quote.end <= c.end for c in homes)


def test_a_version_is_named_where_several_are_here(assistant: Assistant) -> None:
    answer = assistant.ask("会计资料应当保管多少年？")
    first = answer.statements[0]
    assert first.named == "《中华人民共和国会计法》（2024-06-28）"
    assert answer.text.startswith(f"{first.named}：会计资料应当保管三十年")
    old = assistant.ask("2017年的《会计法》规定会计资料应当保管多少年？").statements[0]
    assert not old.named and "十年" in old.text


@pytest.mark.parametrize(
    ("question", "kinds", "number", "named"),
    [
        ("投标截止时间是什么时候？", ("tender-notice",) * 2, "CG-1", "《书架采购公告》（CG-1）"),
        ("CG-1的投标截止时间是什么时候？", ("tender-notice",) * 2, "CG-1", ""),
        ("书架采购公告的投标截止时间？", ("tender-notice",) * 2, "CG-1", ""),
        ("投标截止时间是什么时候？", ("tender-notice", "law"), "CG-1", ""),
    ],
)
def test_a_line_names_its_notice_where_the_question_names_none(
    question: str, kinds: tuple[str, str], number: str, named: str
) -> None:
    records = {
        str(n): SimpleNamespace(
            title="书架采购公告" if not n else "桌椅采购公告",
            work=str(n),
            metadata=Metadata(kind=kind, number=number),
        )
        for n, kind in enumerate(kinds)
    }
    holdings = cast(Holdings, SimpleNamespace(records=records))
    statement = told_whose(
        Statement("五月六日", (1,)), analyse(question), cast(DocumentRecord, records["0"]), holdings
    )
    assert statement.named == named


def test_the_country_comes_before_a_region_where_it_answers() -> None:
    def read(region: str | None, probability: float) -> Read:
        record = SimpleNamespace(metadata=Metadata(kind="local-regulation", region=region))
        return cast(
            Read, SimpleNamespace(source=SimpleNamespace(record=record), probability=probability)
        )

    local, nation, weak = read("河南", 0.6), read(None, 0.4), read(None, 0.2)
    assert nation_first([local, weak, nation], 0.05) == [nation, local, weak]
    assert nation_first([local, weak], 0.05) == [local, weak]
    assert nation_first([local, nation], 0.5) == [local, nation]
    assert nation_first([nation, local], 0.05) == [nation, local]


def test_a_short_provision_is_a_line_by_itself(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.answering.direct.SHORT", 200)
    answer = assistant.ask("供应商在几个工作日内可以提出复核申请？")
    assert "七个工作日内" in answer.statements[0].text and not answer.statements[0].direct
