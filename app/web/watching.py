"""Whoever is turned away stands in the security log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts.addresses import address_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ingest.securitylog import SecurityLog

TURNED_AWAY = (401, 403, 413, 421, 429)


class Watched:
    """ASGI middleware that notes refused requests: status, method, path, address and account."""

    def __init__(self, app: ASGIApp, log: SecurityLog) -> None:
        self.app = app
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; look only at the status of what is sent back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in TURNED_AWAY:
                visitor = scope.get("state", {}).get("visitor")
                self.log.note(
                    "refused",
                    status=message["status"],
                    method=scope["method"],
                    path=scope["path"],
                    address=address_of(scope),
                    name=visitor.name if visitor else "",
                )
            await send(message)

        await self.app(scope, receive, watched)
