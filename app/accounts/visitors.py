"""Who asks: by password, by token, by session, or nobody known; and what they may do."""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import Literal

from app.accounts.factors import Factors, Matched
from app.accounts.secrets import hash_token, is_password
from app.accounts.sessions import Sessions
from app.accounts.tries import CODE, Tries
from app.api.guard import is_loopback
from ingest.errors import SettingsError, UserError
from ingest.settings import Account, Settings

Role = Literal["reader", "editor"]
_RANK = {None: 0, "reader": 1, "editor": 2}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who asks. ``name`` is empty for one who did not log in, ``role`` is ``None`` where
    such a one may do nothing."""

    name: str
    role: Role | None

    def may(self, role: Role) -> bool:
        """Whether the visitor's role allows what ``role`` allows; editors may read."""
        return _RANK[self.role] >= _RANK[role]


class TooManyTries(UserError):
    """A password or code was tried again too soon; it may be after ``wait`` seconds."""

    def __init__(self, where: str, wait: float, codes: bool = False) -> None:
        self.wait = max(1, math.ceil(wait))
        shown = f"{self.wait} seconds" if self.wait < 120 else f"{math.ceil(wait / 60)} minutes"
        zh = f"{self.wait} 秒" if self.wait < 120 else f"{math.ceil(wait / 60)} 分钟"
        super().__init__(
            "too-many-tries",
            where,
            f"too many wrong {'codes' if codes else 'passwords'}",
            f"Try again in {shown}",
            (f"{'验证码' if codes else '密码'}错误次数过多", f"请在 {zh}后再试"),
        )


class Visitors:
    """The accounts of the settings, and the sessions of those who logged in."""

    def __init__(self, settings: Settings) -> None:
        self._accounts = {account.name: account for account in settings.accounts}
        self._by_token = {t: account for account in settings.accounts for t in account.tokens}
        self._tries = Tries()
        self._codes = Tries(account=CODE)
        self.factors = Factors(settings)
        self._sessions = Sessions(settings)
        self.nobody = Visitor("", anonymous_role(settings))
        self.has_accounts = bool(self._accounts)

    def by_password(
        self, name: str, password: str, address: str, browser: str = ""
    ) -> Visitor | None:
        """The account's visitor, ``None`` if name or password is wrong.

        :param browser: what :meth:`browser_for` gave a browser in which somebody logged in.
        :raises TooManyTries: if this ``address`` or account was tried too often just now; then
            the password is not looked at. See :mod:`app.accounts.tries`.
        :raises UserError: if too many passwords are being checked at this moment.
        """
        account = self._accounts.get(name)
        known = browser if account and self._is_known(account, browser) else ""
        wait = self._tries.begin(name, address, known)
        if wait > 0:
            raise TooManyTries(name, wait)
        if not is_password(password, account.password if account else None):
            return None
        assert account is not None
        self._tries.right(name, address, known)
        return Visitor(account.name, account.role)

    def by_token(self, token: str) -> Visitor | None:
        """The visitor whose token this is."""
        account = self._by_token.get(hash_token(token))
        return Visitor(account.name, account.role) if account else None

    def ticket_for(self, visitor: Visitor) -> str:
        """What one gets who knew the password and has yet to give a code."""
        return self._sessions.begin_ticket(visitor.name, _print_of(self._accounts[visitor.name]))

    def by_ticket(self, ticket: str) -> Visitor | None:
        """Who got this ticket, for as long as it holds."""
        return self._known(self._sessions.ticket(ticket))

    def by_code(self, visitor: Visitor, code: str, address: str) -> Matched | None:
        """What the code is, if it is one of this account's second factor; it works once.

        :raises TooManyTries: as :meth:`by_password`.
        :raises UserError: if that cannot be looked up.
        """
        wait = self._codes.begin(visitor.name, address)
        if wait > 0:
            raise TooManyTries(visitor.name, wait, codes=True)
        matched = self.factors.matches(visitor.name, code)
        if matched:
            self._codes.right(visitor.name, address)
        return matched

    def session_for(self, visitor: Visitor) -> str:
        """What the browser keeps to be known again, until it leaves."""
        return self._sessions.begin(visitor.name, _print_of(self._accounts[visitor.name]))

    def browser_for(self, visitor: Visitor) -> str:
        """What the browser keeps so that others' wrong passwords do not make it wait."""
        return self._sessions.know_browser(visitor.name, _print_of(self._accounts[visitor.name]))

    def by_session(self, session: str) -> Visitor | None:
        """The visitor of a session that has not ended and whose account has the same password."""
        return self._known(self._sessions.of(session))

    def end_sessions(self, visitor: Visitor) -> None:
        """All sessions of the account are none from now on, and its browsers are unknown.

        :raises UserError: if that cannot be kept.
        """
        self._sessions.end_all(visitor.name)

    def end_session(self, session: str) -> None:
        """The session is none from now on.

        :raises UserError: if that cannot be kept.
        """
        self._sessions.end(session)

    def _known(self, found: tuple[str, str] | None) -> Visitor | None:
        account = self._accounts.get(found[0]) if found else None
        if found is None or account is None or not _same(_print_of(account), found[1]):
            return None
        return Visitor(account.name, account.role)

    def _is_known(self, account: Account, browser: str) -> bool:
        found = self._sessions.browser(browser) if browser else None
        return (
            found is not None and found[0] == account.name and _same(_print_of(account), found[1])
        )


def anonymous_role(settings: Settings) -> Role | None:
    """What one may do who did not log in.

    :raises SettingsError: if the settings leave it open on an address that others can reach.
    """
    chosen = settings.server.anonymous
    if chosen == "auto":
        if settings.accounts:
            return "reader"
        if is_loopback(settings.server.host):
            return "editor"
        raise SettingsError(
            "no-accounts",
            settings.server.host,
            "others can reach this address, but there are no accounts",
            "Make one with `python -m app account NAME --role editor`, "
            "or say with server.anonymous what everybody may do (reader, editor)",
            (
                "其他人可以访问这个地址，但还没有账号",
                "请用 `python -m app account 名称 --role editor` 创建账号，"
                "或用 server.anonymous 指明未登录者的权限（reader、editor）",
            ),
        )
    if chosen == "none":
        if not settings.accounts:
            raise SettingsError(
                "no-accounts",
                "server.anonymous: none",
                "nobody could log in, because there are no accounts",
                "Make one with `python -m app account NAME --role editor`",
                (
                    "还没有账号，谁也无法登录",
                    "请用 `python -m app account 名称 --role editor` 创建",
                ),
            )
        return None
    return chosen


def _print_of(account: Account) -> str:
    return hashlib.sha256((account.password or "").encode()).hexdigest()[:16]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
