"""``/account``: an account's second factor, set up and ended in the browser. Each step that changes
something asks for the password, so that a browser left alone is not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.accounts.addresses import address_of
from app.accounts.cookies import BROWSER, cookie_in
from app.accounts.doors import login_needed, require
from app.accounts.factors import address_for
from app.accounts.login import let_in
from app.accounts.pages import account_page, proposal_page, recovery_page
from app.accounts.secrets import LONGEST_PASSWORD
from app.accounts.visitors import Visitor, Visitors
from app.api.problems import language_of, status_of
from app.i18n import text_in
from app.outward import outward
from app.web.page import FRESH
from ingest.errors import UserError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ingest.language import Language
    from ingest.securitylog import SecurityLog

Password = Annotated[str, Form(max_length=LONGEST_PASSWORD)]
Code = Annotated[str, Form(max_length=40)]


def _account(visitor: Annotated[Visitor, Depends(require("reader"))]) -> Visitor:
    if not visitor.name:
        raise login_needed()
    return visitor


Known = Annotated[Visitor, Depends(_account)]


def add_account(app: FastAPI, visitors: Visitors, log: SecurityLog) -> None:
    """Add the routes where there are accounts."""
    if not visitors.has_accounts:
        return
    factors = visitors.factors

    @app.get("/account", include_in_schema=False)
    def account(
        request: Request, visitor: Annotated[Visitor, Depends(require("reader"))]
    ) -> Response:
        if not visitor.name:
            return RedirectResponse("/login?next=/account", 303, headers=FRESH)
        return page(language_of(request), visitor)

    @app.post("/account/new", include_in_schema=False)
    def new(request: Request, visitor: Known, password: Password) -> Response:
        """Show a new secret; nothing is asked for at logins until its first code was given."""
        language = language_of(request)
        try:
            if not knows(request, visitor, password):
                return page(language, visitor, text_in(language, "login.wrong"), 401)
            return proposal(language, visitor, factors.propose(visitor.name))
        except UserError as error:
            return page(language, visitor, outward(error).line(language), status_of(error))

    @app.post("/account/confirm", include_in_schema=False)
    def confirm(request: Request, visitor: Known, code: Code) -> Response:
        language = language_of(request)
        try:
            codes = factors.confirm(visitor.name, code)
            secret = None if codes else factors.proposed(visitor.name)
        except UserError as error:
            return page(language, visitor, outward(error).line(language), status_of(error))
        if codes:
            noted(request, visitor, "second-factor-on")
            visitors.end_sessions(visitor)
            response = recovery_page(language, visitor.name, codes)
            for name, value in let_in(request, visitors, visitor, "/").raw_headers:
                if name == b"set-cookie":
                    response.raw_headers.append((name, value))
            return response
        if secret is None:
            return RedirectResponse("/account", 303, headers=FRESH)
        wrong = text_in(language, "account.code.wrong")
        return proposal(language, visitor, secret, wrong, 401)

    @app.post("/account/off", include_in_schema=False)
    def off(request: Request, visitor: Known, password: Password, code: Code) -> Response:
        language = language_of(request)
        try:
            if not knows(request, visitor, password):
                return page(language, visitor, text_in(language, "login.wrong"), 401)
            if not visitors.by_code(visitor, code, address_of(request.scope)):
                return page(language, visitor, text_in(language, "account.code.wrong"), 401)
            factors.remove(visitor.name)
        except UserError as error:
            return page(language, visitor, outward(error).line(language), status_of(error))
        noted(request, visitor, "second-factor-off")
        return RedirectResponse("/account", 303, headers=FRESH)

    def knows(request: Request, visitor: Visitor, password: str) -> bool:
        browser = cookie_in(request.headers.get("cookie", ""), BROWSER, request.url.scheme)
        address = address_of(request.scope)
        return visitors.by_password(visitor.name, password, address, browser) is not None

    def noted(request: Request, visitor: Visitor, event: str) -> None:
        log.note(event, name=visitor.name, address=address_of(request.scope))

    def page(
        language: Language, visitor: Visitor, problem: str = "", status: int = 200
    ) -> Response:
        has = factors.has(visitor.name)
        left = factors.left(visitor.name) if has else 0
        return account_page(language, visitor.name, has, left, problem, status)

    def proposal(
        language: Language, visitor: Visitor, secret: str, problem: str = "", status: int = 200
    ) -> Response:
        address = address_for(visitor.name, secret, text_in(language, "title"))
        return proposal_page(language, visitor.name, secret, address, problem, status)
