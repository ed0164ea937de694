"""What the REST interface refuses, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from app.api.guard import Guard
from tests.api.conftest import CJK, NAME, QUESTION
from tests.projects import run_async

PROBLEMS = [
    ("POST", "/api/v1/ask", {}, 422, "rejected", "/question"),
    ("POST", "/api/v1/ask", {"question": "  "}, 422, "rejected", "/question"),
    ("POST", "/api/v1/ask", {"question": "问" * 2001}, 422, "rejected", "/question"),
    ("POST", "/api/v1/ask", {"question": "问", "x": 1}, 422, "rejected", "/x"),
    ("POST", "/api/v1/ask", {"question": "问", "language": "fr"}, 422, "rejected", "/language"),
    ("POST", "/api/v1/ask/stream", {"question": ""}, 422, "rejected", "/question"),
    (
        "POST",
        "/api/v1/ask",
        {"question": "问", "filters": {"year": "soon"}},
        422,
        "rejected",
        "/filters/year",
    ),
    (
        "POST",
        "/api/v1/search",
        {"question": "问", "filters": {"since": "2021-02-30"}},
        422,
        "rejected",
        "/filters/since",
    ),
    (
        "POST",
        "/api/v1/ask",
        {"question": "问", "history": [{"question": "问"}] * 21},
        422,
        "rejected",
        "/history",
    ),
    ("POST", "/api/v1/search", {"question": "问", "k": 0}, 422, "rejected", "/k"),
    ("GET", "/api/v1/documents?limit=x", None, 422, "rejected", "/limit"),
    ("GET", "/api/v1/documents/无此文件", None, 404, "no-document", None),
    ("GET", "/api/v1/documents/省政府采购", None, 409, "ambiguous-document", None),
    (
        "GET",
        f"/api/v1/documents/{NAME}/section?name=第九十九条",
        None,
        404,
        "no-section",
        None,
    ),
    ("GET", f"/api/v1/documents/{NAME}/section", None, 400, "no-place", None),
    (
        "GET",
        f"/api/v1/documents/{NAME}/section?start=5&end=4",
        None,
        422,
        "no-such-run",
        None,
    ),
    (
        "GET",
        f"/api/v1/documents/{NAME}/section?start=0&end=99999999",
        None,
        422,
        "no-such-run",
        None,
    ),
    ("GET", "/api/v1/nothing", None, 404, "not-found", None),
    ("PUT", "/api/v1/ask", {"question": "问"}, 405, "method-not-allowed", None),
]


@pytest.mark.parametrize(
    "case", PROBLEMS, ids=[f"{m} {p[8:40]} {c} {w}" for m, p, _, _, c, w in PROBLEMS]
)
def test_every_error_is_a_problem_in_the_language_asked_for(
    api: httpx.Client, case: tuple[str, str, Any, int, str, str | None]
) -> None:
    method, path, body, status, code, pointer = case
    for language in ("zh", "en"):
        response = api.request(method, path, json=body, headers={"accept-language": language})
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["content-language"] == language
        problem = response.json()
        assert problem["status"] == status
        assert problem["type"] == f"urn:zhengcai:{code}"
        assert bool(CJK.search(problem["title"])) == (language == "zh")
        if code == "rejected":
            assert bool(CJK.search(problem["what"])) == (language == "zh")
        if status in (400, 404, 409) and "what" in problem:
            assert problem["how"] and problem["where"]
            assert problem["what"] in problem["detail"]
        if pointer is not None:
            assert pointer in [error["pointer"] for error in problem["errors"]]


def test_no_json_and_too_much_of_it(api: httpx.Client) -> None:
    kind = {"content-type": "application/json"}
    broken = api.post("/api/v1/ask", content=b'{"question": ', headers=kind)
    assert broken.status_code == 422 and broken.json()["errors"][0]["reason"] == "不是有效的 JSON"
    big = json.dumps({"question": "问", "history": ["x" * 1_100_000]}).encode()
    refused = api.post("/api/v1/ask", content=big, headers=kind)
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"


def test_pages_of_other_sites_are_turned_away(api: httpx.Client) -> None:
    body = {"question": QUESTION}
    own = str(api.base_url).rstrip("/")
    for headers, status in (
        ({"host": "rebound.example"}, 421),
        ({"host": "localhost:7860"}, 200),
        ({"origin": "http://other.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": own}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": own}, 200),
    ):
        response = api.post("/api/v1/ask", json=body, headers=headers)
        assert response.status_code == status, headers
        assert "access-control-allow-origin" not in response.headers
    for path in ("/", "/ui/corpus", "/metrics", "/mcp", "/api/docs"):
        assert api.get(path, headers={"host": "rebound.example"}).status_code == 421, path


@pytest.mark.parametrize(
    ("bound", "allowed", "host", "passes"),
    [
        ("127.0.0.1", (), "127.0.0.1:1", True),
        ("127.0.0.1", (), "[::1]:1", True),
        ("127.0.0.1", (), "127.0.0.1.other.example", False),
        ("127.0.0.1", (), "", False),
        ("::1", (), "x.example", False),
        ("127.0.0.1", ("qa.example",), "QA.example", True),
        ("0.0.0.0", (), "qa.example", True),
        ("0.0.0.0", ("qa.example",), "other.example", False),
    ],
)
def test_names_a_server_answers_to(
    bound: str, allowed: tuple[str, ...], host: str, passes: bool
) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send("passed")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "headers": [(b"host", host.encode())]}
    run_async(Guard(app, bound, allowed), scope, None, send)
    assert (sent == ["passed"]) is passes
