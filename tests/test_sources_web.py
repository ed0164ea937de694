"""Texts from web pages: real requests to a server on loopback, its pages and its faults."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.index import Index, read_current, writing
from ingest.loading.fetch import FetchLimits
from ingest.pipeline import Summary
from ingest.sources import manners
from ingest.sources.look import look
from ingest.sources.sync import sync
from tests.projects import Project

TITLE, NUMBER = "示例采购质疑和投诉办法", "示例部令第94号"


def page(title: str = TITLE, days: str = "七", day: str = "2017年12月26日", menu: str = "") -> str:
    """A page in the manner of a ministry's: a menu, the order, the text, a foot."""
    return (
        f"<html><head><title>{title}</title></head><body><nav><a href='/'>首页</a> {menu}</nav>"
        f"<h1>{title}</h1><p>{day}中华人民共和国{NUMBER}公布，自2018年3月1日起施行</p>"
        f"<p>第一条 供应商应当在{days}个工作日内提出质疑。</p>"
        "<p>第二条 采购人应当在七个工作日内作出答复。</p></body></html>"
    )


class Server(ThreadingHTTPServer):
    """Pages by path: a status and a body. Paths asked for are noted."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, tuple[int, str]] = {}
        self.raw: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.released = threading.Event()
        self.failing = 0
        self.marked = False
        self.told: list[int] = []
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(self.path)
        if self.path in server.raw:
            body, headers = server.raw[self.path]
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if "x-hangs" in headers:
                server.released.wait(60)
            return
        status, text = server.pages.get(self.path, (404, ""))
        if server.failing and self.path != "/robots.txt":
            server.failing -= 1
            status, text = 503, ""
        body = text.encode()
        mark = f'"{zlib.crc32(body):x}"'
        if server.marked and status == 200 and self.headers.get("if-none-match") == mark:
            status, body = 304, b""
        server.told.append(status)
        self.send_response(status)
        if server.marked and status == 200:
            self.send_header("etag", mark)
            self.send_header("last-modified", "Fri, 27 Nov 2026 08:00:00 GMT")
        if status == 302:
            self.send_header("location", text)
        kind = "text/plain" if self.path.endswith(".txt") else "text/html"
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.released.set()
    found.shutdown()
    found.server_close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been waited."""
    waits: list[float] = []
    monkeypatch.setattr(manners, "sleep", waits.append)
    return waits


@pytest.fixture
def project(tmp_path: Path, server: Server, slept: list[float]) -> Project:
    project = Project.make(tmp_path / "project", "library: {allow_private_addresses: true}\n")
    source = f"{{web: '{server.address}/94.html'}}"
    project.write(
        "sources.yaml", f"texts: [{{title: {TITLE}, number: {NUMBER}, source: {source}}}]"
    )
    server.pages["/94.html"] = 200, page()
    return project


def synced(project: Project) -> Summary:
    with writing(project.settings):
        return sync(project.settings, Embedder(project.settings), web=True)


def error_of(summary: Summary) -> UserError:
    (outcome,) = summary.outcomes
    assert outcome.error and "\n" not in outcome.error.line() + outcome.error.line("zh")
    return outcome.error


def documents(project: Project) -> dict[str, bool]:
    index = Index.open(project.settings)
    try:
        return {record.source: record.superseded for record in index.documents()}
    finally:
        index.close()


def files(project: Project) -> list[Path]:
    """What lies in the data folder, less what SQLite makes for readers."""
    found = (project.folder / "data").rglob("*")
    return sorted(file for file in found if not file.name.endswith(("-wal", "-shm")))


def test_pages_are_fetched_only_when_asked_for(project: Project, server: Server) -> None:
    with writing(project.settings):
        summary = sync(project.settings, Embedder(project.settings))
    assert summary.waiting == 1 and not summary.outcomes and not server.asked


def test_a_page_goes_in_once_with_its_address_and_its_bytes(
    project: Project, server: Server, slept: list[float]
) -> None:
    assert synced(project).count("added") == 1
    url = f"{server.address}/94.html"
    assert documents(project) == {url: False}
    kept = list((project.folder / "data" / "originals").glob("*.html"))
    assert [file.read_text(encoding="utf-8") for file in kept] == [page()]
    server.pages["/94.html"] = 200, page(menu="今天是星期五")
    assert synced(project).count("unchanged") == 1
    assert server.asked == ["/robots.txt", "/94.html"] * 2
    assert any(0 < wait <= manners.PAUSE for wait in slept)


def test_a_later_version_stands_beside_and_another_wording_is_refused(
    project: Project, server: Server
) -> None:
    synced(project)
    server.pages["/94.html"] = 200, page(days="九")
    assert error_of(synced(project)).code == "changed-page"
    server.pages["/94.html"] = 200, page(days="九", day="2025年1月2日")
    assert synced(project).count("added") == 1
    url = f"{server.address}/94.html"
    assert documents(project) == {url: True, f"{url}#2025-01-02": False}
    assert synced(project).count("unchanged") == 1


def test_a_page_in_the_state_that_is_in_is_not_sent_again(project: Project, server: Server) -> None:
    server.marked = True
    assert synced(project).count("added") == 1
    assert synced(project).count("unchanged") == 1 and server.told[-1] == 304
    server.pages["/94.html"] = 200, page(days="九", day="2025年1月2日")
    assert synced(project).count("added") == 1 and server.told[-1] == 200
    assert synced(project).count("unchanged") == 1 and server.told[-1] == 304
    (project.folder / "data" / "pages.json").write_text("[", encoding="utf-8")
    assert synced(project).count("unchanged") == 1 and server.told[-1] == 200
    # removed, the document is no longer there to be left as it is
    assert project.run("ingest", "remove", f"{server.address}/94.html#2025-01-02").returncode == 0
    synced(project)
    assert server.told[-1] == 200


def test_what_a_sync_would_change_is_said_and_not_done(project: Project, server: Server) -> None:
    url = f"{server.address}/94.html"
    found = look(project.settings)
    assert (found.found, found.waiting) == ([], 1) and not server.asked
    assert look(project.settings, web=True).found == [("new", url)]
    assert not (project.folder / "data").exists()
    synced(project)
    before = files(project)
    assert look(project.settings, web=True).found == [("unchanged", url)]
    server.pages["/94.html"] = 200, page(days="九", day="2025年1月2日")
    assert look(project.settings, web=True).found == [("new-version", f"{url}#2025-01-02")]
    server.pages["/94.html"] = 410, ""
    found = look(project.settings, web=True)
    assert [error.code for error in found.missing] == ["gone-page"]
    assert files(project) == before


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, ""), "http-status"),
        ((500, ""), "http-status"),
        ((302, "/94.html"), "too-many-redirects"),
        ((200, page("请输入验证码后继续访问")), "other-text"),
        ((200, page().replace("94号", "87号")), "other-text"),
        ((200, "<html></html>"), "no-text"),
    ],
)
def test_faults_are_one_line_and_nothing_goes_in(
    project: Project, server: Server, answer: tuple[int, str], code: str
) -> None:
    server.pages["/94.html"] = answer
    assert error_of(synced(project)).code == code


GZIP = {"content-type": "text/html", "content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (page().encode("gb18030"), {"content-type": "text/html; charset=utf-8"}),
        (page().encode("utf-8"), {"content-type": "text/html; charset=iso-8859-1"}),
        (gzip.compress(page().encode()), GZIP),
    ],
    ids=["says UTF-8 and is GBK", "says Latin-1 and is UTF-8", "gzip"],
)
def test_a_page_is_read_whatever_its_header_says(
    project: Project, server: Server, body: bytes, headers: dict[str, str]
) -> None:
    server.raw["/94.html"] = body, {**headers, "content-length": str(len(body))}
    assert synced(project).count("added") == 1
    index = Index.open(project.settings)
    try:
        assert [record.title for record in index.documents()] == [TITLE]
    finally:
        index.close()


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (page().encode()[:200], {"content-length": str(len(page().encode()))}, "unreachable"),
        (gzip.compress(page().encode())[:60], {**GZIP, "content-length": "60"}, "unreachable"),
        (b"<html>", {"content-length": "500", "x-hangs": "1"}, "too-slow"),
    ],
    ids=["cut body", "cut gzip", "hung"],
)
def test_a_page_that_does_not_arrive_whole_is_refused(
    project: Project,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
    headers: dict[str, str],
    code: str,
) -> None:
    server.raw["/94.html"] = body, {"content-type": "text/html", **headers}
    fetch = manners.fetch
    brief = FetchLimits(max_seconds=0.5) if code == "too-slow" else FetchLimits()
    monkeypatch.setattr(manners, "fetch", lambda url, _, *rest: fetch(url, brief, *rest))
    assert error_of(synced(project)).code == code
    assert read_current(project.settings) is None or not documents(project)


def test_a_busy_site_is_asked_again_after_a_while(
    project: Project, server: Server, slept: list[float]
) -> None:
    server.failing = 2
    assert synced(project).count("added") == 1
    assert server.asked.count("/94.html") == 3 and {2.0, 4.0} <= set(slept)


def test_a_page_that_the_site_keeps_from_programs_is_not_asked_for(
    project: Project, server: Server
) -> None:
    server.pages["/robots.txt"] = 200, "User-agent: *\nDisallow: /94\n"
    assert error_of(synced(project)).code == "forbidden"
    assert server.asked == ["/robots.txt"]


def test_a_site_that_is_gone_is_not_asked_for_every_page(
    project: Project, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.shutdown()
    server.server_close()
    text = (project.corpus / "sources.yaml").read_text(encoding="utf-8")
    more = f"{{title: 乙, source: {{web: '{server.address}/2.html'}}}}]"
    project.write("sources.yaml", text.removesuffix("]") + f", {more}")
    tried: list[str] = []
    fetch = manners.fetch
    monkeypatch.setattr(
        manners, "fetch", lambda url, *rest: (tried.append(url), fetch(url, *rest))[1]
    )
    summary = synced(project)
    assert [o.error.code for o in summary.outcomes if o.error] == ["unreachable"] * 2
    assert len(tried) == manners.TRIES
