"""Who may ask, and what happens when too many do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest

from app.accounts.secrets import hash_token
from app.api.gate import Gate
from app.api.problems import Refusal, accepted_language
from tests.api.conftest import QUESTION, figures
from tests.projects import Project, law, run_async
from tests.servers import serving


@pytest.fixture(scope="module")
def guarded(project: Project) -> Iterator[httpx.Client]:
    """A server of few places where nobody may do anything without a token; its tokens are the
    names of the roles."""
    accounts = [
        {"name": role, "role": role, "tokens": [hash_token(role)]} for role in ("reader", "editor")
    ]
    settings = {
        "ZHENGCAI_SERVER__CONCURRENT": "1",
        "ZHENGCAI_SERVER__WAITING": "1",
        "ZHENGCAI_SERVER__ANONYMOUS": "none",
        "ZHENGCAI_ACCOUNTS": json.dumps(accounts),
    }
    with serving(project, **settings) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_tokens(guarded: httpx.Client) -> None:
    body = {"question": QUESTION}
    for path in ("/healthz", "/readyz"):
        assert guarded.get(path).status_code == 200
    for method, path in (
        ("POST", "/api/v1/ask"),
        ("POST", "/api/v1/search"),
        ("POST", "/mcp"),
        ("GET", "/metrics"),
        ("GET", "/api/openapi.json"),
    ):
        given = body if method == "POST" else None
        for headers in ({}, bearer("other"), {"authorization": "Basic eDp5"}):
            refused = guarded.request(method, path, json=given, headers=headers)
            assert refused.status_code == 401, (path, headers)
            assert refused.headers["www-authenticate"].startswith("Bearer")
            assert refused.headers["content-type"] == "application/problem+json"
        allowed = guarded.request(method, path, json=given, headers=bearer("reader"))
        assert allowed.status_code not in (401, 403), path
    new = {"text": law("戊省政府采购代理机构管理办法", 2)}
    denied = guarded.post("/api/v1/documents", json=new, headers=bearer("reader"))
    assert denied.status_code == 403 and denied.json()["code"] == "not-allowed"
    for path in ("/api/v1/documents/x", "/api/v1/documents/甲省"):
        assert guarded.delete(path, headers=bearer("reader")).status_code == 403
    added = guarded.post("/api/v1/documents", json=new, headers=bearer("editor"))
    assert added.status_code == 201
    id = added.json()["document"]["id"]
    assert guarded.delete(f"/api/v1/documents/{id}", headers=bearer("editor")).status_code == 200


def test_overload_and_an_index_that_is_gone(guarded: httpx.Client, project: Project) -> None:
    guarded.headers.update(bearer("reader"))
    body = {"question": QUESTION}
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda _: guarded.post("/api/v1/ask", json=body), range(32)))
    refused = [r for r in responses if r.status_code != 200]
    assert refused and len(refused) < 32
    for response in refused:
        assert response.status_code == 503
        assert response.json()["code"] == "overloaded"
        assert int(response.headers["retry-after"]) > 0
    assert figures(guarded)["zhengcai_questions_refused", ()] == len(refused)
    current = project.folder / "data" / "current.json"
    aside = current.rename(current.with_suffix(".aside"))
    try:
        for response in (guarded.get("/readyz"), guarded.post("/api/v1/ask", json=body)):
            assert response.status_code == 503
            assert response.json()["code"] == "damaged-index"
            assert "python -m ingest" in response.json()["how"]
        with guarded.stream("POST", "/api/v1/ask/stream", json=body) as streamed:
            assert streamed.status_code == 503
        assert guarded.get("/healthz").status_code == 200
        assert guarded.get("/metrics").status_code == 200
    finally:
        aside.rename(current)
    assert guarded.get("/readyz").status_code == 200


def test_gate_lets_so_many_in_and_so_many_wait() -> None:
    async def work() -> None:
        gate = Gate(at_once=2, waiting=3)
        go = threading.Event()
        refused: list[Refusal] = []

        async def one() -> None:
            try:
                await gate.run(go.wait)
            except Refusal as error:
                refused.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(9):
                group.start_soon(one)
            await anyio.sleep(0.2)
            seen = (gate.running, gate.waiting, len(refused))
            go.set()
        assert seen == (2, 3, 4)
        assert (gate.running, gate.waiting, gate.refused) == (0, 0, 4)
        assert {error.status for error in refused} == {503}

    run_async(work)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-GB,zh;q=0.5", "en"),
        ("fr, zh-CN;q=0.8, en;q=0.9", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("en;q=x", "zh"),
        ("*", "zh"),
        ("zh-TW", "zh"),
    ],
)
def test_accept_language(header: str, language: str) -> None:
    assert accepted_language(header) == language
