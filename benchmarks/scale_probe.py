"""What :mod:`benchmarks.scale` measures in a process of its own, printed as JSON.

``asked DATA BEGAN``: seconds from ``BEGAN`` to the first passages found, memory, milliseconds a
question by stage, and the share of the exact ten nearest that the graph finds. ``added DATA
BEGAN``: seconds until one article is in, and another; both are taken out again.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import latencies, peak_memory_mb
from ingest.embed import Embedder
from ingest.index import Index, recipe_of, writing
from ingest.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
_TEN, _ROUNDING = 10, 1e-5
PLACES = ("示例市", "另一示例市")
ARTICLE = """示例市政府采购履约验收管理办法

第一条　为规范履约验收，制定本办法。

第二条　采购人应当在供应商提出验收申请之日起七个工作日内组织验收。

第三条　验收合格的，采购人应当在十五日内支付合同款项。
"""


def asked(settings: Settings, began: float) -> dict[str, Any]:
    """Cold start, memory, latencies and recall of the index in ``settings.data``."""
    from app.retrieve import Retriever

    questions = json.loads((settings.data_folder / "questions.json").read_bytes())
    embedder = Embedder(settings)
    with closing(Index.open(settings)) as index:
        unread = settings.model_copy(
            update={"answer": settings.answer.model_copy(update={"reader": "none"})}
        )
        retriever = Retriever(index, embedder, unread)
        top, many = settings.retrieval.top_k, settings.retrieval.candidates
        retriever.search(questions[0], top)
        found: dict[str, Any] = {
            "cold_start_s": round(time.time() - began, 2),
            "cold_start_cpu_s": round(time.process_time(), 2),
        }
        stages: dict[str, Callable[[str], object]] = {
            "question": embedder.encode_query,
            "vectors": lambda q: index.dense(embedder.encode_query(q), many),
            "words": lambda q: index.lexical.search(q, many),
            "all": lambda q: retriever.search(q, top),
        }
        found["query_ms"] = {name: latencies(stage, questions) for name, stage in stages.items()}
        found["query_cpu_ms"] = _cpu_ms(stages["all"], questions)
        found["memory_mb"] = peak_memory_mb()
        found["recall_at_10"] = _recall(index, embedder, questions, many)
    return found


def _cpu_ms(search: Callable[[str], object], questions: list[str]) -> float:
    began = time.process_time()
    for question in questions:
        search(question)
    return round((time.process_time() - began) * 1000 / len(questions), 2)


def _recall(index: Index, embedder: Embedder, questions: list[str], many: int) -> float:
    """Of the first ten of ``many`` that the graph finds, the share that is as near as the tenth of
    all: equal texts stand for each other."""
    folder = index.settings.data_folder
    number = {id: n for n, id in enumerate((folder / "ids.txt").read_text().split())}
    asked = np.stack([embedder.encode_query(question) for question in questions])
    kept = np.memmap(folder / "vectors.f32", np.float32, "r").reshape(-1, asked.shape[1])
    best = np.full((len(questions), _TEN), -1.0, np.float32)
    for at in range(0, len(kept), 20_000):
        best = np.sort(np.hstack([best, asked @ kept[at : at + 20_000].T]), axis=1)[:, -_TEN:]
    shares = []
    for vector, nearest in zip(asked, best, strict=True):
        rows = [number[id] for id, _ in index.dense(vector, many)[:_TEN]]
        shares.append(np.mean(kept[rows] @ vector >= nearest[0] - _ROUNDING))
    return round(float(np.mean(shares)), 4)


def added(settings: Settings, began: float) -> dict[str, Any]:
    """Seconds that it takes to add one article: from nothing, and another one afterwards, when all
    is loaded as in a server."""
    from ingest.pipeline import add_paths

    embedder = Embedder(settings)
    took: list[float] = []
    spent: list[float] = []
    documents = []
    with tempfile.TemporaryDirectory() as folder:
        for place in PLACES:
            file = Path(folder, f"{place}政府采购履约验收管理办法.txt")
            file.write_text(ARTICLE.replace(PLACES[0], place), encoding="utf-8")
            with writing(settings):
                summary = add_paths([file], settings, embedder)
            assert not summary.failures, summary.failures
            documents.append(summary.outcomes[0].document)
            took.append(round(time.time() - began, 2))
            spent.append(round(time.process_time() - sum(spent), 2))
            began = time.time()
    with writing(settings):
        recipe = recipe_of(settings, embedder.fingerprint)
        with closing(Index.open_for_writing(settings, recipe)) as index:
            for document in documents:
                index.remove(document)
    return {
        "one_article_s": took[0],
        "one_article_warm_s": took[1],
        "one_article_warm_cpu_s": spent[1],
    }


def main() -> None:
    """Measures what the first argument names."""
    what, data, began = sys.argv[1:]
    settings = load_settings(ROOT / "config.yaml").model_copy(update={"data": Path(data)})
    measure = {"asked": asked, "added": added}[what]
    print(json.dumps(measure(settings, float(began))))


if __name__ == "__main__":
    main()
