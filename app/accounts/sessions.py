"""Sessions of those who logged in, and browsers known from an earlier login: kept on the server
(in ``data/sessions.sqlite`` or in PostgreSQL), so that leaving ends them and a restart does not.

The browser holds 256 random bits; what is kept is their SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.errors import UserError
from ingest.faults import reason
from ingest.settings import Settings
from ingest.storage.database import Connection
from ingest.storage.places import shared_place

FILE = "sessions.sqlite"
SESSION_SECONDS = 7 * 24 * 3600
BROWSER_SECONDS = 180 * 24 * 3600
TICKET_SECONDS = 300
MOST_EACH = 50
"""Of one account's sessions (and browsers) the oldest give way to a further one."""

_SCHEMA = """
create table if not exists kept (
    hash text primary key, kind text not null, name text not null, print text not null,
    until real not null
)
"""


class Sessions:
    """The sessions and known browsers of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._database = shared_place(settings, FILE, private=True)
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def begin(self, name: str, printed: str) -> str:
        """A new session's token.

        :param printed: names the account's password; with another one the session is none.
        :raises UserError: if the folder cannot be written.
        """
        return self._keep("session", name, printed, SESSION_SECONDS)

    def know_browser(self, name: str, printed: str) -> str:
        """The token of a browser in which this account logged in.

        :raises UserError: as :meth:`begin`.
        """
        return self._keep("browser", name, printed, BROWSER_SECONDS)

    def begin_ticket(self, name: str, printed: str) -> str:
        """The token of one who knew the password and has yet to give a code.

        :raises UserError: as :meth:`begin`.
        """
        return self._keep("ticket", name, printed, TICKET_SECONDS)

    def of(self, token: str) -> tuple[str, str] | None:
        """Name and password's print of a session that has not ended."""
        return self._find("session", token)

    def ticket(self, token: str) -> tuple[str, str] | None:
        """Name and password's print of one who has yet to give a code."""
        return self._find("ticket", token)

    def browser(self, token: str) -> tuple[str, str] | None:
        """Name and password's print of a known browser."""
        return self._find("browser", token)

    def end(self, token: str) -> None:
        """End a session now, wherever its token is used.

        :raises UserError: as :meth:`begin`.
        """
        with self._writing() as connection:
            connection.execute("delete from kept where hash = ?", (_hash(token),))

    def end_all(self, name: str) -> None:
        """End all that is kept of an account.

        :raises UserError: as :meth:`begin`.
        """
        with self._writing() as connection:
            connection.execute("delete from kept where name = ?", (name,))

    def _keep(self, kind: str, name: str, printed: str, seconds: int) -> str:
        token, now = secrets.token_urlsafe(32), time.time()
        with self._writing() as connection:
            connection.execute("delete from kept where until < ?", (now,))
            connection.execute(
                "delete from kept where kind = ? and name = ? and hash not in (select hash"
                " from kept where kind = ? and name = ? order by until desc limit ?)",
                (kind, name, kind, name, MOST_EACH - 1),
            )
            values = (_hash(token), kind, name, printed, now + seconds)
            connection.execute("insert into kept values (?, ?, ?, ?, ?)", values)
        return token

    def _find(self, kind: str, token: str) -> tuple[str, str] | None:
        query = "select name, print from kept where hash = ? and kind = ? and until >= ?"
        with self._lock:
            try:
                found = self._open().execute(query, (_hash(token), kind, time.time())).fetchone()
            except (UserError, OSError):
                return None  # nobody is let in who cannot be looked up
        return (found[0], found[1]) if found else None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._lock:
            try:
                with self._database.transaction(self._open()) as connection:
                    yield connection
            except (UserError, OSError) as error:
                raise _unwritable(error) from None

    def _open(self) -> Connection:
        if self._connection is None:
            connection = self._database.connect(write=True)
            self._database.make(connection, _SCHEMA)
            self._connection = connection
        return self._connection


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _unwritable(error: Exception) -> UserError:
    return UserError(
        "no-sessions",
        "sessions",
        f"logins cannot be kept ({reason(error, FILE)})",
        "Make the data folder writable, or start the data base",
        ("无法保存登录状态", "请确认数据文件夹可写，或数据库正在运行"),
    )
