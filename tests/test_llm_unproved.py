"""What a model writes beside what is proved: rules that nothing proves, a bare yes or no."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.llm_world import SIGNING, World
from tests.test_llm_answers import saying, the_model_sees_all, world

__all__ = ["the_model_sees_all", "world"]  # fixtures


@pytest.mark.parametrize(
    "bare",
    [
        "采购单位什么时候签合同都行。",
        "签合同没有时间要求。",
        "买方挑供应商时想怎么偏心都可以。",
        "花了多少钱财政不用告诉别人。",
        "供应商不能向采购人提出质疑。",
        "质疑由采购人向供应商提出。",
    ],
)
def test_nothing_unproved_stands_beside_the_rule_that_it_is_about(world: World, bare: str) -> None:
    right = "采购人应当自中标通知书发出之日起三十日内与供应商签订政府购买服务合同。"
    answer = world.ask(SIGNING, saying(lambda n: f"{right}[{n('三十日内')}]{bare}"))
    assert bare not in answer.text
    assert all(s.verified for s in answer.statements)


def test_a_bare_no_is_read_with_the_sentence_after_it(world: World) -> None:
    rest = "采购人不得以不合理的条件对供应商实行差别待遇或者歧视待遇。"
    asked = "采购人可以对供应商实行差别待遇吗？"
    answer = world.ask(asked, saying(lambda n: f"不可以。{rest}[{n('歧视待遇')}]"))
    assert answer.statements[0].text == f"不可以，{rest}"
    wrong = world.ask(asked, saying(lambda n: f"可以。{rest}[{n('歧视待遇')}]"))
    assert "可以，采购人不得" not in wrong.text


def test_items_fall_with_the_lead_in_that_turns_them(world: World) -> None:
    right = "采购人应当自中标通知书发出之日起三十日内与供应商签订政府购买服务合同。"
    lead = "下列事项采购人无需遵循："
    items = "以事定费；\n讲求绩效原则。"

    def said(n: Callable[[str], int]) -> str:
        return f"{right}[{n('三十日内')}]\n{lead}[{n('以事定费')}]\n{items}[{n('以事定费')}]"

    answer = world.ask(SIGNING, saying(said))
    assert "以事定费" not in answer.text and "绩效" not in answer.text
