"""Follow-ups that a model says in full."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from app.types import Turn
from tests.llm_world import SPENDING, World, made_world
from tests.scripted import Connection, Reply


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(tmp_path_factory.mktemp("llm") / "project") as made:
        yield made


def _conversation(world: World) -> list[Turn]:
    return [Turn(SPENDING, world.base.ask(SPENDING))]


def _asking(rewriting: Reply, asked: list[str]) -> Reply:
    def reply(connection: Connection) -> None:
        if "<dialogue>" in connection.prompt:
            rewriting(connection)
        else:
            asked.append(re.findall(r"<question>(.*)</question>", connection.prompt)[0])
            connection.say("无")

    return reply


def test_a_follow_up_is_rewritten_by_the_model(world: World) -> None:
    history, asked = _conversation(world), []
    whole = "甲省2023年度省级政府购买服务支出是多少？"
    answer = world.ask("那省级呢？", _asking(lambda c: c.say(whole), asked), history=history)
    assert answer.standalone == whole and answer.question == "那省级呢？"
    assert all(question == whole for question in asked)


@pytest.mark.parametrize(
    "bad",
    [
        "甲省2022年度省级政府购买服务支出是多少？",  # another year
        "四川省2023年度省级政府购买服务支出是多少？",  # a place of its own
        "教育部2023年度省级政府购买服务支出是多少？",  # a body of its own
        "甲省2023年度政府购买服务支出是多少？",  # what is new in the question is gone
        "那省级呢",  # said again
        "甲省2023年度省级政府购买服务支出不是多少？",  # negated
        "供应商2023年度省级政府购买服务支出是多少？",  # an actor of its own
        "省级是20亿元。\n还有别的吗？",
        "",
        "字" * 400,
    ],
)
def test_a_rewriting_that_cannot_be_trusted_is_not_used(world: World, bad: str) -> None:
    history = _conversation(world)
    own = world.base.ask("那省级呢？", history=history).standalone
    answer = world.ask("那省级呢？", _asking(lambda c: c.say(bad), []), history=history)
    assert answer.standalone == own


def test_a_fault_while_rewriting_uses_the_own_way(world: World) -> None:
    history = _conversation(world)
    own = world.base.ask("那省级呢？", history=history).standalone
    for reply in (lambda c: c.status(500), lambda c: c.say("半", finish=None)):
        answer = world.ask("那省级呢？", _asking(reply, []), history=history)
        assert answer.standalone == own and (answer.abstained or answer.statements)
