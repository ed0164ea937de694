"""Train the embedding model from nothing.

    python training/embedding/train.py --statutes DIR --corpus DIR --out models/zhengce-embed

``--statutes`` holds ``passages.jsonl.gz``, ``train.jsonl`` and, where there are, ``extra.jsonl``
and ``dev.jsonl``; ``--corpus`` holds laws and notices as Markdown, text or HTML. Two stages:

1. Structure. A span of clauses ↔ the rest of its article and the law's name, among them articles
   of the same law; neighbouring articles; an article ↔ the article it cites.
2. Questions. A lay question ↔ its article, its answer ↔ the article, a sentence of the answer ↔
   the article, the question ↔ its answer; a question written for the project
   (``models/questions``) ↔ its article. Before each epoch the model itself ranks the collection
   and what it ranks high and wrongly becomes the hard negatives.

Several members are trained from different random beginnings and laid side by side: what each has
got wrong by chance the others outvote. Their joint vectors are then cut to ``out_dim``.

``dev.jsonl`` is measured at the end and never learned from.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ingest.settings import PROJECT
from training.embedding.export import write_model
from training.embedding.learn import Table, thinned
from training.embedding.measure import ranking_figures
from training.embedding.pairs import (
    Article,
    Question,
    citations,
    clauses,
    read_corpus,
    read_statutes,
    read_written,
    sentences,
    without_duplicates,
)
from training.embedding.tokenise import Features, build_tokenizer

WRITTEN = PROJECT / "models" / "questions"


@dataclass(frozen=True)
class Settings:
    """What can be turned; the defaults made the committed model."""

    members: int = 4
    dim: int = 256
    out_dim: int = 512
    words: int = 40_000
    phrases: int = 20_000
    seed: int = 0
    structure_epochs: int = 2
    structure_batch: int = 512
    structure_rate: float = 0.005
    question_epochs: int = 3
    question_batch: int = 128
    question_rate: float = 0.003
    structure_temperature: float = 0.06
    question_temperature: float = 0.05
    structure_dropped: float = 0.1
    question_dropped: float = 0.4
    hard: int = 6
    mined: int = 50
    block: int = 4
    law_shown: float = 0.85
    sentences_per_epoch: int = 4_000


class Log:
    """Prints each record as a line of JSON and keeps it in a file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.start = time.time()
        path.write_text("", encoding="utf-8")

    def __call__(self, **record: object) -> None:
        line = json.dumps({"seconds": round(time.time() - self.start, 1), **record})
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def choose(rows: list[list[int]], width: int) -> sp.csr_matrix:
    """A matrix that, multiplied with bags, adds up the listed rows: (len(rows), width)."""
    starts = np.cumsum([0] + [len(r) for r in rows])
    columns = np.array([c for r in rows for c in r], np.int64)
    ones = np.ones(columns.size, np.float32)
    return sp.csr_matrix((ones, columns, starts), shape=(len(rows), width))


class Bags:
    """The articles as bags of rows: by clause, whole, and by the law's name."""

    def __init__(self, articles: list[Article], features: Features) -> None:
        cut = [clauses(a.text) for a in articles]
        #: where the clauses of article i begin; article i has starts[i]:starts[i + 1]
        self.starts = np.cumsum([0] + [len(c) for c in cut])
        self.clauses = features.bags([c for own in cut for c in own])
        whole = [list(range(a, b)) for a, b in itertools.pairwise(self.starts)]
        self.text = (choose(whole, self.clauses.shape[0]) @ self.clauses).tocsr()
        laws = sorted({a.law for a in articles})
        number = {law: i for i, law in enumerate(laws)}
        self.law = features.bags(laws)[[number[a.law] for a in articles]]
        self.n = len(articles)

    def documents(
        self, index: np.ndarray, law_shown: float = 1.0, rng: np.random.Generator | None = None
    ) -> sp.csr_matrix:
        """Articles with the law's name, or with it for a share ``law_shown`` of them."""
        shown = np.ones(len(index), np.float32)
        if rng is not None:
            shown = (rng.random(len(index)) < law_shown).astype(np.float32)
        return (self.text[index] + sp.diags_array(shown) @ self.law[index]).tocsr()


def structure_batches(
    bags: Bags, related: np.ndarray, settings: Settings, rng: np.random.Generator
) -> Iterator[tuple[sp.csr_matrix, sp.csr_matrix]]:
    """One epoch of pairs from structure; a batch holds blocks of neighbours of one law.

    :param related: (n, 2) positions of articles that belong together.
    """
    size = settings.structure_batch // settings.block
    order = rng.permutation(bags.n // settings.block)
    width = bags.clauses.shape[0]
    for start in range(0, len(order), size):
        index = order[start : start + size, None] * settings.block + np.arange(settings.block)
        asked, rest, owner = [], [], []
        for i in index.ravel():
            first, last = bags.starts[i], bags.starts[i + 1]
            if last - first < 2:
                continue
            length = rng.integers(1, min(4, last - first - 1) + 1)
            at = first + rng.integers(0, last - first - length + 1)
            asked.append(list(range(at, at + length)))
            rest.append([c for c in range(first, last) if not at <= c < at + length])
            owner.append(i)
        if len(owner) < 2:
            continue
        shown = (rng.random(len(owner)) < settings.law_shown).astype(np.float32)
        law = sp.diags_array(shown) @ bags.law[owner]
        yield (
            (choose(asked, width) @ bags.clauses).tocsr(),
            (choose(rest, width) @ bags.clauses + law).tocsr(),
        )
        if len(related) and start // size % 8 == 7:
            some = related[rng.choice(len(related), min(len(related), 256), replace=False)]
            yield bags.text[some[:, 0]], bags.documents(some[:, 1], settings.law_shown, rng)


def learn_structure(
    table: Table,
    bags: Bags,
    related: np.ndarray,
    settings: Settings,
    rng: np.random.Generator,
    log: Log,
) -> None:
    """The first stage, see the module's docstring."""
    planned = settings.structure_epochs * max(1, bags.n // settings.structure_batch)
    step = 0
    for epoch in range(settings.structure_epochs):
        losses = []
        for queries, documents in structure_batches(bags, related, settings, rng):
            step += 1
            rate = settings.structure_rate * min(1, step / 50) * max(0.05, 1 - step / planned)
            queries = thinned(queries, settings.structure_dropped, rng)
            documents = thinned(documents, settings.structure_dropped, rng)
            losses.append(table.step(queries, documents, rate, settings.structure_temperature))
        log(stage="structure", epoch=epoch, loss=round(float(np.mean(losses)), 4))


@dataclass
class Asked:
    """Texts of one kind that ask for articles: bags (n, rows) and the articles of each."""

    bags: sp.csr_matrix
    relevant: list[tuple[int, ...]]
    times: int
    at_most: int | None = None


def asked_texts(questions: list[Question], features: Features, settings: Settings) -> list[Asked]:
    """The questions, their answers, and the sentences of the answers."""
    linked = [q for q in questions if q.relevant and q.answer]
    bare = [q for q in questions if q.relevant and not q.answer]
    cut = [(s, q.relevant) for q in linked for s in sentences(q.answer)]
    relevant = [q.relevant for q in linked]
    kinds = [
        Asked(features.bags([q.query for q in linked]), relevant, 2),
        Asked(features.bags([q.answer for q in linked]), relevant, 1),
    ]
    if bare:
        bags = features.bags([q.query for q in bare])
        kinds.append(Asked(bags, [q.relevant for q in bare], 1))
    if cut:
        bags = features.bags([s for s, _ in cut])
        kinds.append(Asked(bags, [r for _, r in cut], 1, settings.sentences_per_epoch))
    return kinds


def mine(
    table: Table, bags: sp.csr_matrix, documents: torch.Tensor, depth: int, batch: int = 1024
) -> np.ndarray:
    """Positions of the ``depth`` documents nearest to each bag: (n, depth)."""
    depth = min(depth, len(documents))
    found = [
        (table.encode(bags[i : i + batch]) @ documents.T).topk(depth, dim=1).indices
        for i in range(0, bags.shape[0], batch)
    ]
    return torch.cat(found).numpy()


def learn_questions(
    table: Table,
    bags: Bags,
    n_searched: int,
    questions: list[Question],
    features: Features,
    settings: Settings,
    rng: np.random.Generator,
    log: Log,
) -> None:
    """The second stage, see the module's docstring.

    :param n_searched: Negatives come from the first ``n_searched`` articles.
    """
    kinds = asked_texts(questions, features, settings)
    answered = [q for q in questions if q.answer]
    queries = features.bags([q.query for q in answered])
    answers = features.bags([q.answer for q in answered])
    whole = bags.documents(np.arange(n_searched))
    size, dropped = settings.question_batch, settings.question_dropped
    step = 0
    for epoch in range(settings.question_epochs):
        documents = table.encode(whole)
        jobs: list[tuple[Asked | None, np.ndarray, np.ndarray]] = []
        for kind in kinds:
            some = rng.permutation(kind.bags.shape[0])[: kind.at_most]
            near = mine(table, kind.bags[some], documents, settings.mined)
            for _ in range(kind.times):
                for part in np.array_split(rng.permutation(len(some)), -(-len(some) // size)):
                    jobs.append((kind, some[part], near[part]))
        order = rng.permutation(len(answered))
        jobs += [(None, part, part) for part in np.array_split(order, -(-len(order) // size))]
        losses = []
        for j in rng.permutation(len(jobs)):
            kind, index, near = jobs[j]
            step += 1
            fading = max(0.05, 1 - epoch / settings.question_epochs)
            rate = settings.question_rate * min(1, step / 20) * fading
            if kind is None:
                asked, answer, also = queries[index], answers[index], None
            else:
                asked = kind.bags[index]
                relevant = [kind.relevant[i] for i in index]
                chosen, also = candidates(relevant, near, settings.hard, rng)
                answer = bags.documents(chosen, settings.law_shown, rng)
            asked, answer = thinned(asked, dropped, rng), thinned(answer, dropped, rng)
            losses.append(table.step(asked, answer, rate, settings.question_temperature, also))
        log(stage="questions", epoch=epoch, loss=round(float(np.mean(losses)), 4))


def candidates(
    relevant: list[tuple[int, ...]], near: np.ndarray, hard: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """For each query one right article, then hard negatives for all of them.

    :param relevant: The right articles of each of n queries.
    :param near: (n, depth), articles that the model ranks high for each.
    :returns: m articles, the first n right in the queries' order, and (n, m) booleans: right for a
        query without being its chosen one.
    """
    right = [r[rng.integers(len(r))] for r in relevant]
    wrong: list[int] = []
    for row, own in zip(near, relevant, strict=True):
        others = row[~np.isin(row, own)]
        wrong += list(rng.choice(others, min(hard, len(others)), replace=False))
    chosen = np.array(right + wrong, np.int64)
    also = np.stack([np.isin(chosen, own) for own in relevant])
    also[np.arange(len(right)), np.arange(len(right))] = False
    return chosen, also


def balanced(table: Table, documents: sp.csr_matrix) -> np.ndarray:
    """The table's rows, scaled so that a document's sum has length 1 in the mean."""
    some = documents[:: max(1, documents.shape[0] // 5000)]
    return table.rows / np.linalg.norm(some @ table.rows, axis=1).mean()


def turned(rows: np.ndarray, documents: sp.csr_matrix, dim: int) -> np.ndarray:
    """Rows (n, wide) turned so that the documents vary most along the first of ``dim`` axes.

    The documents' unit vectors lose least by what is cut off, and shorter prefixes stay useful.
    """
    unit = Table.of(rows).encode(documents).numpy()
    _, axes = np.linalg.eigh(unit.T @ unit)
    return rows @ axes[:, ::-1][:, :dim].astype(np.float32)


def train(statutes: Path, corpus: Path | None, out: Path, settings: Settings) -> dict[str, float]:
    """Train, write the model's folder, and return the figures on ``dev`` (empty without it)."""
    out.mkdir(parents=True, exist_ok=True)
    log = Log(out / "train-log.jsonl")
    log(settings=asdict(settings))
    collection = read_statutes(statutes)
    n = len(collection.articles)
    more = without_duplicates(read_corpus(corpus), collection.articles) if corpus else []
    articles = collection.articles + more
    texts = [a.text for a in articles] + [a.law for a in articles]
    questions = collection.train + read_written(WRITTEN, articles)
    texts += 2 * [t for q in questions for t in (q.query, q.answer)]
    tokenizer, phrases = build_tokenizer(texts, settings.words, settings.phrases)
    features = Features(tokenizer, phrases)
    bags = Bags(articles, features)
    log(articles=n, more=len(more), questions=len(questions), tokens=features.n_tokens)
    whole = bags.documents(np.arange(bags.n))
    frequency = np.bincount(whole.indices, minlength=features.size)
    rarity = np.log((bags.n + 1) / (frequency + 1))
    related = np.array(
        citations(articles)
        + [(i, i + 1) for i in range(bags.n - 1) if articles[i].law == articles[i + 1].law]
    ).reshape(-1, 2)
    asked = features.bags([q.query for q in collection.dev])
    relevant = [q.relevant for q in collection.dev]
    tables = []
    for member in range(settings.members):
        rng = np.random.default_rng([settings.seed, member])
        table = Table(rarity / rarity.max(), settings.dim, rng)
        learn_structure(table, bags, related, settings, rng, log)
        table.forget()
        learn_questions(table, bags, n, questions, features, settings, rng, log)
        tables.append(balanced(table, whole[:n]))
        if collection.dev:
            figures = ranking_figures(table.encode(asked), table.encode(whole[:n]), relevant)
            log(member=member, dev=figures)
    joint = Table.of(turned(np.concatenate(tables, axis=1), whole, settings.out_dim))
    write_model(tokenizer, features.fold(joint.rows), out)
    figures = {}
    if collection.dev:
        figures = ranking_figures(joint.encode(asked), joint.encode(whole[:n]), relevant)
        for dim in (256, 128):
            short = Table.of(joint.rows[:, :dim])
            short_figures = ranking_figures(short.encode(asked), short.encode(whole[:n]), relevant)
            log(prefix=dim, dev=short_figures)
    log(dev=figures)
    return figures


def main() -> None:
    """Train, write the model and measure it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statutes", type=Path, required=True, help="folder of the collection")
    parser.add_argument("--corpus", type=Path, help="folder of further unlabelled texts")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--threads", type=int, default=1)
    for name, value in asdict(Settings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    arguments = vars(parser.parse_args())
    torch.set_num_threads(arguments.pop("threads"))
    statutes, corpus, out = (arguments.pop(name) for name in ("statutes", "corpus", "out"))
    train(statutes, corpus, out, Settings(**arguments))


if __name__ == "__main__":
    main()
