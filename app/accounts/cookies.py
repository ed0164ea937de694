"""The cookies of a login. Behind TLS their names begin with ``__Host-``: browsers take such only
from this very host, for all of it, over TLS."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.responses import Response

Cookie = Literal["zhengcai_session", "zhengcai_browser"]
SESSION: Cookie = "zhengcai_session"
BROWSER: Cookie = "zhengcai_browser"


def cookie_in(header: str, cookie: Cookie, scheme: str) -> str:
    """The cookie's value in a ``Cookie`` header, empty where it has none."""
    try:
        found = SimpleCookie(header).get(_name(cookie, scheme))
    except CookieError:
        return ""
    return found.value if found else ""


def give(response: Response, cookie: Cookie, value: str, seconds: int, scheme: str) -> None:
    """Have the browser keep the cookie: scripts cannot read it, other sites do not send it."""
    response.set_cookie(
        _name(cookie, scheme),
        value,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=scheme == "https",
    )


def take_back(response: Response, cookie: Cookie, scheme: str) -> None:
    """Have the browser forget the cookie."""
    name = _name(cookie, scheme)
    response.delete_cookie(name, httponly=True, samesite="lax", secure=scheme == "https")


def _name(cookie: Cookie, scheme: str) -> str:
    return f"__Host-{cookie}" if scheme == "https" else cookie
