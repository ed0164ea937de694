"""Passwords and tokens: made, hashed, checked. Neither is ever stored as it is.

Passwords are hashed with Argon2id (RFC 9106), two at a time: each takes 64 MB and a core. Tokens
are 256 random bits, so their SHA-256 is enough to keep them.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.errors import UserError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
AT_ONCE = 2
MOST_WAITING = 8
_hashing = threading.BoundedSemaphore(AT_ONCE)
_waiting = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


def hash_password(password: str) -> str:
    """The hash that stands in the settings."""
    return _hasher().hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether ``password`` is the one hashed; takes as long where there is no hash at all.

    :raises UserError: if many others are being checked.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _turn():
            known = _hasher().verify(hashed or _dummy(), password[:LONGEST_PASSWORD])
        return known and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


def new_token() -> str:
    """A token to hand to a program; it is shown once."""
    return "zc_" + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """The hash that stands in the settings."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


@contextmanager
def _turn() -> Iterator[None]:
    """One of the places to hash in; waits for it in a short line."""
    if not _waiting.acquire(blocking=False):
        raise UserError(
            "logins-busy",
            "login",
            "many passwords are being checked",
            "Try again in a few seconds",
            ("正在登录的人较多", "请几秒后再试"),
        )
    try:
        with _hashing:
            yield
    finally:
        _waiting.release()


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache(maxsize=1)
def _dummy() -> str:
    return hash_password(secrets.token_urlsafe(16))
