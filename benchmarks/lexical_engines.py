"""What the lexical index could be made of: the same terms in four engines, or five.

    python benchmarks/lexical_engines.py --passages FILE.jsonl.gz --queries FILE.jsonl
        [--postgres postgresql://…/EMPTY] [--passages-most N]

The project's own index, SQLite FTS5, tantivy and bm25s get the same terms
(``ingest/storage/terms.py``) of title, article number and text. Printed as a Markdown table:
quality, latency of one query after the other, seconds to build, size on disk. ``16 terms`` asks
only the sixteen rarest terms of a question. PostgreSQL's full text (a GIN index and ``ts_rank``,
which knows no rarity of terms) is asked where an empty data base is named.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.collection import Article, Question, as_documents, read_articles, read_questions
from benchmarks.figures import folder_mb, latencies, ranking_figures
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalIndex
from ingest.storage.terms import number_of, terms

Search = Callable[[Sequence[str]], list[int]]
"""Terms of a question → ids of the hundred best articles."""

DEPTH = 100
FIGURES = ("R@10", "R@100", "MRR@10")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--postgres", help="address of an empty data base")
    parser.add_argument("--passages-most", type=int, help="a sample that holds what is relevant")
    options = parser.parse_args()
    articles, questions = read_articles(options.passages), read_questions(options.queries)
    if options.passages_most:
        articles = _sample(articles, questions, options.passages_most)
    held = [terms(f"{a.law}{a.article}\n{a.text}") for a in articles]
    frequency = Counter(term for own in held for term in set(own))
    print("| engine | " + " | ".join(FIGURES) + " | p50 ms | p99 ms | build s | MB |")
    print("| --- |" + " ---: |" * (len(FIGURES) + 4))
    with tempfile.TemporaryDirectory() as temporary:
        own = Path(temporary) / "own"
        own.mkdir()
        _own(articles, questions, own)
        engines = [("SQLite FTS5", _fts5), ("tantivy", _tantivy), ("bm25s", _bm25s)]
        if options.postgres:
            engines.append(("PostgreSQL", partial(_postgres, url=options.postgres)))
        for name, engine in engines:
            folder = Path(temporary) / name
            folder.mkdir()
            began = time.perf_counter()
            search = engine(articles, held, folder)
            cost = time.perf_counter() - began, folder_mb(folder)
            for label, most in ((name, None), (f"{name}, 16 terms", 16)):
                _report(label, search, questions, cost, frequency, most)


def _report(
    label: str,
    search: Search,
    questions: Sequence[Question],
    cost: tuple[float, float],
    frequency: Counter[str],
    most: int | None = None,
) -> None:
    def ask(query: str) -> list[int]:
        known = [term for term in dict.fromkeys(terms(query)) if frequency[term]]
        return search(sorted(known, key=frequency.__getitem__)[:most] if most else known)

    _row(label, ask, questions, cost)


def _row(
    label: str,
    ask: Callable[[str], list[int]],
    questions: Sequence[Question],
    cost: tuple[float, float],
) -> None:
    figures = ranking_figures([ask(q.query) for q in questions], [q.relevant for q in questions])
    spent = latencies(ask, [q.query for q in questions])
    cells = [f"{figures[name]:.3f}" for name in FIGURES]
    cells += [f"{spent['p50']:.1f}", f"{spent['p99']:.1f}", f"{cost[0]:.0f}", f"{cost[1]:.0f}"]
    print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


def _own(articles: list[Article], questions: Sequence[Question], folder: Path) -> None:
    began = time.perf_counter()
    catalogue = Catalogue(folder / "catalogue.sqlite", write=True)
    index = LexicalIndex(catalogue, write=True)
    id_of: dict[str, int] = {}
    for document, _, passages, ids in as_documents(articles):
        with catalogue.transaction() as connection:
            index.add(connection, passages, document.title)
        id_of.update(zip((p.id for p in passages), ids, strict=True))
    index.view()
    cost = time.perf_counter() - began, folder_mb(folder)
    _row(
        "own",
        lambda query: [id_of[id] for id, _ in index.search(query, DEPTH)],
        questions,
        cost,
    )


def _fts5(articles: list[Article], held: list[list[str]], folder: Path) -> Search:
    connection = sqlite3.connect(folder / "fts5.sqlite")
    connection.execute("create virtual table held using fts5(terms, tokenize='unicode61')")
    with connection:
        rows = ((a.id, " ".join(own)) for a, own in zip(articles, held, strict=True))
        connection.executemany("insert into held (rowid, terms) values (?, ?)", rows)
    sql = "select rowid from held where held match ? order by rank limit ?"

    def search(asked: Sequence[str]) -> list[int]:
        query = " OR ".join(f'"{term}"' for term in asked)
        return [row[0] for row in connection.execute(sql, (query, DEPTH))]

    return search


def _tantivy(articles: list[Article], held: list[list[str]], folder: Path) -> Search:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", stored=True)
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    schema = builder.build()
    index = tantivy.Index(schema, str(folder))
    writer = index.writer(100_000_000, 1)
    for article, own in zip(articles, held, strict=True):
        writer.add_document(tantivy.Document(id=article.id, terms=" ".join(own)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(asked: Sequence[str]) -> list[int]:
        parts = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", term, "freq"))
            for term in asked
        ]
        hits = searcher.search(tantivy.Query.boolean_query(parts), DEPTH).hits
        return [searcher.doc(address)["id"][0] for _, address in hits]

    return search


def _postgres(articles: list[Article], held: list[list[str]], folder: Path, url: str) -> Search:
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    connection.execute("create table held (id integer primary key, terms tsvector not null)")
    with connection.transaction():
        connection.cursor().executemany(
            "insert into held values (%s, to_tsvector('simple', %s))",
            [(a.id, " ".join(map(_word, own))) for a, own in zip(articles, held, strict=True)],
        )
    connection.execute("create index held_terms on held using gin (terms)")
    connection.execute("analyze held")
    sql = (
        "select id from held, to_tsquery('simple', %s) asked where terms @@ asked"
        " order by ts_rank(terms, asked, 1) desc, id limit %s"
    )

    def search(asked: Sequence[str]) -> list[int]:
        found = connection.execute(sql, (" | ".join(map(_word, asked)), DEPTH))
        return [row[0] for row in found]

    return search


def _word(term: str) -> str:
    """A term as PostgreSQL's parser takes it whole."""
    return f"t{number_of(term)}"


def _sample(articles: list[Article], questions: Sequence[Question], most: int) -> list[Article]:
    wanted = {id for question in questions for id in question.relevant}
    others = [article for article in articles if article.id not in wanted]
    step = max(1, len(others) // max(1, most - len(wanted)))
    chosen = {article.id for article in others[::step]} | wanted
    return [article for article in articles if article.id in chosen]


def _bm25s(articles: list[Article], held: list[list[str]], folder: Path) -> Search:
    import bm25s

    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(held, show_progress=False)
    index.save(str(folder))

    def search(asked: Sequence[str]) -> list[int]:
        rows, _ = index.retrieve([list(asked)], k=DEPTH, show_progress=False)
        return [articles[row].id for row in rows[0]]

    return search


if __name__ == "__main__":
    main()
