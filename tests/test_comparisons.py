"""Two documents or versions side by side: each side its own place, or said to be missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.answering.compare import sides
from app.as_json import answer_to_json
from app.conversation.answering import own_first
from app.service import Assistant
from app.types import Answer
from tests.projects import Project, answering
from tests.test_conversation import LAW, REGULATION

MUSIC = """中华人民共和国乐器采购法
第一条 为了规范乐器采购行为，制定本法。
第二条 乐器供应商应当有三名以上的调音师。
第三条 学校应当在验收合格之日起四十日内支付货款。
第四条 货款保证金的数额不得超过合同金额的百分之八。
"""
OLD, NEW = (
    "图书馆开放条例\n第一条 为了规范图书馆开放，制定本条例。\n"
    f"第二条 图书馆每周开放的时间不得少于{hours}小时。\n第三条 图书馆应当公布开放时间。\n"
    for hours in ("四十", "六十")
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("comparisons") / "project")
    texts = {"图书采购法": LAW, "图书采购法实施条例": REGULATION, "乐器采购法": MUSIC}
    texts |= {"图书馆开放条例(2015-01-01)": OLD, "图书馆开放条例(2023-01-01)": NEW}
    for name, text in texts.items():
        project.write(f"{name}.md", text)
    with answering(project) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "names", "asked"),
    [
        ("图书采购法和乐器采购法的付款期限有什么不同", ("图书", "乐器"), "付款期限有什么不同"),
        ("《图书采购法》与《乐器采购法》付款期限对比", ("图书", "乐器"), "付款期限对比"),
        ("付款期限，乐器采购法跟图书采购法比一比", ("乐器", "图书"), "付款期限 比一比"),
        ("图书采购法第三条和乐器采购法第三条有何区别", ("图书", "乐器"), "有何区别"),
        ("图书采购法和《舞蹈采购法》的付款期限", ("图书", "舞蹈"), "付款期限"),
        ("图书馆开放条例新旧两版的开放时间", ("2015", "2023"), "开放时间"),
        ("图书馆开放条例2015年版和2023年版的开放时间", ("2015", "2023"), "开放时间"),
    ],
)
def test_sides_are_told_apart(
    assistant: Assistant, question: str, names: tuple[str, str], asked: str
) -> None:
    answerer = assistant.parts()[1]
    found = sides(answerer.analysed(question), [], answerer.holdings)
    assert [name in side.name for name, side in zip(names, found, strict=True)] == [True, True]
    assert all(side.question.endswith(asked) for side in found if side.documents)


@pytest.mark.parametrize(
    "question",
    [
        "图书采购法的付款期限是多久",
        "图书馆开放条例的开放时间是多少小时",
        "图书馆要公布什么",
        "《舞蹈采购法》的付款期限",
    ],
)
def test_one_thing_is_no_comparison(assistant: Assistant, question: str) -> None:
    answerer = assistant.parts()[1]
    assert sides(answerer.analysed(question), [], answerer.holdings) == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("图书采购法和乐器采购法的付款期限有什么不同", ("二十日", "四十日")),
        ("保证金上限，乐器采购法和图书采购法各是多少", ("百分之八", "百分之五")),
        ("图书馆开放条例新旧两版规定每周开放多少小时", ("四十小时", "六十小时")),
        ("图书采购法第三条和乐器采购法第二条有何区别", ("二十日", "调音师")),
    ],
)
def test_each_side_is_answered_under_its_name(
    assistant: Assistant, question: str, words: tuple[str, str]
) -> None:
    answer = assistant.ask(question)
    told = [s for s in answer.statements if not s.further]
    firsts = list({s.about: s for s in reversed(told)}.values())[::-1]
    assert [word in s.text for word, s in zip(words, firsts, strict=True)] == [True, True]
    assert all(f"{s.about}\n" in f"{answer.text}\n" for s in firsts)
    numbers = [n for s in answer.statements for n in s.citations]
    assert sorted(set(numbers)) == [c.n for c in answer.citations]
    assert answer_to_json(answer)["statements"][0]["about"] == firsts[0].about


def _answer(probability: float, abstained: bool = False) -> Answer:
    return Answer("", "", abstained, probability=probability)


@pytest.mark.parametrize(
    ("own", "under", "law"),
    [
        (_answer(0.3), _answer(0.5), True),
        (_answer(0.5), _answer(0.3), True),
        (_answer(0.1), _answer(0.9), False),
        (_answer(0.1), _answer(0.9, abstained=True), True),
        (_answer(0.0, abstained=True), _answer(0.3), False),
        (_answer(0.0, abstained=True), _answer(0.0, abstained=True), True),
    ],
)
def test_a_law_speaks_for_itself_before_what_implements_it(
    own: Answer, under: Answer, law: bool
) -> None:
    assert own_first(own, under) is (own if law else under)


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("图书采购法和乐器采购法对保证金数额的规定有什么不同", "图书采购法》第七条"),
        ("书款保证金多少天内退还，图书采购法跟乐器采购法对比", "图书采购法实施条例》第三条"),
        ("图书采购法与乐器采购法的付款期限", "图书采购法》第三条"),
    ],
)
def test_a_regulation_answers_for_a_law_that_is_silent(
    assistant: Assistant, question: str, cited: str
) -> None:
    answer = assistant.ask(question)
    assert answer.citations[0].official.endswith(cited), answer.text
    assert answer.statements[0].about == "《中华人民共和国图书采购法》"
    assert answer.probability > 0


def test_a_side_that_is_not_here_is_said_to_be_missing(assistant: Assistant) -> None:
    answer = assistant.ask("图书采购法和《舞蹈采购法》的付款期限有什么不同")
    assert "二十日" in answer.statements[0].text
    assert answer.notice == "《舞蹈采购法》不在资料库中，无法对比。"
    english = assistant.ask("图书采购法和《舞蹈采购法》的付款期限有什么不同", language="en")
    assert english.notice == "《舞蹈采购法》 is not in the corpus and cannot be compared."
