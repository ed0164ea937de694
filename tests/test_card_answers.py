"""Questions for what the papers of a purchase state are answered with that line or cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.answer import QuotingAnswerer
from app.answering.card import stated
from app.as_json import document_to_json
from app.conversation.answering import Conversing
from app.conversation.asked import Asked
from app.retrieve import Retriever
from app.types import Answer, Filters, Hit
from ingest.index import Index
from ingest.prepare import Origin, prepare_here
from tests.projects import Project
from tests.tender_texts import LAYOUTS, PURCHASES

LAW = """云川市图书采购保证金办法
第一条 为了规范保证金，制定本办法。
第二条 投标保证金不得超过采购项目预算金额的百分之二。采购人应当在五个工作日内退还投标保证金。
第三条 农村生活污水治理的采购，参照本办法。
第四条 本办法自2020年1月1日起施行。
"""
ASKED = {
    "number": "{}的项目编号是多少？",
    "budget": "{}的预算是多少？",
    "ceiling": "请问{}最高限价多少",
    "deposit": "{}要交多少投标保证金？",
    "deadline": "{}的投标截止时间是什么时候？",
    "opening-place": "{}在哪里开标？",
    "qualification": "{}对供应商有哪些资格要求？",
    "contact": "{}的联系人是谁？",
}


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuotingAnswerer]:
    """An answerer over the papers of five purchases and a rule; a card needs no vectors."""
    project = Project.make(tmp_path_factory.mktemp("card") / "project", "answer: {reader: none}\n")
    files = [project.write("law.txt", LAW)]
    for facts, (name, format, write) in zip(PURCHASES, LAYOUTS, strict=True):
        files.append(project.write(f"{name}.{format}", write(facts)))
    index = Index.new_generation(project.settings, "test")
    with index.catalogue.transaction() as connection:
        for file in files:
            made = prepare_here(Origin(file.name, file), project.settings)
            index.catalogue.put(connection, made.document, made.sections, made.passages, file.name)
    yield QuotingAnswerer(index, project.settings)
    index.close()


def cited(answerer: QuotingAnswerer, answer: Answer) -> str:
    """What the first citation holds, checked against its document."""
    citation = answer.citations[0]
    stored = answerer.index.document(citation.document)
    assert stored is not None
    assert citation.text == stored.document.text[citation.start : citation.end]
    return citation.text


@pytest.mark.parametrize("name", ASKED)
def test_each_entry_of_each_layout(name: str, answerer: QuotingAnswerer) -> None:
    for facts in PURCHASES:
        answer = answerer.answer(ASKED[name].format(facts.title), [])
        wanted = getattr(facts, {"opening-place": "place"}.get(name, name))
        assert not answer.abstained, (facts.title, answer.text)
        text = cited(answerer, answer)
        assert "".join(wanted.split()) in "".join(text.split())
        assert name == "qualification" or len(text) < 120
        titles = {c.title for c in answer.citations}
        assert all(facts.title in title for title in titles)


def test_a_part_of_the_title_and_the_number_name_the_purchase(answerer: QuotingAnswerer) -> None:
    assert "80万元" in answerer.answer("青浦河监理项目最高限价多少？", []).citations[0].text
    assert "86.5万元" in answerer.answer("510801202400325的预算金额是多少", []).citations[0].text


def test_what_was_asked_before_does_not_hide_the_card(answerer: QuotingAnswerer) -> None:
    class NothingFound(Retriever):
        def __init__(self) -> None: ...

        def search(self, *_: object, **__: object) -> list[Hit]:
            return []

    asked = Asked("青浦河监理项目最高限价多少？", before="图书采购的保证金怎么退？")
    found = Conversing(NothingFound(), answerer, 10).answered(asked, Filters(), "zh", None)
    assert "80万元" in found.answer.citations[0].text


def test_a_document_looked_at_needs_no_name(answerer: QuotingAnswerer) -> None:
    record = next(r for r in answerer.index.documents() if "书架" in r.title)
    answer = answerer.answer("联系人是谁？", [], within={record.id})
    assert "刘强" in answer.citations[0].text


@pytest.mark.parametrize(
    "question",
    [
        "保证金怎么退",
        "投标保证金是多少？",
        "质疑期限是多少天",
        "投标截止时间前可以撤回吗",
        "图书采购的预算金额是多少",
        "农村生活污水治理的投标保证金是多少",
    ],
)
def test_a_question_about_the_law_is_not_for_the_card_of_one_purchase(
    question: str, answerer: QuotingAnswerer
) -> None:
    holdings = answerer.holdings
    law = next(i for i, r in holdings.records.items() if r.title.endswith("办法"))
    for id in holdings.cards:
        assert not stated(question, holdings, {id, law})
    assert not stated(question, holdings)


def test_of_one_document_alone_what_it_states_and_no_more(answerer: QuotingAnswerer) -> None:
    holdings = answerer.holdings
    one = next(i for i in holdings.cards if "食堂" in holdings.records[i].title)
    assert [e.value for _, e in stated("投标保证金是多少？", holdings, {one})] == ["20000元"]
    for more in ("保证金怎么退", "质疑期限是多少天", "投标截止时间前可以撤回吗"):
        assert not stated(more, holdings, {one})


@pytest.mark.parametrize(
    "question",
    ["投标保证金不得超过多少？", "云川市第一中学食堂设备采购项目的保证金什么时候退还？"],
)
def test_other_questions_are_not_for_a_card(question: str, answerer: QuotingAnswerer) -> None:
    answer = answerer.answer(question, [])
    assert all(c.text != "投标保证金：20000元" for c in answer.citations)


def test_the_card_is_part_of_a_document_as_json(answerer: QuotingAnswerer) -> None:
    record = next(r for r in answerer.index.documents() if "食堂" in r.title)
    stored = answerer.index.document(record.id)
    assert stored is not None
    found = document_to_json(stored)
    assert [entry["name"] for entry in found["card"]] == list(ASKED)
    budget = found["card"][1]
    assert found["text"][budget["at"] : budget["until"]] == budget["value"] == "1286000.00元"


def test_laws_have_no_card(answerer: QuotingAnswerer) -> None:
    law = next(r for r in answerer.index.documents() if r.title.endswith("办法"))
    assert law.id not in answerer.index.catalogue.cards()
