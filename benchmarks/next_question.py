"""How long the first question after an addition takes, beside questions at other times.

    python benchmarks/next_question.py --data FOLDER [--rounds 10]

A server works on a copy of the data folder. In each round a made-up text of thirty articles goes
in, by REST and by the command line in turn, and a question is asked in the moment in which that
is done; so are questions before and after it. No question is asked twice, so that none is
answered from memory. Prints seconds as JSON; what other programs do to the machine meets all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import ROOT, documents_of, posted, served

WARM = 4
BETWEEN = 4
FACES = ("REST", "command line")
QUESTIONS = ROOT / "benchmarks" / "questions" / "practice.jsonl"


def made_up(n: int) -> tuple[str, str]:
    """Title and text of a document that nothing else resembles."""
    title = f"第{n}号示例采购办法"
    articles = "\n".join(
        f"第{article}条 采购人应当在{n * 100 + article}个工作日内公开第{n}类采购意向。"
        for article in range(1, 31)
    )
    return title, f"{title}\n{articles}\n"


def added(address: str, face: str, n: int, config: Path, folder: Path) -> None:
    """Bring a made-up text in."""
    title, text = made_up(n)
    if face == "REST":
        posted(f"{address}api/v1/documents", {"text": text, "title": title})
        return
    file = folder / f"{title}.txt"
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ingest", "--config", str(config), "add", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def measured(address: str, config: Path, rounds: int, questions: Iterator[str]) -> dict[str, Any]:
    """Seconds of questions at other times and of the first after an addition, by face."""

    def asked() -> float:
        began = time.perf_counter()
        posted(f"{address}api/v1/ask", {"question": next(questions)})
        return time.perf_counter() - began

    for _ in range(WARM):
        asked()
    usual: list[float] = []
    first: dict[str, list[float]] = {face: [] for face in FACES}
    with tempfile.TemporaryDirectory() as folder:
        for n in range(rounds):
            for face in FACES:
                usual += [asked() for _ in range(BETWEEN)]
                added(address, face, 2 * n + FACES.index(face) + 1, config, Path(folder))
                first[face].append(asked())
    told = {"other times": figures(usual)} | {face: figures(first[face]) for face in FACES}
    ratios = {f: round(told[f]["median"] / told["other times"]["median"], 2) for f in FACES}
    return {"seconds": told, "first after an addition, times the usual": ratios}


def figures(seconds: Sequence[float]) -> dict[str, float]:
    """How many, their median, the worst of twenty, the worst."""
    ordered = sorted(seconds)
    return {
        "questions": len(ordered),
        "median": round(statistics.median(ordered), 3),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 3),
        "worst": round(ordered[-1], 3),
    }


def main() -> None:
    """Measures as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = iter(dict.fromkeys(json.loads(line)["question"] for line in lines))
    with served([], data=options.data) as server:
        documents = documents_of(server.url)
        told = measured(server.url, server.config, options.rounds, questions)
    machine = {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps({"documents": documents} | told | machine, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
