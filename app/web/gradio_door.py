"""What of Gradio may be reached: its page, what the page loads, and the question's queue.

Gradio brings upload, file, proxy, stream, deep-link and monitoring routes, none of which the chat
uses; what is not named here does not exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.routing import Mount

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

_READ = re.compile(
    r"/?|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json"
    r"|/(?:assets|static|svelte)/.+"
    r"|/gradio_api/(?:info/?|startup-events|theme\.css|app_id/?|heartbeat/[\w-]+)"
    r"|/gradio_api/call/ask/[\w-]+"
)
_SENT = re.compile(r"/gradio_api/call/ask/?")


class GradioDoor:
    """ASGI app in front of Gradio's that answers 404 for all that is not used."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it is one that the page makes."""
        if scope["type"] == "lifespan" or is_open(scope.get("method", ""), scope["path"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("Not Found", 404)(scope, receive, send)


def is_open(method: str, path: str) -> bool:
    """Whether Gradio may be asked for this."""
    known = _READ if method in ("GET", "HEAD") else _SENT if method == "POST" else None
    return known is not None and known.fullmatch(path) is not None


def narrow(app: FastAPI) -> None:
    """Put the door before the Gradio app that was mounted last."""
    mount = app.router.routes[-1]
    assert isinstance(mount, Mount)
    mount.app = GradioDoor(mount.app)
