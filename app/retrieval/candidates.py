"""Passages proposed for a question, and the features by which they are ranked.

All features are computed for all candidates at once from the arrays of the lexical index; no text
is fetched. None names a document or a kind of text, so that what was learned on statutes holds for
notices and news.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

import numpy as np

from app.retrieval.verbatim import Found
from ingest.storage.lexical import HEADING_WEIGHT, Field, LexicalView, Postings, best_rows
from ingest.storage.terms import BUCKETS, normalised, number_of, term_numbers

FEATURES = (
    "dense",  # cosine
    "dense_gap",  # cosine less the best cosine
    "dense_rank",  # logarithm of the rank by cosine
    "bm25",  # BM25 of the text, as a share of the question's weight
    "bm25_gap",  # BM25 less the best, as a share of the best
    "bm25_rank",  # logarithm of the rank by BM25
    "coverage",  # share of the question's weight that stands in the text
    "coverage_rare",  # the same of its five rarest terms
    "phrase",  # longest run of the question that stands in the text, in pairs
    "phrase_share",  # the same as a share of the question
    "density",  # share of the text's terms that stand in the question
    "length",  # logarithm of the number of terms
    "head_bm25",  # BM25 of title and section path
    "head_density",  # share of the terms of title and path that stand in the question
    "covered",  # share of the question's weight in text, title or path
    "document_share",  # the document's share of the candidates, weighted by cosine
    "document_best",  # best cosine in the document less the best of all
    "within_document",  # cosine less the best in the document
    "document_count",  # logarithm of the number of candidates of the document
    "neighbours",  # mean cosine of the passages before and after, less the own
    "neighbour_best",  # best cosine of the passages around, less the best of all
    "figures",  # share of the question's figures that stand in the text, 0.5 if it has none
    "best_dense",  # best cosine of all: how near the index comes to the question
    "best_bm25",  # best BM25 of all, as a share of the question's weight
    "question_length",  # logarithm of the question's number of terms
    "title_length",  # distinct terms of title and path: basic laws have short names
    "document_size",  # logarithm of the document's number of passages
)
_OWN = threading.local()
_FIGURE = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_RARE = 5
_TEMPERATURE = 0.05
_UNKNOWN_GAP = -0.02
"""A candidate that the vector search did not return lies so far below the last one it did."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a question: ``ordered`` as they stand, ``distinct`` without repetition.

    ``weights`` are the distinct terms' inverse document frequencies in the texts; a term that
    occurs nowhere weighs most. ``boosts`` are 1 for the question's own terms and less for terms
    of other wordings, which come last. ``own`` is the number of its own terms. ``figures`` are
    those of its distinct terms that are numbers.
    """

    ordered: np.ndarray
    distinct: np.ndarray
    weights: np.ndarray
    boosts: np.ndarray
    own: int
    figures: np.ndarray

    @classmethod
    def of(
        cls, text: str, view: LexicalView, wordings: tuple[str, ...] = (), boost: float = 0.4
    ) -> Terms:
        """The terms of ``text`` and of other ``wordings``."""
        ordered = term_numbers(text)
        distinct = np.unique(ordered)
        more = np.unique(term_numbers("\n".join(wordings)))
        more = more[~np.isin(more, distinct)]
        every = np.concatenate([distinct, more])
        weights = view.text.idf[every]
        unseen = np.float32(np.log1p((len(view.ids) + 0.5) / 0.5))
        boosts = np.repeat(np.array([1.0, boost], np.float32), [len(distinct), len(more)])
        weights = np.where(weights > 0, weights, unseen)
        figures = np.array(
            [number_of(word) for word in _FIGURE.findall(normalised(text))], np.int64
        )
        return cls(ordered, every, weights, boosts, len(distinct), np.unique(figures))


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates: rows of the lexical view, their cosine and BM25 (0 where not found), and
    whether the vector search returned them. All arrays have the shape ``(n,)``. ``verbatim`` says
    which hold the whole question word for word, ``alike`` are the cosines of the reader's encoder,
    NaN where none is kept."""

    rows: np.ndarray
    dense: np.ndarray
    known: np.ndarray
    text: np.ndarray
    head: np.ndarray
    verbatim: np.ndarray
    alike: np.ndarray | None = None

    @property
    def lexical(self) -> np.ndarray:
        """The score that orders a lexical search."""
        return self.text + HEADING_WEIGHT * self.head


@dataclass(frozen=True, slots=True)
class Words:
    """BM25 of every passage's text and heading, ``(passages,)`` each."""

    text: np.ndarray
    head: np.ndarray

    @classmethod
    def of(cls, view: LexicalView, terms: Terms) -> Words:
        """What the words of a question find."""
        return cls(
            view.text.scores(terms.distinct, terms.boosts),
            view.head.scores(terms.distinct, terms.boosts),
        )


def gather(
    words: Words,
    dense_rows: np.ndarray,
    dense: np.ndarray,
    count: int,
    allowed: np.ndarray | None = None,
    found: Found | None = None,
    more: np.ndarray | None = None,
) -> Pool:
    """What vectors found, the ``count`` best by words, and those of what was ``found`` word for
    word; of many the best by words.

    :param dense_rows: rows found by vectors.
    :param dense: their cosines.
    :param allowed: booleans over all rows.
    :param more: further rows, found by other means.
    """
    total = words.text + np.float32(HEADING_WEIGHT) * words.head
    if allowed is not None:
        total = total * allowed
    rows = np.union1d(dense_rows, best_rows(total, count)).astype(np.int64)
    if more is not None:
        rows = np.union1d(rows, more if allowed is None else more[allowed[more]])
    if found is not None:
        there = found.rows(count)
        there = there if allowed is None else there[allowed[there]]
        best = there[np.argsort(-total[there], kind="stable")[:count]]
        rows = np.union1d(rows, best).astype(np.int64)
    floor = (float(dense.min()) if len(dense) else 0.0) + _UNKNOWN_GAP
    order = np.argsort(dense_rows, kind="stable")
    at = np.searchsorted(dense_rows[order], rows)
    at = np.minimum(at, max(len(dense_rows) - 1, 0))
    known = dense_rows[order][at] == rows if len(dense_rows) else np.zeros(len(rows), bool)
    cosines = np.full(len(rows), floor)
    if len(dense_rows):
        cosines = np.where(known, dense[order][at], floor)
    verbatim = np.isin(rows, found.whole) if found is not None else np.zeros(len(rows), bool)
    return Pool(
        rows, cosines.astype(np.float32), known, words.text[rows], words.head[rows], verbatim
    )


def features(view: LexicalView, terms: Terms, pool: Pool) -> np.ndarray:
    """``float32`` of shape ``(candidates, len(FEATURES))``."""
    n = len(pool.rows)
    weights = terms.weights[: terms.own]
    distinct = terms.distinct[: terms.own]
    total = max(float(weights.sum()), 1e-6)
    in_text, text_sizes = terms_held(view.text, pool.rows, distinct)
    in_head, head_sizes = terms_held(view.head, pool.rows, distinct)
    rare = np.argsort(-weights, kind="stable")[:_RARE]
    rare_total = max(float(weights[rare].sum()), 1e-6)
    phrase = _longest_run(in_text[:, np.searchsorted(distinct, terms.ordered)])
    best_dense = float(pool.dense.max()) if n else 0.0
    best_text = max(float(pool.text.max()) if n else 0.0, 1e-6)
    owner = view.owner[pool.rows]
    by_document = _by_document(owner, pool.dense)
    around = _neighbours(view, pool)
    columns = {
        "dense": pool.dense,
        "dense_gap": pool.dense - best_dense,
        "dense_rank": np.log1p(_ranks(pool.dense)),
        "bm25": pool.text / total,
        "bm25_gap": pool.text / best_text - 1,
        "bm25_rank": np.log1p(_ranks(pool.lexical)),
        "coverage": _weight(in_text, weights) / total,
        "coverage_rare": _weight(in_text[:, rare], weights[rare]) / rare_total,
        "phrase": phrase,
        "phrase_share": phrase / max(len(terms.ordered), 1),
        "density": in_text.sum(1) / np.maximum(text_sizes, 1),
        "length": np.log1p(text_sizes),
        "head_bm25": pool.head / total,
        "head_density": in_head.sum(1) / np.maximum(head_sizes, 1),
        "covered": _weight(in_text | in_head, weights) / total,
        "document_share": by_document[0],
        "document_best": by_document[1] - best_dense,
        "within_document": pool.dense - by_document[1],
        "document_count": np.log1p(by_document[2]),
        "neighbours": around.mean(0) - pool.dense,
        "neighbour_best": around.max(0) - best_dense,
        "figures": _figures(in_text, distinct, terms.figures),
        "best_dense": np.full(n, best_dense),
        "best_bm25": np.full(n, best_text / total),
        "question_length": np.full(n, np.log1p(terms.own)),
        "title_length": head_sizes,
        "document_size": np.log1p(view.sizes[owner]),
    }
    return np.stack([columns[name] for name in FEATURES], axis=1).astype(np.float32)


def terms_held(
    postings: Postings, rows: np.ndarray, terms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which of ``terms`` (ascending) each row holds, booleans ``(rows, terms)``, and the number
    of distinct terms of each row."""
    field: Field = postings.field
    starts, ends = field.starts[rows], field.starts[rows + 1]
    sizes = ends - starts
    before = np.cumsum(sizes) - sizes
    places = np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)
    column = _column()
    column[terms] = np.arange(1, len(terms) + 1)
    found = column[field.terms[places]]
    column[terms] = 0
    row_of = np.repeat(np.arange(len(rows)), sizes)
    held = np.zeros((len(rows), len(terms)), bool)
    hit = found > 0
    held[row_of[hit], found[hit] - 1] = True
    return held, sizes


def _column() -> np.ndarray:
    """Zeros, one for each term number; this thread's own, to be left as they were."""
    if not hasattr(_OWN, "column"):
        _OWN.column = np.zeros(BUCKETS, np.int16)
    column: np.ndarray = _OWN.column
    return column


def _weight(held: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weight of what each row holds. Not a matrix product: that of some BLAS raises warnings
    of invalid values on few columns."""
    total: np.ndarray = np.where(held, weights, np.float32(0)).sum(axis=1)
    return total


def _longest_run(held: np.ndarray) -> np.ndarray:
    """The longest run of true values in each row."""
    longest = np.zeros(len(held), np.float32)
    run = np.zeros(len(held), np.float32)
    for column in held.T:
        run = (run + 1) * column
        np.maximum(longest, run, out=longest)
    return longest


def _ranks(scores: np.ndarray) -> np.ndarray:
    """0 for the highest, 1 for the next, …"""
    ranks = np.empty(len(scores), np.float32)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return ranks


def _by_document(owner: np.ndarray, dense: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each candidate: its document's share, best cosine and number of candidates."""
    documents, which = np.unique(owner, return_inverse=True)
    heat = np.exp((dense - (dense.max() if len(dense) else 0.0)) / _TEMPERATURE)
    share = np.bincount(which, heat, len(documents)) / max(float(heat.sum()), 1e-9)
    best = np.full(len(documents), -1.0, np.float32)
    np.maximum.at(best, which, dense)
    count = np.bincount(which, minlength=len(documents))
    return share[which], best[which], count[which]


def _neighbours(view: LexicalView, pool: Pool) -> np.ndarray:
    """Cosines of the passages before and after, ``(2, candidates)``; the lowest of all where
    there is none among the candidates."""
    floor = float(pool.dense.min()) if len(pool.dense) else 0.0
    found = np.full((2, len(pool.rows)), floor, np.float32)
    for which, step in enumerate((-1, 1)):
        wanted = pool.rows + step
        at = np.minimum(np.searchsorted(pool.rows, wanted), max(len(pool.rows) - 1, 0))
        there = pool.rows[at] == wanted
        there[there] = view.owner[pool.rows[there]] == view.owner[wanted[there]]
        found[which, there] = pool.dense[at[there]]
    return found


def _figures(in_text: np.ndarray, distinct: np.ndarray, figures: np.ndarray) -> np.ndarray:
    if not len(figures):
        return np.full(len(in_text), 0.5, np.float32)
    return in_text[:, np.searchsorted(distinct, figures)].mean(1)
