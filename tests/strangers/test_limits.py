"""What strangers may do and are told, how often, and from where."""

from __future__ import annotations

import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from app.accounts.tries import ADDRESS
from app.web.watching import LINES
from tests.projects import Project, law
from tests.servers import serving
from tests.strangers.visits import (
    EXTRA,
    PASSWORD,
    QUESTION,
    READINGS,
    TOKEN,
    asked,
    longest,
    stranger,
    watching,
)


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


def test_readers_without_an_account_read_so_often_and_are_noted_so_often(
    site: str, project: Project
) -> None:
    with stranger(site, "10.9.5.1") as client:
        document = client.get("/api/v1/documents").json()["documents"][0]["id"]
        paths = (f"/api/v1/documents/{document}", f"/ui/source/{document}", "/ui/library")
        found = [client.get(paths[turn % 3]).status_code for turn in range(READINGS + 140)]
        let = found.count(200)
        assert READINGS - 1 <= let < READINGS + 60 and set(found) == {200, 429}
        refused = client.get(paths[0])
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        known = {"authorization": f"Bearer {TOKEN}"}
        assert client.get(paths[0], headers=known).status_code == 200
    with stranger(site, "10.9.5.2") as client:
        assert client.get(paths[0]).status_code == 200
    log = (project.settings.data_folder / "security.log").read_text(encoding="utf-8")
    mine = [line for line in log.splitlines() if '"10.9.5.1"' in line]
    assert LINES.amount <= len(mine) < READINGS + 140 - let
    assert any("not noted" in line for line in mine)


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
