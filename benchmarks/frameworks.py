"""From files to passages found: the product beside LangChain, LlamaIndex and txtai.

    pip install -e '.[benchmark,train,peers]'
    python benchmarks/frameworks.py --passages FILE.jsonl.gz --queries FILE.jsonl [--most 2000]

The laws with the fewest articles that answer a question become text files, as many as hold
``--most`` articles together; the questions are those that these answer. Each framework is set up as
its own introduction does: LangChain with its recursive splitter (1000 characters, 200 of them
twice) and Chroma, LlamaIndex with its reader of folders, its sentence splitter (1024 tokens) and
its store in memory, txtai with a row a line of the file. Each with MiniLM, an English model
that most introductions use, and with multilingual-e5-small, the reader's base. Each runs in a
process of its own and is timed once its model is loaded: passages a second from file to found,
milliseconds a question, the share of right articles that stand in the first ten pieces found (a
piece of theirs may hold several articles), and the most memory. Printed as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.collection import read_articles, read_questions
from benchmarks.figures import latencies, peak_memory_mb

ROOT = Path(__file__).resolve().parents[1]
TEN, TOLD_APART = 10, 30
"""The first so many pieces, and so many characters of an article that tell it from others."""

Encode = Callable[[Sequence[str], bool], np.ndarray]
"""Texts, and whether they are questions → unit vectors, one a row."""
Search = Callable[[str], Sequence[tuple[str, str]]]
"""A question → file name and text of the first ten pieces."""


def main() -> int:
    """Measures as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--most", type=int, default=2_000, help="articles in the sample")
    parser.add_argument("--only", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(measured(options.only[0], options.folder)))
        return 0
    if not (options.passages and options.queries):
        parser.error("--passages and --queries say what to measure on")
    with tempfile.TemporaryDirectory() as name:
        sample = sampled(options.passages, options.queries, options.most, Path(name))
        report: dict[str, Any] = {**sample, "cores": os.cpu_count()}
        for system in options.only:
            began = os.getloadavg()[0]
            report[system] = {**_apart(system, name), "load": [began, os.getloadavg()[0]]}
            print(system, report[system], file=sys.stderr, flush=True)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 0


def sampled(passages: Path, queries: Path, most: int, folder: Path) -> dict[str, int]:
    """Write files and questions below ``folder``; gives how many there are."""
    articles = read_articles(passages)
    questions = read_questions(queries)
    law = {article.id: article.law for article in articles}
    sizes = Counter(law.values())
    asked = {law[id] for question in questions for id in question.relevant}
    taken: set[str] = set()
    held = 0
    for name in sorted(asked, key=lambda name: (sizes[name], name)):
        if held + sizes[name] > most:
            break
        taken.add(name)
        held += sizes[name]
    lines: defaultdict[str, list[str]] = defaultdict(list)
    starts = {}
    for article in articles:
        if article.law in taken:
            lines[article.law].append(f"{article.article}　{article.text}".replace("\n", ""))
            starts[article.id] = (f"{article.law}.txt", article.text[:TOLD_APART])
    (folder / "files").mkdir()
    for name, own in lines.items():
        text = "\n".join([name, *own])
        (folder / "files" / f"{name}.txt").write_text(text, encoding="utf-8")
    kept = [
        {"question": q.query, "right": [starts[id] for id in q.relevant]}
        for q in questions
        if all(id in starts for id in q.relevant)
    ]
    (folder / "questions.json").write_text(json.dumps(kept), encoding="utf-8")
    return {"files": len(lines), "passages": held, "questions": len(kept)}


def _apart(system: str, folder: str) -> dict[str, Any]:
    command = [sys.executable, str(Path(__file__)), "--only", system, "--folder", folder]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(system: str, folder: Path) -> dict[str, Any]:
    """One system over the sample in ``folder``."""
    asked = json.loads((folder / "questions.json").read_bytes())
    texts = [q["question"] for q in asked]
    files = sorted((folder / "files").iterdir())
    passages = sum(len(file.read_text(encoding="utf-8").splitlines()) - 1 for file in files)
    with tempfile.TemporaryDirectory() as own:
        build = SYSTEMS[system](Path(own))
        began, cpu = time.perf_counter(), _cpu()
        search = build(files)
        search(texts[0])
        took, spent = time.perf_counter() - began, _cpu() - cpu
        shares = [_share(search(q["question"]), q["right"]) for q in asked]
        return {
            "passages_per_s": round(passages / took, 1),
            "passages_per_cpu_s": round(passages / spent, 1),
            "query_ms": latencies(search, texts),
            "R@10": round(float(np.mean(shares)), 4),
            "memory_mb": peak_memory_mb(),
        }


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _share(found: Sequence[tuple[str, str]], right: Sequence[Sequence[str]]) -> float:
    def holds(article: Sequence[str]) -> bool:
        file, start = article
        return any(name == file and start in text.replace("\n", "") for name, text in found[:TEN])

    return sum(map(holds, right)) / len(right)


Build = Callable[[Sequence[Path]], Search]


def langchain(encode: Encode) -> Callable[[Path], Build]:
    """LangChain: recursive splitter, Chroma."""

    def made(own: Path) -> Build:
        from langchain_chroma import Chroma
        from langchain_core.embeddings import Embeddings
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        class Own(Embeddings):
            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return encode(texts, False).tolist()

            def embed_query(self, text: str) -> list[float]:
                return encode([text], True)[0].tolist()

        encode(["热身"], False)

        def build(files: Sequence[Path]) -> Search:
            splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
            chunks = splitter.create_documents(
                [file.read_text(encoding="utf-8") for file in files],
                [{"file": file.name} for file in files],
            )
            store = Chroma(embedding_function=Own(), persist_directory=str(own))
            for at in range(0, len(chunks), 5_000):
                store.add_documents(chunks[at : at + 5_000])
            return lambda question: [
                (hit.metadata["file"], hit.page_content)
                for hit in store.similarity_search(question, k=TEN)
            ]

        return build

    return made


def llama_index(encode: Encode) -> Callable[[Path], Build]:
    """LlamaIndex: reader of folders, sentence splitter, store in memory."""

    def made(own: Path) -> Build:
        from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
        from llama_index.core.embeddings import BaseEmbedding

        class Own(BaseEmbedding):
            def _get_text_embedding(self, text: str) -> list[float]:
                return encode([text], False)[0].tolist()

            def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
                return encode(texts, False).tolist()

            def _get_query_embedding(self, query: str) -> list[float]:
                return encode([query], True)[0].tolist()

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return self._get_query_embedding(query)

        encode(["热身"], False)

        def build(files: Sequence[Path]) -> Search:
            documents = SimpleDirectoryReader(input_files=[str(file) for file in files]).load_data()
            index = VectorStoreIndex.from_documents(documents, embed_model=Own(embed_batch_size=64))
            retriever = index.as_retriever(similarity_top_k=TEN)
            return lambda question: [
                (hit.node.metadata["file_name"], hit.node.get_content())
                for hit in retriever.retrieve(question)
            ]

        return build

    return made


def txtai(encode: Encode) -> Callable[[Path], Build]:
    """txtai: a row a line, its own index and SQLite."""

    def made(own: Path) -> Build:
        from txtai import Embeddings

        asking = [False]
        encode(["热身"], False)

        def build(files: Sequence[Path]) -> Search:
            rows = [
                (f"{file.name}/{n}", line)
                for file in files
                for n, line in enumerate(file.read_text(encoding="utf-8").splitlines())
            ]
            index = Embeddings(
                method="external", transform=lambda texts: encode(texts, asking[0]), content=True
            )
            index.index(rows)
            index.save(str(own / "index"))
            asking[0] = True
            return lambda question: [
                (hit["id"].rpartition("/")[0], hit["text"]) for hit in index.search(question, TEN)
            ]

        return build

    return made


def product(own: Path) -> Build:
    """Files added as ``ingest add`` does, found by the retriever."""
    from app.retrieve import Retriever
    from ingest.apart import end_all
    from ingest.embed import Embedder
    from ingest.index import Index, writing
    from ingest.pipeline import add_paths
    from ingest.settings import load_settings

    settings = load_settings(ROOT / "config.yaml").model_copy(update={"data": own})
    answering = settings.answer.model_copy(update={"reader": "none"})
    settings = settings.model_copy(update={"answer": answering})
    embedder = Embedder(settings)
    embedder.encode_passages(["热身"])

    def build(files: Sequence[Path]) -> Search:
        with writing(settings):
            assert not add_paths(files, settings, embedder).failures
        end_all()  # so that their time is known
        index = Index.open(settings)
        sources = {record.id: Path(record.source).name for record in index.documents()}
        retriever = Retriever(index, embedder, settings)
        return lambda question: [
            (sources[hit.passage.document], hit.passage.text)
            for hit in retriever.search(question, TEN)
        ]

    return build


def _minilm(texts: Sequence[str], asked: bool) -> np.ndarray:
    from benchmarks.peers import minilm

    return minilm(texts, asked)


def _e5(texts: Sequence[str], asked: bool) -> np.ndarray:
    from benchmarks.peers import e5

    return e5(texts, asked)


SYSTEMS: dict[str, Callable[[Path], Build]] = {
    "product": product,
    **{
        f"{name}, {model}": framework(encode)
        for model, encode in (("MiniLM", _minilm), ("e5", _e5))
        for name, framework in (
            ("LangChain", langchain),
            ("LlamaIndex", llama_index),
            ("txtai", txtai),
        )
    },
}


if __name__ == "__main__":
    sys.exit(main())
