"""The REST interface over the real server: what goes in and out, what is refused and how."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
from openapi_spec_validator import validate

from app.feedback import export
from tests.api.conftest import CJK, NAME, QUESTION, REFUSED, figures
from tests.projects import Project, law


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
    for name, content, status in (
        ("声.mp3", b"ID3\x03", 415),
        ("图.png", b"\x89PNG", 422),
        ("坏.docx", b"PK\x03\x04 cut short", 422),
    ):
        file = {"file": (name, content, "application/octet-stream")}
        assert api.post(f"{url}/file", files=file).status_code == status, name
    assert api.delete(f"{url}/无此文件").status_code == 404
    assert api.post("/api/v1/changes/999999/undo").status_code == 409
