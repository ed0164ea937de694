"""Embedding models that have not seen the questions they are asked, one a fold of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from training.embedding.learn import Table
from training.embedding.pairs import (
    citations,
    read_corpus,
    read_statutes,
    read_written,
    without_duplicates,
)
from training.embedding.tokenise import Features, build_tokenizer
from training.embedding.train import (
    WRITTEN,
    Bags,
    Log,
    Settings,
    balanced,
    learn_questions,
    learn_structure,
)

COUNT, MEMBERS, SEED = 4, 3, 7
QUERY, DOCUMENT = 0, 1


@dataclass(frozen=True)
class Folds:
    """Models on disk below ``folder``. ``fold[i]`` is the fold of question ``i``, in the order of
    ``train.jsonl`` and then ``extra.jsonl``; model ``f`` learned from all others."""

    folder: Path
    fold: np.ndarray
    count: int

    def tokens(self, texts: Sequence[str]) -> sp.csr_matrix:
        """How often each token stands in each text, ``(texts, tokens)``."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        ids = [e.ids for e in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        starts = np.cumsum([0] + [len(own) for own in ids])
        columns = np.array([i for own in ids for i in own], np.int64)
        shape = len(ids), tokenizer.get_vocab_size()
        return sp.csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=shape)

    def vectors(self, fold: int, tokens: sp.csr_matrix, side: int) -> np.ndarray:
        """Unit vectors of texts by the model of ``fold``.

        :param tokens: from :meth:`tokens`.
        :param side: :data:`QUERY` or :data:`DOCUMENT`.
        """
        table, shift = _table(self.folder, fold)
        return _unit(_unit(tokens @ table) + shift[side])


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    unit: np.ndarray = (vectors / lengths).astype(np.float32)
    return unit


@lru_cache(maxsize=COUNT)
def _table(folder: Path, fold: int) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of the tokens ``(tokens, dimension)`` and of the sides ``(2, dimension)``."""
    tables = [np.load(folder / f"table-{fold}-{member}.npy") for member in range(MEMBERS)]
    shifts = [np.load(folder / f"shift-{fold}-{member}.npy") for member in range(MEMBERS)]
    shift = np.concatenate(shifts, axis=1) / np.float32(MEMBERS**0.5)
    return np.concatenate(tables, axis=1).astype(np.float32), shift


def fold_models(statutes: Path, corpus: Path | None, folder: Path) -> Folds:
    """Train the folds' models, or use what ``folder`` holds of an earlier run.

    Structure is learned once a member; it needs no questions. The questions written for the
    project are learned by all; the vocabulary leaves the others out.
    """
    if not (folder / f"table-{COUNT - 1}-{MEMBERS - 1}.npy").is_file():
        _train(statutes, corpus, folder)
    return Folds(folder, np.load(folder / "fold.npy"), COUNT)


def _train(statutes: Path, corpus: Path | None, folder: Path) -> None:
    settings = Settings()
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(folder / "folds-log.jsonl")
    collection = read_statutes(statutes)
    n = len(collection.articles)
    more = without_duplicates(read_corpus(corpus), collection.articles) if corpus else []
    articles = collection.articles + more
    written = read_written(WRITTEN, articles)
    texts = [a.text for a in articles] + [a.law for a in articles]
    texts += 2 * [q.query for q in written]
    tokenizer, phrases = build_tokenizer(texts, settings.words, settings.phrases)
    tokenizer.save(str(folder / "tokenizer.json"))
    features = Features(tokenizer, phrases)
    bags = Bags(articles, features)
    whole = bags.documents(np.arange(bags.n))
    frequency = np.bincount(whole.indices, minlength=features.size)
    rarity = np.log((bags.n + 1) / (frequency + 1))
    follows = [i for i in range(bags.n - 1) if articles[i].law == articles[i + 1].law]
    related = np.array(citations(articles) + [(i, i + 1) for i in follows]).reshape(-1, 2)
    fold_of = np.random.default_rng(0).integers(0, COUNT, len(collection.train))
    np.save(folder / "fold.npy", fold_of)
    log(articles=bags.n, questions=len(fold_of))
    for member in range(MEMBERS):
        table = Table(rarity / rarity.max(), settings.dim, np.random.default_rng([SEED, member]))
        learn_structure(table, bags, related, settings, np.random.default_rng([SEED, member]), log)
        structure = table.rows.copy()
        for fold in range(COUNT):
            table.rows = structure.copy()
            table.forget()
            others = [q for q, f in zip(collection.train, fold_of, strict=True) if f != fold]
            others += written
            rng = np.random.default_rng([SEED, member, fold])
            learn_questions(table, bags, n, others, features, settings, rng, log)
            rows = features.fold(balanced(table, whole[:n]))
            # A model whose sides differ has a vector for each, added to the texts' unit vectors
            shift = getattr(table, "shift", np.zeros((2, settings.dim), np.float32))
            np.save(folder / f"shift-{fold}-{member}.npy", shift)
            np.save(folder / f"table-{fold}-{member}.npy", rows.astype(np.float16))
            log(member=member, fold=fold, learned_from=len(others))
