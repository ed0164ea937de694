"""Whoever is turned away stands in the security log; not every time, or who sends without end would
push all others out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app.accounts.addresses import address_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ingest.securitylog import SecurityLog

TURNED_AWAY = (401, 403, 413, 421, 429)
LINES = RateLimitItemPerMinute(60)
"""So many of one address are noted, and the last of them says that there are more."""


class Watched:
    """ASGI middleware that notes refused requests: status, method, path, address and account."""

    def __init__(self, app: ASGIApp, log: SecurityLog) -> None:
        self.app = app
        self.log = log
        self._noted = FixedWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; look only at the status of what is sent back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in TURNED_AWAY:
                self._note(scope, message["status"])
            await send(message)

        await self.app(scope, receive, watched)

    def _note(self, scope: Scope, status: int) -> None:
        address = address_of(scope)
        if not self._noted.hit(LINES, address):
            return
        visitor = scope.get("state", {}).get("visitor")
        left = self._noted.get_window_stats(LINES, address).remaining
        self.log.note(
            "refused",
            status=status,
            method=scope["method"],
            path=scope["path"],
            address=address,
            name=visitor.name if visitor else "",
            more=None if left else "further ones of this minute are not noted",
        )
