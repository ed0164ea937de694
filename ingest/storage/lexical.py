"""The lexical index: BM25 over the passages, kept in the catalogue's own database.

What each passage holds is stored as two rows a document, in the transaction that makes the
document visible; so words and catalogue can never disagree, whenever the process dies. For
searching, these rows are brought together in memory as a sparse matrix whose entries are already
BM25 weights, one column a term: a query adds up a few dozen columns, the idea of Lù, "BM25S"
(arXiv 2407.03618). Its formula is Lucene's (Kamphuis et al., ECIR 2020). After a change only the
documents that changed are read again. Text and heading (title and section path) are two fields
with statistics of their own.

``docs/benchmarks.md`` has the measurements that chose this over SQLite FTS5, tantivy and bm25s.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ingest.document import Passage
from ingest.storage.database import Connection
from ingest.storage.terms import BUCKETS, term_numbers

if TYPE_CHECKING:
    from ingest.storage.catalogue import Catalogue

K1, B = 1.2, 0.75
HEADING_WEIGHT = 0.2
"""How much the heading's BM25 counts beside the text's; chosen on the training questions."""

_SCHEMA = """
create table if not exists lexical (
    stamp integer primary key autoincrement, document text not null, passages text not null,
    text_counts blob not null, text_terms blob not null, text_times blob not null,
    head_counts blob not null, head_terms blob not null, head_times blob not null
);
create index if not exists lexical_by_document on lexical(document);
"""
_COLUMNS = (
    "stamp, document, passages, text_counts, text_terms, text_times, head_counts, head_terms,"
    " head_times"
)

Counted = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
"""The six blobs of a row."""


@dataclass(frozen=True, slots=True)
class Field:
    """The terms of a run of passages: those of passage ``i`` are ``starts[i]:starts[i + 1]`` of
    ``terms`` (``int32``, distinct, ascending) and of ``times`` (``uint8``, how often each)."""

    starts: np.ndarray
    terms: np.ndarray
    times: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> Field:
        """The terms of each of ``texts``."""
        found = [np.unique(term_numbers(text), return_counts=True) for text in texts]
        return cls(
            _starts([len(terms) for terms, _ in found]),
            np.concatenate([np.empty(0, np.int32), *(terms for terms, _ in found)]),
            np.concatenate(
                [np.empty(0, np.uint8), *(np.minimum(n, 255).astype(np.uint8) for _, n in found)]
            ),
        )

    @classmethod
    def joined(cls, fields: Sequence[Field]) -> Field:
        """One run after the other."""
        counts = [np.diff(field.starts) for field in fields]
        return cls(
            _starts(np.concatenate([np.empty(0, np.int64), *counts])),
            np.concatenate([np.empty(0, np.int32), *(field.terms for field in fields)]),
            np.concatenate([np.empty(0, np.uint8), *(field.times for field in fields)]),
        )

    def to_blobs(self) -> tuple[bytes, bytes, bytes]:
        """How many terms each passage has, the terms, and their times, little-endian."""
        counts = np.diff(self.starts).astype("<i4")
        return counts.tobytes(), self.terms.astype("<i4").tobytes(), self.times.tobytes()

    @classmethod
    def from_blobs(cls, counts: bytes, terms: bytes, times: bytes) -> Field:
        """The inverse of :meth:`to_blobs`."""
        return cls(
            _starts(np.frombuffer(counts, "<i4")),
            np.frombuffer(terms, "<i4"),
            np.frombuffer(times, np.uint8),
        )


def counted(passages: Sequence[Passage], title: str) -> Counted:
    """The terms of one document's passages as they are stored, of their texts and headings."""
    text = Field.of([passage.text for passage in passages])
    head = Field.of([heading_text(title, passage) for passage in passages])
    return *text.to_blobs(), *head.to_blobs()


class Postings:
    """BM25 of one field: for each term the passages that hold it and what it adds to them.

    ``idf[t]`` is the weight of term ``t`` were it in one of the passages; 0 where it is in none.
    """

    def __init__(self, field: Field) -> None:
        from scipy.sparse import csr_array

        self.field = field
        n = len(field.starts) - 1
        times = field.times.astype(np.float32)
        lengths = np.add.reduceat(np.append(times, 0), field.starts[:-1]) if n else times
        lengths[np.diff(field.starts) == 0] = 0
        holders = np.bincount(field.terms, minlength=BUCKETS)
        held = np.flatnonzero(holders)  # few of all there may be
        count = holders[held]
        self.idf = np.zeros(BUCKETS, np.float32)
        self.idf[held] = np.log1p((n - count + 0.5) / (count + 0.5))
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()) if n else 0.0, 1e-9))
        saturation = times * (K1 + 1) / (times + np.repeat(norm, np.diff(field.starts)))
        weights = (self.idf[field.terms] * saturation).astype(np.float32)
        by_row = csr_array((weights, field.terms, field.starts), shape=(n, BUCKETS))
        columns = by_row.tocsc()
        self._starts, self._rows, self._weights = columns.indptr, columns.indices, columns.data
        self._n = n

    def scores(self, terms: np.ndarray, boosts: np.ndarray) -> np.ndarray:
        """BM25 of every passage, ``float32`` of shape ``(passages,)``.

        :param terms: distinct term numbers.
        :param boosts: what to multiply each term's share by.
        """
        total = np.zeros(self._n, np.float32)
        for term, boost in zip(terms.tolist(), boosts.tolist(), strict=True):
            start, end = self._starts[term], self._starts[term + 1]
            if start < end:
                total[self._rows[start:end]] += self._weights[start:end] * np.float32(boost)
        return total

    def holders(self, terms: np.ndarray) -> np.ndarray:
        """How many passages hold each of ``terms``."""
        found: np.ndarray = self._starts[terms + 1] - self._starts[terms]
        return found


class LexicalView:
    """All visible passages at one moment; never changes once made."""

    def __init__(
        self, ids: list[str], documents: list[str], owner: np.ndarray, text: Field, head: Field
    ) -> None:
        #: ids of the passages, in order of document and place
        self.ids = ids
        #: ids of the documents, and for each passage the position of its document among them
        self.documents = documents
        self.owner = owner
        #: number of passages of each document
        self.sizes = np.bincount(owner, minlength=len(documents))
        self.text = Postings(text)
        self.head = Postings(head)
        self.row = {id: i for i, id in enumerate(ids)}

    def mask(self, documents: Collection[str]) -> np.ndarray:
        """Which passages belong to ``documents``, booleans of shape ``(passages,)``."""
        allowed = np.array([d in documents for d in self.documents], bool)
        return allowed[self.owner] if len(self.documents) else np.empty(0, bool)


class LexicalIndex:
    """The lexical part of ``catalogue``; its table is made if ``write`` is true."""

    def __init__(self, catalogue: Catalogue, write: bool = False) -> None:
        self._catalogue = catalogue
        self._viewing = threading.Lock()
        self._seen = -1
        self._view: LexicalView | None = None
        self._parts: dict[int, _Part] = {}
        if write:
            catalogue.database.make(catalogue.connection, _SCHEMA)

    def add(self, connection: Connection, passages: Sequence[Passage], title: str) -> None:
        """Store the terms of one document's passages in the open transaction."""
        self.put(connection, passages, counted(passages, title))

    def put(self, connection: Connection, passages: Sequence[Passage], terms: Counted) -> None:
        """:meth:`add`, with what :func:`counted` made of the passages."""
        if not passages:
            return
        connection.execute(
            "insert into lexical (document, passages, text_counts, text_terms, text_times,"
            " head_counts, head_terms, head_times) values (?,?,?,?,?,?,?,?)",
            (passages[0].document, "\n".join(passage.id for passage in passages), *terms),
        )

    def remove(self, connection: Connection, document_id: str) -> None:
        """Take a document's terms out in the open transaction."""
        connection.execute("delete from lexical where document = ?", (document_id,))

    def search(
        self, query: str, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Ids and BM25 scores of the ``k`` best passages, best first; none with score 0.

        :param documents: search only the documents with these ids.
        """
        view = self.view()
        terms = np.unique(term_numbers(query))
        scores = combined(view, terms, np.ones(len(terms), np.float32))
        if documents is not None:
            scores = scores * view.mask(documents)
        return [(view.ids[row], float(scores[row])) for row in best_rows(scores, k)]

    def view(self) -> LexicalView:
        """All visible passages as they are now."""
        with self._viewing:
            changes = self._catalogue.changes
            if self._view is None or changes != self._seen:
                self._view = self._refreshed()
                self._seen = changes
            return self._view

    def _refreshed(self) -> LexicalView:
        connection = self._catalogue.connection
        stamps = [row[0] for row in connection.execute("select stamp from lexical order by stamp")]
        missing = [stamp for stamp in stamps if stamp not in self._parts]
        if len(missing) > 50:
            rows = connection.execute(f"select {_COLUMNS} from lexical")
            fresh = {row[0]: _Part.read(row) for row in rows}
        else:
            fresh = {}
            for stamp in missing:
                one = f"select {_COLUMNS} from lexical where stamp = ?"
                rows = connection.execute(one, (stamp,))
                fresh.update((row[0], _Part.read(row)) for row in rows)
        known = {**self._parts, **fresh}
        self._parts = {stamp: known[stamp] for stamp in stamps if stamp in known}
        parts = list(self._parts.values())
        sizes = [len(part.ids) for part in parts]
        return LexicalView(
            [id for part in parts for id in part.ids],
            [part.document for part in parts],
            np.repeat(np.arange(len(parts)), sizes),
            Field.joined([part.text for part in parts]),
            Field.joined([part.head for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """One document's rows."""

    document: str
    ids: list[str]
    text: Field
    head: Field

    @classmethod
    def read(cls, row: Sequence[object]) -> _Part:
        _, document, passages, *blobs = row
        return cls(
            str(document),
            str(passages).split("\n"),
            Field.from_blobs(*blobs[:3]),  # type: ignore[arg-type]
            Field.from_blobs(*blobs[3:]),  # type: ignore[arg-type]
        )


def heading_text(title: str, passage: Passage) -> str:
    """What the heading field of a passage holds: the title and the headings above it."""
    return "\n".join((title, *passage.path))


def combined(view: LexicalView, terms: np.ndarray, boosts: np.ndarray) -> np.ndarray:
    """The score that orders a lexical search: BM25 of the text and, with less weight, of the
    heading; ``float32`` of shape ``(passages,)``."""
    return view.text.scores(terms, boosts) + HEADING_WEIGHT * view.head.scores(terms, boosts)


def best_rows(scores: np.ndarray, k: int) -> np.ndarray:
    """Positions of the ``k`` highest positive scores, highest first, ties by position."""
    k = min(k, len(scores))
    rows = np.argpartition(-scores, k - 1)[:k] if k else np.empty(0, np.int64)
    rows = rows[scores[rows] > 0]
    return rows[np.lexsort((rows, -scores[rows]))]


def _starts(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.asarray(counts, np.int64))])
