"""Finds out who asks, for every request, and lets nobody in who may not read.

Sessions are cookies (see :mod:`app.accounts.cookies`) that the server knows; requests that change
something are checked for their origin in :mod:`app.api.guard`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import HTTPConnection

from app.accounts.cookies import SESSION, cookie_in
from app.accounts.visitors import Role, Visitor, Visitors
from app.api.problems import Refusal, turn_away

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATHS = ("/login", "/login/code", "/logout", "/healthz", "/readyz", "/ui/me")
OPEN_FOLDERS = ("/ui/assets/",)


class Doors:
    """ASGI middleware that puts the :class:`Visitor` into ``scope["state"]["visitor"]``."""

    def __init__(self, app: ASGIApp, visitors: Visitors) -> None:
        self.app = app
        self.visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or send a browser to the login page and a program away."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        visitor = self._visitor(headers, scope.get("scheme", "http"))
        path = scope["path"]
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)
        if visitor is None or not (is_open or visitor.may("reader")):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            if "text/html" in headers.get("accept", "") and scope["method"] == "GET":
                await _to_login(scope, send)
                return
            await turn_away(unknown_token() if visitor is None else login_needed(), scope, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor
        await self.app(scope, receive, send)

    def _visitor(self, headers: dict[str, str], scheme: str) -> Visitor | None:
        """Who asks; ``None`` for a token that is none of ours."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self.visitors.has_accounts:
            return self.visitors.by_token(token.strip())
        session = cookie_in(headers.get("cookie", ""), SESSION, scheme)
        known = self.visitors.by_session(session) if session else None
        return known or self.visitors.nobody


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Who asks, as :class:`Doors` found out."""
    visitor = connection.state.visitor
    assert isinstance(visitor, Visitor)
    return visitor


def require(role: Role) -> Callable[[HTTPConnection], Visitor]:
    """A FastAPI dependency: the visitor, if they may do what ``role`` may.

    :raises Refusal: 401 for one who did not log in, 403 for one whose account may not.
    """

    def check(connection: HTTPConnection) -> Visitor:
        visitor = visitor_of(connection)
        if visitor.may(role):
            return visitor
        raise not_allowed(visitor) if visitor.name else login_needed()

    return check


def login_needed() -> Refusal:
    """What is said to one who did not log in."""
    return Refusal(
        401,
        "login-needed",
        "login",
        "this needs an account",
        "Log in at /login, or send a token as `Authorization: Bearer …`",
        ("需要登录", "请在 /login 登录，或在请求头 Authorization: Bearer 中提供令牌"),
        headers={"www-authenticate": "Bearer"},
    )


def unknown_token() -> Refusal:
    """What is said to a token of no account."""
    return Refusal(
        401,
        "unknown-token",
        "Authorization",
        "this token belongs to no account",
        "Send one that `python -m app account NAME --token` made",
        ("令牌无效", "请使用 `python -m app account 名称 --token` 生成的令牌"),
        headers={"www-authenticate": 'Bearer error="invalid_token"'},
    )


def not_allowed(visitor: Visitor) -> Refusal:
    """What is said to an account that may only read."""
    return Refusal(
        403,
        "not-allowed",
        visitor.name,
        "this account may read, but not change the corpus",
        "Ask an editor",
        ("此账号只能阅读，不能更改资料库", "请联系有编辑权限的人员"),
    )


async def _to_login(scope: Scope, send: Send) -> None:
    wanted = scope["path"]
    if scope.get("query_string"):
        wanted += "?" + scope["query_string"].decode("latin-1")
    location = "/login?next=" + quote(wanted, safe="/")
    headers = [(b"location", location.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
