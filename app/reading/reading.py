"""From passages found to places read: in order, and each with the probability that it answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.content.places import region_of
from app.content.sentences import Source, Unit
from app.reading.calibration import Calibration, Weights, probability
from app.reading.reader import Reader
from app.retrieval.verbatim import is_phrase, squeezed
from app.types import Hit
from ingest.encoder import place_text

COMPARED, READ = 32, 8
"""So many passages are compared with the question, and so many of the best read with it."""
_SUPERSEDED, _LOCAL = -3.0, -1.5
"""What an earlier version loses in order, and what is of one place where none is asked about."""
_SAYS = re.compile(r"[，。；：、！？,;:!?|]")


@dataclass(frozen=True, slots=True)
class Read:
    """A passage with what puts it in order and the probability that it answers."""

    hit: Hit
    source: Source
    logit: float
    probability: float

    @property
    def place(self) -> tuple[Hit, Source]:
        """The passage and its document."""
        return self.hit, self.source


class Reading:
    """Reads places and the units in them; without a reader the retriever's estimate stands."""

    def __init__(self, reader: Reader | None) -> None:
        self.reader = reader
        alone = Weights(0.0, 0.0, 1.0)
        self._plain = Calibration(alone, alone)

    @property
    def calibration(self) -> Calibration:
        """How certain is certain enough; see :class:`Calibration`."""
        return self._plain if self.reader is None else self.reader.calibration

    def places(
        self,
        question: str,
        found: Sequence[tuple[Hit, Source]],
        old: bool,
        local: bool,
        most: int = READ,
    ) -> list[Read]:
        """The first of ``found``, best first; those not read have no probability.

        :param old: whether earlier versions are as welcome as the one in force.
        :param local: whether rules of one place are as welcome as those of the country.
        :param most: so many are read.
        """
        # a title or heading alone says nothing
        said = [(hit, source) for hit, source in found if _SAYS.search(hit.passage.text)] or found
        order, sure = self.judged(question, [hit for hit, _ in said[:COMPARED]], old, local, most)
        read = [Read(*said[n], float(order[n]), float(sure[n])) for n in range(len(order))]
        return sorted(read, key=lambda r: -r.logit)

    def judged(
        self,
        question: str,
        hits: Sequence[Hit],
        old: bool = False,
        local: bool = False,
        most: int = READ,
    ) -> tuple[np.ndarray, np.ndarray]:
        """What puts hits in order, and the probability that each answers; ``(len(hits),)``."""
        if not hits:
            return np.empty(0, np.float32), np.empty(0, np.float32)
        alike, read, which = self.said(question, hits, old, local, most)
        held = np.array([hit.probability for hit in hits], np.float32)
        lost = np.array([penalty(hit, old, local) for hit in hits], np.float32)
        order = self.calibration.order(alike, np.zeros_like(alike), held) + lost
        sure = np.zeros(len(hits), np.float32)
        order[which] += self.calibration.order.reader * read
        judged = self.calibration.judge(alike[which], read, held[which])
        sure[which] = probability(judged)
        rest = np.setdiff1d(np.arange(len(hits)), which)
        order[rest] = np.minimum(order[rest], order[which].min() - 1e-3)
        return order, sure

    def said(
        self, question: str, hits: Sequence[Hit], old: bool, local: bool, most: int = READ
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cosines of all hits, the logits of those read, and which these are."""
        nothing, every = np.zeros(len(hits), np.float32), np.arange(len(hits))
        if self.reader is None:
            return nothing, nothing, every
        texts = [place_text(hit.title, hit.passage.path, hit.passage.text) for hit in hits]
        alike = self._alike(question, hits, texts)
        if alike is None:
            return nothing, self.reader(question, texts), every
        held = np.array([hit.probability for hit in hits], np.float32)
        lost = np.array([penalty(hit, old, local) for hit in hits], np.float32)
        first = self.calibration.order(alike, nothing, held) + lost
        which = np.argsort(-first, kind="stable")[:most]
        return alike, self.reader(question, [texts[n] for n in which]), which

    def _alike(self, question: str, hits: Sequence[Hit], texts: Sequence[str]) -> np.ndarray | None:
        """Cosines as they were found, and made now for those of which none was kept."""
        assert self.reader is not None
        new = [n for n, hit in enumerate(hits) if hit.alike is None]
        known = np.array([hit.alike or 0.0 for hit in hits], np.float32)
        if new:
            made = self.reader.likeness(question, [texts[n] for n in new])
            if made is None:
                return None
            known[new] = made
        return known

    def units(self, question: str, source: Source, units: Sequence[Unit]) -> list[float]:
        """How well each unit of a document answers, comparable among them; the first of equals
        is best where there is no reader, and those that hold the question word for word are."""
        whole = squeezed(question)
        held = [float(is_phrase(whole) and whole in squeezed(u.text)) for u in units]
        if any(held):
            return [h - n / len(held) for n, h in enumerate(held)]
        if self.reader is None or len(units) < 2:
            return [-float(n) for n in range(len(units))]
        title = source.record.title
        texts = [place_text(title, (u.context,) if u.context else (), u.text) for u in units]
        alike = self.reader.likeness(question, texts)
        if alike is None:
            return [float(score) for score in self.reader(question, texts)]
        return [float(score) for score in self.calibration.order.encoder * alike]


def penalty(hit: Hit, old: bool, local: bool) -> float:
    """What a place loses in order for its version and its region; see :meth:`Reading.places`."""
    lost = _SUPERSEDED if hit.superseded and not old else 0.0
    return lost + (_LOCAL if region_of(hit.metadata) and not local else 0.0)
