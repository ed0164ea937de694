"""``/login``, ``/logout`` and ``/ui/me``: who you are, for the browser. Second factors are set up
in :mod:`app.accounts.account`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.accounts.addresses import address_of
from app.accounts.cookies import BROWSER, SESSION, Cookie, cookie_in, give, take_back
from app.accounts.doors import visitor_of
from app.accounts.pages import code_page, login_page
from app.accounts.secrets import LONGEST_PASSWORD
from app.accounts.sessions import BROWSER_SECONDS, SESSION_SECONDS
from app.accounts.visitors import TooManyTries, Visitor, Visitors
from app.api.problems import language_of, status_of
from app.i18n import text_in
from app.outward import outward
from app.web.page import FRESH
from ingest.errors import UserError

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
        return login_page(language_of(request), local(next))

    @app.post("/login", include_in_schema=False)
    def login(
        request: Request,
        name: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=LONGEST_PASSWORD)],
        next: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        language, address = language_of(request), address_of(request.scope)
        name, next = name.strip(), local(next)
        try:
            browser = _cookie(request, BROWSER)
            visitor = visitors.by_password(name, password, address, browser)
            log.note("login", name=name, address=address, right=visitor is not None)
            if visitor is None:
                return login_page(language, next, name, text_in(language, "login.wrong"), 401)
            if visitors.factors.has(visitor.name):
                return code_page(language, visitors.ticket_for(visitor), next)
            return let_in(request, visitors, visitor, next)
        except TooManyTries as error:
            log.note("login-delayed", name=name, address=address, seconds=error.wait)
            page = login_page(language, next, name, error.line(language), 429)
            page.headers["retry-after"] = str(error.wait)
            return page
        except UserError as error:
            line = outward(error).line(language)
            return login_page(language, next, name, line, status_of(error))

    @app.post("/login/code", include_in_schema=False)
    def code(
        request: Request,
        ticket: Annotated[str, Form(max_length=100)],
        code: Annotated[str, Form(max_length=40)],
        next: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        """The second step of whoever knew the password of an account with a second factor."""
        language, address = language_of(request), address_of(request.scope)
        next = local(next)
        visitor = visitors.by_ticket(ticket)
        if visitor is None:
            return RedirectResponse(f"/login?next={quote(next, safe='')}", 303, headers=FRESH)
        try:
            matched = visitors.by_code(visitor, code, address)
            log.note("code", name=visitor.name, address=address, right=bool(matched), kind=matched)
            if matched is None:
                wrong = text_in(language, "account.code.wrong")
                return code_page(language, ticket, next, wrong, 401)
            visitors.end_session(ticket)
            return let_in(request, visitors, visitor, next)
        except UserError as error:
            line = outward(error).line(language)
            return code_page(language, ticket, next, line, status_of(error))

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


def let_in(request: Request, visitors: Visitors, visitor: Visitor, next: str) -> Response:
    """Begin a session, and know this browser again.

    :raises UserError: if that cannot be kept.
    """
    scheme = request.url.scheme
    response = RedirectResponse(next, 303, headers=FRESH)
    give(response, SESSION, visitors.session_for(visitor), SESSION_SECONDS, scheme)
    give(response, BROWSER, visitors.browser_for(visitor), BROWSER_SECONDS, scheme)
    return response


def _cookie(request: Request, cookie: Cookie) -> str:
    return cookie_in(request.headers.get("cookie", ""), cookie, request.url.scheme)


def local(address: str) -> str:
    """``address`` if it is a path on this server, else the first page."""
    safe = address.startswith("/") and address[1:2] not in ("/", "\\") and address.isprintable()
    return address if safe and "\\" not in address else "/"
