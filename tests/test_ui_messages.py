"""Answers on their way to the browser and back."""

from __future__ import annotations

import json
from dataclasses import replace

from app.types import Answer, Citation, Filters, Hit, Quote, Statement
from app.web.messages import cut_open_bracket, filters_of, message_of, turns_of
from ingest.document import Metadata, Passage


def citation(n: int) -> Citation:
    return Citation(
        n,
        "doc",
        "采购法",
        "第二条",
        "《采购法》第二条",
        "应当公开。",
        10,
        15,
        "law.md",
        "hash",
        "p",
    )


ANSWER = Answer(
    question="怎么采购？",
    text="应当公开。[1]\n见附件[3]的规定。[1][2]",
    abstained=False,
    statements=(
        Statement("应当公开。", (1,), (Quote("doc", 10, 15),)),
        Statement("见附件[3]的规定。", (1, 2)),
    ),
    citations=(citation(1), citation(2)),
    evidence="strong",
    standalone="怎么采购？",
)


def test_message_is_json_and_comes_back_as_the_same_turn() -> None:
    message = json.loads(json.dumps(message_of(ANSWER)))
    (turn,) = turns_of([message])
    assert turn.question == ANSWER.question
    assert turn.answer.statements == ANSWER.statements
    assert turn.answer.citations == ANSWER.citations
    assert turn.answer.standalone == ANSWER.standalone


def test_growing_answer_shows_whole_statements_and_no_open_bracket() -> None:
    for length in range(len(ANSWER.text) + 1):
        message = message_of(replace(ANSWER, text=ANSWER.text[:length]), final=False)
        texts = [s["text"] for s in message["statements"]]
        assert texts == [s.text for s in ANSWER.statements[: len(texts)]]
        assert message["rest"] == ""
        assert {c["n"] for c in message["citations"]} == {
            n for s in message["statements"] for n in s["citations"]
        }
    assert [s["text"] for s in message["statements"]] == [s.text for s in ANSWER.statements]


def test_text_without_statements_grows_without_an_open_bracket() -> None:
    for length in range(len(ANSWER.text) + 1):
        part = replace(ANSWER, text=ANSWER.text[:length], statements=())
        rest = message_of(part, final=False)["rest"]
        assert ANSWER.text.startswith(rest) and rest.count("[") == rest.count("]")


def test_number_without_a_citation_is_none() -> None:
    broken = replace(ANSWER, statements=(Statement("应当公开。", (1, 9)),))
    assert message_of(broken)["statements"][0]["citations"] == [1]


def test_abstention_carries_nearest_passages_and_no_statement() -> None:
    passage = Passage("p", "doc", 0, 0, 3, "第一条", 0, ("第一条",), "第一条", "article")
    hit = Hit(passage, "采购法", Metadata(), "law.md", 1.0)
    refused = Answer("天气？", "没有答案。", True, nearest=(hit,))
    message = message_of(refused)
    assert message["abstained"] and message["text"] == "没有答案。"
    assert not message["statements"] and not message["citations"]
    assert message["nearest"][0]["end"] == 3
    assert not message_of(ANSWER)["nearest"]


def test_history_that_makes_no_sense_is_left_out() -> None:
    good = message_of(ANSWER)
    for bad in (None, 3, {}, {"question": "x"}, {**good, "citations": [{"n": "x"}]}):
        assert len(turns_of([bad, good])) == 1


def test_filters() -> None:
    assert filters_of({"region": "四川", "year": 2023}) == Filters(region="四川", year=2023)
    for bad in (None, {"year": "soon"}, "x", [1]):
        assert filters_of(bad) == Filters()


def test_cut_open_bracket() -> None:
    assert cut_open_bracket("应当[") == "应当"
    assert cut_open_bracket("应当[1") == "应当"
    assert cut_open_bracket("应当[1]") == "应当[1]"
    assert cut_open_bracket("〔2013〕[x") == "〔2013〕[x"
