"""What this server answered, told from what somebody made up.

The browser keeps the conversations, so what it sends to be shared or exported may be anything.
Every whole answer goes out with a seal (HMAC-SHA256 over all of it that a reader is shown, with a
key that stays on the server). What is handed on must carry its seal, and all that it quotes must
still stand in the documents: else an answer would outlive the text that it rests on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.accounts.keys import kept_key
from ingest.settings import Settings

if TYPE_CHECKING:
    from app.verify import Documents
    from ingest.storage.catalogue import DocumentRecord, StoredDocument

KEY_FILE = "answers.key"
SEALED = (
    "question", "standalone", "abstained", "aside", "text", "statements", "citations", "nearest",
    "evidence", "notice", "made", "scope",
)  # fmt: skip


class Seals:
    """Seals the answers of one server and knows them again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key: bytes | None = None

    def sealed(self, message: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
        """A whole message with ``made`` (ISO 8601, UTC), ``scope`` and ``seal``.

        :param scope: the filters that it was answered under.
        """
        made = datetime.now(UTC).isoformat(timespec="seconds")
        whole = {**message, "made": made, "scope": scope}
        return {**whole, "seal": self._seal(whole)}

    def opened(self, message: Any) -> dict[str, Any] | None:
        """The sealed part of a message that the browser sent; ``None`` if it is not ours."""
        if not isinstance(message, dict) or not isinstance(message.get("seal"), str):
            return None
        try:
            seal = self._seal(message)
        except (ValueError, RecursionError):
            return None
        if not hmac.compare_digest(seal.encode(), message["seal"].encode("utf-8", "replace")):
            return None
        return {name: message[name] for name in SEALED if name in message}

    def _seal(self, message: dict[str, Any]) -> str:
        if self._key is None:
            self._key = kept_key(self._settings, KEY_FILE)
        # an answer of an earlier version lacks what came later; nothing can be taken away unseen
        shown = {name: message[name] for name in SEALED if name in message}
        sealed = json.dumps(shown, sort_keys=True)
        return hmac.new(self._key, sealed.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Checked:
    """The messages that may be handed on, the documents they cite, and how many were left out."""

    messages: tuple[dict[str, Any], ...]
    cited: tuple[DocumentRecord, ...]
    left_out: int


def checked(messages: Sequence[Any], seals: Seals, documents: Documents) -> Checked:
    """Those of ``messages`` that this server made and whose every slice stands where it says."""
    known: dict[str, StoredDocument | None] = {}

    def stored(id: str) -> StoredDocument | None:
        if id not in known:
            known[id] = documents.document(id)
        return known[id]

    kept = []
    cited: dict[str, DocumentRecord] = {}
    for sent in messages:
        message = seals.opened(sent)
        if message is None:
            continue
        places = [*message["citations"], *message["nearest"]]
        found = [stored(place["document"]) for place in places]
        if not all(_stands(p, s) for p, s in zip(places, found, strict=True)):
            continue
        kept.append(message)
        cited.update((s.record.id, s.record) for s in found if s is not None)
    return Checked(tuple(kept), tuple(cited.values()), len(messages) - len(kept))


def _stands(place: dict[str, Any], stored: StoredDocument | None) -> bool:
    if stored is None:
        return False
    same = place.get("content_hash", stored.record.content_hash) == stored.record.content_hash
    return same and stored.document.text[place["start"] : place["end"]] == place["text"]
