"""The second factor of a login: codes of an authenticator app (TOTP, RFC 6238), and recovery codes
for whoever lost it. Kept in ``data/second-factors.sqlite`` or in PostgreSQL; each code works once,
whichever process or machine is asked.

The secret of an app has to be kept as it is, so the file is readable by the server's user only.
Of recovery codes only hashes are kept.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Literal

import pyotp

from ingest.errors import UserError
from ingest.faults import reason
from ingest.settings import Settings
from ingest.storage.database import Connection
from ingest.storage.places import shared_place

FILE = "second-factors.sqlite"
RECOVERY_CODES = 10
STEP = 30
_DRIFT = 1
"""A clock may be a step behind or ahead."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SCHEMA = """
create table if not exists factors (
    name text primary key, secret text not null, used integer not null, confirmed integer not null
);
create table if not exists recovery (
    name text not null, hash text not null, primary key (name, hash)
)
"""

Matched = Literal["app", "recovery"]


class Factors:
    """The second factors of the accounts of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._database = shared_place(settings, FILE, private=True)

    def has(self, name: str) -> bool:
        """Whether this account's login needs a code.

        :raises UserError: if that cannot be looked up; then nobody is to be let in.
        """
        query = "select 1 from factors where name = ? and confirmed = 1"
        with _told():
            if not self._database.exists():
                return False
        with self._open() as connection:
            return connection.execute(query, (name,)).fetchone() is not None

    def propose(self, name: str) -> str:
        """A new secret for an authenticator app; it counts once :meth:`confirm` was told a code.

        :raises UserError: if it cannot be kept, or the account has a second factor.
        """
        secret = pyotp.random_base32()
        with self._open() as connection:
            kept = connection.execute(
                "insert into factors values (?, ?, 0, 0) on conflict (name) do update"
                " set secret = excluded.secret, used = 0 where factors.confirmed = 0"
                " returning name",
                (name, secret),
            ).fetchall()
        if not kept:
            raise _has_one(name)
        return secret

    def proposed(self, name: str) -> str | None:
        """The secret that waits for its first code.

        :raises UserError: as :meth:`has`.
        """
        with self._open() as connection:
            query = "select secret from factors where name = ? and confirmed = 0"
            row = connection.execute(query, (name,)).fetchone()
            return str(row[0]) if row else None

    def confirm(self, name: str, code: str) -> list[str] | None:
        """The recovery codes, to be shown once, if ``code`` is of the app with the proposed
        secret; else ``None``.

        :raises UserError: as :meth:`propose`.
        """
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        with self._open() as connection:
            row = connection.execute(
                "select secret from factors where name = ? and confirmed = 0", (name,)
            ).fetchone()
            step = _step_of(row[0], code) if row else None
            if step is None:
                return None
            confirmed = connection.execute(
                "update factors set confirmed = 1, used = ?"
                " where name = ? and secret = ? and confirmed = 0 returning name",
                (step, name, row[0]),
            ).fetchall()
            if not confirmed:
                return None  # another did so meanwhile
            connection.execute("delete from recovery where name = ?", (name,))
            hashes = [(name, _hash(one)) for one in codes]
            connection.executemany("insert into recovery values (?, ?)", hashes)
        return codes

    def matches(self, name: str, code: str) -> Matched | None:
        """What ``code`` is, if it is one of this account that was not used before; it is now.

        :raises UserError: if that cannot be looked up or kept.
        """
        with self._open() as connection:
            row = connection.execute(
                "select secret from factors where name = ? and confirmed = 1", (name,)
            ).fetchone()
            if row is None:
                return None
            step = _step_of(row[0], code)
            if step is not None:
                spent = connection.execute(
                    "update factors set used = ? where name = ? and secret = ? and used < ?"
                    " returning name",
                    (step, name, row[0], step),
                ).fetchall()
            else:
                spent = connection.execute(
                    "delete from recovery where name = ? and hash = ? returning name",
                    (name, _hash(code)),
                ).fetchall()
        if not spent:
            return None
        return "recovery" if step is None else "app"

    def left(self, name: str) -> int:
        """How many recovery codes the account has.

        :raises UserError: as :meth:`has`.
        """
        with self._open() as connection:
            query = "select count(*) from recovery where name = ?"
            return int(connection.execute(query, (name,)).fetchone()[0])

    def remove(self, name: str) -> bool:
        """Let the account log in by password alone; whether it had a second factor.

        :raises UserError: if that cannot be kept.
        """
        with self._open() as connection:
            connection.execute("delete from recovery where name = ?", (name,))
            query = "delete from factors where name = ? and confirmed = 1 returning name"
            return bool(connection.execute(query, (name,)).fetchall())

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        """A transaction of its own, so that no code works twice, whichever process is asked."""
        with _told(), closing(self._database.connect(write=True)) as made:
            self._database.make(made, _SCHEMA)
            with self._database.transaction(made) as connection:
                yield connection


def address_for(name: str, secret: str, product: str) -> str:
    """The ``otpauth:`` address that authenticator apps read, from a picture too."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=product)


@contextmanager
def _told() -> Iterator[None]:
    """What the data base says went wrong becomes one line of its own."""
    try:
        yield
    except (UserError, OSError) as error:
        raise UserError(
            "no-second-factor",
            "second factors",
            f"second factors cannot be looked up ({reason(error, FILE)})",
            "Make the data folder writable, bring the file back from a backup, or start the data"
            " base",
            (
                "无法读取两步验证数据",
                "请确认数据文件夹可写、从备份恢复该文件，或确认数据库正在运行",
            ),
        ) from None


def _step_of(secret: str, code: str) -> int | None:
    """The step of time that ``code`` belongs to, if it is one about now."""
    given = "".join(code.split())
    if not (given.isascii() and given.isdigit()):
        return None
    now, app = int(time.time()) // STEP, pyotp.TOTP(secret, interval=STEP)
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if pyotp.utils.strings_equal(app.generate_otp(step), given):
            return step
    return None


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _hash(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _has_one(name: str) -> UserError:
    return UserError(
        "has-second-factor",
        name,
        "this account has a second factor already",
        "Remove it first, with a code or `python -m app account NAME --totp-off`",
        ("此账号已启用两步验证", "请先用验证码停用，或运行 python -m app account 名称 --totp-off"),
    )
