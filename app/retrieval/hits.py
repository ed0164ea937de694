"""From ranked candidates to hits: their texts are read from the index, and copies left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app.retrieval.candidates import Pool
from app.retrieval.rerank import Ranked
from app.types import Hit
from ingest.document import Passage
from ingest.index import Index
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.lexical import LexicalView

_SPARE = 20
"""So many passages more than are missing are read where copies were left out."""
_NAMED_SCORE, _NAMED_PROBABILITY = 1000.0, 0.99


class Hits:
    """The candidates of one question as hits, best first.

    :param records: by id; a passage whose document is not among them is left out.
    :param view: what the rows of ``pool`` are counted in.
    """

    def __init__(
        self,
        index: Index,
        records: Mapping[str, DocumentRecord],
        view: LexicalView,
        pool: Pool,
        ranked: Ranked,
    ) -> None:
        self._index, self._records, self._view = index, records, view
        self._pool, self._ranked = pool, ranked
        self._order = np.argsort(-ranked.scores, kind="stable")
        self._seen: set[tuple[str, str | None, str]] = set()

    def best(self, count: int, named: Sequence[Passage] = ()) -> list[Hit]:
        """At least ``count`` hits if there are as many: ``named``, then the best candidates."""
        kept, read = self._without_copies(self._named(named)), 0
        already = {passage.id for passage in named}
        while len(kept) < count and read < len(self._order):
            # few collections hold copies, so at first no more is read than is wanted
            more = count - len(kept) + (_SPARE if read else 0)
            kept += self._without_copies(self._read(self._order[read : read + more], already))
            read += more
        return kept

    def _named(self, passages: Sequence[Passage]) -> Iterable[Hit]:
        for at, passage in enumerate(passages):
            if passage.document in self._records:
                row = self._view.row.get(passage.id, -1)
                figures = self._figures(np.flatnonzero(self._pool.rows == row))
                known = next(zip(*figures, strict=True), (0.0, 0.0, 0.0, 0.0, False, None))
                dense, lexical, _, _, there, alike = known
                score = _NAMED_SCORE - at
                certain = (score, _NAMED_PROBABILITY)
                yield self._hit(passage, dense, lexical, *certain, there, alike, explicit=True)

    def _read(self, places: np.ndarray, already: set[str]) -> Iterable[Hit]:
        """The candidates at ``places`` of the pool, but for those read ``already``."""
        ids = [self._view.ids[row] for row in self._pool.rows[places].tolist()]
        passages = self._index.passages(id for id in ids if id not in already)
        for id, figures in zip(ids, zip(*self._figures(places), strict=True), strict=True):
            passage = passages.get(id)
            if passage is not None and passage.document in self._records:
                yield self._hit(passage, *figures)

    def _hit(
        self,
        passage: Passage,
        dense: float,
        lexical: float,
        score: float,
        probability: float,
        verbatim: bool,
        alike: float | None,
        explicit: bool = False,
    ) -> Hit:
        record = self._records[passage.document]
        return Hit(
            passage=passage,
            title=record.title,
            metadata=record.metadata,
            source=record.source,
            score=score,
            dense=dense,
            lexical=lexical,
            probability=probability,
            explicit=explicit,
            superseded=record.superseded,
            verbatim=verbatim,
            alike=alike,
        )

    def _figures(
        self, places: np.ndarray
    ) -> tuple[list[float], list[float], list[float], list[float], list[bool], list[float | None]]:
        """Cosine, BM25, score, probability, whether it holds the whole question, and the encoder's
        cosine, at ``places`` of the pool."""
        pool, ranked = self._pool, self._ranked
        alike: list[float | None] = [None] * len(places)
        if pool.alike is not None:
            found = pool.alike[places].tolist()
            alike = [None if np.isnan(one) else one for one in found]
        return (
            np.where(pool.known[places], pool.dense[places], 0.0).tolist(),
            pool.lexical[places].tolist(),
            ranked.scores[places].tolist(),
            ranked.probabilities[places].tolist(),
            pool.verbatim[places].tolist(),
            alike,
        )

    def _without_copies(self, hits: Iterable[Hit]) -> list[Hit]:
        """Each text once where two files hold the same version of a work."""
        kept = []
        for hit in hits:
            record = self._records[hit.passage.document]
            key = (record.work, record.metadata.version, hit.passage.text)
            if key not in self._seen:
                self._seen.add(key)
                kept.append(hit)
        return kept
