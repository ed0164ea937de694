"""What the vectors propose; nothing while they are away, so that words go on finding.

Where Chroma is a server it may be away. A question that met with that waited for it once; those
after it do without for a moment, then one tries again.
"""

from __future__ import annotations

import time

import numpy as np

from ingest.errors import UserError
from ingest.index import Index
from ingest.storage.lexical import LexicalView
from ingest.storage.reach import AWAY

_PAUSE = 2.0
_MOST_FILTERED = 0.5
"""Of a filter that leaves a smaller share of the index Chroma is told."""


class Dense:
    """Finds passages of ``index`` by their vectors; one question at a time."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._next_try = float("-inf")
        self._away = False

    @property
    def away(self) -> bool:
        """Whether the last question went without vectors."""
        return self._away

    def nearest(
        self,
        vector: np.ndarray,
        k: int,
        allowed: frozenset[str] | None,
        mask: np.ndarray | None,
        view: LexicalView,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows of ``view`` and cosines of the ``k`` nearest passages, best first; none while the
        vectors are away.

        :param allowed: ids of the documents searched, ``None``: all; ``mask`` says so for rows.
        :raises IndexStateError: if vectors are missing or damaged.
        """
        if self._away and time.monotonic() < self._next_try:
            return _NONE
        try:
            found = self._found(vector, k, allowed, mask)
            self._away = False
        except UserError as error:
            if error.code not in AWAY:
                raise
            self._away, self._next_try = True, time.monotonic() + _PAUSE
            return _NONE
        rows = np.array([view.row.get(id, -1) for id, _ in found], np.int64)
        cosines = np.array([cosine for _, cosine in found], np.float32)
        visible = rows >= 0
        if mask is not None:
            visible &= mask[rows]
        return rows[visible][:k], cosines[visible][:k]

    def _found(
        self,
        vector: np.ndarray,
        k: int,
        allowed: frozenset[str] | None,
        mask: np.ndarray | None,
    ) -> list[tuple[str, float]]:
        """A filter that leaves most of the index is applied to the result, since Chroma's own
        takes long for many documents."""
        share = float(mask.mean()) if mask is not None else 1.0
        if allowed is not None and share < _MOST_FILTERED:
            return self._index.dense(vector, k, allowed)
        return self._index.dense(vector, int(k / max(share, _MOST_FILTERED)), None)


_NONE = (np.empty(0, np.int64), np.empty(0, np.float32))
