"""Fetching: a real server on loopback for what must work, refusals for everything private."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.errors import LoadError
from ingest.load import load_bytes
from ingest.loading.fetch import FetchLimits, fetch
from ingest.loading.public_address import is_public

PAGE = (
    "<html><head><meta charset='gb2312'><title>通知</title></head>"
    "<body><p>第一条 政府采购。</p></body></html>"
).encode("gb18030")


class _Handler(BaseHTTPRequestHandler):
    hosts: list[str]

    def do_GET(self) -> None:
        type(self).hosts.append(self.headers["Host"])
        path = self.path.partition("?")[0]
        if path == "/page.shtml":
            self._answer(PAGE, "text/html; charset=gb2312")
        elif path == "/gzip":
            self._answer(gzip.compress(PAGE), "text/html", {"Content-Encoding": "gzip"})
        elif path == "/bomb":
            self._answer(
                gzip.compress(b"\0" * 30_000_000), "text/html", {"Content-Encoding": "gzip"}
            )
        elif path == "/cut":
            self._answer(gzip.compress(PAGE)[:-20], "text/html", {"Content-Encoding": "gzip"})
        elif path == "/download":
            disposition = "attachment; filename*=UTF-8''%E5%8A%9E%E6%B3%95.docx"
            self._answer(b"PK", "application/octet-stream", {"Content-Disposition": disposition})
        elif path == "/image":
            self._answer(b"\x89PNG", "image/png")
        elif path == "/missing":
            self._answer(b"", "text/html", status=404)
        elif path == "/loop":
            self._answer(b"", "text/html", {"Location": "/loop"}, 302)
        elif path == "/once":
            self._answer(b"", "text/html", {"Location": "page.shtml?a=1"}, 301)
        elif path == "/to-file":
            self._answer(b"", "text/html", {"Location": "file:///etc/passwd"}, 302)
        elif path == "/slow-head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self._drip(b"X-A: b\r\n")
        elif path == "/slow-body":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self._drip(b"a")

    def _answer(
        self, body: bytes, kind: str, headers: dict[str, str] | None = None, status: int = 200
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, piece: bytes) -> None:
        for _ in range(100):
            try:
                self.wfile.write(piece)
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    _Handler.hosts = []
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def _code(url: str, limits: FetchLimits | None = None, allow_private: bool = True) -> str:
    with pytest.raises(LoadError) as caught:
        fetch(url, limits or FetchLimits(), allow_private)
    assert caught.value.zh
    assert caught.value.where == url
    return caught.value.code


def test_page_is_fetched_and_loads(server: str) -> None:
    found = fetch(f"{server}/page.shtml", allow_private=True)
    data, name, url = found.data, found.name, found.url
    assert (data, name, url) == (PAGE, "page.html", f"{server}/page.shtml")
    document = load_bytes(data, name, url)
    assert [block.text for block in document.blocks] == ["第一条 政府采购。"]
    assert document.metadata.url == url


def test_works_inside_an_event_loop(server: str) -> None:
    async def inside() -> bytes:
        return fetch(f"{server}/page.shtml", allow_private=True).data

    # a thread of its own: the browser tests may have left a loop running in this one
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(asyncio.run, inside()).result() == PAGE


def test_compressed_page(server: str) -> None:
    assert fetch(f"{server}/gzip", allow_private=True).data == PAGE
    assert _code(f"{server}/cut") == "unreachable"


def test_redirect_is_followed_and_the_final_address_told(server: str) -> None:
    assert fetch(f"{server}/once", allow_private=True).url == f"{server}/page.shtml?a=1"


def test_attachment_name(server: str) -> None:
    assert fetch(f"{server}/download", allow_private=True).name == "办法.docx"


def test_the_host_is_named_though_the_address_is_connected(server: str) -> None:
    port = server.rpartition(":")[2]
    fetch(f"http://localhost:{port}/page.shtml", allow_private=True)
    assert _Handler.hosts[-1] == f"localhost:{port}"


def test_proxies_of_the_environment_are_ignored(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(f"{server}/page.shtml", allow_private=True).data == PAGE


def test_limits(server: str) -> None:
    assert _code(f"{server}/bomb", FetchLimits(max_bytes=1_000_000)) == "too-large"
    assert _code(f"{server}/page.shtml", FetchLimits(max_bytes=10)) == "too-large"
    assert _code(f"{server}/loop") == "too-many-redirects"
    for path in ("/slow-head", "/slow-body"):
        started = time.monotonic()
        assert _code(server + path, FetchLimits(max_seconds=0.6)) == "too-slow"
        assert time.monotonic() - started < 3


def test_bad_answers(server: str) -> None:
    assert _code(f"{server}/missing") == "http-status"
    assert _code(f"{server}/image") == "unknown-content-type"
    assert _code(f"{server}/to-file") == "bad-address"
    assert _code("http://127.0.0.1:1/") == "unreachable"
    assert _code("http://no-such-host.invalid/", allow_private=False) == "unreachable"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "corpus/a.txt",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "gopher://example.com/",
        "http://",
        "http://user:secret@example.com/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://example.com:22/",
        "http://example.com:6379/",
        "http://[::1/",
        "http://a b/",
    ],
)
def test_bad_addresses(url: str) -> None:
    assert _code(url, allow_private=False) == "bad-address"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "198.18.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
    ],
)
def test_private_addresses(host: str) -> None:
    assert _code(f"http://{host}/", allow_private=False) == "private-address"


def test_a_redirect_to_a_private_address_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hop is let through by declaring its address public; the second is not."""
    port = server.rpartition(":")[2]
    public = ipaddress.ip_address("127.0.0.1")
    monkeypatch.setattr(
        "ingest.loading.public_address.is_public", lambda address: address == public
    )
    monkeypatch.setattr("ingest.loading.fetch.PORTS", frozenset({int(port)}))
    assert fetch(f"{server}/once").data == PAGE
    monkeypatch.setattr(
        _Handler,
        "do_GET",
        lambda self: self._answer(b"", "text/html", {"Location": f"http://[::1]:{port}/"}, 302),
    )
    assert _code(f"{server}/page.shtml", allow_private=False) == "private-address"


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, where: str) -> list[ipaddress.IPv4Address]:
        return [ipaddress.IPv4Address("93.184.215.14"), ipaddress.IPv4Address("10.0.0.8")]

    monkeypatch.setattr("ingest.loading.fetch._resolve", resolve)
    assert _code("http://example.com/", allow_private=False) == "private-address"


def test_public_addresses() -> None:
    for text in ("93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"):
        assert is_public(ipaddress.ip_address(text)), text
