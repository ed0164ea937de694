"""How well and how fast passages are found, stage by stage, against what else one could install.

    python benchmarks/retrieval.py --passages FILE.jsonl.gz --queries FILE.jsonl

A line of the first file holds ``id, law, article, text``, of the second ``query, relevant``. The
index is built by the product's own code in a temporary folder (``--data FOLDER`` keeps it), and
the product's own retriever answers. Printed as JSON; ``--table FILE`` also writes a Markdown table
between two marks of that file. Quality is measured on the first 100 passages, latency as the
product asks: for ``retrieval.top_k`` passages, one question after the other, in one process.

``--baselines`` adds what else could be had: BM25 (bm25s with jieba's words) over all passages,
and LangChain's textbook set-up (RecursiveCharacterTextSplitter, MiniLM, Chroma) over a sample of
``--sample`` passages that holds all relevant ones, which makes it easier than the whole; the
product's own stages are then measured over the same sample, too. ``--sample 0`` gives it all
passages, which takes MiniLM half an hour.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.retrieve import Retriever
from benchmarks.collection import Article, Built, Question, build, read_articles, read_questions
from benchmarks.figures import DEPTHS, folder_mb, latencies, peak_memory_mb, ranking_figures
from ingest.embed import Embedder
from ingest.errors import UserError
from ingest.index import writing
from ingest.meanings import fill
from ingest.settings import Settings, load_settings

STAGES = ("dense", "lexical", "fused", "reranked", "read")
LANGCHAIN = "langchain, MiniLM, chroma"
Search = Callable[[str, int], Sequence[str]]
"""A question and a number of passages → their ids, best first."""


def main() -> int:
    options = _parser().parse_args()
    try:
        settings = load_settings(options.config)
        with tempfile.TemporaryDirectory() as temporary:
            report = run(options, settings, options.data or Path(temporary))
    except (UserError, OSError) as error:
        print(error.line() if isinstance(error, UserError) else error, file=sys.stderr)
        return 1
    print(json.dumps(report, ensure_ascii=False, indent=2))
    if options.table:
        write_table(options.table, report)
    return 0


def run(options: argparse.Namespace, settings: Settings, data: Path) -> dict[str, Any]:
    """The whole report."""
    articles, questions = read_articles(options.passages), read_questions(options.queries)
    stages = STAGES if options.stage == "all" else (options.stage,)
    report: dict[str, Any] = {"passages": len(articles), "queries": len(questions)}
    report |= product(articles, questions, settings, options.model, data, stages)
    if options.baselines:
        from benchmarks import baselines

        report["baselines"] = {"bm25s, jieba words": baselines.bm25(articles, questions)}
        sample = articles
        if options.sample:
            sample = baselines.sample(articles, questions, options.sample)
        minilm = baselines.langchain(sample, questions)
        if len(sample) == len(articles):
            report["baselines"][LANGCHAIN] = minilm
        else:
            part = data / "sample"
            ours = product(
                sample, questions, settings, options.model, part, ("dense", "reranked", "read")
            )
            report["sample"] = {"passages": len(sample), LANGCHAIN: minilm, "product": ours}
    return report


def product(
    articles: list[Article],
    questions: list[Question],
    settings: Settings,
    model: str | None,
    data: Path,
    stages: Sequence[str],
) -> dict[str, Any]:
    """The product's figures over ``articles``."""
    embedding = settings.embedding
    if model:
        embedding = embedding.model_copy(update={"model": model})
    settings = settings.model_copy(update={"data": data.resolve(), "embedding": embedding})
    embedder = Embedder(settings)
    built = build(articles, settings, embedder, _progress(len(articles)))
    report: dict[str, Any] = {"model": embedding.model, "stages": {}}
    if built.embedding_s:
        report["passages_embedded_per_s"] = round(len(articles) / built.embedding_s)
        report["build_s"] = round(built.total_s or 0, 1)
    for stage in stages:
        search = _stage(stage, built, embedder, settings)
        report["stages"][stage] = measured(search, built, questions, settings)
    report["index_mb"] = folder_mb(data / "generations")
    report["peak_memory_mb"] = peak_memory_mb()
    built.index.close()
    return report


def measured(
    search: Search, built: Built, questions: list[Question], settings: Settings
) -> dict[str, Any]:
    """Ranking figures and latencies of one way to search."""
    rankings = [
        [built.article_of[id] for id in search(question.query, max(DEPTHS))]
        for question in questions
    ]
    figures = ranking_figures(rankings, [question.relevant for question in questions])
    top_k = settings.retrieval.top_k
    spent = latencies(lambda query: search(query, top_k), [q.query for q in questions])
    return {**figures, "latency_ms": spent}


def _stage(stage: str, built: Built, embedder: Embedder, settings: Settings) -> Search:
    index = built.index
    if stage == "dense":
        return lambda query, k: [id for id, _ in index.dense(embedder.encode_query(query), k)]
    if stage == "lexical":
        return lambda query, k: [id for id, _ in index.lexical.search(query, k)]
    reranker = "none" if stage == "fused" else "learned"
    chosen = settings.retrieval.model_copy(update={"reranker": reranker})
    changed = settings.model_copy(update={"retrieval": chosen})
    if stage == "read":
        with writing(settings):
            fill(settings, lambda done, of: print(f"{done:,} of {of:,} read", file=sys.stderr))
        return _read(Retriever(index, embedder, changed), settings)
    unread = settings.answer.model_copy(update={"reader": "none"})
    retriever = Retriever(index, embedder, changed.model_copy(update={"answer": unread}))
    return lambda query, k: [hit.passage.id for hit in retriever.search(query, k)]


def _read(retriever: Retriever, settings: Settings) -> Search:
    """The retriever's passages in the order in which the reader puts the first of them."""
    from app.reading.reader import reader_of
    from app.reading.reading import COMPARED, Reading

    reading = Reading(reader_of(settings))

    def search(query: str, k: int) -> list[str]:
        hits = retriever.search(query, max(k, settings.answer.passages))
        order, _ = reading.judged(query, hits[:COMPARED])
        ids = [hits[n].passage.id for n in order.argsort()[::-1]]
        return [*ids, *(h.passage.id for h in hits if h.passage.id not in set(ids))][:k]

    return search


def write_table(file: Path, report: dict[str, Any]) -> None:
    """Put the report as a table between the marks ``<!-- retrieval -->`` and
    ``<!-- /retrieval -->`` of ``file``."""
    names = [*(f"R@{k}" for k in DEPTHS), "MRR@10", "nDCG@10"]
    rows = [("product, " + stage, values) for stage, values in report["stages"].items()]
    rows += list(report.get("baselines", {}).items())
    lines = [f"{report['queries']} questions over {report['passages']:,} passages.", ""]
    lines += _table(names, rows)
    minilm = report.get("baselines", {}).get(LANGCHAIN)
    if sample := report.get("sample"):
        minilm = sample[LANGCHAIN]
        ours = sample["product"]["stages"]
        rows = [("product, " + stage, values) for stage, values in ours.items()]
        rows.append((LANGCHAIN, minilm))
        lines += [
            "",
            f"The same questions over {sample['passages']:,} passages, all relevant ones and others"
            " drawn at random.",
            "",
        ]
        lines += _table(names, rows)
    if minilm and "passages_embedded_per_s" in report:
        ours_per_s, theirs = report["passages_embedded_per_s"], minilm["passages_embedded_per_s"]
        lines += ["", f"Passages embedded a second: {ours_per_s:,} here, {theirs:,} with MiniLM."]
    lines += ["", f"Index {report['index_mb']} MB; peak memory {report['peak_memory_mb']:.0f} MB."]
    text = file.read_text(encoding="utf-8")
    before, rest = text.split("<!-- retrieval -->", 1)
    after = rest.split("<!-- /retrieval -->", 1)[1]
    body = "\n".join(lines)
    file.write_text(
        f"{before}<!-- retrieval -->\n\n{body}\n\n<!-- /retrieval -->{after}", encoding="utf-8"
    )


def _table(names: Sequence[str], rows: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    heads = ["", *names, "p50 ms", "p95", "p99"]
    lines = ["| " + " | ".join(heads) + " |", "| --- " + "| ---: " * (len(heads) - 1) + "|"]
    for label, values in rows:
        cells = [f"{values[name]:.3f}" for name in names]
        cells += [f"{values['latency_ms'][p]:.1f}" for p in ("p50", "p95", "p99")]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return lines


def _progress(total: int) -> Callable[[int], None]:
    done = 0

    def show(count: int) -> None:
        nonlocal done
        before, done = done, done + count
        if done * 20 // total > before * 20 // total:
            print(f"{done:,} of {total:,} passages", file=sys.stderr)

    return show


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--model", help="instead of embedding.model of the settings")
    parser.add_argument("--stage", choices=[*STAGES, "all"], default="all")
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument(
        "--sample", type=int, default=3000, help="passages for LangChain's set-up, 0: all"
    )
    parser.add_argument("--data", type=Path, help="folder that keeps the index")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--table", type=Path, help="Markdown file to write the table into")
    return parser


if __name__ == "__main__":
    sys.exit(main())
