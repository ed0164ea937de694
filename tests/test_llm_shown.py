"""What a model is shown of the sources, and how it is bound: passages, room, schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest import MonkeyPatch

from app.language_model.passages import passages_for
from app.types import Hit
from tests.llm_world import SIGNING, World, made_world, proves
from tests.scripted import Connection


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(tmp_path_factory.mktemp("llm") / "project") as made:
        yield made


@pytest.fixture(autouse=True)
def the_model_sees_all(monkeypatch: MonkeyPatch) -> None:
    """Passages that hardly answer are shown too, as the scripts speak of them."""
    monkeypatch.setattr("app.language_model.passages.FLOOR", 0.0)


def test_the_settings_limit_what_the_model_sees(world: World) -> None:
    seen: list[str] = []

    def reply(connection: Connection) -> None:
        seen.append(connection.prompt)
        connection.say("无")

    world.server.reply = reply
    world.assistant(passages=2).ask(SIGNING)
    assert seen[0].count("<passage n=") == 2


def test_the_model_sees_whole_articles_what_is_cited_first_and_no_more_than_fits(
    world: World, monkeypatch: MonkeyPatch
) -> None:
    quoted, hits = world.base.quote(SIGNING), world.base.search(SIGNING, 20)
    likely = [h.probability for h in hits]

    def shown(most: int = 20, room: int = 9999) -> list[Hit]:
        return passages_for(quoted, hits, likely, world.base.index, most, room)

    cited = quoted.citations[0]
    first = shown()[0].passage
    assert first.document == cited.document and first.start <= cited.start < first.end
    assert "第三条 采购人" in first.text and first.kind == "article"
    texts = [hit.passage.text for hit in shown()]
    assert len(set(texts)) == len(texts) and len(texts) > 3
    assert [h.passage.text for h in shown(2)] == texts[:2]
    assert shown(room=130)[0].passage.text == texts[0] and len(shown(room=130)) == 1
    assert shown(room=9)[0].passage.text == texts[0][:9]
    monkeypatch.setattr("app.language_model.passages.FLOOR", 1.0)
    assert len(shown()) <= 2 and shown()[0].passage.text == texts[0]
    row = replace(hits[0], passage=replace(hits[0].passage, kind="table"))
    alone = passages_for(replace(quoted, citations=()), [row, hits[1]], [0.9, 0.9],
                         world.base.index, 8, 999)  # fmt: skip
    assert [h.passage.id for h in alone] == [hits[1].passage.id]


def test_a_server_that_can_is_bound_to_a_schema(world: World) -> None:
    def reply(connection: Connection) -> None:
        bound = connection.request["response_format"]["json_schema"]["schema"]
        numbers = bound["properties"]["sentences"]["items"]["properties"]["source"]["enum"]
        assert numbers == [*range(1, connection.prompt.count("<passage n=") + 1)]
        right = (
            "采购人应当自中标通知书发出之日起三十日内，按照采购文件与供应商签订政府购买服务合同。"
        )
        said = [{"source": connection.number_of("三十日"), "text": right}]
        connection.say(json.dumps({"sentences": said}, ensure_ascii=False))

    answer = world.ask(SIGNING, reply)
    assert [s.verified for s in answer.statements] == [True] and "撰写" in answer.notice
    proves(answer, world.base.index)


def test_a_server_that_cannot_is_asked_plainly_and_never_bound_again(world: World) -> None:
    asked: list[bool] = []

    def reply(connection: Connection) -> None:
        asked.append("response_format" in connection.request)
        if asked[-1]:
            connection.status(400)
        else:
            n = connection.number_of("三十日")
            connection.say(f"采购人应当自中标通知书发出之日起三十日内签订政府购买服务合同。[{n}]")

    world.server.reply = reply
    assistant = world.assistant()
    for _ in range(2):
        assert "撰写" in assistant.ask(SIGNING).notice
    assert asked == [True, False, False]


def test_a_refused_request_is_one_line_also_when_asked_plainly(world: World) -> None:
    answer = world.ask(SIGNING, lambda c: c.status(400))
    assert answer.statements[0].quotes and "拒绝了请求" in answer.notice
