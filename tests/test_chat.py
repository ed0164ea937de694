"""Follow-ups are completed from the conversation."""

from __future__ import annotations

import pytest

from app.chat import is_follow_up, standalone
from app.types import Answer, Citation, Quote, Statement, Turn


def _answer(question: str, *said: tuple[str, str, str]) -> Answer:
    """An answer of statements (text, title, section), one citation each."""
    citations = tuple(
        Citation(n, "d", title, section, f"《{title}》{section}", text, 0, 9, "d.txt", "0", "p")
        for n, (text, title, section) in enumerate(said, 1)
    )
    statements = tuple(
        Statement(text, (n,), (Quote("d", 0, len(text)),)) for n, (text, _, _) in enumerate(said, 1)
    )
    return Answer(question, "", False, statements, citations, standalone=question)


def _turn(question: str) -> Turn:
    return Turn(question, _answer(question, ("某规定。", "政府采购法", "第五十二条")))


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("四川怎么加强绩效管理？", "那贵州呢？", "贵州怎么加强绩效管理？"),
        ("四川2023年度支出是多少？", "2022年度呢？", "四川2022年度支出是多少？"),
        ("中央预算的限额标准由谁确定？", "那地方预算的呢？", "地方预算的限额标准由谁确定？"),
        ("中央的集中采购目录由谁定？", "那省级呢？", ("省级", "集中采购目录")),
        ("采购人有哪些责任？", "那供应商呢？", "供应商有哪些责任？"),
        ("投标保证金最多收多少？", "那履约保证金呢", "履约保证金最多收多少？"),
        ("公开招标有什么程序？", "如果是询价呢？", "询价有什么程序？"),
        ("货物项目的价格分最低是多少？", "服务呢？", "服务项目的价格分最低是多少？"),
        ("《预算法》什么时候施行？", "《审计法》呢？", "《审计法》什么时候施行？"),
        ("第二部分讲了什么？", "那第三部分呢？", "第三部分讲了什么？"),
        ("供应商提出质疑的期限是几天？", "那答复呢？", ("质疑", "答复", "期限")),
        ("供应商怎么提起投诉？", "它的期限是多久？", ("投诉", "期限")),
        ("政府采购应当采购本国货物吗？", "有例外吗？", ("本国货物", "例外")),
        ("评标委员会怎么组成？", "为什么？", ("评标委员会", "为什么")),
    ],
)
def test_what_is_left_out_is_put_back(
    before: str, question: str, expected: str | tuple[str, ...]
) -> None:
    completed = standalone(question, [_turn(before)])
    if isinstance(expected, str):
        assert completed == expected
    else:
        assert all(word in completed for word in expected), completed


@pytest.mark.parametrize(
    "question",
    [
        "供应商参加政府采购活动应当具备哪些条件？",
        "《预算法》规定的预备费比例是多少？",
        "采购文件的保存期限是多少年？",
        "四川2023年度政府购买公共服务支出是多少？",
        "今天成都天气怎么样？",
    ],
)
def test_a_whole_question_stays_as_it_is(question: str) -> None:
    assert not is_follow_up(question)
    assert standalone(question, [_turn("中标后多久签合同？")]) == question


def test_without_a_conversation_nothing_is_added() -> None:
    assert standalone("那省级呢？", []) == "那省级呢？"


@pytest.mark.parametrize("question", ["依据是哪一条？", "出处呢？", "法条依据是什么？"])
def test_the_basis_is_the_place_cited(question: str) -> None:
    completed = standalone(question, [_turn("供应商提出质疑的期限是几天？")])
    assert completed.startswith("《政府采购法》第五十二条")


def test_a_point_of_the_answer_is_named_by_its_citation() -> None:
    answer = _answer(
        "怎么加强组织保障？",
        ("一是建立协调机制。", "某文", "“一、加强保障”“一是建立协调机制”"),
        ("二是建立督导机制。", "某文", "“一、加强保障”“二是建立督导机制”"),
    )
    completed = standalone("第二点详细说说", [Turn("怎么加强组织保障？", answer)])
    assert completed.startswith("《某文》“一、加强保障”“二是建立督导机制”")


def test_an_item_of_a_list_is_named_by_its_words() -> None:
    text = "应当具备下列条件：\n（一）能独立承担责任；\n（二）信誉良好；\n（三）有专业能力。"
    turn = Turn("要什么条件？", _answer("要什么条件？", (text, "政府采购法", "第二十二条")))
    completed = standalone("第三个是什么意思？", [turn])
    assert "有专业能力" in completed
    assert "政府采购法" in completed


def test_a_refusal_between_does_not_end_the_subject() -> None:
    refused = Turn("天气怎么样？", Answer("天气怎么样？", "没有", True, standalone="天气怎么样？"))
    history = [_turn("采购人有哪些责任？"), refused]
    assert standalone("那供应商呢？", history) == "供应商有哪些责任？"


def test_follow_ups_follow_each_other() -> None:
    first = _turn("投标保证金最多收多少？")
    asked = standalone("那履约保证金呢？", [first])
    second = Turn("那履约保证金呢？", _answer(asked, ("某规定。", "实施条例", "第四十八条")))
    assert standalone("依据呢？", [first, second]).startswith("《实施条例》第四十八条")
