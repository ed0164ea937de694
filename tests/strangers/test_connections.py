"""Connections that strangers hold and do not use."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from app.web import connections
from tests.projects import Project
from tests.servers import serving, until

MOST = 8


@pytest.fixture(scope="module")
def site(project: Project) -> Iterator[str]:
    """One that believes no proxy, so that this machine is a stranger."""
    with serving(project, ZHENGCAI_SERVER__PROXIES="[]", ZHENGCAI_SERVER__CONNECTIONS="8") as url:
        yield url.rstrip("/")


def connected(site: str, said: bytes = b"") -> socket.socket:
    address = urlsplit(site)
    assert address.hostname and address.port
    made = socket.create_connection((address.hostname, address.port), timeout=60)
    made.sendall(said)
    return made


def heard(connection: socket.socket) -> bytes:
    """All that comes until the server closes it."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    connection.close()
    return b"".join(parts)


def test_who_sends_no_request_is_not_waited_for(
    site: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.5)
    host = b"Host: localhost\r\n"
    begun = [b"", b"GET /healthz HTT", b"GET /healthz HTTP/1.1\r\n" + host + b"X-A: b\r\n"]
    for said in begun:
        answer = heard(connected(site, said))
        assert answer.startswith(b"HTTP/1.1 408 "), said
        assert "没有收到完整的请求".encode() in answer
    after_an_answer = connected(site, b"GET /healthz HTTP/1.1\r\n" + host + b"\r\nGET /he")
    answer = heard(after_an_answer)
    assert answer.startswith(b"HTTP/1.1 200 ") and b"HTTP/1.1 408 " in answer
    without_body = b"POST /api/v1/ask HTTP/1.1\r\n" + host + b"Content-Length: 90\r\n\r\n{"
    assert heard(connected(site, without_body)) == b""
    not_read = b"GET /healthz HTTP/1.1\r\n" + host + b"Content-Length: 90\r\n\r\n{"
    assert heard(connected(site, not_read)).startswith(b"HTTP/1.1 200 ")
    assert not [one for one in caplog.records if one.name == "asyncio"]
    monkeypatch.undo()  # who does send is answered as ever
    assert httpx.get(f"{site}/healthz", timeout=60).status_code == 200


def test_one_address_holds_so_many_connections_and_no_more(site: str) -> None:
    with ExitStack() as held:
        for _ in range(MOST):
            one = held.enter_context(
                connected(site, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            )
            assert one.recv(15) == b"HTTP/1.1 200 OK"
        answer = heard(connected(site))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after" in answer and "此地址打开的连接过多".encode() in answer
    until(lambda: httpx.get(f"{site}/healthz", timeout=60).status_code == 200, "none is let go")


def test_a_head_without_end_is_refused(site: str) -> None:
    endless = connected(site, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
    with pytest.raises(OSError):  # the server closes it
        for _ in range(1000):
            endless.sendall(b"X-A: " + b"b" * 10_000 + b"\r\n")
    endless.close()
