"""Passwords and tokens: made, hashed, checked. Neither is ever stored as it is.

Passwords are hashed with Argon2id (RFC 9106). Tokens are 256 random bits, so their SHA-256 is
enough to keep them.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


def hash_password(password: str) -> str:
    """The hash that stands in the settings."""
    return _hasher().hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether ``password`` is the one hashed; takes as long where there is no hash at all."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(hashed or _dummy(), password[:LONGEST_PASSWORD]) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


def new_token() -> str:
    """A token to hand to a program; it is shown once."""
    return "zc_" + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """The hash that stands in the settings."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache(maxsize=1)
def _dummy() -> str:
    return hash_password(secrets.token_urlsafe(16))
