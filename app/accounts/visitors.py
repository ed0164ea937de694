"""Who asks: by password, by token, by session, or nobody known; and what they may do."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.accounts.secrets import hash_token, is_password
from app.api.guard import is_loopback
from ingest.errors import SettingsError, UserError
from ingest.settings import Account, Settings

Role = Literal["reader", "editor"]
SESSION_SECONDS = 7 * 24 * 3600
KEY_FILE = "sessions.key"
_RANK = {None: 0, "reader": 1, "editor": 2}
_FAILURES = parse("8 per 15 minutes")


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
    """Too many wrong passwords for this name or from this address."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "too-many-tries",
            where,
            "too many wrong passwords",
            "Try again in 15 minutes",
            ("密码错误次数过多", "请在 15 分钟后再试"),
        )


class Visitors:
    """The accounts of the settings, and the sessions of those who logged in."""

    def __init__(self, settings: Settings) -> None:
        self._accounts = {account.name: account for account in settings.accounts}
        self._by_token = {t: account for account in settings.accounts for t in account.tokens}
        self._tries = MovingWindowRateLimiter(MemoryStorage())
        self._key_file = settings.data_folder / KEY_FILE
        self._sealing: URLSafeTimedSerializer | None = None
        self.nobody = Visitor("", anonymous_role(settings))
        self.has_accounts = bool(self._accounts)

    def by_password(self, name: str, password: str, address: str) -> Visitor | None:
        """The account's visitor, ``None`` if name or password is wrong.

        :raises TooManyTries: after eight wrong passwords within 15 minutes for this name or from
            this ``address``; then the right one is refused as well.
        """
        places = [("name", name), ("address", address)]
        if not all(self._tries.test(_FAILURES, *place) for place in places):
            raise TooManyTries(name)
        account = self._accounts.get(name)
        if not is_password(password, account.password if account else None):
            for place in places:
                self._tries.hit(_FAILURES, *place)
            return None
        assert account is not None
        return Visitor(account.name, account.role)

    def by_token(self, token: str) -> Visitor | None:
        """The visitor whose token this is."""
        account = self._by_token.get(hash_token(token))
        return Visitor(account.name, account.role) if account else None

    def session_for(self, visitor: Visitor) -> str:
        """What the browser keeps to be known again."""
        return self._seal.dumps([visitor.name, _print_of(self._accounts[visitor.name])])

    def by_session(self, session: str) -> Visitor | None:
        """The visitor of a session that is not too old and whose account has the same password."""
        try:
            name, printed = self._seal.loads(session, max_age=SESSION_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return None
        account = self._accounts.get(name)
        if account is None or not hmac.compare_digest(_print_of(account), str(printed)):
            return None
        return Visitor(account.name, account.role)

    @property
    def _seal(self) -> URLSafeTimedSerializer:
        if self._sealing is None:
            self._sealing = URLSafeTimedSerializer(_key(self._key_file), salt="session")
        return self._sealing


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


def _key(file: Path) -> bytes:
    """The key that sessions are signed with, made once; all processes over ``data`` share it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) >= 32:
            return key
        file.unlink(missing_ok=True)  # a process was killed while it wrote
        return _key(file)
    with os.fdopen(handle, "wb") as out:
        key = secrets.token_bytes(32)
        out.write(key)
    return key
