"""The quoting answerer over a small index: what it chooses, how it cites, when it refuses."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.service import Assistant
from app.types import Answer, Filters, Turn
from app.verify import judge_all
from ingest.index import writing
from ingest.pipeline import add_paths
from tests.books import LAW, LEAVE, NEWS, REGULATION, direct
from tests.projects import Project, answering


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("answers") / "project")
    project.write("law.txt", LAW)
    project.write("regulation.txt", REGULATION)
    project.write("news.txt", NEWS)
    with answering(project) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "section", "words"),
    [
        ("验收以后图书馆多少天内要付书款？", "第五条", "二十日内"),
        ("书款保证金最多收合同金额的多少？", "第六条", "百分之五"),
        ("图书采购归哪个部门监管？", "第三条", "文化部门"),
        ("什么是图书采购？", "第二条", "财政性资金"),
        ("图书供应商提供盗版图书怎么处罚？", "第八条", "一倍以上三倍以下"),
        ("对验收结果有异议，几个工作日内提复核申请？", "第七条", "七个工作日"),
        ("书款保证金什么时候退还？", "第四条", "十日内退还"),
        ("重大违法记录指什么？", "第二条", "吊销许可证"),
        ("图书采购法什么时候开始施行？", "第九条", "2021年5月1日"),
        ("青山省2023年度图书采购支出多少？", "二、", "12.6亿元"),
    ],
)
def test_the_sentence_that_answers_is_quoted_and_cited(
    assistant: Assistant, question: str, section: str, words: str
) -> None:
    answer = assistant.ask(question)
    assert not answer.abstained, answer.text
    assert answer.citations[0].section.startswith(section)
    assert words in answer.statements[0].text


def test_a_list_comes_whole_with_its_lead_in(assistant: Assistant) -> None:
    text = assistant.ask("图书供应商要具备哪些条件？").statements[0].text
    assert text.startswith("图书供应商参加图书采购应当具备下列条件")
    assert all(item in text for item in ("（一）", "（二）", "（三）", "没有重大违法记录"))


def test_what_bears_on_it_too_stands_beside_the_answer(assistant: Assistant) -> None:
    answer = assistant.ask("图书供应商怎么提出复核？")
    direct = [s for s in answer.statements if not s.further]
    beside = [s for s in answer.statements if s.further]
    assert len(direct) == 1 and "应当采用书面形式" in direct[0].text
    assert "七个工作日内" in beside[0].text
    assert answer.statements == (*direct, *beside)
    lead, rest = answer.text.split("另见：")
    assert direct[0].text in lead
    assert all(s.text in rest and s.verified for s in beside)
    assert "See also:" in assistant.ask(answer.question, language="en").text


def test_a_document_says_itself_what_it_was_made_under(assistant: Assistant) -> None:
    answer = assistant.ask("图书供应商能不能申请复核？")
    bases = {c.title: c.basis for c in answer.citations}
    assert bases["中华人民共和国图书采购法实施条例"] == "图书采购法"
    assert bases["中华人民共和国图书采购法"] == ""
    assert "根据《图书采购法》制定" in answer.text


def test_nothing_of_another_place_stands_beside_the_answer(assistant: Assistant) -> None:
    answer = assistant.ask("青山省图书采购改革怎么加强组织领导？")
    titles = {c.title for c in answer.citations}
    assert titles == {"青山省图书采购改革见成效"}


def test_what_is_asked_of_a_place_is_answered_from_its_own_rules(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("law.txt", LAW)
    project.write(
        "local.txt",
        "河南省图书馆条例\n第一条 为了促进图书馆事业，制定本条例。\n"
        "第二条 图书馆收到图书、办理验收手续后，应当自次日起四十五日内结清款项。\n"
        "第三条 图书馆应当每周开放六天。\n",
    )
    with answering(project) as assistant:
        answer = assistant.ask("河南的图书馆验收以后多少天内要付书款？")
        assert "四十五日" in answer.statements[0].text
        national = assistant.ask("图书馆验收以后多少天内要付书款？")
        assert "二十日" in national.statements[0].text


@pytest.mark.parametrize(
    "question",
    ["那省级呢？", "省级呢？", "第二点详细说说", "依据是哪一条？", "它什么时候施行？", "多久？"],
)
def test_a_question_that_leaves_its_matter_out_is_asked_back(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert answer.abstained and not answer.nearest
    assert "请把文件、地区或事项说完整" in answer.text
    assert "《中华人民共和国图书采购法》" in answer.text


def test_asked_back_in_english(assistant: Assistant) -> None:
    for question in ("What about the provincial level?", "那省级呢？"):
        assert "Please name the document" in assistant.ask(question, language="en").text


def test_a_short_question_with_a_matter_is_answered(assistant: Assistant) -> None:
    assert "百分之五" in assistant.ask("书款保证金比例？").text
    first = assistant.ask("图书供应商提供盗版图书怎么处罚？")
    assert not assistant.ask("依据是哪一条？", [Turn(first.question, first)]).abstained


def test_two_sources_compared_each_give_their_list(assistant: Assistant) -> None:
    answer = assistant.ask("图书采购法和实施条例对重大违法记录的规定有什么不同？")
    assert "（三）参加采购活动前三年内没有重大违法记录" in answer.text
    assert "图书采购法第四条所称重大违法记录" in answer.text


def test_a_list_that_opens_its_article_comes_before_what_follows_from_it() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project.make(Path(folder) / "project")
        project.write("leave.txt", LEAVE)
        with answering(project) as assistant:
            answer = assistant.ask("《图书评审办法》关于回避是怎么规定的？")
            assert answer.statements[0].text.startswith("评审人员有下列关系之一的，应当回避")
            assert "（二）是投稿人的近亲属" in answer.statements[0].text


def test_points_are_told_section_by_section(assistant: Assistant) -> None:
    answer = assistant.ask("一是二是三是分别讲了什么？")
    assert [c.title for c in answer.citations] == ["青山省图书采购改革见成效"] * 2
    first, second = (s.text for s in answer.statements)
    assert first.index("一、加强组织领导") < first.index("一是建立协调") < first.index("二是建立")
    assert "二、强化资金保障" in second and "一是加大投入" in second
    turn = Turn("青山省怎么强化资金保障？", assistant.ask("青山省怎么强化资金保障？"))
    followed = assistant.ask("一是二是分别讲了什么？", [turn])
    assert all("二、强化资金保障" in c.section for c in followed.citations)


def test_an_exception_stays_with_its_rule(assistant: Assistant) -> None:
    text = assistant.ask("验收以后图书馆多少天内要付书款？").statements[0].text
    assert "但合同另有约定的除外" in text


def test_a_sentence_is_not_the_whole_article(assistant: Assistant) -> None:
    text = assistant.ask("图书供应商对验收结果有异议，几个工作日内提复核申请？").statements[0].text
    assert len(text) < 90
    assert "第七条" not in text


def test_a_named_article_comes_whole(assistant: Assistant) -> None:
    answer = assistant.ask("图书采购法第四条")
    assert [c.section for c in answer.citations] == ["第四条"]
    assert "图书馆可以规定" in answer.statements[0].text
    assert "（三）" in answer.statements[0].text


def test_a_named_paragraph_comes_alone(assistant: Assistant) -> None:
    answer = assistant.ask("图书采购法第四条第二款怎么规定？")
    assert answer.statements[0].text.startswith("图书馆可以规定")
    assert answer.citations[0].section == "第四条第二款"


def test_an_article_that_is_not_there_is_refused(assistant: Assistant) -> None:
    assert assistant.ask("图书采购法第九十九条").abstained
    assert assistant.ask("《图书出版法》第三条是什么？").abstained


def test_two_sources_are_set_side_by_side(assistant: Assistant) -> None:
    answer = assistant.ask("图书采购法和图书采购法实施条例分别从哪天起施行？")
    said = "".join(s.text for s in answer.statements)
    assert "2021年5月1日" in said
    assert "2022年1月1日" in said
    assert len({c.document for c in answer.citations}) == 2


def test_the_law_and_the_regulation_need_no_name(tmp_path: Path) -> None:
    """《法》 and 《条例》 are the procurement law and its regulation, not any that is in."""
    project = Project.make(tmp_path / "p")
    project.write("law.txt", LAW.replace("图书", "政府"))
    project.write("regulation.txt", REGULATION.replace("图书", "政府"))
    court = "中华人民共和国法庭法\n第一条 书款保证金由法庭决定，保证金的规定由法庭另行公布。\n"
    project.write("court.txt", court)
    with answering(project) as assistant:
        answer = assistant.ask("《法》和《条例》对书款保证金各是怎么规定的？")
        assert [c.title for c in answer.citations] == [
            "中华人民共和国政府采购法",
            "中华人民共和国政府采购法实施条例",
        ]
        told = assistant.ask("《条例》第四条说了什么？")
        assert [c.section for c in told.citations] == ["第四条"]
        assert told.citations[0].title == "中华人民共和国政府采购法实施条例"


def test_points_are_given_in_order(assistant: Assistant) -> None:
    answer = assistant.ask("青山省图书采购改革的文章讲了哪几个方面？")
    said = [s.text for s in answer.statements]
    assert len(said) == 2
    assert said[0].startswith("一、加强组织领导")
    assert said[1].startswith("二、强化资金保障")


@pytest.mark.parametrize(
    "question",
    [
        "青山省2020年度图书采购支出多少？",
        "绿水省2023年度图书采购支出多少？",
        "贵州省图书采购支出多少？",
        "今天天气怎么样？",
        "图书馆几点开门？",
        "怎么申请护照？",
    ],
)
def test_what_the_corpus_does_not_say_is_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.abstained, answer.text
    assert answer.evidence == "none"
    assert "3份文件" in answer.text
    assert not answer.citations


def test_another_kind_of_what_is_asked_about_is_passed_over(tmp_path: Path) -> None:
    """保险代理机构 of the 保险代理条例 is not the 代理机构 of procurement."""
    project = Project.make(tmp_path / "p")
    insurance = "保险代理条例\n第一条 保险代理机构收取服务费用应当明码标价，遵循自愿原则。\n"
    project.write("insurance.txt", insurance)
    project.write(
        "procurement.txt", "政府采购代理办法\n第一条 采购代理机构可以向中标人收取服务费用。\n"
    )
    with answering(project) as assistant:
        for question in ("代理机构怎么收取服务费用？", "代理机构收取服务费用有什么规定？"):
            assert assistant.ask(question).citations[0].title == "政府采购代理办法"
        named = assistant.ask("保险代理机构收取服务费用有什么规定？")
        assert named.citations[0].title == "保险代理条例"


def test_what_a_thing_is_comes_before_where_it_is_spoken_of(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "p")
    project.write(
        "law.txt",
        "图书采购法\n第一条 为了保护图书采购当事人的权益，规范图书采购当事人的行为，制定本法。\n"
        "第二条 图书采购当事人有违反本法规定行为的，图书采购当事人应当改正。\n"
        "第三条 图书采购当事人是指享有权利和承担义务的各类主体，包括图书馆和供应商。\n",
    )
    with answering(project) as assistant:
        answer = assistant.ask("图书采购当事人有哪些？")
        assert answer.citations[0].section == "第三条"


def test_a_false_premise_is_put_right(assistant: Assistant) -> None:
    answer = assistant.ask("青山省2023年度图书采购支出22.6亿元用在哪里？")
    assert answer.abstained
    assert "12.6亿元" in answer.text


def test_a_hypothetical_sum_is_no_premise(assistant: Assistant) -> None:
    answer = assistant.ask("合同金额100万元的话，书款保证金最多收多少？")
    assert not answer.abstained
    assert "百分之五" in answer.statements[0].text


QUESTIONS = (
    "图书供应商要具备哪些条件？",
    "验收以后图书馆多少天内要付书款？",
    "图书采购法和图书采购法实施条例分别从哪天起施行？",
    "青山省图书采购改革的文章讲了哪几个方面？",
    "复核申请要写什么？",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_keeps_its_promises(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.statements
    assert len(answer.statements) <= assistant.settings.answer.max_statements
    _check_citations(assistant, answer)
    assert all(verdict.holds for verdict in judge_all(answer, assistant.index))


def _check_citations(assistant: Assistant, answer: Answer) -> None:
    used = [n for s in answer.statements for n in s.citations]
    assert list(dict.fromkeys(used)) == [c.n for c in answer.citations]
    assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        stored = assistant.index.document(citation.document)
        passage = assistant.index.passage_at(citation.document, citation.start)
        assert stored is not None and passage is not None
        assert citation.text == stored.document.text[citation.start : citation.end]
        assert passage.id == citation.passage
        assert passage.start <= citation.start < citation.end <= passage.end
        assert f"{citation.official}" in answer.text
    for statement in answer.statements:
        for quote in statement.quotes:
            held = [c for c in answer.citations if c.n in statement.citations]
            assert any(
                c.document == quote.document and c.start <= quote.start and quote.end <= c.end
                for c in held
            )


def test_filters_hold_for_what_is_looked_up_besides(assistant: Assistant) -> None:
    law = next(r.id for r in assistant.index.documents() if r.title.endswith("采购法"))
    answer = assistant.ask("书款保证金什么时候退还？", filters=Filters(documents=(law,)))
    assert all(c.document == law for c in answer.citations)


def test_an_index_that_changes_is_seen(assistant: Assistant) -> None:
    question = "捐赠证书由谁出具？"
    assert assistant.ask(question).abstained
    settings = assistant.settings
    file = settings.corpus_folder / "gift.txt"
    file.write_text(
        "图书捐赠办法\n第一条 为了规范图书捐赠，制定本办法。\n"
        "第二条 图书馆收到图书捐赠后，应当在三十日内出具捐赠证书。图书捐赠的期限为六十日。\n",
        encoding="utf-8",
    )
    with writing(settings):
        summary = add_paths([file], settings, assistant.embedder)
    assert not summary.failures
    assert "三十日内" in assistant.ask(question).text


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("图书采购法何时生效", ["本法自2021年5月1日起施行。"]),
        ("《图书采购法实施条例》的施行日期", ["本条例自2022年1月1日起施行。"]),
        (
            "图书采购法和图书采购法实施条例分别自何时起施行？",
            ["本法自2021年5月1日起施行。", "本条例自2022年1月1日起施行。"],
        ),
        ("图书评审办法从哪天开始执行？", []),  # a text that is not in this collection: not strong
    ],
)
def test_when_a_text_takes_effect_is_read_from_that_text(
    assistant: Assistant, question: str, wanted: list[str]
) -> None:
    answer = assistant.ask(question)
    assert direct(answer) == wanted if wanted else answer.evidence != "strong"
