"""The client of the language model against a server that misbehaves in every way known."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.language_model.client import UNKNOWN_CONTEXT, LanguageModel, Message
from app.language_model.faults import ModelFault
from ingest.errors import SettingsError
from ingest.settings import LlmSettings, load_settings
from tests.scripted import Connection, Reply, ScriptedServer, saying, slowly

PROMPT: list[Message] = [{"role": "user", "content": "问"}]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().running() as running:
        yield running


def model(server: ScriptedServer, **settings: object) -> LanguageModel:
    values = {"base_url": server.base_url, "model": "m", "token_timeout": 5, **settings}
    return LanguageModel(LlmSettings.model_validate(values))


def fault_of(server: ScriptedServer, reply: Reply, **settings: object) -> tuple[str, str]:
    """What arrived, and the kind of fault that followed it."""
    server.reply = reply
    pieces: list[str] = []
    with pytest.raises(ModelFault) as caught:
        for piece in model(server, **settings).stream(PROMPT):
            pieces.append(piece)
    assert caught.value.line("zh") and caught.value.line("en")
    return "".join(pieces), caught.value.kind


def test_a_good_answer_arrives_in_pieces(server: ScriptedServer) -> None:
    server.reply = saying("三十日内签订。[1]", size=2)
    pieces = list(model(server).stream(PROMPT))
    assert "".join(pieces) == "三十日内签订。[1]" and len(pieces) > 3
    request = server.requests[-1]
    assert request["stream"] is True and request["temperature"] == 0
    assert request["max_tokens"] == 1024 and request["model"] == "m"


def test_temperature_is_left_out_where_null(server: ScriptedServer) -> None:
    server.reply = saying("好")
    list(model(server, temperature=None).stream(PROMPT))
    assert "temperature" not in server.requests[-1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, "key"),
        (403, "key"),
        (404, "no-model"),
        (429, "busy"),
        (500, "server"),
        (503, "server"),
        (400, "rejected"),
        (422, "rejected"),
    ],
)
def test_statuses(server: ScriptedServer, code: int, kind: str) -> None:
    asked = len(server.requests)
    text, found = fault_of(server, lambda c: c.status(code))
    assert (text, found) == ("", kind)
    assert len(server.requests) == asked + 1  # no hidden second try that keeps the reader waiting


def _cut(connection: Connection) -> None:
    connection.say("一半", finish=None)


def _torn(connection: Connection) -> None:
    """Cut in the middle of an event, of a chunked body that never ends."""
    connection.handler.send_response(200)
    connection.handler.send_header("content-type", "text/event-stream")
    connection.handler.send_header("transfer-encoding", "chunked")
    connection.handler.end_headers()
    connection.raw(b'40\r\ndata: {"id":"1","choices":[{"index":0,"delta":{"cont')


def _events(*events: object) -> Reply:
    def reply(connection: Connection) -> None:
        connection.open()
        for event in events:
            connection.event(event)

    return reply


def _finishing(reason: str, **delta: object) -> Reply:
    def reply(connection: Connection) -> None:
        connection.open()
        connection.piece("话", None)
        connection.piece(None, reason, **delta)

    return reply


def _html(connection: Connection) -> None:
    connection.open("text/html")
    connection.raw(b"<html><body>Sign in</body></html>")


def _whole(connection: Connection) -> None:
    connection.status(200, '{"choices": [{"message": {"content": "no stream"}}]}')


@pytest.mark.parametrize(
    ("reply", "text", "kind"),
    [
        (_cut, "一半", "cut"),
        (_torn, "", "cut"),
        (_events('{"id": "1", "choices": [{'), "", "malformed"),
        (_events("not json"), "", "malformed"),
        (_events({"choices": []}, {"choices": []}), "", "cut"),
        (_events({"choices": [{}]}), "", "malformed"),
        (_events({"choices": "x"}), "", "malformed"),
        (_events({"choices": [{"delta": {"content": 7}}]}), "", "malformed"),
        (_events({"choices": [{"delta": None}]}), "", "malformed"),
        (_events([1, 2]), "", "malformed"),
        (_events("[DONE]"), "", "malformed"),
        (_events({"error": "out of memory"}), "", "server"),
        (_events({"error": {"message": "overloaded"}}), "", "server"),
        (_html, "", "malformed"),
        (_whole, "", "malformed"),
        (_finishing("length"), "话", "length"),
        (_finishing("content_filter"), "话", "declined"),
        (_finishing("stop", refusal="I cannot"), "话", "declined"),
        (_finishing("tool_calls"), "话", "malformed"),
    ],
)
def test_malformed_and_refusing_streams(
    server: ScriptedServer, reply: Reply, text: str, kind: str
) -> None:
    assert fault_of(server, reply) == (text, kind)


def test_the_end_counts_without_done_and_with_usage_after_it(server: ScriptedServer) -> None:
    def reply(connection: Connection) -> None:
        connection.open()
        connection.event({"choices": []})
        connection.piece("完")
        connection.piece(None, "stop")
        connection.event({"choices": [], "usage": {"total_tokens": 3}})

    server.reply = reply
    assert list(model(server).stream(PROMPT)) == ["完"]


def _mute(connection: Connection) -> None:
    time.sleep(30)


def _dripping_headers(connection: Connection) -> None:
    connection.raw(b"HTTP/1.1 200 OK\r\nx-slow: ")
    for _ in range(300):
        time.sleep(0.1)
        connection.raw(b"a")


def _comments(connection: Connection) -> None:
    """Keeps the line busy with what is no token."""
    connection.open()
    for _ in range(300):
        time.sleep(0.1)
        connection.raw(b": still working\n\n")


@pytest.mark.parametrize("reply", [_mute, _dripping_headers, _comments])
def test_silence_ends_after_the_time_allowed(server: ScriptedServer, reply: Reply) -> None:
    began = time.monotonic()
    assert fault_of(server, reply, token_timeout=0.4) == ("", "silent")
    assert time.monotonic() - began < 20  # the reply takes 30


def test_silence_between_tokens(server: ScriptedServer) -> None:
    def reply(connection: Connection) -> None:
        connection.open()
        connection.piece("一")
        time.sleep(2)

    assert fault_of(server, reply, token_timeout=0.3) == ("一", "silent")


def test_total_time(server: ScriptedServer) -> None:
    began = time.monotonic()
    text, kind = fault_of(server, slowly("一二三四五" * 60, 0.1), total_timeout=0.6)
    assert kind == "endless" and text.startswith("一")
    assert time.monotonic() - began < 20  # all of it takes 30


def test_a_server_that_ignores_max_tokens(server: ScriptedServer) -> None:
    text, kind = fault_of(server, saying("字" * 4000, size=50), max_tokens=16)
    assert kind == "endless" and len(text) < 300


def test_dead_server() -> None:
    dead = ScriptedServer()
    dead._http.server_close()
    with pytest.raises(ModelFault) as caught:
        list(model(dead).stream(PROMPT))
    assert caught.value.kind == "unreachable"


def test_a_reader_that_leaves_early_frees_the_connection(server: ScriptedServer) -> None:
    left: list[bool] = []

    def reply(connection: Connection) -> None:
        connection.open()
        try:
            for _ in range(100):
                connection.piece("字")
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            left.append(True)

    server.reply = reply
    stream = model(server).stream(PROMPT)
    next(stream)
    stream.close()
    for _ in range(100):
        if left:
            break
        time.sleep(0.02)
    assert left


@pytest.mark.parametrize("headers_first", [True, False])
def test_leaving_closes_the_connection_before_the_first_token(
    server: ScriptedServer, headers_first: bool
) -> None:
    """Servers that read a long prompt see at once that nobody waits for the answer."""
    asked, closed, left = threading.Event(), threading.Event(), threading.Event()

    def reply(connection: Connection) -> None:
        if headers_first:
            connection.open()
        asked.set()
        connection.handler.connection.settimeout(20)
        if connection.handler.rfile.read(1) == b"":
            closed.set()

    server.reply = reply
    threading.Thread(target=lambda: (asked.wait(20), left.set()), daemon=True).start()
    with pytest.raises(ModelFault) as caught:
        list(model(server, token_timeout=30).stream(PROMPT, left=left))
    assert caught.value.kind == "left" and closed.wait(20)


VLLM = {"/v1/models": {"data": [{"id": "m", "max_model_len": 8192}]}}
LLAMA = {
    "/v1/models": {"data": [{"id": "m"}]},
    "/props": {"default_generation_settings": {"n_ctx": 2048}},
}
SHOWN = {"model_info": {"qwen3.context_length": 40960}, "parameters": "stop x\nnum_ctx   16384"}


@pytest.mark.parametrize(
    ("said", "context"),
    [
        (VLLM, 8192),
        (LLAMA, 2048),
        ({"/api/show": SHOWN}, 16384),
        ({"/api/show": {"model_info": {}}}, 4096),
        ({"/api/ps": {"models": [{"name": "m", "context_length": 32768}]}}, 32768),
        ({"/v1/models": ["?"], "/props": {"default_generation_settings": []}}, UNKNOWN_CONTEXT),
        ({}, UNKNOWN_CONTEXT),
    ],
)
def test_the_context_is_what_the_server_says(
    server: ScriptedServer, said: dict[str, object], context: int
) -> None:
    server.pages = said
    assert model(server).context == context
    assert model(server, context=1500).context == 1500


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.reply = saying("通")
    assert list(model(server).stream(PROMPT)) == ["通"]


def test_only_the_named_key_is_sent(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "other-account")
    monkeypatch.setenv("OPENAI_ORG_ID", "other-organisation")
    monkeypatch.setenv("MY_KEY", "this-account")
    server.reply = saying("好")
    list(model(server).stream(PROMPT))
    assert "other" not in str(server.headers[-1])
    list(model(server, api_key_env="MY_KEY").stream(PROMPT))
    sent = {name.lower(): value for name, value in server.headers[-1].items()}
    assert sent["authorization"] == "Bearer this-account" and "other" not in str(sent)


def test_a_key_that_is_not_set_is_a_clear_error(server: ScriptedServer) -> None:
    with pytest.raises(SettingsError, match="ABSENT_KEY is not set"):
        model(server, api_key_env="ABSENT_KEY")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("llm: {base_url: 'http://127.0.0.1:1/v1'}", "must name a model"),
        ("llm: {base_url: '127.0.0.1:1', model: m}", "http://HOST:PORT/v1"),
        ("llm: {base_url: 'https://user:pa55word@host/v1', model: m}", "without user, key"),
        ("llm: {api_key_env: sk-pa55word}", "not the key itself"),
        ("llm: {modle: m}", "llm.modle"),
        ("llm: {temperature: 3}", "llm.temperature"),
    ],
)
def test_bad_settings_are_named_and_never_repeat_a_key(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings(file)
    assert "pa55word" not in caught.value.line("en") + caught.value.line("zh")


def test_without_the_package_the_error_says_what_to_install(root: Path) -> None:
    code = (
        "import sys; sys.modules['openai'] = None\n"
        "from app.language_model.client import LanguageModel\n"
        "from ingest.settings import LlmSettings\n"
        "from ingest.errors import SettingsError\n"
        "try: LanguageModel(LlmSettings(base_url='http://127.0.0.1:1/v1', model='m'))\n"
        "except SettingsError as error: print(error.line('en'), error.line('zh'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert "pip install -e '.[llm]'" in done.stdout and "没有安装" in done.stdout, done.stderr


def test_the_package_is_not_imported_while_no_model_is_set(root: Path) -> None:
    modules = "app.language_model.client, app.language_model.compose, app.service"
    code = f"import {modules}, sys; print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
