"""A collection of articles as documents of the product's index."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.document import Document, Line, Metadata, Passage, Section, document_id
from ingest.embed import Embedder
from ingest.index import Entry, Index, read_current, recipe_of
from ingest.prepare import embedded_text
from ingest.settings import Settings


@dataclass(frozen=True)
class Article:
    """A line of the collection's file."""

    id: int
    law: str
    article: str
    text: str


@dataclass(frozen=True)
class Question:
    """A line of a file of questions; ``relevant`` are ids of articles."""

    query: str
    relevant: tuple[int, ...]


@dataclass(frozen=True)
class Built:
    """An index of a collection, the article of each passage, and, where it was built just now,
    the seconds spent on embedding and on all."""

    index: Index
    article_of: dict[str, int]
    embedding_s: float | None
    total_s: float | None


def read_articles(path: Path) -> list[Article]:
    """The articles of a ``.jsonl`` or ``.jsonl.gz`` file (``id, law, article, text`` a line)."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [Article(row["id"], row["law"], row["article"], row["text"]) for row in rows]


def read_questions(path: Path) -> list[Question]:
    """The questions of a ``.jsonl`` file (``query, relevant`` a line) that have articles."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Question(row["query"], tuple(row["relevant"])) for row in rows if row["relevant"]]


def as_documents(
    articles: list[Article],
) -> Iterator[tuple[Document, list[Section], list[Passage], list[int]]]:
    """One document a law, one passage an article; and the articles' ids."""
    by_law: dict[str, list[Article]] = {}
    for article in articles:
        by_law.setdefault(article.law, []).append(article)
    for law, own in by_law.items():
        parts = [f"{a.article}　{a.text}" for a in own]
        text = "\n".join([law, *parts])
        digest = hashlib.sha256(text.encode()).hexdigest()
        id = document_id(law)
        sections, passages, at = [], [], len(law) + 1
        lines = [Line(0, len(law), "heading", 1)]
        for i, (article, part) in enumerate(zip(own, parts, strict=True)):
            end = at + len(part)
            sections.append(Section(i, None, "article", article.article, "", at, end))
            passages.append(
                Passage(
                    f"{id}.{digest[:8]}.{i:05d}", id, i, at, end, part, i,
                    (article.article,), article.article, "article",
                )
            )  # fmt: skip
            lines.append(Line(at, end))
            at = end + 1
        metadata = Metadata(title=law, kind="law", level="central")
        document = Document(id, law, "txt", digest, text, tuple(lines), metadata)
        yield document, sections, passages, [a.id for a in own]


def build(
    articles: list[Article],
    settings: Settings,
    embedder: Embedder,
    on_progress: Callable[[int], None] = lambda count: None,
) -> Built:
    """An index of ``articles`` below ``settings.data``; one that is there already is used."""
    recipe = recipe_of(settings, embedder.fingerprint)
    current = read_current(settings)
    article_of: dict[str, int] = {}
    if current is not None and current["recipe"] == recipe:
        for _, _, passages, ids in as_documents(articles):
            article_of.update(zip((p.id for p in passages), ids, strict=True))
        return Built(Index.open(settings), article_of, None, None)
    began, embedding = time.perf_counter(), 0.0
    index = Index.new_generation(settings, recipe)
    embedder.encode_passages(["热身"])
    for document, sections, passages, ids in as_documents(articles):
        texts = [embedded_text(document, passage) for passage in passages]
        started = time.perf_counter()
        vectors = embedder.encode_passages(texts)
        embedding += time.perf_counter() - started
        index.add(Entry(document, sections, passages, vectors, document.source))
        article_of.update(zip((p.id for p in passages), ids, strict=True))
        on_progress(len(passages))
    index.serve()
    index.close()
    return Built(Index.open(settings), article_of, embedding, time.perf_counter() - began)
