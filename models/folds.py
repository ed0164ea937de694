"""Embedding models that have not seen the questions they are asked: one a fold of ``train``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

COUNT, MEMBERS, SEED = 3, 1, 7


@dataclass(frozen=True)
class Folds:
    """Vectors on disk below ``folder``. ``fold[i]`` is the fold of question ``i`` of ``train``."""

    folder: Path
    fold: np.ndarray
    count: int
    members: int

    def cosines(self, question: int) -> np.ndarray:
        """Cosines of all passages with a question of ``train``, by the model of its fold."""
        fold = int(self.fold[question])
        place = int((self.fold[:question] == fold).sum())
        return self._vectors(f"docs{fold}") @ self._vectors(f"train{fold}")[place]

    def dev_cosines(self, fold: int, question: int) -> np.ndarray:
        """Cosines of all passages with a question of ``dev``, by the model of ``fold``."""
        return self._vectors(f"docs{fold}") @ self._vectors(f"dev{fold}")[question]

    def _vectors(self, name: str) -> np.ndarray:
        return _unit(self.folder, name[:-1], name[-1], self.members)


@lru_cache(maxsize=3 * COUNT)
def _unit(folder: Path, kind: str, fold: str, members: int) -> np.ndarray:
    parts = [np.load(folder / f"{kind}{member}{fold}.npy") for member in range(members)]
    joint = np.concatenate(parts, axis=1).astype(np.float32)
    joint /= np.linalg.norm(joint, axis=1, keepdims=True) + 1e-9
    return joint


def fold_vectors(statutes: Path, corpus: Path | None, folder: Path) -> Folds:
    """Train the folds' models, or use what ``folder`` holds of an earlier run.

    Structure is learned once a member; it needs no questions. The vocabulary leaves the questions
    of ``train`` out.
    """
    if not (folder / f"dev{MEMBERS - 1}{COUNT - 1}.npy").is_file():
        _train(statutes, corpus, folder)
    return Folds(folder, np.load(folder / "fold.npy"), COUNT, MEMBERS)


def _train(statutes: Path, corpus: Path | None, folder: Path) -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    from learn import Table
    from measure import ranking_figures
    from pairs import citations, read_corpus, read_statutes, without_duplicates
    from tokenise import Features, build_tokenizer
    from train import Bags, Log, Settings, balanced, learn_questions, learn_structure

    settings = Settings()
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(folder / "folds-log.jsonl")
    collection = read_statutes(statutes)
    n = len(collection.articles)
    lines = (statutes / "train.jsonl").read_text(encoding="utf-8").splitlines()
    own, rest = collection.train[: len(lines)], collection.train[len(lines) :]
    more = without_duplicates(read_corpus(corpus), collection.articles) if corpus else []
    articles = collection.articles + more
    texts = [a.text for a in articles] + [a.law for a in articles]
    texts += 2 * [t for q in rest for t in (q.query, q.answer)]
    tokenizer, phrases = build_tokenizer(texts, settings.words, settings.phrases)
    features = Features(tokenizer, phrases)
    bags = Bags(articles, features)
    whole = bags.documents(np.arange(bags.n))
    frequency = np.bincount(whole.indices, minlength=features.size)
    rarity = np.log((bags.n + 1) / (frequency + 1))
    follows = [i for i in range(bags.n - 1) if articles[i].law == articles[i + 1].law]
    related = np.array(citations(articles) + [(i, i + 1) for i in follows]).reshape(-1, 2)
    asked = features.bags([q.query for q in own])
    dev = features.bags([q.query for q in collection.dev])
    fold_of = np.random.default_rng(0).integers(0, COUNT, len(own))
    np.save(folder / "fold.npy", fold_of)
    for member in range(MEMBERS):
        rng = np.random.default_rng([SEED, member])
        table = Table(rarity / rarity.max(), settings.dim, rng)
        learn_structure(table, bags, related, settings, np.random.default_rng([SEED, member]), log)
        structure = table.rows.copy()
        for fold in range(COUNT):
            table.rows = structure.copy()
            table.forget()
            others = [q for q, f in zip(own, fold_of, strict=True) if f != fold] + rest
            rng = np.random.default_rng([SEED, member, fold])
            learn_questions(table, bags, n, others, features, settings, rng, log)
            rows = balanced(table, whole[:n])
            held = np.flatnonzero(fold_of == fold)
            np.save(folder / f"docs{member}{fold}.npy", (whole[:n] @ rows).astype(np.float16))
            np.save(folder / f"train{member}{fold}.npy", asked[held] @ rows)
            np.save(folder / f"dev{member}{fold}.npy", dev @ rows)
            documents = table.encode(whole[:n])
            figures = ranking_figures(
                table.encode(asked[held]), documents, [own[i].relevant for i in held]
            )
            log(member=member, fold=fold, unseen=figures)
