"""What the reader's encoder finds, and how its likeness and the ranking are weighed together."""

from __future__ import annotations

import numpy as np

from app.reading.calibration import Weights
from app.reading.reader import calibration_of
from app.retrieval.rerank import Ranked
from ingest.encoder import Encoder, encoder_of
from ingest.index import Index
from ingest.meanings import Meanings, place_of
from ingest.settings import Settings
from ingest.storage.database import Database
from ingest.storage.lexical import LexicalView

_RULED = 1.5
"""What the rules of versions and regions take off a score counts so much in the weighed one."""


class Meaning:
    """The vectors kept of an index's passages, and the encoder they were made by."""

    def __init__(self, encoder: Encoder, weights: Weights, place: Database) -> None:
        self._encoder, self._weights = encoder, weights
        self._kept = Meanings(place)

    @classmethod
    def of(cls, index: Index, settings: Settings) -> Meaning | None:
        """That of the reader which the settings name, ``None`` where it has no encoder."""
        encoder = encoder_of(settings)
        if encoder is None:
            return None
        weights = calibration_of(encoder.folder).order
        return cls(encoder, weights, place_of(settings, encoder, index.recipe))

    def asked(self, question: str) -> np.ndarray | None:
        """The vector of a question; ``None`` where none of passages are kept, so that it would
        be of no use."""
        self._kept.refresh()
        return self._encoder.question(question) if len(self._kept) else None

    def nearest(self, asked: np.ndarray, view: LexicalView, count: int) -> np.ndarray:
        """Rows of ``view`` that mean most nearly what is asked, best first."""
        ids, _ = self._kept.nearest(asked, count)
        return np.array([view.row[id] for id in ids if id in view.row], np.int64)

    def cosines(self, asked: np.ndarray, view: LexicalView, rows: np.ndarray) -> np.ndarray:
        """Cosines of rows of ``view``, NaN where none is kept."""
        return self._kept.cosines(asked, [view.ids[row] for row in rows.tolist()])

    def weighed(self, ranked: Ranked, ruled: Ranked, alike: np.ndarray) -> Ranked:
        """The ranking by likeness and probability together, as the reader weighs them; left as
        it is where the likeness of some is not known.

        :param ranked: as learned; ``ruled`` with what follows from versions and regions.
        """
        if np.isnan(alike).any():
            return ruled
        none = np.zeros_like(alike)
        scores = self._weights(alike, none, ruled.probabilities)
        return Ranked(scores + _RULED * (ruled.scores - ranked.scores), ruled.probabilities)
