"""Conversations handed on by a link: snapshots that whoever has the link reads
(:mod:`app.snapshots` keeps them).

A link's id cannot be guessed (128 random bits). Whoever made it holds a second secret that
withdraws it; only that secret's hash is kept. The store is limited in size and number, and links
end after ``public.share_days``. What was kept before answers were checked (without ``cited``) is
not shown any more.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.snapshots import FOLDER, snapshots_of
from ingest.errors import UserError
from ingest.settings import Settings

MOST_SHARES = 2_000
MOST_BYTES = 256_000
LONGEST_TITLE = 200
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Share:
    """A snapshot of a conversation: its messages as the browser keeps them.

    ``created`` is ISO 8601 in UTC; ``language`` the one it was made in. ``cited`` are the documents
    that it rests on: ``document``, ``title``, ``version`` (a day or ``None``), ``content_hash``.
    """

    id: str
    title: str
    created: str
    language: str
    messages: tuple[dict[str, Any], ...]
    cited: tuple[dict[str, Any], ...] = ()


class ShareError(UserError):
    """A conversation that cannot be shared."""


def publish(
    settings: Settings,
    messages: Sequence[dict[str, Any]],
    title: str,
    language: str,
    cited: Sequence[dict[str, Any]] = (),
) -> tuple[Share, str]:
    """Keep a snapshot; gives it and the secret that withdraws it.

    :param messages: JSON types that were checked by the caller.
    :param cited: the documents that they cite, as :class:`Share` has them.
    :raises ShareError: if it is empty or too large, or too many are kept.
    """
    if not messages:
        raise ShareError(
            "nothing-to-share",
            "conversation",
            "it holds no answer that can be checked against the documents",
            "Ask again, then share",
            ("对话中没有可与现有文件核对的答案", "请重新提问后再分享"),
        )
    share = Share(
        id=secrets.token_urlsafe(16),
        title=" ".join(title.split())[:LONGEST_TITLE],
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        language=language,
        messages=tuple(messages),
        cited=tuple(cited),
    )
    secret = secrets.token_urlsafe(16)
    kept = {
        "title": share.title,
        "created": share.created,
        "language": language,
        "withdraw": _hash(secret),
        "messages": share.messages,
        "cited": share.cited,
    }
    content = json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
    if len(content) > MOST_BYTES:
        raise ShareError(
            "share-too-large",
            "conversation",
            f"it is larger than {MOST_BYTES // 1000} kB",
            "Share a shorter conversation",
            (f"对话超过 {MOST_BYTES // 1000} kB", "请分享较短的对话"),
        )
    snapshots = snapshots_of(settings)
    _sweep(settings)
    if len(snapshots.ids()) >= MOST_SHARES:
        raise ShareError(
            "too-many-shares",
            FOLDER,
            f"it already holds {MOST_SHARES} conversations",
            "Withdraw links that are no longer needed",
            (f"已分享 {MOST_SHARES} 个对话", "请撤回不再需要的链接"),
        )
    snapshots.put(share.id, content)
    return share, secret


def read(settings: Settings, id: str) -> Share | None:
    """The snapshot with this id; ``None`` where there is none, it was withdrawn, or it ended."""
    kept = _kept(settings, id)
    if kept is None or "cited" not in kept or _ended(settings, kept["created"]):
        return None
    return Share(
        id,
        kept["title"],
        kept["created"],
        kept["language"],
        tuple(kept["messages"]),
        tuple(kept["cited"]),
    )


def withdraw(settings: Settings, id: str, secret: str) -> bool:
    """Remove a snapshot; ``False`` where there is none or the secret is not its own."""
    kept = _kept(settings, id)
    if kept is None or not secrets.compare_digest(kept["withdraw"], _hash(secret)):
        return False
    snapshots_of(settings).remove(id)
    return True


def _sweep(settings: Settings) -> None:
    """Remove what ended: a full store may have room again."""
    snapshots = snapshots_of(settings)
    for id in snapshots.ids():
        kept = _kept(settings, id)
        if kept is not None and ("cited" not in kept or _ended(settings, kept["created"])):
            snapshots.remove(id)


def _ended(settings: Settings, created: str) -> bool:
    days = settings.public.share_days
    return datetime.now(UTC) - datetime.fromisoformat(created) > timedelta(days=days)


def _kept(settings: Settings, id: str) -> dict[str, Any] | None:
    if not _ID.fullmatch(id):
        return None
    content = snapshots_of(settings).get(id)
    return None if content is None else json.loads(content)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
