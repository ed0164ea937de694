"""How often one address may ask, read, share and judge without an account."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import (
    MovingWindowRateLimiter,
    RateLimiter,
    SlidingWindowCounterRateLimiter,
)

from app.accounts.addresses import address_of
from app.accounts.visitors import Visitor
from app.api.problems import Refusal, turn_away
from ingest.settings import PublicSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


READ = {
    "/ui/compare/": 10,
    "/api/v1/": 1,
    "/ui/corpus": 1,
    "/ui/source/": 1,
    "/ui/library": 1,
    "/ui/page/": 1,
    "/ui/original/": 1,
    "/ui/share/": 1,
    "/share/": 1,
    "/ui/examples": 1,
    "/gradio_api/call/ask/": 1,
}
"""Where what is read is looked up, and not a file that comes with the program; and as how many
readings each counts. Two texts side by side take ten times as long as one."""


class Quotas:
    """ASGI middleware that counts what readers without an account send, and refuses more.

    It stands behind :class:`app.accounts.doors.Doors`. Editors, and whoever logged in, are not
    counted: without accounts, on this machine alone, that is everybody.
    """

    def __init__(self, app: ASGIApp, limits: PublicSettings) -> None:
        self.app = app
        asked = RateLimitItemPerMinute(limits.questions_per_minute)
        shared = RateLimitItemPerDay(limits.shares_per_day)
        judged = RateLimitItemPerDay(limits.verdicts_per_day)
        self._sending = (
            ("/gradio_api/call/ask", "questions", asked),
            ("/api/v1/ask", "questions", asked),
            ("/api/v1/search", "questions", asked),
            ("/mcp", "questions", asked),
            ("/ui/followups", "follow-ups", asked),
            ("/ui/export", "exports", asked),
            ("/ui/share", "shares", shared),
            ("/ui/feedback", "verdicts", judged),
            ("/api/v1/feedback", "verdicts", judged),
        )
        self._reading = RateLimitItemPerMinute(limits.readings_per_minute)
        self._sent = MovingWindowRateLimiter(MemoryStorage())
        self._read = SlidingWindowCounterRateLimiter(MemoryStorage())  # no list of all of them

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say when to come again."""
        if scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal is not None:
                await turn_away(refusal, scope, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        visitor: Visitor = scope["state"]["visitor"]
        if visitor.name or visitor.may("editor"):
            return None
        address = address_of(scope)
        if scope["method"] == "POST":
            for start, what, limit in self._sending:
                if scope["path"].startswith(start):
                    return _hit(self._sent, limit, (what, address))
            return None
        cost = next((READ[start] for start in READ if scope["path"].startswith(start)), 0)
        return _hit(self._read, self._reading, ("readings", address), cost) if cost else None


def _hit(
    counted: RateLimiter, limit: RateLimitItem, key: tuple[str, str], cost: int = 1
) -> Refusal | None:
    if limit.amount > 0 and counted.hit(limit, *key, cost=cost):
        return None
    return too_many(_wait(counted, limit, key))


def _wait(counted: RateLimiter, limit: RateLimitItem, key: tuple[str, str]) -> int:
    """Seconds until one more may be sent."""
    if limit.amount == 0:
        return limit.get_expiry()
    reset = counted.get_window_stats(limit, *key).reset_time
    return max(1, round(reset - time.time()))


def too_many(wait: int) -> Refusal:
    """What is said to one who sends more than may be sent without an account."""
    return Refusal(
        429,
        "too-many-requests",
        "server",
        "too much was sent from this address",
        f"Try again in {wait} seconds, or log in",
        ("此地址发送的请求过多", f"请在 {wait} 秒后重试，或登录后使用"),
        headers={"retry-after": str(wait)},
    )
