"""When the server has to end, who still waits for an answer is told so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.api.problems import Refusal, turn_away

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Ending:
    """ASGI middleware that answers a request with 503 where the server gives it up because it ends,
    and ends an answer that has begun where it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; look only at whether an answer has begun."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not begun:
                await turn_away(_ends(), scope, send)


def _ends() -> Refusal:
    return Refusal(
        503,
        "server-ends",
        "server",
        "the server is being stopped",
        "Ask again in a moment",
        ("服务正在停止", "请稍后再试"),
        headers={"retry-after": "5"},
    )
