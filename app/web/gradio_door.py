"""What of Gradio may be reached: its page, what the page loads, and the question's queue.

Gradio brings upload, file, proxy, stream, deep-link and monitoring routes, none of which the chat
uses; what is not named here does not exist. Of a question it gets the question alone: a name that
the sender gives his session would be kept for ever, and lead to the answers of whoever gives the
same one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from app.api.bodies import replaying
from app.api.problems import Refusal, turn_away

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

MOST_UNREAD = 2000
"""So many answers that nobody fetched are known of; the oldest give way."""

_READ = re.compile(
    r"/?|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json"
    r"|/(?:assets|static|svelte)/.+"
    r"|/gradio_api/(?:info/?|startup-events|theme\.css|app_id/?|heartbeat/[\w-]+)"
    r"|/gradio_api/call/ask/[\w-]+"
)
_FETCHED = re.compile(r"/gradio_api/call/ask/([\w-]+)")
_SENT = re.compile(r"/gradio_api/call/ask/?")


class GradioDoor:
    """ASGI app in front of Gradio's that answers 404 for all that is not used.

    :param asked: the questions whose answers wait to be fetched.
    """

    def __init__(self, app: ASGIApp, asked: Container[str]) -> None:
        self.app = app
        self._asked = asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it is one that the page makes."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif is_open(scope.get("method", ""), scope["path"]) and self._is_there(scope["path"]):
            if scope["method"] == "POST":
                await self._ask(scope, receive, send)
            else:
                await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("Not Found", 404)(scope, receive, send)

    def _is_there(self, path: str) -> bool:
        """Of an answer that it does not know, Gradio finds out in the middle of its response."""
        found = _FETCHED.fullmatch(path)
        return found is None or found[1] in self._asked

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = question_alone(await Request(scope, receive).body())
        if body is None:
            await turn_away(_no_question(), scope, send)
            return
        headers = [(k, v) for k, v in scope["headers"] if k != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await self.app({**scope, "headers": [*headers, length]}, replaying(body, receive), send)


def question_alone(body: bytes) -> bytes | None:
    """The body of a question without all that is not asked; ``None`` if it is none."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(given.get("data"), list):
        return None
    return json.dumps({"data": given["data"]}).encode()


def _no_question() -> Refusal:
    return Refusal(
        422,
        "rejected",
        "body",
        'it is not {"data": [question, history, filters, language]}',
        "Ask by the page, or by /api/v1/ask",
        ("请求内容不合要求", "请在网页上提问，或使用 /api/v1/ask"),
    )


def is_open(method: str, path: str) -> bool:
    """Whether Gradio may be asked for this."""
    known = _READ if method in ("GET", "HEAD") else _SENT if method == "POST" else None
    return known is not None and known.fullmatch(path) is not None


def narrow(app: FastAPI) -> None:
    """Put the door before the Gradio app that was mounted last, and let its queue forget answers
    that were never fetched."""
    from gradio.routes import App
    from gradio.utils import LRUCache

    mount = app.router.routes[-1]
    assert isinstance(mount, Mount) and isinstance(mount.app, App)
    queue = mount.app.get_blocks()._queue
    queue.pending_event_ids_session = LRUCache(MOST_UNREAD)
    mount.app = GradioDoor(mount.app, queue.pending_messages_per_session)
