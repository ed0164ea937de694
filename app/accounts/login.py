"""``/login``, ``/logout`` and ``/ui/me``: who you are, for the browser."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.accounts.addresses import address_of
from app.accounts.cookies import BROWSER, SESSION, Cookie, cookie_in, give, take_back
from app.accounts.doors import visitor_of
from app.accounts.secrets import LONGEST_PASSWORD
from app.accounts.sessions import BROWSER_SECONDS, SESSION_SECONDS
from app.accounts.visitors import TooManyTries, Visitors
from app.api.problems import language_of, status_of
from app.i18n import text_in
from app.outward import outward
from app.web.page import FRESH, asset_url
from ingest.errors import UserError
from ingest.language import Language

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ingest.securitylog import SecurityLog


def add_login(app: FastAPI, visitors: Visitors, log: SecurityLog) -> None:
    """Add the routes; where there are no accounts, only ``/ui/me``."""

    @app.get("/ui/me", include_in_schema=False)
    def me(request: Request) -> Response:
        """Name (empty without login) and role of who asks, and whether one can log in."""
        visitor = visitor_of(request)
        about = {"name": visitor.name, "role": visitor.role, "accounts": visitors.has_accounts}
        return JSONResponse(about, headers=FRESH)

    if not visitors.has_accounts:
        return

    @app.get("/login", include_in_schema=False)
    def form(request: Request, next: str = "/") -> Response:
        return _page(language_of(request), next)

    @app.post("/login", include_in_schema=False)
    def login(
        request: Request,
        name: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=LONGEST_PASSWORD)],
        next: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        language, address = language_of(request), address_of(request.scope)
        name, scheme = name.strip(), request.url.scheme
        try:
            browser = _cookie(request, BROWSER)
            visitor = visitors.by_password(name, password, address, browser)
            log.note("login", name=name, address=address, right=visitor is not None)
            if visitor is None:
                return _page(language, next, name, text_in(language, "login.wrong"), 401)
            response = RedirectResponse(local(next), 303, headers=FRESH)
            give(response, SESSION, visitors.session_for(visitor), SESSION_SECONDS, scheme)
            known = visitors.browser_for(visitor)
            give(response, BROWSER, known, BROWSER_SECONDS, scheme)
            return response
        except TooManyTries as error:
            log.note("login-delayed", name=name, address=address, seconds=error.wait)
            page = _page(language, next, name, error.line(language), 429)
            page.headers["retry-after"] = str(error.wait)
            return page
        except UserError as error:
            line = outward(error).line(language)
            return _page(language, next, name, line, status_of(error))

    @app.post("/logout", include_in_schema=False)
    def logout(request: Request) -> Response:
        """The session ends here, not only in the browser that shows it."""
        session = _cookie(request, SESSION)
        if session:
            visitors.end_session(session)
            address = address_of(request.scope)
            log.note("logout", name=visitor_of(request).name, address=address)
        response = RedirectResponse("/", 303, headers=FRESH)
        take_back(response, SESSION, request.url.scheme)
        return response


def _cookie(request: Request, cookie: Cookie) -> str:
    return cookie_in(request.headers.get("cookie", ""), cookie, request.url.scheme)


def local(address: str) -> str:
    """``address`` if it is a path on this server, else the first page."""
    safe = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    return address if safe and "\\" not in address else "/"


def _page(
    language: Language, next: str, name: str = "", problem: str = "", status: int = 200
) -> Response:
    def word(key: str) -> str:
        return escape(_words(language)[key])

    alert = f'<p class="alert" role="alert">{escape(problem)}</p>' if problem else ""
    page = f"""<!doctype html>
<html lang="{"zh-CN" if language == "zh" else "en"}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{word("login")} · {word("title")}</title>
<link rel="stylesheet" href="{asset_url("login.css")}">
</head>
<body>
<main>
<h1>{word("title")}</h1>
<form method="post" action="/login">
{alert}
<label>{word("name")}<input name="name" value="{escape(name)}" autocomplete="username" required
 maxlength="100"{"" if problem else " autofocus"}></label>
<label>{word("password")}<input name="password" type="password" autocomplete="current-password"
 required maxlength="{LONGEST_PASSWORD}"{" autofocus" if problem else ""}></label>
<input type="hidden" name="next" value="{escape(local(next))}">
<button>{word("login")}</button>
</form>
</main>
</body>
</html>"""
    return HTMLResponse(page, status, headers=FRESH)


def _words(language: Language) -> dict[str, str]:
    return {
        "title": text_in(language, "title"),
        "login": text_in(language, "login"),
        "name": text_in(language, "login.name"),
        "password": text_in(language, "login.password"),
    }
