"""Requests that a web page of another origin makes through the reader's browser are turned away.

A page may name a host of its own that resolves to 127.0.0.1 (DNS rebinding), so a server bound to
a loopback address answers only to loopback names and those in ``server.allowed_hosts``. A page
may also send a form to 127.0.0.1 without reading the answer, so a request that changes something
must come from the server's own origin or from no page at all. No other origin is allowed to read
(no CORS headers are sent).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.api.problems import Refusal, accepted_language, response_for

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """ASGI middleware that checks ``Host`` and ``Origin``.

    :param bound: the address the server listens on.
    :param allowed: further host names; if the address is no loopback one and there are none,
        any name is accepted.
    """

    def __init__(self, app: ASGIApp, bound: str, allowed: tuple[str, ...] = ()) -> None:
        self.app = app
        names = tuple(name.lower() for name in allowed)
        local = is_loopback(bound)
        self.names = frozenset((*_LOOPBACK, *names)) if local or names else None
        self.allowed = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        refusal = self._refusal(scope["method"], headers)
        if refusal is None:
            await self.app(scope, receive, send)
            return
        language = accepted_language(headers.get("accept-language", ""))
        await response_for(refusal, language)(scope, receive, send)

    def _refusal(self, method: str, headers: dict[str, str]) -> Refusal | None:
        host = headers.get("host", "")
        if self.names is not None and host_name(f"//{host}") not in self.names:
            return Refusal(
                421,
                "unknown-host",
                host or "Host",
                "this server does not answer under that name",
                "Use its address, or add the name to server.allowed_hosts",
                ("本服务不以该主机名提供服务", "请使用其地址，或将主机名加入 server.allowed_hosts"),
            )
        if method in _READING:
            return None
        origin = headers.get("origin")
        foreign = origin is not None and not self._is_ours(origin, host)
        if foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return Refusal(
                403,
                "foreign-origin",
                origin or "Origin",
                "a page of another site may not change anything here",
                "Send the request from this server's own page or from a program",
                ("不接受其他网站页面发来的更改请求", "请从本服务的页面或程序发送请求"),
            )
        return None

    def _is_ours(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.netloc.lower() == host.lower() or host_name(origin) in self.allowed


def is_loopback(address: str) -> bool:
    """Whether a server bound to ``address`` is reached from this machine only."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def host_name(address: str) -> str:
    """The host of an address, without port; empty where it has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
