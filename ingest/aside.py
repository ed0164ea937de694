"""Vectors of passages that went out, kept in memory for a while: what comes back, as by undoing the
removal of many documents or in the next version of a text, need not be encoded again."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

MOST = 20_000
"""So many vectors, some 8 MB."""

Row = tuple[bytes, float, bytes]
"""The hash of a passage's text, and the scale and vector of :mod:`ingest.meanings`."""
_Key = tuple[str, bytes]


class Aside:
    """The last :data:`MOST` vectors that were put aside, by encoder and hash of their text."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[_Key, tuple[float, bytes]] = {}
        self._lock = Lock()

    def put(self, encoder: str, rows: Iterable[Row]) -> None:
        """Keep what the encoder of this fingerprint made; the oldest go if there are too many."""
        with self._lock:
            for text, scale, vector in rows:
                self._kept.pop((encoder, text), None)
                self._kept[encoder, text] = scale, vector
            for key in list(self._kept)[: -self._most]:
                del self._kept[key]

    def of(self, encoder: str, text: bytes) -> tuple[float, bytes] | None:
        """Scale and vector of a text, ``None`` where they are not kept."""
        with self._lock:
            return self._kept.get((encoder, text))
