"""Whose rule a statement is: named before it, filtered by, and what a refusal says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.as_json import answer_from_json, answer_to_json
from app.exports import to_markdown
from app.exports.checking import as_documents_say
from app.service import Assistant
from app.types import Filters, Turn
from app.verify import judge_all
from app.web.messages import message_of, turns_of
from tests.projects import Project, answering

NATION = """中华人民共和国图书采购法
第一条 为了规范图书采购行为，制定本法。
第二条 图书馆应当在验收合格之日起二十日内支付书款。
"""
HENAN = """河南省图书捐赠条例
第一条 为了规范图书捐赠行为，制定本条例。
第二条 受赠图书馆应当在收到捐赠图书之日起九日内出具捐赠证书。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("whose") / "project")
    project.write("图书采购法.md", NATION)
    project.write("河南省图书捐赠条例.md", HENAN)
    with answering(project) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "region"),
    [
        ("受赠图书馆应当在几日内出具捐赠证书？", "河南"),
        ("河南受赠图书馆应当在几日内出具捐赠证书？", ""),
        ("图书馆应当在验收合格后几日内支付书款？", ""),
    ],
)
def test_a_region_stands_before_the_quote_where_none_was_asked_about(
    assistant: Assistant, question: str, region: str
) -> None:
    answer = assistant.ask(question)
    first = answer.statements[0]
    assert first.region == region
    assert not first.text.startswith("河南")
    assert answer.text.startswith(f"河南：{first.text}" if region else first.text)
    assert all(verdict.holds for verdict in judge_all(answer, assistant.index))
    assert answer_from_json(answer_to_json(answer)).statements == answer.statements
    assert turns_of([message_of(answer)])[0].answer.statements[0].region == region
    fresh = as_documents_say(answer, assistant.index)
    assert fresh is not None and fresh.statements[0].region == region
    assert ("河南：" in to_markdown([Turn(question, answer)]).split("[^1-1]")[0]) == bool(region)


def test_a_region_made_up_gives_way_to_that_of_the_document(assistant: Assistant) -> None:
    answer = assistant.ask("受赠图书馆应当在几日内出具捐赠证书？")
    forged = replace(answer, statements=(replace(answer.statements[0], region="全国"),))
    fresh = as_documents_say(forged, assistant.index)
    assert fresh is not None and fresh.statements[0].region == "河南"


def test_a_region_means_its_own_and_the_nation(assistant: Assistant) -> None:
    within = Filters(region="河南")
    for question, words in (("几日内支付书款？", "二十日"), ("几日内出具捐赠证书？", "九日")):
        assert words in assistant.ask(question, filters=within).statements[0].text


def test_a_refusal_under_a_filter_says_whether_there_is_an_answer_without(
    assistant: Assistant,
) -> None:
    elsewhere = Filters(region="四川")
    refused = assistant.ask("捐赠证书几日内出具？", filters=elsewhere)
    assert refused.abstained
    assert "不限范围时有" in refused.notice and "《河南省图书捐赠条例》第二条" in refused.notice
    nowhere = assistant.ask("护照怎么办理？", filters=elsewhere)
    assert nowhere.abstained and "不限范围也没有" in nowhere.notice
    english = assistant.ask("护照怎么办理？", filters=elsewhere, language="en")
    assert "without them" in english.notice
    assert not assistant.ask("护照怎么办理？").notice


def test_a_greeting_is_no_refusal(assistant: Assistant) -> None:
    for language, heading in (("zh", "不能回答"), ("en", "do not answer")):
        greeted = assistant.ask("你好", filters=Filters(region="四川"), language=language)
        assert greeted.aside and not greeted.notice
        assert heading not in to_markdown([Turn("你好", greeted)], language)
        refused = assistant.ask("护照怎么办理？", language=language)
        assert not refused.aside
        assert heading in to_markdown([Turn("护照怎么办理？", refused)], language)
    assert message_of(greeted)["aside"]
    assert turns_of([message_of(greeted)])[0].answer.aside
