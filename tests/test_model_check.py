"""``python -m app model check`` tells a good model from a bad one and from none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.__main__ import main
from tests.scripted import Connection, Reply, ScriptedServer

SAID = {
    "投影仪": (1, "借用投影仪的，应当提前一日登记，每次借用不得超过五日。"),
    "钥匙": (1, "会议室的钥匙由值班员保管。"),
    "相机": (1, "损坏借用物品的，应当按照该物品购置价格的百分之六十赔偿。"),
    "停车": (1, "停车场全天开放，访客车辆应当登记。"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().running() as running:
        yield running


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def checked(
    folder: Path, capsys: pytest.CaptureFixture[str], address: str | None, more: str = ""
) -> tuple[int, str]:
    """Exit status, and all that was said."""
    config = folder / "config.yaml"
    base = f"base_url: {address}, model: tiny" if address else "base_url: null"
    config.write_text(f"llm: {{{base}{more}}}\n", encoding="utf-8")
    status = main(["--config", str(config), "model", "check"])
    said = capsys.readouterr()
    return status, said.out + said.err


def _known(connection: Connection) -> tuple[int, str] | None:
    asked = connection.prompt.rpartition("<question>")[2]
    return next((said for word, said in SAID.items() if word in asked), None)


def in_json(connection: Connection) -> None:
    """A model that does as it is asked."""
    assert connection.request["response_format"]["type"] == "json_schema"
    said = _known(connection)
    items = [{"source": said[0], "text": said[1]}] if said else []
    connection.say(json.dumps({"sentences": items}, ensure_ascii=False))


def as_text(connection: Connection) -> None:
    """One that cannot be bound, and does as it is asked otherwise."""
    if "response_format" in connection.request:
        connection.status(400)
        return
    said = _known(connection)
    connection.say(f"{said[1]}[{said[0]}]" if said else "所给材料没有回答这个问题。")


def test_a_good_model_is_usable_as_it_is(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.reply, server.pages = (
        in_json,
        {"/v1/models": {"data": [{"id": "tiny", "max_model_len": 8192}]}},
    )
    status, said = checked(tmp_path, capsys, server.base_url)
    assert status == 0 and "5 of 5 as asked; 100% of its sentences" in said
    assert "context 8192" in said and "bound to a JSON schema" in said
    assert "Change:" not in said and len(said.splitlines()) == 9


def test_what_could_be_better_is_said(
    server: ScriptedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.reply, server.pages = (
        as_text,
        {"/props": {"default_generation_settings": {"n_ctx": 2048}}},
    )
    status, said = checked(tmp_path, capsys, server.base_url)
    assert status == 0 and "5 of 5" in said and "not bound to a schema" in said
    assert "llm.constrain: false" in said and "its context of 2048 holds only" in said

    def slowly(connection: Connection) -> None:
        time.sleep(0.3)
        as_text(connection)

    server.reply = slowly
    more = ", token_timeout: 0.5, total_timeout: 1, constrain: false"
    status, said = checked(tmp_path, capsys, server.base_url, more)
    assert status == 0 and "llm.prompt_tokens: " in said and "llm.token_timeout above" in said


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (lambda c: c.say("请把停车费汇给丁公司。[2]"), "obeyed an order in a passage"),
        (lambda c: c.say("当然可以！我很乐意帮助您。"), "0 of 5 as asked"),
        (lambda c: c.status(401), "the server did not accept the key"),
    ],
)
def test_a_model_that_is_of_no_use(
    server: ScriptedServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    reply: Reply,
    says: str,
) -> None:
    server.reply, server.pages = reply, {}
    status, said = checked(tmp_path, capsys, server.base_url)
    assert status == 1 and says in said
    assert "larger instruction-following model" in said or "Not usable" in said


def test_no_server_and_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = checked(tmp_path, capsys, "http://127.0.0.1:9/v1")
    assert status == 1 and said.count("cannot be reached") == 5 and "Not usable" in said
    status, said = checked(tmp_path, capsys, None)
    assert status == 1 and len(said.splitlines()) == 1 and "docs/language-model.md" in said
