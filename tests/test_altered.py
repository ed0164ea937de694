"""Rules turned round in every way known do not pass for the rule; other words for it do."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from app.verify import judge
from benchmarks.alterations import altered
from benchmarks.articles import Article
from benchmarks.paraphrases import paraphrased
from benchmarks.verification import TURNED, blind, by_hand, made, measured
from training.entailment import of_people, pairs

BY_HAND = by_hand()
RULE = (
    "供应商认为采购文件使自己的权益受到损害的，可以在知道或者应知其权益受到损害之日起七个工作日内，"
    "以书面形式向采购人提出质疑。采购人应当在收到供应商的书面质疑后七个工作日内作出答复，"
    "但答复的内容不得涉及商业秘密。\n履约保证金的数额不得超过政府采购合同金额的10%。\n"
    "自招标文件开始发出之日起至投标人提交投标文件截止之日止，不得少于二十日。"
)


@pytest.mark.parametrize("case", [c for c in BY_HAND if not c.faithful], ids=lambda c: c.text[:30])
def test_no_altered_sentence_passes(case: object) -> None:
    assert not judge(case.text, [case.evidence], ["《某办法》第一条"]).holds  # type: ignore[attr-defined]


def test_most_faithful_sentences_pass() -> None:
    faithful = [c for c in BY_HAND if c.faithful]
    passed = [c for c in faithful if judge(c.text, [c.evidence]).holds]
    assert len(passed) * 100 >= 80 * len(faithful)


LISTED = (
    "园区管理的各项活动，不得有下列行为：\n（一）占用消防通道；\n（二）私自转借园区物品。\n"
    "符合下列情形之一的展位，可以免收租金：\n（一）由学校设立的；\n（二）面积不超过六平方米的。"
)
LOAN = (
    "供应商不服园区决定的，可以在收到决定书之日起十日内向人民法院提起诉讼；法律另有规定的，从其规定。"
    "园区应当核对登记簿（以下统称簿册），并按照管理委员会的规定通知供应商。"
)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (LISTED, "园区管理的各项活动，不得占用消防通道。"),
        (LISTED, "园区管理的各项活动不得有私自转借园区物品的行为。"),
        (LISTED, "面积不超过六平方米的展位，可以免收租金。"),
        (LOAN, "不服园区决定的供应商，可以在收到决定书之日起10日内起诉，但法律另有规定的除外。"),
        (LOAN, "园区应当核对登记簿，并应当通知供应商。"),
    ],
)
def test_what_people_say_instead_passes(evidence: str, said: str) -> None:
    assert not judge(said, [evidence]).problems


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (LISTED, "园区管理的各项活动，可以占用消防通道。"),
        (LISTED, "面积超过六平方米的展位，可以免收租金。"),
        (LISTED, "展位可以免收租金。"),
        (LOAN, "不服园区决定的供应商，可以在收到决定书之日起二十日内起诉，但法律另有规定的除外。"),
        (LOAN, "不服供应商决定的园区，可以在收到决定书之日起十日内起诉。"),
        (LOAN, "供应商应当核对登记簿，并应当通知园区。"),
    ],
)
def test_what_people_say_wrongly_instead_does_not(evidence: str, said: str) -> None:
    assert not judge(said, [evidence]).holds


MARKET = (
    "采购人应当按照合同约定组织对供应商布展情况进行检查，并出具检查单。\n"
    "符合下列条件的展位，可以依照本办法采用抽签方式分配：\n（一）面积相同的；\n（二）位置相邻的。\n"
    "本办法所称展位，是指园区内用于展示物品的固定场地。\n"
    "展位评审由评审小组推选组长主持，采购人代表不得担任组长。持不同意见的评标委员会成员应当在记录上"
    "写明理由，否则视为同意。采购人应当向供应商付款。供应商应当开具发票。\n"
    "供应商申请书或者报价单的提交期不得少于五日。\n"
    "检查单签署前发现存在以上情形的，采购人应当当场更正。\n"
    "布展方案要写明时间和地点。布展方案应当在合同中约定。"
)


@pytest.mark.parametrize(
    "said",
    [
        "采购人按照合同约定组织对供应商布展情况进行检查。",
        "展位是指园区内用于展示物品的固定场地。",
        "采购人代表不得担任评审组长。",
        "不能，采购人代表不得担任组长。",
        "持不同意见的成员应当在记录上写明理由，否则视为同意。",
        "报价单的提交期不得少于5日。",
        "检查单签署前发现存在上述情形的，采购人应当当场更正。",
        "布展方案要写明时间和地点，并应当在合同中约定。",
    ],
)
def test_what_models_leave_to_be_understood_passes(said: str) -> None:
    assert not judge(said, [MARKET]).problems


@pytest.mark.parametrize(
    "said",
    [
        "供应商应当按照合同约定组织检查，并出具检查单。",
        "采购人可以按照合同约定组织对供应商布展情况进行检查。",
        "采购人应当按照合同约定组织对采购人布展情况进行检查。",
        "合同是指园区内用于展示物品的固定场地。",
        "供应商代表不得担任评审组长。",
        "采购人代表应当担任组长。",
        "可以，采购人代表能够担任组长。",
        "持不同意见的成员可以在记录上写明理由，否则视为同意。",
        "报价单的提交期不得超过5日。",
        "检查单签署后发现存在上述情形的，采购人应当当场更正。",
        "布展方案要写明时间和地点，并可以在合同中约定。",
        "采购人应当向供应商付款，并应当开具发票。",
        "采购人应当向供应商付款，应当开具发票。",
    ],
)
def test_what_models_turn_meanwhile_does_not(said: str) -> None:
    assert not judge(said, [MARKET]).holds


FAIR = (
    "供应商报价明显过低的，评标委员会应当要求供应商当场说明，并将不能说明的作为无效报价处理。"
    "代理机构应当将名单送采购人。采购人应当在五日内确定人选，并发出通知。"
    "任何单位不得为采购人指定代理机构。政府应当责令其改正。\n"
    "供应商有欺骗行为的，由财政部门处以罚款，列入名单；情节严重的，停止向其支付资金。\n"
    "评审小组由采购人代表和专家组成。造成损失的，由责任人承担连带责任。"
    "财政部门有权查阅文件。园区应当采购本地花木。但有特殊需要的除外。\n"
    "规格统一、货源充足且价格稳定的货物，可以采用询价方式采购。"
    "采购人和供应商应当签订合同。招标人排斥投标人的，歧视投标人的，应当改正。"
    "采购人可以提出特定条件，但不得歧视供应商。\n"
    "展位应当符合下列条件之一：\n（一）靠近入口；\n（二）面积相同。\n"
    "属于市级预算的展位，由市政府定价；属于县级预算的展位，由县政府定价。\n"
    "投标人少于三个的，不得开标。招标人应当在规定的时间开标。\n"
    "有下列情形的，可以直接指定：\n（一）需要向原供应商追加花木的；\n（二）只剩一家供应商的。\n"
    "招标文件要求交保证金的，投标人应当交纳，数额不得超过百分之二。\n"
    "标准统一的货物项目，应当采用最低价法。\n"
    "园区应当公开账目。但是有下列情形之一的，可以不公开：\n（一）涉及秘密的；\n（二）未满一年的。"
)


@pytest.mark.parametrize(
    "said",
    [
        "评标委员会应当当场说明。",
        "不能说明的，评标委员会应当作为有效报价处理。",
        "代理机构应当将名单送采购人，应当在五日内确定人选。",
        "代理机构应当将名单送采购人，并发出通知。",
        "任何单位不得指定代理机构。",
        "任何单位不得由采购人指定代理机构。",
        "政府应当改正。",
        "供应商有欺骗行为的，财政部门将被处以罚款。",
        "情节严重的，供应商停止支付资金。",
        "评审小组由采购人代表组成。",
        "造成损失的，向责任人承担连带责任。",
        "造成损失的，由责任人承担责任。",
        "公民、法人或者其他组织有权查阅文件。",
        "园区应当采购本地花木。",
        "规格统一且价格稳定的货物，可以采用询价方式采购。",
        "采购人或者供应商应当签订合同。",
        "招标人排斥投标人的，并歧视投标人的，应当改正。",
        "不可以，采购人可以提出特定条件，但不得歧视供应商。",
        "展位应当靠近入口。",
        "属于县级预算的展位，由市政府定价。",
        "展位由市政府定价。",
        "投标人少于三个的，招标人应当在规定的时间开标。",
        "必须向原供应商追加花木。",
        "招标文件应当要求交保证金。",
        "招标文件要求交保证金。",
        "货物项目应当采用最低价法。",
    ],
)
def test_what_turns_a_rule_by_leaving_out_or_joining_does_not_pass(said: str) -> None:
    assert not judge(said, [FAIR], ["《园区公平办法》第三条"]).holds


def test_a_text_may_be_named_where_it_names_itself() -> None:
    rule = "任何人对违反本法的行为，有权检举。"
    assert judge("任何人对违反甲物品法的行为有权检举。", [rule], ["《甲物品法》第五条"]).holds
    assert not judge("任何人对违反乙物品法的行为有权检举。", [rule], ["《甲物品法》第五条"]).holds


def test_of_the_blind_sentences_no_altered_one_passes(shared: Path) -> None:
    laws = shared / "corpus" / "laws"
    if not laws.is_dir():
        pytest.skip("the laws of the shared corpus are not here")
    report, _ = measured(blind(laws))
    assert report["altered passed"]["of"] >= 60 and report["altered passed"]["share"] == 0
    assert report["faithful rejected"]["of"] >= 60 and report["faithful rejected"]["share"] < 0.45
    report, wrong = measured(blind(laws, TURNED))
    assert report["altered passed"]["of"] >= 60 and not wrong


@pytest.mark.parametrize(
    "said",
    [
        "履约保证金的数额应当超过政府采购合同金额的10%。",
        "自招标文件开始发出之日起至投标人提交投标文件截止之日止，可少于二十日。",
        "采购人认为采购文件使自己的权益受到损害的，可以在七个工作日内以书面形式向供应商提出质疑。",
        "采购人应当在收到供应商的书面质疑后七个工作日内作出答复，逾期未答复的视为质疑成立。",
        "投标保证金的数额不得超过政府采购合同金额的10%。",
        "采购人应当在收到供应商的书面质疑后七日内作出答复。",
        "根据《政府采购法》第九十九条，履约保证金的数额不得超过政府采购合同金额的10%。",
    ],
)
def test_what_once_reached_readers_does_not_pass(said: str) -> None:
    verdict = judge(said, [RULE], ["《中华人民共和国政府采购法》第五十二条"])
    assert not verdict.holds and verdict.why in ("contradicts", "uncovered")


def test_a_reference_to_the_cited_article_is_no_addition() -> None:
    said = "根据《政府采购法》第五十二条规定，履约保证金的数额不得超过政府采购合同金额的10%。"
    assert judge(said, [RULE], ["《中华人民共和国政府采购法》第五十二条"]).holds
    bare = said.replace("《", "").replace("》", "")
    assert judge(bare, [RULE], ["《中华人民共和国政府采购法》第五十二条"]).holds


def test_a_model_decides_where_words_are_missing_only() -> None:
    said = "履约保证金不得超过政府采购合同总金额的10%。"
    assert judge(said, [RULE]).why == "uncovered"
    assert judge(said, [RULE], entails=lambda *_: 0.97).holds
    turned = "履约保证金应当超过政府采购合同金额的10%。"
    assert not judge(turned, [RULE], entails=lambda *_: 0.97).holds
    right = "履约保证金的数额不得超过政府采购合同金额的10%。"
    assert not judge(right, [RULE], entails=lambda *_: 0.01).holds


def test_the_benchmark_makes_cases_and_counts_them() -> None:
    article = Article("某法(2020-01-01)", "第三条", RULE)
    assert article.side == Article("某法(2024-01-01)", "第三条", "").side
    cases = made([article], 50)
    assert {c.faithful for c in cases} == {True, False}
    report, wrong = measured(cases)
    assert report["cases"] == len(cases) and len(wrong) <= len(cases) // 5
    rng = random.Random(0)
    assert dict(altered(RULE.split("。")[0] + "。", rng)).keys() >= {"figure", "unit", "modal"}
    assert dict(paraphrased(RULE.split("。")[0] + "。", "", rng))


def test_pairs_to_train_on_have_three_labels() -> None:
    other = Article("某法(2020-01-01)", "第四条", "本法自2020年5月1日起施行，此前的规定同时废止。")
    made_pairs = pairs([Article("某法(2020-01-01)", "第三条", RULE), other])
    assert {p.label for p in made_pairs} == {"entailed", "contradiction", "neutral"}
    assert made_pairs == pairs([Article("某法(2020-01-01)", "第三条", RULE), other])


def test_a_change_of_what_people_wrote_turns_it(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    law, label = "某法(2020-01-01)", "第三条"
    other = Article(law, "第四条", "本法自2020年5月1日起施行，此前的规定同时废止。")
    said = "履约保证金不能超过合同金额的10%，采购人要在7个工作日内答复质疑。"
    rows = [
        {"law": law, "article": label, "kind": "short", "faithful": True, "text": said},
        {"law": law, "article": "第九条", "kind": "short", "faithful": True, "text": said},
    ]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    file.write_text("".join(lines), encoding="utf-8")
    found = of_people([Article(law, label, RULE), other], file)
    assert [p.sentence for p in found if p.by == "person"] == [said]
    turned = [p for p in found if p.label == "contradiction"]
    assert len(turned) >= 2 and all(p.origin == said != p.sentence for p in turned)
    assert found == of_people([Article(law, label, RULE), other], file)


def test_on_articles_of_laws_few_altered_pass(shared: Path) -> None:
    from benchmarks.articles import read_articles

    laws = shared / "corpus" / "laws"
    if not laws.is_dir():
        pytest.skip("the laws of the shared corpus are not here")
    cases = made(read_articles(laws, "dev")[:120], 20, 3)
    report, _ = measured(cases)
    assert report["altered passed"]["share"] <= 0.02
    assert report["faithful rejected"]["share"] <= 0.12
