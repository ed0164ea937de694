"""Whether the vectors can be asked for; light, as those who only ask that need no client."""

from __future__ import annotations

import threading
import time

from ingest.errors import UserError
from ingest.settings import StoreSettings

AWAY = ("no-store", "store-refused")
"""Codes of errors that say nothing of the vectors, only that they cannot be asked for now."""

_SEEN_FOR = 2.0


class Reach:
    """Whether the server answers; looked at anew after two seconds. Embedded vectors always do."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._looking = threading.Lock()
        self._looked = float("-inf")
        self._fault: UserError | None = None

    @property
    def fault(self) -> UserError | None:
        """Why it cannot be asked now, ``None`` if it can."""
        if self._settings.mode == "embedded":
            return None
        from ingest.storage.chroma_server import beat

        with self._looking:
            if time.monotonic() - self._looked > _SEEN_FOR:
                self._fault = beat(self._settings)
                self._looked = time.monotonic()
            return self._fault
