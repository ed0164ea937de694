"""What stands in the corpus is found as it stands; slips, fillers and English are understood."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.content.words import content_words
from app.retrieval.english import in_chinese, is_english
from app.retrieval.slips import without_fillers
from app.retrieval.verbatim import parts, squeezed
from app.service import Assistant
from ingest.storage.terms import read_lines
from tests.projects import Project, answering

LAW = """采购救济法

第一章 总则
第一条 供应商对采购文件有异议的，可以向采购人提出质疑。
第二条 采购人应当在收到供应商的书面质疑后七个工作日内作出答复。
第三条 质疑供应商对采购人的答复不满意的，可以向财政部门投诉。
第四条 中标通知书发出后，采购人不得改变中标结果。
第五条 中标供应商应当在三十日内与采购人签订合同。
第六条 中标供应商放弃中标的，采购人可以重新组织招标。
第七条 投标保证金不得超过采购项目预算金额的百分之二。
第八条 投标人应当在投标截止时间前递交投标文件。
第九条 投标人撤回投标文件的，投标保证金应当退还。
第十条 质疑答复应当采用书面形式，质疑期限从公告期限届满之日起计算。
第十一条 联合体投标的，投标保证金由其中一方交纳。
"""
NEWS = """【四川】购买服务改革走出新路

近日，记者从四川省财政厅获悉，四川政府购买服务支出178亿元，破解了“小马拉大车”难题。
四川建立“1+2+N”制度体系，政府购买服务支出同比增长10%，规模达到178亿元以上的还有两个省。
"""
CATALOGUE = """采购品目分类表

一、办公设备
打印机的品目编码为A02101500，复印机的品目编码为A02020100。
扫描仪的品目编码为A02101600，应当按照节能要求采购。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("heard") / "project", "answer: {reader: none}\n")
    project.write("law.txt", LAW)
    project.write("news.txt", NEWS)
    project.write("catalogue.txt", CATALOGUE)
    with answering(project) as found:
        yield found


@pytest.mark.parametrize(
    "string",
    ["178亿元", "1+2+N", "小马拉大车", "A02101500", "a02020100", "10%", "应当在三十日内",
     "不得改变中标", "和我们的“1＋2＋N”制度体系"[5:], "通知书发出后，采购人不得", "重新 组织招标"],
)  # fmt: skip
def test_what_stands_in_the_corpus_is_first(assistant: Assistant, string: str) -> None:
    hits = assistant.search(string, 5)
    assert hits[0].verbatim and squeezed(string) in squeezed(hits[0].passage.text)
    answer = assistant.quote(string)
    assert not answer.abstained
    assert squeezed(string) in squeezed(answer.statements[0].text)


def test_a_question_with_a_code_or_a_quoted_phrase_puts_up_what_holds_it(
    assistant: Assistant,
) -> None:
    for question, held in (
        ("品目A02101600是什么设备", "扫描仪"),
        ("哪里说到“小马拉大车”这个难题", "小马拉大车"),
        ("哪个省支出了178亿元", "178亿元"),
    ):
        first = assistant.search(question, 5)[0]
        assert held in first.passage.text and not first.verbatim


def test_filters_hold_for_what_stands_there_word_for_word(assistant: Assistant) -> None:
    from app.types import Filters

    law = next(r.id for r in assistant.index.documents() if "救济" in r.title)
    hits = assistant.search("小马拉大车", 5, Filters(documents=(law,)))
    assert all(hit.passage.document == law and not hit.verbatim for hit in hits)


def test_what_is_looked_for_as_it_is() -> None:
    assert parts(squeezed("“先验收后付款”在A02101500和10%里是多少")) == [
        "先验收后付款",
        "10%",
        "a02101500",
    ]
    assert parts("采购人怎么答复质疑") == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("采购人几天内答复供应商置疑", "质疑"),
        ("置疑期限怎么算", "质疑"),
        ("中表供应商几天内签合同", "中标"),
        ("中表通知书发出后能改结果吗", "中标"),
        ("投票保证金最多交多少", "投标"),
        ("采够人什么时候答复", "采购"),
        ("供应伤不满意答复找谁", "供应商"),
    ],
)
def test_slips_of_the_keyboard(assistant: Assistant, written: str, meant: str) -> None:
    heard = assistant.parts()[0].heard(written)
    assert heard.meant == (meant,)
    assert meant in heard.text and len(heard.text) == len(written)
    assert assistant.quote(written).notice in ("", f"按‘{meant}’理解")


def test_a_slip_is_told(assistant: Assistant) -> None:
    clean = assistant.quote("采购人几天内答复供应商质疑")
    answer = assistant.quote("采购人几天内答复供应商置疑")
    assert not clean.abstained and not clean.notice
    assert answer.notice == "按‘质疑’理解" and answer.statements == clean.statements
    assert answer.question == "采购人几天内答复供应商置疑"
    assert "质疑" in assistant.quote("采购人几天内答复供应商置疑", language="en").notice


@pytest.mark.parametrize(
    "right",
    ["采购人执意废标怎么办", "老王和小李的彩礼要退吗", "合同几天内签", "几家供应商可以投标",
     "评标委员会投票表决吗", "城郊的房子归谁",
     "交钱以后多久退", "工资什么时候发", "供应商要交多少钱", "谁来监督"],
)  # fmt: skip
def test_words_right_in_themselves_stay(assistant: Assistant, right: str) -> None:
    assert assistant.parts()[0].heard(right).meant == ()


def test_fillers_cost_nothing(assistant: Assistant) -> None:
    for spoken in (
        "请问一下，那个，质疑多久答复啊？",
        "嗯，就是说，质疑那个多久答复，谢谢",
        "你好，我想问一下质疑多久答复",
    ):
        assert content_words(without_fillers(spoken)) == content_words("质疑多久答复")
        assert "".join(without_fillers(spoken).rstrip("？?").split("，")) == "质疑多久答复"
    for alone in ("你好", "谢谢", "那个", "嗯，那个"):
        assert without_fillers(alone) == alone


def test_questions_in_english(assistant: Assistant) -> None:
    question = "How many working days does the purchaser have to reply to a supplier's query?"
    answer = assistant.quote(question)
    assert not answer.abstained and "七个工作日" in answer.text
    assert "Sources:" in answer.text and "质疑" in answer.notice and question not in answer.notice
    assert question in answer.standalone and "\n" not in answer.standalone
    refused = assistant.quote("What is the salary of evaluation experts in Paris?")
    assert refused.abstained and "Please ask in Chinese" in refused.text
    assert "salary" not in refused.text  # it was looked for in Chinese


def test_what_is_english() -> None:
    assert is_english("May a bidder withdraw its bid?")
    for other in ("PPP", "A02101500", "1+2+N", "GDP 2023", "What about bids?", "采购 what is it"):
        assert not is_english(other)


def test_the_glossary_is_whole() -> None:
    lines = read_lines("glossary.txt")
    assert len(lines) >= 250
    for line in lines:
        english, chinese = line.split("=")
        assert chinese.strip() and all(form.strip().isascii() for form in english.split("|")), line
    assert in_chinese("bid securities of winning bidders").split() == ["投标保证金", "中标人"]
