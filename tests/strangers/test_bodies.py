"""What strangers send: large and senseless bodies, sessions of their own."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.web.gradio_door import is_open
from tests.strangers.visits import (
    LARGE,
    MOST_AT_ONCE,
    QUESTION,
    TOKEN,
    longest,
    stranger,
    watching,
)


def test_no_route_takes_a_large_body_and_nobody_waits_for_it(site: str) -> None:
    kind = {"content-type": "application/json"}
    with stranger(site, "10.9.0.1") as client:
        schema = client.get("/api/openapi.json").json()
        paths = [
            f"/api{path.replace('{', '').replace('}', '')}"
            for path, operations in schema["paths"].items()
            if "post" in operations
        ]
        paths += ["/ui/share", "/ui/export/docx", "/ui/feedback", "/ui/followups", "/login", "/mcp"]
        paths += ["/ui/library/drafts/text", "/gradio_api/call/ask", "/gradio_api/upload", "/x"]
        with watching(site) as waits:
            for path in paths:
                status = client.post(path, content=LARGE, headers=kind).status_code
                assert status in (401, 413, 429), (path, status)
        assert max(waits) < longest(waits)


def test_what_costs_much_to_be_read_is_refused_unread(site: str, busy: list[float]) -> None:
    """The event loop works at no time longer than 50 ms by itself; here on a slow machine."""

    def names(count: int) -> str:
        return "{" + ",".join(f'"k{n}":1' for n in range(count)) + "}"

    known = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    bodies = {
        "/api/v1/ask": (names(15_000), '{"history": [' + "[]," * 80_000 + "1]}", names(4000)),
        "/gradio_api/call/ask": ('{"data": ["x", [' + "[]," * 80_000 + "1]]}",),
        "/ui/followups": ('{"places": [' + '["a",0,1],' * 6000 + "1]}",),
        "/ui/export/md": ('{"messages": [' + '{"a":1},' * 100_000 + "1]}",),
        "/api/v1/documents": (names(150_000), '{"title": [' + "1," * 900_000 + "1]}"),
        "/ui/share": ('{"messages": [' + "[]," * 80_000 + "1]}",),
    }
    with stranger(site, "10.9.0.2", **known) as client:
        wrong = {"question": QUESTION, "history": [{"question": "a", "statements": [{}] * 3000}]}
        refused = client.post("/api/v1/ask", json=wrong)
        assert refused.status_code == 422 and len(refused.json()["errors"]) <= 20
        for path, sent in bodies.items():
            for body in sent:
                busy.clear()
                status = client.post(path, content=body).status_code
                assert status in (413, 422), (path, status)
                assert max(busy, default=0) < MOST_AT_ONCE, (path, len(body), max(busy))
        for path in ("/", "/api/openapi.json", "/api/v1/documents", "/ui/library", "/ui/corpus"):
            busy.clear()
            assert client.get(path).status_code == 200
            assert max(busy, default=0) < MOST_AT_ONCE, (path, max(busy))


def test_what_gradio_brings_and_the_page_does_not_use_is_not_there(site: str) -> None:
    with stranger(site, "10.9.0.3", origin=site) as client:
        for path in (
            "upload", "run/ask", "api/ask", "queue/join", "call/v2/ask", "reset", "stream/x",
        ):  # fmt: skip
            assert client.post(f"/gradio_api/{path}", json={}).status_code == 404, path
        for path in (
            "gradio_api/file=/etc/passwd", "gradio_api/proxy=http://x/", "monitoring",
            "gradio_api/openapi.json", "gradio_api/deep_link", "gradio_api/runs", "docs",
            "gradio_api/upload_progress", "gradio_api/queue/data", "openapi.json",
        ):  # fmt: skip
            assert client.get(f"/{path}").status_code == 404, path
        page = client.get("/")
        assert page.status_code == 200
        for asset in re.findall(r'(?:src|href)="\.?(/(?:assets|static|svelte)/[^"]+)"', page.text):
            assert client.get(asset).status_code == 200, asset
        for path in ("/config", "/theme.css", "/gradio_api/info"):
            assert client.get(path).status_code == 200, path
    assert not is_open("PUT", "/") and not is_open("POST", "/gradio_api/call/ask/x")


def test_a_question_brings_no_session_of_its_own(site: str) -> None:
    """Its name would be kept for ever, and who gives the same name would read the answers."""
    known = {"authorization": f"Bearer {TOKEN}"}
    with stranger(site, "10.9.0.5", **known) as client:
        asks = {"data": [QUESTION, [], {}, "zh"], "session_hash": "mine", "more": 1}
        joined = client.post("/gradio_api/call/ask", json=asks)
        answer = client.get(f"/gradio_api/call/ask/{joined.json()['event_id']}").text
        assert "event: complete" in answer and '"seal"' in answer
        asks["data"][0] = f"请问{QUESTION}"
        client.post("/gradio_api/call/ask", json=asks)
        assert client.get("/gradio_api/call/ask/mine").status_code == 404
        for body in ("[]", "{}", '{"data": {}}', "[" * 5000, "x", '"\\ud800"'):
            refused = client.post("/gradio_api/call/ask", content=body)
            assert refused.status_code == 422 and refused.json()["error"]["zh"], body[:20]


def test_answers_that_nobody_fetches_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.web import gradio_door

    def ask(question: str, history: list[Any], filters: dict[str, Any], language: str) -> str:
        return question

    monkeypatch.setattr(gradio_door, "MOST_UNREAD", 3)
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.api(ask, api_name="ask")
    app = gr.mount_gradio_app(FastAPI(), blocks, path="/", ssr_mode=False)
    gradio_door.narrow(app)
    with TestClient(app) as client:
        for _ in range(8):
            joined = client.post("/gradio_api/call/ask", json={"data": ["问", [], {}, "zh"]})
            assert joined.status_code == 200
        assert len(blocks._queue.pending_event_ids_session) == 3
        answer = client.get(f"/gradio_api/call/ask/{joined.json()['event_id']}").text
        assert '["\\u95ee"]' in answer
