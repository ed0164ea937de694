"""Strangers before the real server: what they send, what they are not told, how often they may."""

from __future__ import annotations

import asyncio
import json
import math
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import uvicorn

from app.accounts.secrets import hash_password, hash_token, new_token
from app.accounts.tries import ADDRESS
from app.web.gradio_door import is_open
from ingest.securitylog import SecurityLog
from ingest.settings import LogSettings, Settings, load_settings
from tests.projects import Project, law
from tests.servers import serving

PASSWORD = "一个足够长又好记的密码"
TOKEN = new_token()
EXTRA = f"""
server: {{proxies: [127.0.0.1], allowed_hosts: [qa.example.cn], processes: 0}}
public: {{questions_per_minute: 3, shares_per_day: 2, verdicts_per_day: 2}}
accounts:
  - {{name: 张三, role: editor, password: '{hash_password(PASSWORD)}'}}
  - {{name: robot, role: editor, tokens: ['{hash_token(TOKEN)}']}}
"""
LONGEST_WAIT = 5.0
"""Seconds; one large body stopped everything for 8 on an idle machine."""
MOST_AT_ONCE = 0.15
"""Seconds of the processor; a slow machine takes three times as long as a fast one."""
QUESTION = "采购人应当在几个工作日内公开采购意向？"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("strangers") / "project", EXTRA)
    outside = project.folder.parent / "elsewhere"
    outside.mkdir()
    (outside / "外来办法.txt").write_text(law("丙市政府采购管理办法", 5), encoding="utf-8")
    project.write("办法.txt", law("甲省政府采购管理办法", 8))
    added = project.run("ingest", "add", str(project.corpus), str(outside))
    assert added.returncode == 0, added.stderr
    return project


@pytest.fixture(scope="module")
def busy() -> Iterator[list[float]]:
    """Seconds of the processor that the event loop took between two of its turns."""
    turns: list[float] = []
    whole = uvicorn.Server.main_loop

    async def counted(server: uvicorn.Server) -> None:
        async def count() -> None:
            last = time.thread_time()
            while True:
                await asyncio.sleep(0.002)
                now = time.thread_time()
                turns.append(now - last)
                last = now

        counting = asyncio.create_task(count())
        await whole(server)
        counting.cancel()

    with patch.object(uvicorn.Server, "main_loop", counted):
        yield turns


@pytest.fixture(scope="module")
def site(project: Project, busy: list[float]) -> Iterator[str]:
    with serving(project) as url:
        yield url.rstrip("/")


def stranger(site: str, address: str, **headers: str) -> httpx.Client:
    """A client that a proxy on this machine speaks for."""
    shown = {"x-forwarded-for": address, "accept-language": "en", **headers}
    return httpx.Client(base_url=site, headers=shown, timeout=60)


def asked(client: httpx.Client, question: str = QUESTION) -> dict[str, Any]:
    """A whole answer through the page's queue."""
    joined = client.post("/gradio_api/call/ask", json={"data": [question, [], {}, "zh"]})
    assert joined.status_code == 200, joined.text
    lines = client.get(f"/gradio_api/call/ask/{joined.json()['event_id']}").text.splitlines()
    messages = [json.loads(line[6:])[0] for line in lines if line.startswith("data: [")]
    message: dict[str, Any] = messages[-1]
    assert message["final"]
    return message


@contextmanager
def watching(site: str) -> Iterator[list[float]]:
    """How long ``/healthz`` takes meanwhile, asked over and over."""
    waits: list[float] = []
    begun, ended = threading.Event(), threading.Event()

    def watch() -> None:
        with httpx.Client(base_url=site, timeout=60) as client:
            while not ended.wait(0.02):
                began = time.perf_counter()
                assert client.get("/healthz").status_code == 200
                waits.append(time.perf_counter() - began)
                begun.set()

    thread = threading.Thread(target=watch)
    thread.start()
    assert begun.wait(60)
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


def longest(waits: list[float]) -> float:
    """What may be waited at most, however slow the machine is in all."""
    return max(LONGEST_WAIT, 20 * sorted(waits)[len(waits) // 2])


LARGE = b'{"messages": [' + b'{"a":[]},' * 1_000_000 + b"0]}"


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


def test_no_other_origin_may_read(site: str) -> None:
    for origin in ("http://localhost:3000", "https://evil.example", "null", site):
        with stranger(site, "10.9.0.4", origin=origin) as client:
            for path in ("/", "/config", "/ui/corpus", "/api/v1/documents", "/healthz", "/mcp"):
                for method in ("GET", "OPTIONS"):
                    headers = {"access-control-request-method": "POST", "accept": "text/html"}
                    with client.stream(method, path, headers=headers) as response:
                        sent = [n for n in response.headers if n.startswith("access-control")]
                    assert not sent, (origin, method, path)


def test_only_what_was_answered_is_shared_or_exported(site: str, project: Project) -> None:
    with stranger(site, "10.9.1.1") as client:
        message = asked(client)
        false = json.loads(json.dumps(message))
        false["statements"][0]["text"] = "限额标准为九千万元。"
        body = {"title": "限额标准为九千万元", "messages": [false], "language": "zh"}
        refused = client.post("/ui/share", json=body)
        assert refused.status_code == 400 and "核对" in refused.json()["error"]["zh"]
        for kind in ("md", "docx"):
            assert client.post(f"/ui/export/{kind}", json=body).status_code == 400
        both = {**body, "messages": [message, false]}
        made = client.post("/ui/share", json=both)
        assert made.status_code == 201 and made.json()["leftOut"] == 1
        shown = client.get(f"/ui/share/{made.json()['id']}")
        assert "九千万" not in shown.text
        shared = shown.json()
        assert shared["title"] == QUESTION and shared["messages"][0]["made"][:2] == "20"
        assert {one["now"] for one in shared["cited"]} == {"same"}
        assert all(set(one) >= {"title", "version"} for one in shared["cited"])
        written = client.post("/ui/export/md", json=both)
        assert written.headers["x-left-out"] == "1" and "限额标准为九千万元。" not in written.text
        third = client.post("/ui/share", json=both)
        assert third.status_code == 429 and int(third.headers["retry-after"]) > 0
        assert "this address" in third.json()["error"]["en"]


def test_readers_without_an_account_ask_so_often_and_others_are_not_counted(site: str) -> None:
    body = {"question": QUESTION}
    with stranger(site, "10.9.2.1") as client:
        found = [client.post("/api/v1/search", json=body).status_code for _ in range(5)]
        assert found == [200, 200, 200, 429, 429]
        refused = client.post("/gradio_api/call/ask", json={"data": [QUESTION, [], {}, "zh"]})
        assert refused.status_code == 429 and "请求过多" in refused.json()["error"]["zh"]
        known = {"authorization": f"Bearer {TOKEN}"}
        assert client.post("/api/v1/search", json=body, headers=known).status_code == 200
    with stranger(site, "10.9.2.2") as client:
        assert client.post("/api/v1/search", json=body).status_code == 200
        verdict = {"question": QUESTION, "rating": "up"}
        sent = [client.post("/api/v1/feedback", json=verdict).status_code for _ in range(3)]
        assert sent == [201, 201, 429]


def test_forwarded_headers_count_only_from_a_named_proxy(site: str, tmp_path: Path) -> None:
    tls = {"x-forwarded-proto": "https", "host": "qa.example.cn"}
    form = {"name": "张三", "password": PASSWORD}
    with stranger(site, "10.9.3.1", **tls) as client:
        done = client.post("/login", data=form)
        assert done.status_code == 303
        cookies = done.headers.get_list("set-cookie")
        assert all(c.startswith("__Host-") and "Secure" in c and "Path=/" in c for c in cookies)
        assert "max-age" in done.headers["strict-transport-security"]
        session = cookies[0].split(";")[0]
        who = client.get("/ui/me", headers={"cookie": session}).json()
        assert who["name"] == "张三"
    with stranger(site, "10.9.3.1") as client:
        assert "strict-transport-security" not in client.get("/healthz").headers
        assert client.get("/ui/me", headers={"cookie": session}).json()["name"] == ""
    alone = Project.make(tmp_path / "alone", EXTRA.replace("proxies: [127.0.0.1], ", ""))
    alone.write("办法.txt", law("甲省政府采购管理办法", 2))
    assert alone.run("ingest", "add", str(alone.corpus)).returncode == 0
    with serving(alone) as url, httpx.Client(base_url=url, timeout=60) as client:
        found = []
        for number in range(4):  # one that names itself anew each time is still one
            headers = {"x-forwarded-for": f"10.9.4.{number}", **tls}
            response = client.post("/api/v1/search", json={"question": "采购"}, headers=headers)
            found.append(response.status_code)
        assert found == [200, 200, 200, 429]
        assert "strict-transport-security" not in response.headers


def test_many_wrong_passwords_at_once(site: str) -> None:
    form = {"name": "张三", "password": "wrong password"}

    def attempt(number: int) -> int:
        with stranger(site, "10.9.5.1") as client:
            return client.post("/login", data=form).status_code

    began = time.monotonic()
    with watching(site) as waits, ThreadPoolExecutor(30) as threads:
        became = list(threads.map(attempt, range(30)))
    doublings = int(math.log2(time.monotonic() - began + 2)) + 1  # each wait is twice the last
    assert became.count(401) <= ADDRESS.free + doublings and set(became) <= {401, 429, 503}
    assert max(waits) < longest(waits)
    with stranger(site, "10.9.3.1") as client:  # where the owner logged in before
        right = client.post("/login", data={**form, "password": PASSWORD})
    assert right.status_code == 303


HALF = '"\\ud800"'
"""Half a character, as JSON may hold it."""
LARGE_NUMBER = "9" * 4400


def test_senseless_values_are_refused_and_nothing_fails(site: str) -> None:
    """Names of no file, numbers beyond all bounds, half characters, addresses that are none."""
    kind = {"content-type": "application/json"}
    known = {"authorization": f"Bearer {TOKEN}", **kind}
    posted = {
        "/ui/followups": (
            f'{{"places": [[{HALF}, 0, 1]]}}',
            f'{{"places": [["x", {"9" * 30}, 1]]}}',
            "[" * 5000,
        ),
        "/ui/feedback": (
            f'{{"id": {HALF}, "rating": {HALF}, "question": "q", "answer": "a"}}',
            f'{{"id": {HALF}, "rating": "up", "question": {HALF}, "answer": {HALF}}}',
        ),
        "/ui/share": (f'{{"messages": [{{"seal": {HALF}, "question": {HALF}}}]}}',),
        "/api/v1/search": (f'{{"question": {HALF}}}', '{"question": NaN}'),
        "/api/v1/feedback": (f'{{"id": {HALF}, "rating": "up"}}',),
        f"/api/v1/changes/{'9' * 20}/undo": ("",),
        f"/ui/library/changes/{'9' * 20}/undo": ("",),
        "/gradio_api/call/ask": (f'{{"data": [{HALF}, [], {{}}, "zh"]}}',),
    }
    with stranger(site, "10.9.8.1") as client:
        document = client.get("/api/v1/documents").json()["documents"][0]["id"]
        for name in ("%00", "x" * 5000, "..%2f..%2fui.py", "%ff", "js"):
            assert client.get(f"/ui/assets/x/{name}").status_code == 404, name
        for mark in (f"{LARGE_NUMBER}-1-1", "0-9999999999999-1", "²-³"):
            read = client.get(f"/ui/source/{document}", params={"mark": mark})
            assert read.status_code == 200 and not read.json()["places"], mark[:20]
        for path, bodies in posted.items():
            for body in bodies:
                response = client.post(path, content=body.encode(), headers=known)
                assert response.status_code < 500, (path, body[:60], response.text)
                if response.status_code >= 400:
                    said = response.json()
                    assert "error" in said or said["detail"], (path, body[:60])
        foreign = client.post("/api/v1/search", content="{}", headers={"origin": "http://[::1"})
        assert foreign.status_code == 403
        for data in ([1, [], {}, "zh"], [None, None, None, None], [QUESTION, {}, [], 7]):
            joined = client.post("/gradio_api/call/ask", json={"data": data}, headers=known)
            told = client.get(f"/gradio_api/call/ask/{joined.json()['event_id']}", headers=known)
            assert '"error":' in told.text and "Traceback" not in told.text, data


def test_nothing_names_a_path_of_the_server(site: str, project: Project) -> None:
    own = str(project.folder.parent)
    known = {"authorization": f"Bearer {TOKEN}"}
    with stranger(site, "10.9.6.1", **known) as client:
        ask = {"question": "丙市政府采购管理办法第三条的内容是什么？"}
        answer = client.post("/api/v1/ask", json=ask)
        assert answer.json()["citations"]
        listed = client.get("/api/v1/documents").json()["documents"]
        outside = next(one for one in listed if one["title"].startswith("丙市"))
        assert outside["source"] == "外来办法.txt"
        read = [answer, client.post("/api/v1/search", json=ask)]
        read += [
            client.get(path)
            for path in (
                "/api/v1/documents", f"/api/v1/documents/{outside['id']}", "/ui/library",
                f"/api/v1/documents/{outside['id']}/section?name=第三条", "/ui/library/changes",
                f"/ui/source/{outside['id']}", f"/ui/original/{outside['id']}", "/readyz",
                "/api/v1/documents/none", "/ui/original/none", "/ui/share/none", "/metrics",
            )
        ]  # fmt: skip
        message = asked(client, ask["question"])
        body = {"messages": [message], "language": "zh"}
        read.append(client.post("/ui/export/md", json=body))
        read.append(client.post("/ui/share", json=body))
        for response in read:
            assert own not in response.text, response.url
            assert own not in json.dumps(dict(response.headers)), response.url
        assert own not in json.dumps(message)


def test_the_log_says_who_came_and_who_did_not(site: str, project: Project) -> None:
    with stranger(site, "10.9.7.1") as client:
        client.post("/login", data={"name": "李 四", "password": "wrong password"})
        client.get("/api/v1/documents", headers={"authorization": "Bearer zc_no"})
        added = client.post(
            "/api/v1/documents",
            json={"title": "丁区采购办法", "text": law("丁区采购办法", 2)},
            headers={"authorization": f"Bearer {TOKEN}"},
        )
        assert added.status_code == 201
        asked(client, "一个不会进日志的问题")
    removed = project.run("ingest", "remove", "丁区采购办法")
    assert removed.returncode == 0, removed.stderr
    text = (project.settings.data_folder / "security.log").read_text(encoding="utf-8")
    entries = [json.loads(line) for line in text.splitlines()]
    mine = [e for e in entries if e.get("address") == "10.9.7.1"]
    assert {"event": "login", "name": "李 四", "right": False}.items() <= mine[0].items()
    refused = [e for e in mine if e["event"] == "refused"]
    assert {e["status"] for e in refused} == {401} and refused[-1]["path"] == "/api/v1/documents"
    changes = [e for e in entries if e["event"] == "change"]
    (change,) = [c for c in changes if "丁区" in c["title"]]
    assert {"face": "rest", "action": "add", "name": "robot"}.items() <= change.items()
    commands = [e for e in entries if e["event"] == "command"]
    assert [(c["command"], c["status"]) for c in commands] == [("add", 0), ("remove", 0)]
    assert "不会进日志" not in text and PASSWORD not in text and TOKEN not in text


def test_the_log_rotates_and_stays_out_of_the_way(tmp_path: Path) -> None:
    settings = Settings(base=tmp_path, log=LogSettings(max_mb=0.002, files=2))
    log = SecurityLog(settings)
    for number in range(200):
        log.note("refused", path="/" + "x" * 500, number=number)
    kept = sorted(file.name for file in settings.data_folder.glob("security.log*"))
    assert [n for n in kept if not n.endswith("lock")] == [
        "security.log", "security.log.1", "security.log.2",
    ]  # fmt: skip
    last = log.file.read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["number"] == 199 and len(last) < 500
    assert log.file.stat().st_mode & 0o077 == 0
    off = Settings(base=tmp_path / "off", log=LogSettings(security=False))
    SecurityLog(off).note("login")
    assert not off.data_folder.exists()
    blocked = Settings(base=tmp_path / "blocked")
    blocked.base.mkdir()
    blocked.data_folder.write_text("a file where the folder should be")
    SecurityLog(blocked).note("login")  # says so in the program's log, and goes on


@pytest.mark.parametrize("value", ["proxy.example.cn", "10.0.0.0/99", "*"])
def test_proxies_are_addresses(tmp_path: Path, value: str) -> None:
    from ingest.errors import SettingsError

    file = tmp_path / "config.yaml"
    file.write_text(f"server: {{proxies: ['{value}']}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"server\.proxies"):
        load_settings(file)
