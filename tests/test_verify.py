"""Statements are held against what they cite: figures, names, negation, the slice itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.facts import comparisons, facts, negations, numeral
from app.types import Answer, Citation, Quote, Statement
from app.verify import Verdict, judge, judge_all, verify
from ingest.document import Document, Metadata
from ingest.storage.catalogue import DocumentRecord, StoredDocument

RULE = (
    "供应商认为采购文件使自己的权益受到损害的，可以在知道其权益受到损害之日起七个工作日内，"
    "以书面形式向采购人提出质疑。履约保证金的数额不得超过政府采购合同金额的10%。"
    "根据《政府采购法》第五十二条，2023年支出178亿元，占61%。财政部令第94号自2018年3月1日起施行。"
    "采购人、采购代理机构不得拒收质疑函。"
)


@pytest.mark.parametrize(
    ("text", "kind", "value", "unit"),
    [
        ("三十日内", "number", "30", "日"),
        ("30天内", "number", "30", "日"),
        ("５个工作日", "number", "5", "工作日"),
        ("七个工作日", "number", "7", "工作日"),
        ("178亿元", "number", "17800000000", "元"),
        ("3,000万元", "number", "30000000", "元"),
        ("二万元", "number", "20000", "元"),
        ("三家以上", "number", "3", "家"),
        ("240项", "number", "240", "项"),
        ("百分之五", "ratio", "5", ""),
        ("5％", "ratio", "5", ""),
        ("千分之五", "ratio", "0.5", ""),
        ("5‰", "ratio", "0.5", ""),
        ("万分之五", "ratio", "0.05", ""),
        ("三分之二", "ratio", "2/3", ""),
        ("2024年10月24日", "date", "2024-10-24", ""),
        ("二〇二三年六月三十日", "date", "2023-6-30", ""),
        ("每年3月31日前", "date", "3-31", ""),
        ("财政部令第102号", "document-number", "令102", ""),
        ("国办发〔2013〕96号", "document-number", "号2013-96", ""),
        ("国办发[2013]96号", "document-number", "号2013-96", ""),
        ("第二十二条", "article", "22", "条"),
        ("第（三）项", "article", "3", "项"),
        ("《中华人民共和国政府采购法》", "name", "政府采购法", ""),
    ],
)
def test_facts_come_in_one_form(text: str, kind: str, value: str, unit: str) -> None:
    found = facts(text)
    assert (kind, value, unit) in [fact.key for fact in found]
    for fact in found:
        assert text[fact.start : fact.end] == fact.shown


@given(st.integers(min_value=1, max_value=99_999))
def test_a_number_is_the_same_in_either_script(number: int) -> None:
    import cn2an

    assert numeral(cn2an.an2cn(number)) == str(number)
    assert facts(f"{cn2an.an2cn(number)}家供应商")[0].key == facts(f"{number}家供应商")[0].key


@pytest.mark.parametrize(
    "text", ["一是加强管理", "一般采用招标", "万一发生", "进一步规范", "统一标准"]
)
def test_words_with_numerals_in_them_are_no_figures(text: str) -> None:
    assert not facts(text)


def test_negation_is_not_in_bounds_or_within_words() -> None:
    assert negations("不得拒收") == 1
    assert negations("不少于三家，不良行为，无论如何，是否合格") == 0
    assert comparisons("不得超过10%") == {"≤": 1, "≥": 0}
    assert comparisons("不得少于二十日") == {"≤": 0, "≥": 1}


@pytest.mark.parametrize(
    "said",
    [
        "供应商认为采购文件使自己的权益受到损害的，可以在知道权益受到损害之日起7个工作日内，"
        "以书面形式向采购人提出质疑。",
        "履约保证金的数额最多为政府采购合同金额的百分之十。",
        "2023年支出178亿元，占61％。",
        "履约保证金的数额不得超过政府采购合同金额的10%",
        "财政部令第94号自2018年3月起施行。",
    ],
)
def test_what_the_source_says_in_other_words_holds(said: str) -> None:
    assert judge(said, [RULE]) == Verdict(1.0)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("供应商可以在知道权益受到损害之日起10个工作日内向采购人提出质疑。", "10个工作日"),
        ("2023年支出278亿元，占61%。", "278亿元"),
        ("2022年支出178亿元。", "2022年"),
        ("履约保证金的数额不得超过政府采购合同金额的百分之五。", "百分之五"),
        ("根据《招标投标法》第五十二条，支出178亿元。", "《招标投标法》"),
        ("根据《政府采购法》第五十三条，支出178亿元。", "第五十三条"),
        ("财政部令第87号自2018年3月1日起施行。", "财政部令第87号"),
    ],
)
def test_a_figure_or_name_that_is_not_there_fails(said: str, missing: str) -> None:
    verdict = judge(said, [RULE])
    assert not verdict.holds
    assert any(missing in problem for problem in verdict.problems)
    assert verdict.score < 1


@pytest.mark.parametrize(
    "said",
    [
        "采购人、采购代理机构可以拒收质疑函。",
        "供应商不可以在知道其权益受到损害之日起七个工作日内提出质疑。",
        "履约保证金的数额不得低于政府采购合同金额的10%。",
    ],
)
def test_turned_round_it_fails(said: str) -> None:
    assert not judge(said, [RULE]).holds


def test_other_words_altogether_fail() -> None:
    assert not judge("天气晴朗，适合出行，建议携带雨具以备不时之需。", [RULE]).holds
    assert not judge("任何话", []).holds
    assert not judge("", [RULE]).holds


def test_a_title_may_stand_in_the_reference_only() -> None:
    said = "根据《招标投标法》第三条，履约保证金的数额不得超过政府采购合同金额的10%。"
    assert not judge(said, [RULE]).holds
    assert judge(said, [RULE], ["《中华人民共和国招标投标法》第三条"]).holds


class OneDocument:
    """A source of documents that holds one."""

    def __init__(self, text: str) -> None:
        document = Document("d", "d.txt", "txt", "0" * 64, text, (), Metadata(title="规则"))
        record = DocumentRecord(
            "d", "d.0", "d.txt", "d.txt", "txt", "0" * 64, "规则", "规则", Metadata(), 1, 0, ""
        )
        self.stored = StoredDocument(record, document, [])

    def document(self, document_id: str) -> StoredDocument | None:
        return self.stored if document_id == "d" else None


def _answer(text: str, quote: tuple[int, int], cited: tuple[int, int], of: str = RULE) -> Answer:
    start, end = cited
    citation = Citation(
        1,
        "d",
        "规则",
        "第一条",
        "《规则》第一条",
        of[start:end],
        start,
        end,
        "d.txt",
        "0" * 64,
        "p",
    )
    statement = Statement(text, (1,), (Quote("d", *quote),))
    return Answer("问", "", False, (statement,), (citation,))


def test_a_quotation_is_the_slice_and_inside_what_is_cited() -> None:
    end = RULE.index("。") + 1
    index = OneDocument(RULE)
    good = _answer(RULE[:end], (0, end), (0, len(RULE)))
    assert verify(good, index).statements[0].verified
    for bad in (
        _answer(RULE[:end].replace("七", "八"), (0, end), (0, len(RULE))),
        _answer(RULE[:end] + "另有规定的除外。", (0, end), (0, len(RULE))),
        _answer(RULE[:end], (0, end), (0, end - 5)),
    ):
        assert not verify(bad, index).statements[0].verified
        assert judge_all(bad, index)[0].problems


def test_a_citation_that_is_no_slice_or_does_not_exist_fails() -> None:
    end = RULE.index("。") + 1
    index = OneDocument(RULE)
    good = _answer(RULE[:end], (0, end), (0, len(RULE)))
    shifted = replace(good.citations[0], start=1)
    assert not judge_all(replace(good, citations=(shifted,)), index)[0].holds
    dangling = replace(good.statements[0], citations=(1, 2))
    assert not judge_all(replace(good, statements=(dangling,)), index)[0].holds
    uncited = replace(good.statements[0], citations=())
    assert not judge_all(replace(good, statements=(uncited,)), index)[0].holds


DUTIES = (
    "采购人应当公告采购结果，但涉及国家秘密的除外。采购人、采购代理机构不得以任何理由组织重新评审。"
    "采购人可以邀请第三方机构参与验收。"
)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("采购人、采购代理机构以任何理由组织重新评审。", "略去了依据中的“不得”"),
        ("以任何理由组织重新评审。", "不得"),
        ("采购人应当邀请第三方机构参与验收。", "应当"),
        ("采购人可以公告采购结果。", "可以"),
    ],
)
def test_a_changed_duty_or_a_lost_negation_fails_for_every_writer(said: str, problem: str) -> None:
    verdict = judge(said, [DUTIES])
    assert not verdict.holds
    assert 0 <= verdict.score < 1
    assert any(problem in p for p in verdict.problems), verdict.problems


@pytest.mark.parametrize(
    ("quoted", "problem"),
    [
        ("以任何理由组织重新评审。", "引文脱离了原文的否定"),
        ("采购人应当公告采购结果", "引文截去了例外"),
        ("采购人、采购代理机构不得以任何理由组织重新评审。", ""),
        ("采购人应当公告采购结果，但涉及国家秘密的除外。", ""),
        ("采购人可以邀请第三方机构参与验收。", ""),
    ],
)
def test_a_quotation_torn_from_its_clause_is_not_verified(quoted: str, problem: str) -> None:
    index, start = OneDocument(DUTIES), DUTIES.index(quoted)
    answer = _answer(quoted, (start, start + len(quoted)), (0, len(DUTIES)), DUTIES)
    verdict = judge_all(answer, index)[0]
    assert verdict.holds == (not problem)
    assert problem in "".join(verdict.problems)
    checked = verify(answer, index)
    assert checked.statements[0].verified == (not problem)
    assert (checked.score == 1.0) == (not problem)


def test_neither_the_number_of_an_article_nor_its_commas_have_to_be_repeated() -> None:
    rule = "第三条 采购人应当自通知书发出之日起三十日内，按照采购文件与供应商签订政府采购合同。"
    assert judge("采购人应当自通知书发出之日起三十日内与供应商签订合同。", [rule]).holds
    assert judge("第三条 采购人应当自通知书发出之日起三十日内与供应商签订合同。", [rule]).holds
    assert not judge("第四条 采购人应当自通知书发出之日起三十日内签订合同。", [rule]).holds
    assert not judge("采购人可以自通知书发出之日起三十日内签订合同。", [rule]).holds
