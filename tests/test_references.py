"""Places that a question names: articles put in later, items, years and numbers of documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answering.question import analyse
from app.service import Assistant
from tests.projects import Project, answering

RULES = """成都市图书交易条例
第一章 总则
第一条 为了规范图书交易，制定本条例。
第二章 交易
第五条 市人民政府应当建立图书交易平台，统一交易规则。
第五条之一 市文化部门应当对图书交易项目实行信用评价，并将评价结果向社会公布。
第五条之二 供应商对信用评价结果有异议的，可以自公布之日起十日内申请复核。
第六条 图书馆应当公开下列内容：
（一）采购计划；
（二）采购结果；
（三）合同金额。
第三章 监督
第七条 图书馆应当接受监督。
第四章 责任
第八条 违反本条例的，责令改正。
第五章 附则
第九条 本条例自2024年1月1日起施行。
"""
LATE = """政府採購法
第 85 條
廠商得申訴。
第 85-1 條
機關與廠商因履約爭議未能達成協議者，得申請調解。
第 86 條
主管機關應設委員會。
"""
NOTICE = """文化部公告2024年第{number}号
关于{what}的公告
现将{what}有关事项公告如下。
一、{what}自2024年6月{day}日起申报，申报材料一式{copies}份。
2024年5月{day}日
"""
NOTICES = [(3, "图书目录调整", 5, 4), (5, "图书目录更正", 3, 6), (13, "图书目录废止", 8, 9)]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("references") / "project")
    project.write("rules.txt", RULES)
    project.write("late.txt", LATE)
    for number, what, day, copies in NOTICES:
        text = NOTICE.format(number=number, what=what, day=day, copies=copies)
        project.write(f"{number}.txt", text)
    with answering(project) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "section", "words"),
    [
        ("成都市图书交易条例第五条之一", "第五条之一", "信用评价"),
        ("《成都市图书交易条例》第5条之2怎么规定？", "第五条之二", "十日内申请复核"),
        ("成都市图书交易条例第5-1条", "第五条之一", "信用评价"),
        ("成都市图书交易条例第五条", "第五条", "交易平台"),
        ("成都市图书交易条例5条", "第五条", "交易平台"),
        ("成都市图书交易条例第六条第（二）项", "第六条第（二）项", "采购结果"),
        ("政府采购法第85-1条", "第八十五条之一", "调解"),
        ("政采法85条之1", "第八十五条之一", "调解"),
        ("政采法86条", "第八十六条", "委员会"),
    ],
)
def test_the_place_named_is_quoted(
    assistant: Assistant, question: str, section: str, words: str
) -> None:
    answer = assistant.ask(question)
    assert not answer.abstained, answer.text
    assert [c.section for c in answer.citations][:1] == [section]
    assert words in answer.statements[0].text


@pytest.mark.parametrize(
    "question",
    [
        "成都市图书交易条例第五条之三",
        "成都市图书交易条例第六条之一规定了什么？",
        "政府采购法第86-2条",
        "政采法第八十五条之五",
        "政采法99条",
        "成都市图书交易条例第六条第（九）项",
    ],
)
def test_a_place_that_is_not_there_is_refused(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).abstained


def test_an_item_is_no_chapter(assistant: Assistant) -> None:
    answer = assistant.ask("成都市图书交易条例第五项是什么？")
    assert all("施行" not in s.text for s in answer.statements if not s.further)


@pytest.mark.parametrize(
    ("question", "copies"),
    [
        ("第3号公告的申报材料一式几份？", "四份"),
        ("第5号公告的申报材料一式几份？", "六份"),
        ("第13号公告要求申报材料一式几份？", "九份"),
        ("文化部公告2024年第5号，申报材料一式几份", "六份"),
        ("文化部2024年第3号公告申报材料要几份", "四份"),
    ],
)
def test_a_number_is_that_of_a_document_and_no_day(
    assistant: Assistant, question: str, copies: str
) -> None:
    answer = assistant.ask(question)
    assert not answer.abstained, answer.text
    told = [s.text for s in answer.statements if not s.further]
    digit = str(next(c for _, _, _, c in NOTICES if "零一二三四五六七八九"[c] == copies[0]))
    assert all(f"一式{digit}份" in text for text in told if "一式" in text), told
    assert any(f"一式{digit}份" in text for text in told), told


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("2019 集中采购目录", ("2019",)),
        ("集中采购目录2020版", ("2020",)),
        ("2019年的目录", ("2019",)),
        ("合同金额2000万元", ()),
        ("2000元以下的采购", ()),
        ("财库〔2019〕9号", ()),
        ("2000平方米的办公楼", ()),
    ],
)
def test_a_bare_year_is_one(question: str, years: tuple[str, ...]) -> None:
    assert analyse(question).years == years


def test_cases_beside_the_checkout(shared: Path, tmp_path: Path) -> None:
    file = shared / "cases" / "21_table_rowspan.html"
    if not file.is_file():
        pytest.skip("needs the folder 'shared/cases' beside the checkout, which is not here")
    project = Project.make(tmp_path / "project")
    project.write("table.html", file.read_text(encoding="utf-8"))
    points = (shared / "cases" / "28_list_over_paragraphs.txt").read_text(encoding="utf-8")
    project.write("points.txt", points)
    with answering(project) as assistant:
        for question, words in (
            ("打印机的限额标准是多少？", "50万元"),
            ("复印机的采购方式？", "电子卖场"),
        ):
            text = assistant.ask(question).statements[0].text
            assert words in text and "限额标准 | 采购方式" in text
        four = assistant.ask("平原市制定了哪四项制度？").statements[0].text
        assert all(f"{n}是出台" in four for n in "一二三四")
