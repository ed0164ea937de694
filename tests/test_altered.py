"""Rules turned round in every way known do not pass for the rule; other words for it do."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.verify import judge
from benchmarks.alterations import altered
from benchmarks.articles import Article
from benchmarks.paraphrases import paraphrased
from benchmarks.verification import by_hand, made, measured
from training.entailment import pairs

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
    assert len(passed) * 100 >= 60 * len(faithful)


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


def test_on_articles_of_laws_few_altered_pass(shared: Path) -> None:
    from benchmarks.articles import read_articles

    laws = shared / "corpus" / "laws"
    if not laws.is_dir():
        pytest.skip("the laws of the shared corpus are not here")
    cases = made(read_articles(laws, "dev")[:120], 20, 3)
    report, _ = measured(cases)
    assert report["altered passed"]["share"] <= 0.02
    assert report["faithful rejected"]["share"] <= 0.12
