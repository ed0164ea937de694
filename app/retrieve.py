"""Question → ranked passages: places named, vectors, words, one learned ranking.

A question that names a place (政府采购法第二十二条) goes straight to it. Otherwise vectors and
words each propose candidates and :mod:`app.retrieval.rerank` orders them by the features of
:mod:`app.retrieval.candidates`; those that hold the question word for word go first, and those
that hold a figure, a code or a phrase in quotation marks of it go up, the rarer the more. What
follows from what documents say of themselves is not learned but ruled: the version in force goes
before those it replaced, unless the question asks for a year, and what speaks of another region
than the question does not count as an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from app.content.places import places, province
from app.retrieval.candidates import Pool, Terms, Words, features, gather, terms_held
from app.retrieval.dense import Dense
from app.retrieval.english import chinese_of
from app.retrieval.heard import Heard
from app.retrieval.hits import Hits
from app.retrieval.meaning import Meaning
from app.retrieval.named import Named
from app.retrieval.names import Names, defined_names
from app.retrieval.query import Query, understand
from app.retrieval.rerank import Ranked, reranker_of
from app.retrieval.slips import Hearing
from app.retrieval.verbatim import Found, Verbatim, squeezed
from app.types import Filters, Hit
from ingest.cleaning.places import PROVINCES
from ingest.document import Passage
from ingest.embed import Embedder
from ingest.index import Index
from ingest.settings import Settings
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.lexical import LexicalView
from ingest.storage.terms import term_numbers
from ingest.twins import Twins, twins_of
from ingest.validity import holds

_BY_VECTORS = 2
"""Vectors propose so many times the candidates that words do, as they find more."""

_SUPERSEDED, _OTHER_REGION, _NAMED, _LOCAL = -2.0, -6.0, 2.0, -1.0
"""What a superseded version, a text on another region, a text named in the question, and a local
regulation where the question states no region add to the score."""
_NATIONAL = frozenset({"law", "regulation", "rule", "interpretation"})
"""What binds the whole country where it names no region."""
_WHOLE, _PART = 100.0, 2.0
"""What a passage that holds the whole question, or the rarest of parts of it, adds to its score."""


@dataclass(frozen=True, slots=True)
class _State:
    """What holds as long as the index does not change.

    ``records`` are the documents that answer, without the copies of them that ``twins`` names;
    ``regions`` has the provinces and cities of each document of the view.
    """

    view: LexicalView
    twins: Twins
    records: dict[str, DocumentRecord]
    names: Names
    regions: list[frozenset[str]]
    verbatim: Verbatim
    hearing: Hearing


class Retriever:
    """Finds passages of ``index``."""

    def __init__(self, index: Index, embedder: Embedder, settings: Settings) -> None:
        self._index = index
        self._embedder = embedder
        self._settings = settings.retrieval
        self._rerank = reranker_of(settings)
        self._meaning = Meaning.of(index, settings)
        self._dense = Dense(index)
        self._known: _State | None = None
        # Chroma searches outside of Python's lock; meanwhile a second core can look at the words
        self._beside = ThreadPoolExecutor(1, "vectors")

    def heard(self, question: str) -> Heard:
        """``question`` without fillers and slips of the keyboard, or what it asks in English."""
        return self._state().hearing(question)

    def search(self, question: str, k: int, filters: Filters = Filters()) -> list[Hit]:
        """The ``k`` best passages for ``question``, best first.

        :param filters: limits on the documents searched.
        """
        state = self._state()
        allowed = self._allowed(state, filters)
        if not question.strip() or not state.view.ids or (allowed is not None and not allowed):
            return []
        words = chinese_of(question)
        query = understand(words, state.names)
        named = Named(self._index, state.records, query, allowed)
        explicit = named.passages()
        found = state.verbatim.find((question, query.text), query.bare if query.named else question)
        read = query.text if words == question else question
        pool, ranked = self._ranked(state, query, named, allowed, found, read)
        hits = Hits(self._index, state.records, state.view, pool, ranked)
        return hits.best(k, explicit)[:k]

    def holding(self, words: Sequence[str], most: int) -> tuple[dict[str, int], list[Passage]]:
        """How many passages of each document hold all of ``words`` as they are written, by id,
        and the first ``most`` of them of each document."""
        state = self._state()
        rows = state.verbatim.rows(squeezed(words[0]))
        for word in words[1:]:
            rows = np.intersect1d(rows, state.verbatim.rows(squeezed(word)), assume_unique=True)
        owners, first, counts = np.unique(
            state.view.owner[rows], return_index=True, return_counts=True
        )
        names = [state.view.documents[owner] for owner in owners.tolist()]
        runs = zip(first.tolist(), counts.tolist(), strict=True)
        shown = [row for at, count in runs for row in rows[at : at + min(count, most)].tolist()]
        ids = [state.view.ids[row] for row in shown]
        passages = self._index.passages(ids)
        held = [passages[id] for id in ids if id in passages]
        return dict(zip(names, counts.tolist(), strict=True)), held

    @property
    def by_words_only(self) -> bool:
        """Whether the last search went without vectors, since their server is away."""
        return self._dense.away

    def neighbours(self, passage: Passage, before: int = 1, after: int = 1) -> list[Passage]:
        """The passages around ``passage`` in its document, itself among them, in reading order."""
        found = self._index.passages_of(passage.document)
        start = max(passage.ordinal - before, 0)
        return found[start : passage.ordinal + after + 1]

    def _ranked(
        self,
        state: _State,
        query: Query,
        named: Named,
        allowed: frozenset[str] | None,
        found: Found,
        read: str,
    ) -> tuple[Pool, Ranked]:
        """``read`` is the question as the reader's encoder gets it."""
        view = state.view
        mask = view.mask(allowed) if allowed is not None else None
        count = self._settings.candidates
        vector = self._embedder.encode_query(query.text)
        dense = self._dense.nearest
        finding = self._beside.submit(dense, vector, _BY_VECTORS * count, allowed, mask, view)
        terms = Terms.of(query.text, view, query.wordings)
        words = Words.of(view, terms)
        meaning = self._meaning
        asked = meaning.asked(read) if meaning else None
        near = meaning.nearest(asked, view, count) if meaning and asked is not None else None
        rows, cosines = finding.result()
        pool = gather(words, rows, cosines, count, mask, found, near)
        ranked = self._rerank(features(view, terms, pool))
        ruled = _word_for_word(
            _ruled(state, query, named, pool, ranked), pool, found, len(view.ids)
        )
        if meaning is None or asked is None:
            return pool, ruled
        alike = meaning.cosines(asked, view, pool.rows)
        return replace(pool, alike=alike), meaning.weighed(ranked, ruled, alike)

    def _allowed(self, state: _State, filters: Filters) -> frozenset[str] | None:
        """The documents that may answer; ``None``: all."""
        if state.twins.kept and filters == Filters():
            return frozenset(state.records)
        return allowed_documents(self._index.documents(), filters, twins=state.twins)

    def _state(self) -> _State:
        view, twins = self._index.lexical.view(), twins_of(self._index)
        known = self._known
        if known is None or known.view is not view or known.twins is not twins:
            answering = twins.without_copies(self._index.documents())
            records = {record.id: record for record in answering}
            names = Names(list(records.values()), defined_names(_defining_texts(self._index)))
            regions = [_regions(records.get(id)) for id in view.documents]
            before = self._known.verbatim if self._known else None
            verbatim = Verbatim(view, self._index.catalogue, before)
            hearing = Hearing(view, verbatim)
            known = self._known = _State(view, twins, records, names, regions, verbatim, hearing)
        return known


def _defining_texts(index: Index) -> list[str]:
    """The passages that may give a text a short name."""
    rows = index.catalogue.connection.execute(
        "select text from passages where text like '%下简称%' or text like '%下统称%'"
    )
    return [row[0] for row in rows]


def allowed_documents(
    records: Iterable[DocumentRecord],
    filters: Filters,
    nation: bool = True,
    twins: Twins | None = None,
) -> frozenset[str] | None:
    """Ids of the documents that pass ``filters``; ``None`` where these limit nothing.

    :param nation: whether a region means its own documents and those of the whole country; a list
        of the documents of a region has its own only.
    :param twins: gives the documents that answer in the place of copies that pass.
    """
    if filters == Filters():
        return None
    held = list(records)
    region = _short(filters.region or "")
    # what is no place at all limits to nothing
    nation = nation and (bool(places(region)) or any(region in _of(r) for r in held))
    passing = frozenset(record.id for record in held if _passes(record, filters, nation))
    return twins.answering(passing) if twins else passing


def _short(region: str) -> str:
    return region.removesuffix("省").removesuffix("市")


def _of(record: DocumentRecord) -> tuple[str, str]:
    """The region of a document, and the province that it lies in."""
    region = _short(record.metadata.region or "")
    return region, province(region)


def _national(record: DocumentRecord) -> bool:
    """Whether a document is of the whole country."""
    said = record.metadata
    return not said.region and (said.level == "central" or said.kind in _NATIONAL)


def _passes(record: DocumentRecord, filters: Filters, nation: bool) -> bool:
    said = record.metadata
    if filters.documents and record.id not in filters.documents:
        return False
    if filters.in_force and not holds(record):
        return False
    if filters.kind is not None and said.kind != filters.kind:
        return False
    if filters.level is not None and said.level != filters.level:
        return False
    if filters.issuer is not None and filters.issuer not in (said.issuer or ""):
        return False
    if filters.region is not None:
        of_it = _short(filters.region) in _of(record)
        if not of_it and not (nation and _national(record)):
            return False
    dates = [day for day in (said.published, said.effective, said.version) if day]
    if filters.year is not None and not any(day.startswith(str(filters.year)) for day in dates):
        return False
    if filters.since is None and filters.until is None:
        return True
    first, last = filters.since or "", filters.until or "9999"
    return any(first <= day <= last for day in dates)


def _ruled(state: _State, query: Query, named: Named, pool: Pool, ranked: Ranked) -> Ranked:
    """The ranking with what follows from versions, regions and named documents."""
    owner = state.view.owner[pool.rows]
    documents = [state.view.documents[i] for i in owner.tolist()]
    scores, probabilities = ranked.scores.copy(), ranked.probabilities.copy()
    outdated = {id for id in set(documents) if named.is_outdated(id)}
    scores[np.array([id in outdated for id in documents], bool)] += _SUPERSEDED
    if not query.regions and not query.named:
        local = {id for id in set(documents) if _is_local_law(state.records.get(id))}
        scores[np.array([id in local for id in documents], bool)] += _LOCAL
    if query.named:
        meant = np.array([id in query.named for id in documents], bool)
        scores[meant] += _NAMED
    if query.regions:
        elsewhere = np.array([_conflicts(state.regions[i], query.regions) for i in owner], bool)
        elsewhere &= ~_mentions(state.view, pool.rows, query.regions)
        scores[elsewhere] += _OTHER_REGION
        probabilities[elsewhere] *= 0.05
    if named.is_elsewhere:
        probabilities *= 0.2
    return Ranked(scores, probabilities)


def _word_for_word(ranked: Ranked, pool: Pool, found: Found, of: int) -> Ranked:
    """The ranking with what stands in the passages as the question has it."""
    scores = ranked.scores + np.float32(_WHOLE) * pool.verbatim
    for part in found.parts:
        rarity = 1 - np.log1p(len(part)) / np.log1p(of)
        scores += np.float32(_PART * rarity) * np.isin(pool.rows, part)
    return Ranked(scores, ranked.probabilities)


def _is_local_law(record: DocumentRecord | None) -> bool:
    """Whether a document binds one region only; a question without one asks for the country."""
    return record is not None and record.metadata.kind == "local-regulation"


def _regions(record: DocumentRecord | None) -> frozenset[str]:
    """Provinces and cities that a document is about by its metadata, else by its title."""
    if record is None:
        return frozenset()
    region = record.metadata.region
    named = [region] if region else list(places(record.title))
    if record.metadata.level == "central" and not region:
        return frozenset()
    return frozenset(name.removesuffix("市") for n in named for name in (n, province(n)))


def _conflicts(document: frozenset[str], asked: Sequence[str]) -> bool:
    """Whether a document is about other places: another province, or another city of it."""
    if not document:
        return False
    if not document & set(asked):
        return True
    cities, wanted = document - set(PROVINCES), set(asked) - set(PROVINCES)
    return bool(cities and wanted and not cities & wanted)


def _mentions(view: LexicalView, rows: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Whether each passage's text names one of the places, booleans ``(rows,)``."""
    found = np.zeros(len(rows), bool)
    for name in names:
        held, _ = terms_held(view.text, rows, np.unique(term_numbers(name)))
        found |= held.all(axis=1)
    return found
