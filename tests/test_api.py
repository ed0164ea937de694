"""The REST interface over the real server: what goes in and out, what is refused and how."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from app.accounts.secrets import hash_token
from app.api.gate import Gate
from app.api.guard import Guard
from app.api.problems import Refusal, accepted_language
from app.feedback import export
from tests.projects import Project, law, run_async
from tests.servers import serving

CJK = re.compile(r"[\u4e00-\u9fff]")
NAME = "甲省政府采购管理办法"
QUESTION = f"{NAME}第三条的内容是什么？"
REFUSED = "今天成都天气怎么样?"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, seed_file: Path) -> Project:
    project = Project.make(tmp_path_factory.mktemp("api") / "project")
    (project.corpus / "四川.txt").write_bytes(seed_file.read_bytes())
    project.write("甲办法.txt", law(NAME, 20))
    project.write("乙规定.txt", law("乙省政府采购代理机构规定", 2))
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="module")
def api(project: Project) -> Iterator[httpx.Client]:
    with serving(project) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def ask(api: httpx.Client, question: str, **body: Any) -> dict[str, Any]:
    response = api.post("/api/v1/ask", json={"question": question, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def events(response: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Events of a stream as they arrive (HTML standard, 9.2.6)."""
    name, data = "", []
    for line in response.iter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").strip())
        elif not line and data:
            yield name, json.loads("\n".join(data))
            name, data = "", []


def figures(api: httpx.Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = api.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_citation_is_a_slice_of_its_document(api: httpx.Client) -> None:
    answer = ask(api, "四川2023年度政府购买公共服务支出是多少?")
    assert "178亿元" in answer["answer"] and not answer["abstained"]
    assert answer["citations"]
    for citation in answer["citations"]:
        document = api.get(f"/api/v1/documents/{citation['document']}").json()
        assert document["text"][citation["start"] : citation["end"]] == citation["text"]
        assert document["content_hash"] == citation["content_hash"]
        where = {"start": citation["start"], "end": citation["end"]}
        section = api.get(f"/api/v1/documents/{citation['document']}/section", params=where).json()
        assert section["text"] == citation["text"]
        assert section["official"] == citation["official"]
    numbers = {citation["n"] for citation in answer["citations"]}
    texts = {d["id"]: None for d in api.get("/api/v1/documents").json()["documents"]}
    for statement in answer["statements"]:
        assert set(statement["citations"]) <= numbers
        assert {quote["document"] for quote in statement["quotes"]} <= texts.keys()


def test_follow_up_is_completed_from_an_answer_sent_back(api: httpx.Client) -> None:
    first = ask(api, QUESTION)
    assert "第三条" in first["citations"][0]["section"]
    second = ask(api, "那第四条呢？", history=[first])
    assert NAME in second["standalone"] and "第四条" in second["standalone"]
    assert second["citations"][0]["section"].startswith("第四条")
    alone = ask(api, "那第四条呢？")
    assert NAME not in alone["standalone"]


def test_a_question_that_the_corpus_does_not_answer(api: httpx.Client) -> None:
    chinese, english = ask(api, REFUSED), ask(api, REFUSED, language="en")
    for answer in (chinese, english):
        assert answer["abstained"] and not answer["statements"] and not answer["citations"]
        assert answer["evidence"] == "none"
    assert chinese["answer"] != english["answer"]
    by_header = api.post(
        "/api/v1/ask", json={"question": REFUSED}, headers={"accept-language": "en-GB,zh;q=0.5"}
    )
    assert by_header.json()["answer"] == english["answer"]


def test_stream_grows_to_the_same_answer(api: httpx.Client) -> None:
    question = f"{NAME}第三条、第四条、第五条"
    with api.stream("POST", "/api/v1/ask/stream", json={"question": question}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        received = list(events(response))
    names = [name for name, _ in received]
    assert names[-1] == "answer" and len(names) > 1 and set(names[:-1]) == {"part"}
    whole = received[-1][1]
    texts = [value["text"] for _, value in received[:-1]]
    assert all(whole["answer"].startswith(text) for text in texts)
    assert [len(text) for text in texts] == sorted({len(text) for text in texts})
    direct = ask(api, question)
    assert {**whole, "timings_ms": {}} == {**direct, "timings_ms": {}}


def test_a_client_that_leaves_gives_its_place_back(api: httpx.Client) -> None:
    for _ in range(6):  # more than there are places
        body = {"question": f"{NAME}第三条、第四条、第五条"}
        with api.stream("POST", "/api/v1/ask/stream", json=body) as response:
            assert next(events(response))[0] == "part"
    assert not ask(api, QUESTION)["abstained"]
    assert figures(api)["zhengcai_questions_running", ()] == 0


def test_search_and_its_filters(api: httpx.Client) -> None:
    body = {"question": "答复质疑", "k": 4}
    found = api.post("/api/v1/search", json=body).json()
    assert [hit["rank"] for hit in found["results"]] == [1, 2, 3, 4]
    listed = api.get("/api/v1/documents").json()["documents"]
    for document in listed:
        filters = {"documents": [document["id"]]}
        hits = api.post("/api/v1/search", json={**body, "filters": filters}).json()["results"]
        assert hits and {hit["document"] for hit in hits} == {document["id"]}
    nothing = api.post("/api/v1/search", json={**body, "filters": {"region": "无此地"}})
    assert nothing.json()["results"] == []


def test_documents_are_listed_by_page_and_word(api: httpx.Client) -> None:
    whole = api.get("/api/v1/documents").json()
    assert whole["total"] == len(whole["documents"]) == 3
    pages = [
        api.get("/api/v1/documents", params={"limit": 1, "offset": at}).json() for at in range(4)
    ]
    assert [page["total"] for page in pages] == [3] * 4
    assert [d for page in pages for d in page["documents"]] == whole["documents"]
    named = api.get("/api/v1/documents", params={"q": "甲省"}).json()["documents"]
    assert [document["title"] for document in named] == [NAME]


def test_sections_by_every_way_to_name_them(api: httpx.Client) -> None:
    url = f"/api/v1/documents/{NAME}"
    document = api.get(url).json()
    for name in ("第三条", "第3条", "第 3 条", f"《{NAME}》第三条"):
        section = api.get(f"{url}/section", params={"name": name}).json()
        assert section["section"] == "第三条", name
        assert section["text"] == document["text"][section["start"] : section["end"]]
        assert section["text"].startswith("第3条 ")
        assert section["previous"]["section"] == "第二条"
        assert section["next"]["section"] == "第四条"
        assert section["next"]["begins"].startswith("第4条")
        before = document["text"][: section["start"]]
        assert section["before"] and before.endswith(section["before"])
        assert document["text"][section["end"] :].startswith(section["after"])
    assert {entry["section"] for entry in document["outline"]} >= {"第一条", "第二十条"}


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


def test_verdicts_are_kept(api: httpx.Client, project: Project) -> None:
    answer = ask(api, QUESTION)
    verdict = {
        "question": answer["question"],
        "answer": answer["answer"],
        "rating": "down",
        "reason": "不完整",
        "citations": [citation["official"] for citation in answer["citations"]],
        "answer_id": "a1",
    }
    first = api.post("/api/v1/feedback", json=verdict)
    assert first.status_code == 201 and first.json()["id"] == "a1"
    assert api.post("/api/v1/feedback", json={**verdict, "rating": "up"}).status_code == 201
    assert api.post("/api/v1/feedback", json={**verdict, "rating": "so"}).status_code == 422
    (kept,) = export(project.settings)
    assert (kept.rating, kept.reason, kept.question) == ("up", "不完整", QUESTION)
    assert kept.citations == tuple(verdict["citations"])


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


def test_days_limit_what_is_searched_and_listed(api: httpx.Client) -> None:
    def titles(**days: str) -> set[str]:
        found = api.post("/api/v1/search", json={"question": "采购", "filters": days}).json()
        searched = {result["document"] for result in found["results"]}
        listed = api.get("/api/v1/documents", params=days).json()["documents"]
        assert searched <= {document["id"] for document in listed}
        return {document["title"] for document in listed}

    seed = "四川：建章立制固根本 创新引领促长效"
    assert titles(since="2024-10-24", until="2024-10-24") == {seed}
    assert titles(since="2024-10-25") == titles(until="2024-10-23") == set()


def test_health_and_readiness(api: httpx.Client) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    ready = api.get("/readyz")
    assert ready.status_code == 200 and ready.json()["status"] == "ready"
    assert ready.json()["generation"] and ready.json()["changes"] == 3


def test_metrics_count_what_happened(api: httpx.Client) -> None:
    before = figures(api)
    for question in (QUESTION, REFUSED):  # not asked under this filter before, so not remembered
        ask(api, question, filters={"in_force": True})
    api.post("/api/v1/ask", json={})
    api.get("/api/v1/documents/no-such-document-named-here")
    after = figures(api)

    def grew(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0)

    assert grew("zhengcai_answers_total", outcome="answered", evidence="strong") == 1
    assert grew("zhengcai_answers_total", outcome="abstained", evidence="none") == 1
    for stage in ("retrieve", "answer", "total"):
        assert grew("zhengcai_stage_seconds_count", stage=stage) == 2
        assert grew("zhengcai_stage_seconds_sum", stage=stage) > 0
    request = {"method": "POST", "route": "/api/v1/ask"}
    assert grew("zhengcai_http_requests_total", **request, status="200") == 2
    assert grew("zhengcai_http_requests_total", **request, status="422") == 1
    one = {"method": "GET", "route": "/api/v1/documents/{document}", "status": "404"}
    assert grew("zhengcai_http_requests_total", **one) == 1
    assert after["zhengcai_documents", ()] == 3
    records = api.get("/api/v1/documents").json()["documents"]
    assert after["zhengcai_passages", ()] == sum(r["passages"] for r in records)
    generation = api.get("/readyz").json()["generation"]
    assert after["zhengcai_index_generation_info", (("generation", generation),)] == 1
    assert after["process_resident_memory_bytes", ()] > 0


def test_openapi_is_valid_and_speaks_both_languages(api: httpx.Client) -> None:
    schema = api.get("/api/openapi.json").json()
    validate(schema)
    assert schema["servers"] == [{"url": "/api"}]
    operations = [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 6
    for path, method, operation in operations:
        summary = operation["summary"]
        assert " · " in summary and CJK.search(summary.split(" · ")[0]), (path, method)
        assert not CJK.search(summary.split(" · ")[1])
        assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_page_of_the_interface_needs_nothing_from_elsewhere(api: httpx.Client) -> None:
    page = api.get("/api/docs")
    assert page.status_code == 200 and "://" not in page.text
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "begin.js", "favicon.png"):
        assert f"docs/{name}" in page.text or name == "begin.js"
        assert api.get(f"/api/docs/{name}").status_code == 200
    assert api.get("/api/docs/redoc.standalone.js").status_code == 404
    assert api.get("/api/docs/..%2fcore.py").status_code == 404


def test_a_text_added_answers_at_once_and_can_be_replaced_removed_and_undone(
    api: httpx.Client, project: Project
) -> None:
    question = "丙市政府采购评审专家管理办法第二条"
    assert ask(api, question)["abstained"]
    text = law("丙市政府采购评审专家管理办法", 4)
    before = api.get("/readyz").json()["changes"]
    body = {"text": text, "metadata": {"issuer": "丙市财政局"}}
    added = api.post("/api/v1/documents", json=body)
    assert added.status_code == 201, added.text
    document = added.json()["document"]
    assert document["issuer"] == "丙市财政局"
    assert added.headers["location"] == f"/api/v1/documents/{document['id']}"
    assert api.get(added.headers["location"]).json()["text"] in text
    assert ask(api, question)["citations"][0]["document"] == document["id"]
    assert api.get("/readyz").json()["changes"] > before
    again = api.post("/api/v1/documents", json=body)
    assert again.status_code == 409 and again.json()["code"] == "already-in"

    newer = law("丙市政府采购评审专家管理办法", 6).encode()
    files = {"file": ("新.txt", newer, "text/plain")}
    replaced = api.post("/api/v1/documents/file", files=files, data={"replaces": document["id"]})
    assert replaced.status_code == 201, replaced.text
    assert replaced.json()["document"]["id"] == document["id"]
    assert ask(api, f"{question[:-3]}第六条")["citations"][0]["document"] == document["id"]

    removed = api.delete(f"/api/v1/documents/{document['id']}")
    assert removed.status_code == 200 and removed.json()["document"] is None
    assert api.get(f"/api/v1/documents/{document['id']}").status_code == 404
    assert not any(c["document"] == document["id"] for c in ask(api, question)["citations"])
    undone = api.post(f"/api/v1/changes/{removed.json()['change']}/undo")
    assert undone.status_code == 200
    assert undone.json()["document"]["content_hash"] == replaced.json()["document"]["content_hash"]
    assert ask(api, question)["citations"][0]["document"] == document["id"]


def test_what_cannot_be_added(api: httpx.Client) -> None:
    url = "/api/v1/documents"
    for body, status, code in (
        ({}, 422, "nothing-to-add"),
        ({"text": "文", "url": "https://x.example/"}, 422, "nothing-to-add"),
        ({"text": " "}, 400, "no-text"),
        ({"url": "ftp://x.example/a.txt"}, 422, None),
        ({"url": "http://127.0.0.1:9/a.html"}, 422, None),
        ({"text": law("丁办法", 2), "metadata": {"published": "soon"}}, 400, "bad-metadata"),
        ({"text": law("丁办法", 2), "replaces": "无此文件"}, 404, "no-document"),
    ):
        response = api.post(url, json=body)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert code is None or response.json()["code"] == code
    image = {"file": ("图.png", b"\x89PNG", "image/png")}
    assert api.post(f"{url}/file", files=image).status_code == 415
    broken = {"file": ("坏.docx", b"PK\x03\x04 cut short", "application/octet-stream")}
    assert api.post(f"{url}/file", files=broken).status_code == 422
    assert api.delete(f"{url}/无此文件").status_code == 404
    assert api.post("/api/v1/changes/999999/undo").status_code == 409


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
