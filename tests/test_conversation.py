"""Follow-ups: what they take from the conversation, and that the better of two readings wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from app.answering.holdings import Holdings
from app.conversation.asked import Asked, asked_in
from app.conversation.completing import completed
from app.conversation.reading_twice import MOST_READ, Wording, read_twice
from app.reading.calibration import Calibration, Weights
from app.reading.reading import Reading
from app.service import Assistant
from app.types import Answer, Citation, Hit, Quote, Statement, Turn
from ingest.document import Metadata, Passage
from tests.projects import Project, answering

LAW = """中华人民共和国图书采购法
第一章 总则
第一条 为了规范图书采购行为，制定本法。
第二条 图书供应商参加图书采购应当具备下列条件：
（一）具有独立承担民事责任的能力；
（二）具有出版物经营许可证；
（三）参加采购活动前三年内没有重大违法记录。
第二章 验收和复核
第三条 图书馆应当在验收合格之日起二十日内支付书款。
第四条 图书供应商对验收结果有异议的，可以在七个工作日内向图书馆提出复核申请。
第五条 图书馆应当在收到复核申请后五个工作日内书面答复图书供应商。
第六条 图书供应商对答复不满意，或者图书馆逾期不答复的，可以在十五日内向文化部门投诉。
第七条 书款保证金的数额不得超过合同金额的百分之五。
"""
REGULATION = """中华人民共和国图书采购法实施条例
第一条 根据《中华人民共和国图书采购法》，制定本条例。
第二条 图书采购法第二条所称重大违法记录，是指因违法经营受到吊销许可证或者较大数额罚款。
第三条 图书馆收取书款保证金的，应当自合同履行完毕之日起十日内退还。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("conversation") / "project")
    project.write("law.txt", LAW)
    project.write("regulation.txt", REGULATION)
    with answering(project) as assistant:
        yield assistant


class _Named:
    """Stands for an index that holds two laws."""

    def named_in(self, text: str) -> list[SimpleNamespace]:
        names = ("《预算法》", "《审计法》", "预算法", "审计法")
        name = next((n for n in names if n in text), "")
        at = text.find(name)
        return [SimpleNamespace(start=at, end=at + len(name))] if name else []


HOLDINGS = cast(Holdings, _Named())


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("四川怎么加强绩效管理？", "那贵州呢？", "贵州怎么加强绩效管理？"),
        ("四川2023年度支出是多少？", "2022年度呢？", "四川2022年度支出是多少？"),
        ("四川2023年支出是多少", "贵州呢", "贵州2023年支出是多少？"),
        ("采购人有哪些责任？", "那供应商呢？", "供应商有哪些责任？"),
        ("投标保证金最多收多少？", "那履约保证金呢", "履约保证金最多收多少？"),
        ("公开招标有什么程序？", "如果是询价呢？", "询价有什么程序？"),
        ("中央预算的限额标准由谁确定？", "那地方预算的呢？", "地方预算的限额标准由谁确定？"),
        ("《预算法》什么时候施行？", "《审计法》呢？", "《审计法》什么时候施行？"),
        ("第二部分讲了什么？", "那第三部分呢？", "第三部分讲了什么？"),
        ("对采购文件质疑几日内提出", "不答复怎么办", "对采购文件质疑几日内提出？不答复怎么办"),
        (
            "公开招标要等多少天？",
            "是工作日还是自然日？",
            "公开招标要等多少天？是工作日还是自然日？",
        ),
        ("履约保证金上限。", "工程也是吗", "履约保证金上限？工程也是吗"),
        ("采购人多少天付款？", "投标人不开发票怎么办", "采购人多少天付款？投标人不开发票怎么办"),
        ("四川要公示吗？", "贵州要公示几天？", "贵州要公示吗？贵州要公示几天？"),
        ("", "依据是哪一条？", "依据是哪一条？"),
    ],
)
def test_only_what_excludes_each_other_is_exchanged(
    before: str, question: str, expected: str
) -> None:
    assert completed(question, before, HOLDINGS) == expected


def test_only_the_last_question_is_taken_along() -> None:
    """No rubble: the third question knows nothing of the first."""
    history = [_turn("中标了不签合同有什么后果"), _turn("保证金还退吗")]
    asked = asked_in("那第二名能顶上吗", history)
    assert asked.before == "保证金还退吗"
    whole = completed(asked.question, asked.before, HOLDINGS)
    assert whole == "保证金还退吗？那第二名能顶上吗"


def test_a_refusal_between_does_not_end_the_matter() -> None:
    refused = Turn("天气怎么样？", Answer("天气怎么样？", "没有", True))
    asked = asked_in("那供应商呢？", [_turn("采购人有哪些责任？"), refused])
    assert asked.before == "采购人有哪些责任？" and len(asked.told) == 1
    assert asked_in("多久？", [refused]) == Asked("多久？", "天气怎么样？", "天气怎么样？")


def test_a_question_that_was_open_is_taken_as_it_was_completed(assistant: Assistant) -> None:
    """那图书馆呢 alone says nothing; 那供应商不答复呢 after it still knows what it is about."""
    history: list[Turn] = []
    for question in ("图书供应商对验收结果有异议怎么办？", "那图书馆呢？", "那采购人呢？"):
        answer = assistant.ask(question, history=history)
        history.append(Turn(question, answer))
    assert "验收结果" in history[1].answer.standalone
    assert "验收结果" in history[2].answer.standalone


def test_what_says_nothing_new_is_asked_about_what_was_told(assistant: Assistant) -> None:
    first = assistant.ask("图书供应商几天内可以提出复核申请？")
    answer = assistant.ask("是工作日吗？", history=[Turn(first.question, first)])
    assert answer.standalone.startswith("图书供应商几天内可以提出复核申请")
    assert "七个工作日" in answer.statements[0].text


@pytest.mark.parametrize("pointing", ["依据是哪一条？", "详细说说", "原文是怎么说的？"])
@pytest.mark.parametrize("question", ["不答复怎么办", "对答复不满意呢", "多久答复"])
def test_what_was_told_again_is_no_matter_of_its_own(
    assistant: Assistant, pointing: str, question: str
) -> None:
    first = "图书馆收到复核申请后几个工作日内答复？"
    history = [Turn(first, assistant.ask(first))]
    history.append(Turn(pointing, assistant.ask(pointing, history)))
    twice = [*history, Turn(pointing, assistant.ask(pointing, history))]
    for before in (history, twice):
        asked = asked_in(question, before)
        assert asked.before == first and asked.told
        answer = assistant.ask(question, before)
        assert pointing.strip("？") not in answer.standalone
        assert any(c.section in ("第五条", "第六条") for c in answer.citations), answer.text


def test_without_a_conversation_there_is_only_the_question() -> None:
    assert asked_in(" 那省级呢？", []) == Asked("那省级呢？")
    assert asked_in("", [_turn("采购人有哪些责任？")]) == Asked("")


@pytest.mark.parametrize(
    "question",
    [
        "依据是哪一条？",
        "出处呢？",
        "法条依据是什么？",
        "依据是什么",
        "哪部法律规定的？",
        "原文是怎么说的？",
        "法律依据呢",
        "条文是哪条",
        "根据是什么？",
        "来源？",
    ],
)
def test_the_basis_is_named(assistant: Assistant, question: str) -> None:
    first = "图书馆收到复核申请后几个工作日内答复？"
    answer = assistant.ask(question, [Turn(first, assistant.ask(first))])
    assert not answer.abstained and answer.citations[0].section == "第五条"
    assert "《中华人民共和国图书采购法》第五条" in answer.notice
    assert answer.statements[0].text.startswith("第五条 图书馆应当在收到复核申请后五个工作日内")
    english = assistant.ask(question, [Turn(first, assistant.ask(first))], language="en")
    assert english.notice.startswith("The last answer rests on 《")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("第一点详细说说", "（一）具有独立承担民事责任的能力"),
        ("第二个具体是什么意思？", "（二）具有出版物经营许可证"),
        ("第三项展开说说", "（三）参加采购活动前三年内没有重大违法记录"),
        ("第3点呢", "（三）参加采购活动前三年内没有重大违法记录"),
    ],
)
def test_a_point_of_the_answer_is_told(assistant: Assistant, question: str, words: str) -> None:
    first = "图书供应商要具备哪些条件？"
    answer = assistant.ask(question, [Turn(first, assistant.ask(first))])
    assert words.removesuffix("。") in answer.statements[0].text
    assert "（一）" in words or "（一）" not in answer.statements[0].text
    assert "第二条" in answer.notice


def test_a_point_that_the_answer_does_not_have_is_no_point(assistant: Assistant) -> None:
    first = "图书供应商要具备哪些条件？"
    answer = assistant.ask("第九点详细说说", [Turn(first, assistant.ask(first))])
    assert "上一个答案" not in answer.notice


@pytest.mark.parametrize(
    ("first", "question", "section"),
    [
        ("图书供应商对验收结果有异议，几天内提复核申请？", "不答复怎么办", "第六条"),
        ("图书供应商对验收结果有异议，几天内提复核申请？", "图书馆多久答复", "第五条"),
        ("图书馆收到复核申请后几个工作日内答复？", "对答复不满意呢", "第六条"),
        ("书款保证金最多收多少？", "什么时候退", "第三条"),
        ("图书馆验收后多少天支付书款？", "是工作日还是自然日？", "第三条"),
        ("图书供应商对验收结果有异议，几天内提复核申请？", "是工作日还是自然日", "第四条"),
        ("图书馆收到复核申请后几个工作日内答复？", "是工作日还是自然日？", "第五条"),
        ("图书馆收到复核申请后几个工作日内答复？", "不答复怎么办", "第六条"),
        ("图书馆收到复核申请后几个工作日内答复？", "逾期不答复呢", "第六条"),
    ],
)
def test_a_follow_up_is_answered_in_its_matter(
    assistant: Assistant, first: str, question: str, section: str
) -> None:
    answer = assistant.ask(question, [Turn(first, assistant.ask(first))])
    assert any(c.section.startswith(section) for c in answer.citations), answer.text


@pytest.mark.parametrize("question", ["不满意呢", "逾期呢", "今天成都天气怎么样？"])
def test_what_no_other_question_completes_is_asked_of_the_one_before_that(
    assistant: Assistant, question: str
) -> None:
    first = "图书供应商对验收结果有异议，几天内提复核申请？"
    history: list[Turn] = []
    for earlier in (first, "书款保证金的数额不得超过合同金额的百分之几？"):
        history.append(Turn(earlier, assistant.ask(earlier, history=history)))
    assert asked_in(question, history).opening == first
    answer = assistant.ask(question, history=history)
    if "天气" in question:
        assert answer.abstained
    else:
        assert answer.standalone == f"{first}{question}"
        assert answer.citations[0].section.startswith("第六条")


@pytest.mark.parametrize(
    "question", ["今天成都天气怎么样？", "附近有什么好吃的", "帮我写一首关于月亮的诗"]
)
@pytest.mark.parametrize("first", ["图书馆验收后多少天支付书款？", "图书采购法第三条有哪些要求？"])
def test_what_is_off_the_matter_is_not_answered_by_what_was_told(
    assistant: Assistant, first: str, question: str
) -> None:
    told = assistant.ask(first)
    assert not told.abstained
    assert assistant.ask(question, [Turn(first, told)]).abstained


def test_a_whole_question_is_answered_as_it_is(assistant: Assistant) -> None:
    first = "图书供应商要具备哪些条件？"
    question = "书款保证金的数额不得超过合同金额的百分之几？"
    answer = assistant.ask(question, [Turn(first, assistant.ask(first))])
    assert answer.citations[0].section == "第七条"


def test_another_article_of_the_document_cited(assistant: Assistant) -> None:
    first = "图书采购法第四条"
    answer = assistant.ask("那第五条呢？", [Turn(first, assistant.ask(first))])
    assert answer.citations[0].section.startswith("第五条") and "第五条" in answer.standalone


def test_places_told_before_may_be_gone(assistant: Assistant) -> None:
    first = "图书馆验收后多少天支付书款？"
    told = assistant.ask(first)
    gone = tuple(
        Statement(s.text, s.citations, (Quote("0000000000", 0, 9),)) for s in told.statements
    )
    far = tuple(
        Statement(s.text, s.citations, (Quote(s.quotes[0].document, 5, 10**9),))
        for s in told.statements
    )
    for statements in (gone, far):
        history = [Turn(first, Answer(first, "", False, statements, told.citations))]
        for question in ("依据是哪一条？", "多久？", "第一点详细说说", "那第五条呢？"):
            assert "上一个答案" not in assistant.ask(question, history).notice


class _Scripted:
    """A reader that scores pairs as it is told, and counts them."""

    def __init__(self, scores: dict[tuple[str, str], float]) -> None:
        self.calibration = Calibration(Weights(), Weights(0.0, 1.0, 0.0), 0.1, 0.9)
        self.scores, self.pairs = scores, 0

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        self.pairs += len(texts)
        found = [self.scores.get((question, t.split("\n")[-1]), -9.0) for t in texts]
        return np.array(found, np.float32)

    def likeness(self, question: str, texts: Sequence[str]) -> np.ndarray:
        return np.zeros(len(texts), np.float32)


@pytest.mark.parametrize(
    ("scores", "wording", "best"),
    [
        ({("alone", "甲，"): 2.0, ("whole", "乙，"): 1.0}, "alone", "甲，"),
        ({("alone", "甲，"): 1.0, ("whole", "乙，"): 2.0}, "whole", "乙，"),
        ({("whole", "丙，"): 1.0}, "whole", "丙，"),
        ({("alone", "甲，"): -1.0, ("whole", "甲，"): 2.0}, "whole", "甲，"),
    ],
)
def test_the_better_reading_wins(
    scores: dict[tuple[str, str], float], wording: str, best: str
) -> None:
    reader = _Scripted(scores)
    found = [_found(text) for text in ("甲，", "乙，", "丙，", *(f"其他{n}，" for n in range(20)))]
    heard, read = read_twice(
        Wording("alone", found), Wording("whole", found), set(), Reading(cast(Any, reader))
    )
    assert heard.text == wording and read[0].hit.passage.text == best
    assert read == sorted(read, key=lambda r: -r.logit)
    assert reader.pairs <= 2 * MOST_READ


def test_of_equals_what_stands_near_the_last_answer_goes_first() -> None:
    reader = _Scripted({("whole", "甲，"): 1.0, ("whole", "乙，"): 1.0})
    found = [_found("甲，"), _found("乙，")]
    wordings = Wording("alone", ()), Wording("whole", found)
    _, read = read_twice(*wordings, {"乙，"}, Reading(cast(Any, reader)))
    assert [r.hit.passage.text for r in read] == ["乙，", "甲，"]


def test_of_nearly_equals_what_a_quoted_document_says_goes_first() -> None:
    scores = {("whole", "甲，"): 1.0, ("whole", "乙，"): 0.8, ("whole", "丙，"): -1.0}
    reader = _Scripted(scores)
    found = [_found("甲，"), _found("乙，", "quoted"), _found("丙，", "quoted")]
    wordings = Wording("alone", ()), Wording("whole", found)
    _, read = read_twice(*wordings, (), Reading(cast(Any, reader)), {"quoted"})
    assert [r.hit.passage.text for r in read] == ["乙，", "甲，", "丙，"]
    assert read[0].probability < read[1].probability


def _found(text: str, document: str = "d") -> Any:
    passage = Passage(text, document, 0, 0, len(text), text, 0, (), "第一条", "paragraph")
    return Hit(passage, "某法", Metadata(title="某法"), "d.txt", 1.0, probability=0.5), None


def _turn(question: str) -> Turn:
    citation = Citation(
        1, "d", "某法", "第一条", "《某法》第一条", "规定。", 0, 3, "d.txt", "0", "p"
    )
    statement = Statement("规定。", (1,), (Quote("d", 0, 3),))
    return Turn(question, Answer(question, "", False, (statement,), (citation,)))
