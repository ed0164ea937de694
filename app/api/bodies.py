"""How much each route takes. A body is counted before anything reads it, and a route for editors
takes none of anybody else: parsing on the event loop would hold up everyone.

JSON of 2 MB at most, parsed in one go, stays below 50 ms where it is text; what is larger comes as
plain bytes. What costs is objects, lists and names, and a line for each name that nobody knows, so
these are counted too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.accounts.doors import login_needed, not_allowed
from app.accounts.visitors import Role, Visitor
from app.api.problems import Refusal, turn_away
from ingest.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

KB = 1000
SMALL = 16 * KB
"""A question of 2,000 characters, each escaped (``\\u4e00``), and all else that is short."""

WITH_HISTORY = 256 * KB
"""A question with the answers before it, a conversation to be shared."""

TEXT = 8_500 * KB
"""A pasted text, as plain bytes."""

JSON_TEXT = 2_000 * KB
ROOM_FOR_FORM = 100 * KB
FEW, OF_TURNS, OF_ANSWERS = 2_000, 5_000, 10_000
"""Objects, lists and names in a body: of a filter and some places, of what was asked and answered
before, of answers with all that they cite."""

_DRAINED = 20_000 * KB
"""So much of a refused body is read, unparsed: a client that still sends would miss the answer."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a route takes, of whom; ``parts`` are the objects, lists and names of JSON."""

    most: int
    role: Role | None = None
    is_file: bool = False
    parts: int | None = FEW


def rooms(settings: Settings) -> tuple[tuple[str, Room], ...]:
    """The beginnings of paths and what they take; the first that fits counts."""
    file = settings.load.max_file_bytes
    return (
        ("/gradio_api/call/ask", Room(WITH_HISTORY, parts=OF_ANSWERS)),
        ("/api/v1/ask", Room(WITH_HISTORY, parts=OF_TURNS)),
        ("/api/v1/feedback", Room(WITH_HISTORY)),
        ("/api/v1/documents/file", Room(file + ROOM_FOR_FORM, "editor", True, None)),
        ("/api/v1/documents", Room(JSON_TEXT, "editor")),
        ("/api/v1/changes", Room(SMALL, "editor")),
        ("/ui/share", Room(WITH_HISTORY, parts=OF_ANSWERS)),
        ("/ui/export", Room(4 * WITH_HISTORY, parts=4 * OF_ANSWERS)),
        ("/ui/feedback", Room(WITH_HISTORY)),
        ("/ui/followups", Room(4 * SMALL)),
        ("/ui/library/drafts/file", Room(file, "editor", True, None)),
        ("/ui/library/drafts/text", Room(TEXT, "editor", parts=None)),
        ("/ui/library", Room(4 * SMALL, "editor")),
        ("", Room(SMALL)),
    )


class Bodies:
    """ASGI middleware that reads the body of a request and refuses one that is too large.

    It stands behind :class:`app.accounts.doors.Doors`, which says who asks.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._rooms = rooms(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its whole body, or say why not."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        room = next(room for start, room in self._rooms if scope["path"].startswith(start))
        visitor: Visitor = scope["state"]["visitor"]
        if room.role is not None and not visitor.may(room.role):
            await _drain(receive)
            await turn_away(not_allowed(visitor) if visitor.name else login_needed(), scope, send)
            return
        body = await _read(receive, room.most)
        if body is None:
            await turn_away(too_large(room), scope, send)
            return
        if room.parts is not None and _parts(body) > room.parts:
            await turn_away(_too_many_parts(room.parts), scope, send)
            return
        await self.app(scope, replaying(body, receive), send)


def too_large(room: Room) -> Refusal:
    """What is said of a body that is larger than its route takes."""
    most = room.most
    shown = f"{most / 1_000_000:.3g} MB" if most >= 1_000_000 else f"{most // KB} kB"
    what = f"it is larger than the {shown} that are taken here"
    zh = f"内容超过此处上限 {shown}"
    if room.is_file:
        how = ("Split it, or raise load.max_file_mb", "请拆分文件，或调高 load.max_file_mb")
    else:
        how = ("Send less at once; send a long text as a file", "请减少内容；较长的文本请上传文件")
    return Refusal(413, "content-too-large", "body", what, how[0], (zh, how[1]))


def _too_many_parts(most: int) -> Refusal:
    return Refusal(
        413,
        "content-too-large",
        "body",
        f"it has more than the {most} objects, lists and names that are taken here",
        "Send less at once; send a long text as a file",
        (f"内容的项目数超过此处上限 {most}", "请减少内容；较长的文本请上传文件"),
    )


def _parts(body: bytes) -> int:
    """How many objects, lists and names JSON has at most, and a few for very many values."""
    values = body.count(b",") // 50
    return body.count(b"{") + body.count(b"[") + body.count(b'":') + values


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body; ``None`` if it is larger than ``most``."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            if message.get("more_body"):
                await _drain(receive)
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _drain(receive: Receive) -> None:
    drained = 0
    while drained < _DRAINED:
        message = await receive()
        drained += len(message.get("body", b""))
        if not message.get("more_body"):
            return


def replaying(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read already, and then what ``receive`` does."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
