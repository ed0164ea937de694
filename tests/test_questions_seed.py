"""Questions about the first document of the corpus, put to the product over a real index of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.service import Assistant
from app.types import Answer, Turn
from tests.projects import Project, answering

ORGANISATION, SYSTEM, REFORM, SUPERVISION = "一、", "二、", "三、", "四、"

ANSWERED = (
    ("四川2023年度政府购买公共服务支出是多少？", f"{REFORM} 一是", "178亿元"),
    ("公共服务支出占当年购买服务总支出的比例有多高？", f"{REFORM} 一是", "61%"),
    ("省本级三级目录细化到了多少项？", f"{SYSTEM} 三是", "240项"),
    ("“1+2+N”制度框架体系是怎么构成的？", f"{SYSTEM} 一是", "1+2+N"),
    ("四川的制度规范体系覆盖哪几级政府？", f"{SYSTEM} 二是", "省、市、县、乡镇四级政府"),
    ("四川出台了哪些购买服务指导性目录？", f"{SYSTEM} 三是", "乡镇政府购买服务指导性目录"),
    ("改革工作领导协调机制由哪个部门牵头？", f"{ORGANISATION} 一是", "财政部门牵头"),
    ("四川怎么做调研督导和信息报送？", f"{ORGANISATION} 二是", "实地调研"),
    ("四川怎么开展业务培训和政策宣传？", f"{ORGANISATION} 三是", "四川日报"),
    ("四川怎么加强绩效管理？", f"{SUPERVISION} 二是", "绩效评价管理暂行办法"),
    ("绩效评价的结果用来做什么？", f"{SUPERVISION} 二是", "资金分配"),
    ("政府购买服务连续几年纳入全省重点绩效评价范围？", f"{SUPERVISION} 二是", "连续三年"),
    ("预算管理坚持什么总原则？", f"{SUPERVISION} 一是", "先有预算安排、后有购买服务"),
    ("财政监督检查用哪些办法？", f"{SUPERVISION} 三是", "自查、复查、抽查"),
    ("乡镇政府购买服务试点纳入了什么重点任务？", f"{REFORM} 二是", "两项改革"),
    ("四川怎么支持事业单位改革？", f"{REFORM} 三是", "三年工作计划"),
    ("哪些领域的购买力度在加大？", f"{REFORM} 一是", "基本养老"),
    ("第二部分讲了什么？", SYSTEM, "服务范围"),
    ("在强化监督管理方面，一是二是三是分别讲了什么？", SUPERVISION, "开展监督检查"),
    ("文章主要讲了哪几个方面？", ORGANISATION, "聚焦提质增效"),
)
"""Question, what the first citation's section path has to hold, and words of the answer."""

REFUSED = (
    "今天成都天气怎么样？",
    "2023年贵州省政府购买服务支出是多少？",
    "四川2021年度政府购买公共服务支出是多少？",
    "四川2023年购买服务支出278亿元用在哪里？",
    "供应商投诉的期限是几天？",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, seed_file: Path) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("seed") / "project")
    shutil.copy(seed_file, project.corpus)
    with answering(project) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def answers(assistant: Assistant) -> dict[str, Answer]:
    return {question: assistant.ask(question) for question, _, _ in ANSWERED}


def test_eighteen_of_twenty_cite_the_right_section_first(answers: dict[str, Answer]) -> None:
    wrong = {
        question: [c.section for c in answers[question].citations]
        for question, path, _ in ANSWERED
        if not _first_cites(answers[question], path)
    }
    assert len(wrong) <= 2, wrong


def test_eighteen_of_twenty_say_what_was_asked(answers: dict[str, Answer]) -> None:
    silent = {
        question: [s.text for s in answers[question].statements]
        for question, _, words in ANSWERED
        if words not in "".join(s.text for s in answers[question].statements)
    }
    assert len(silent) <= 2, silent


def test_every_statement_is_a_verified_quotation(
    assistant: Assistant, answers: dict[str, Answer]
) -> None:
    for answer in answers.values():
        for statement in answer.statements:
            assert statement.verified
            assert statement.citations
            for quote in statement.quotes:
                stored = assistant.index.document(quote.document)
                assert stored is not None
                assert stored.document.text[quote.start : quote.end] in statement.text
        for number, citation in enumerate(answer.citations, 1):
            stored = assistant.index.document(citation.document)
            assert stored is not None
            assert citation.n == number
            assert citation.text == stored.document.text[citation.start : citation.end]
            assert f"[{citation.n}]" in answer.text


@pytest.mark.parametrize("question", REFUSED)
def test_what_the_article_does_not_say_is_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.abstained
    assert not answer.statements
    assert "资料库" in answer.text and "换一种说法" in answer.text
    assert all(hit.passage.citation in answer.text for hit in answer.nearest[:1])


def test_a_false_figure_is_answered_with_the_true_one(assistant: Assistant) -> None:
    answer = assistant.ask("四川2023年购买服务支出278亿元用在哪里？")
    assert answer.abstained
    assert "178亿元" in answer.text
    assert "178亿元" in answer.nearest[0].passage.text


def test_the_damaged_run_is_marked_as_repaired(assistant: Assistant) -> None:
    answer = assistant.ask("四川2023年度政府购买公共服务支出是多少？")
    assert answer.citations[0].repaired
    assert "修复" in answer.text


def test_frame_in_english_quotes_in_chinese(assistant: Assistant) -> None:
    answer = assistant.ask("四川2023年度政府购买公共服务支出是多少？", language="en")
    assert "Sources:" in answer.text
    assert "178亿元" in answer.text


def test_a_conversation_goes_on(assistant: Assistant) -> None:
    history: list[Turn] = []
    for question in ("四川怎么加强组织保障？", "第二点详细说说", "依据是哪一条？"):
        history.append(Turn(question, assistant.ask(question, history)))
    overview, second, basis = (turn.answer for turn in history)
    assert "建立工作领导协调机制" in overview.text
    assert _first_cites(second, f"{ORGANISATION} 二是")
    assert "总结推广成功经验" in second.text
    assert _first_cites(basis, f"{ORGANISATION} 二是")


def _first_cites(answer: Answer, path: str) -> bool:
    if not answer.citations:
        return False
    parts = answer.citations[0].section.split(" › ")
    return all(any(p.startswith(wanted) for p in parts) for wanted in path.split())
