"""A slow language model keeps nobody else waiting, and stops when its reader leaves: over HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn

from app.service import Assistant
from app.ui import build_app
from benchmarks.serving import free_port
from tests.llm_world import SIGNING, SPENDING, World, made_world
from tests.scripted import Connection
from tests.servers import until

PATIENCE = 60.0


@dataclass
class Silent:
    """A model that says nothing; it counts who asks and whose connections were closed."""

    asked: int = 0
    closed: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: Connection) -> None:
        with self._counting:
            self.asked += 1
        connection.handler.connection.settimeout(PATIENCE)
        if connection.handler.rfile.read(1) == b"":
            with self._counting:
                self.closed += 1


@dataclass
class Served:
    """The product over HTTP, and the model that it asks."""

    url: str
    world: World
    assistant: Assistant

    def page(self, client: httpx.Client, question: str) -> str:
        """The address of the events of a question that the page asks."""
        call = f"{self.url}/gradio_api/call/ask"
        joined = client.post(call, json={"data": [question, [], {}, "zh"]})
        return f"{call}/{joined.raise_for_status().json()['event_id']}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with made_world(tmp_path_factory.mktemp("gates") / "project") as world:
        assistant = world.assistant(concurrent=1, token_timeout=PATIENCE)
        server = assistant.settings.server.model_copy(update={"concurrent": 2})
        assistant.settings = assistant.settings.model_copy(update={"server": server})
        port = free_port()
        app = build_app(assistant, assistant.settings)
        config = uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        until(lambda: running.started, "the server does not start")
        yield Served(f"http://127.0.0.1:{port}", world, assistant)
        running.should_exit = True
        thread.join(PATIENCE)


def _first_message(lines: Iterator[str]) -> dict[str, object]:
    for line in lines:
        if line.startswith("data:") and line != "data: null":
            message = json.loads(line.removeprefix("data:"))[0]
            if not message.get("waiting"):
                return message
    raise AssertionError("no message came")


def test_quotes_and_searches_do_not_wait_for_models(served: Served) -> None:
    silent = Silent()
    served.world.server.reply = silent
    with httpx.Client(timeout=PATIENCE) as client:
        streams = []  # with their lines, whose end would be the reader's leaving
        for _ in range(4):  # more than may be worked on, and than the model takes at once
            events = client.stream("GET", served.page(client, SIGNING))
            lines = events.__enter__().iter_lines()
            streams.append((events, lines))
            assert "正在撰写" in str(_first_message(lines)["notice"])
        until(lambda: silent.asked == 1, "the model is not asked")
        with client.stream("GET", served.page(client, SPENDING)) as quoted:
            first = _first_message(quoted.iter_lines())
        assert first["statements"] and first["final"] is False
        found = client.post(f"{served.url}/api/v1/search", json={"question": SPENDING})
        assert found.status_code == 200 and found.json()["results"]
        assert silent.asked == 1 and silent.closed == 0
        for events, _ in streams:
            events.__exit__(None, None, None)
    until(lambda: silent.closed == silent.asked, "the model goes on for nobody", PATIENCE)


def test_leaving_the_page_ends_the_models_work(served: Served) -> None:
    silent = Silent()
    served.world.server.reply = silent
    with httpx.Client(timeout=PATIENCE) as client:
        with client.stream("GET", served.page(client, SIGNING)) as events:
            lines = events.iter_lines()
            _first_message(lines)
            until(lambda: silent.asked == 1, "the model is not asked")
        until(lambda: silent.closed == 1, "the model goes on for nobody", PATIENCE)


def test_leaving_rest_ends_the_models_work(served: Served) -> None:
    silent = Silent()
    served.world.server.reply = silent
    body = {"question": SIGNING}
    with httpx.Client(timeout=PATIENCE) as client:
        with client.stream("POST", f"{served.url}/api/v1/ask/stream", json=body) as events:
            lines = events.iter_lines()
            assert next(lines) == "event: part"
            until(lambda: silent.asked == 1, "the model is not asked")
        until(lambda: silent.closed == 1, "the model goes on for nobody", PATIENCE)


def test_headers_and_a_ping_come_before_the_quotes(served: Served) -> None:
    served.world.server.reply = lambda connection: connection.say("无")
    body = {"question": SPENDING + "？"}
    asked = {"method": "POST", "url": f"{served.url}/api/v1/ask/stream", "json": body}
    with served.assistant._at_work, httpx.stream(**asked, timeout=PATIENCE) as events:
        assert events.status_code == 200
        assert next(events.iter_lines()) == ": ping"


def test_what_is_quoted_at_once_has_a_status_of_its_own(served: Served, root: Path) -> None:
    body = {"question": "长" * 5000}
    began = time.monotonic()
    answer = httpx.post(f"{served.url}/api/v1/ask/stream", json=body, timeout=PATIENCE)
    assert answer.status_code in (400, 413, 422) and time.monotonic() - began < PATIENCE
