"""Many people asking at once, from a process of their own, over the real server.

    python benchmarks/load.py [--corpus PATH…] [--questions FILE] [--people 50] [--seconds 120]

Half ask as the page does (Gradio's queue), half by REST. Each asks again ``--think`` seconds after
an answer. Prints JSON: answers, errors, seconds until the whole answer, memory of the server and
its workers. The questions come round again; ``--remembered 0`` has each worked on every time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx
import numpy as np

from benchmarks.serving import ROOT, served


class Refused(Exception):
    """The server is full; ask again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


async def ask_by_rest(client: httpx.AsyncClient, question: str) -> None:
    """One question by REST."""
    response = await client.post("api/v1/ask", json={"question": question})
    if response.status_code == 503 and "retry-after" in response.headers:
        raise Refused(float(response.headers["retry-after"]))
    response.raise_for_status()
    response.json()["answer"]


async def ask_as_the_page(client: httpx.AsyncClient, question: str) -> None:
    """One question as the page asks it; returns with the final message."""
    joined = await client.post("gradio_api/call/ask", json={"data": [question, [], {}, "zh"]})
    joined.raise_for_status()
    event = joined.json()["event_id"]
    async with client.stream("GET", f"gradio_api/call/ask/{event}") as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data:") and line != "data: null":
                message: Any = json.loads(line.removeprefix("data:"))
                final = isinstance(message, list) and message[0].get("final")
                if final and "error" in message[0]:
                    raise RuntimeError(message[0]["error"])
                if final:
                    return
    raise RuntimeError("the stream ended without an answer")


async def crowd(
    url: str, questions: list[str], people: int, seconds: float, pause: float, patience: float = 60
) -> Any:
    """Seconds of every answer, by way of asking, and what went wrong; who waits longer than
    ``patience`` seconds leaves."""
    until = time.monotonic() + seconds
    took: dict[str, list[float]] = {"rest": [], "page": []}
    errors: list[str] = []

    async def person(number: int) -> None:
        way, ask = [("rest", ask_by_rest), ("page", ask_as_the_page)][number % 2]
        limits = httpx.Limits(max_connections=2)
        async with httpx.AsyncClient(base_url=url, timeout=patience, limits=limits) as client:
            turn = number * 7
            while time.monotonic() < until:
                began = time.perf_counter()
                try:
                    await ask(client, questions[turn % len(questions)])
                    took[way].append(time.perf_counter() - began)
                except Refused as refused:
                    errors.append("503")
                    await asyncio.sleep(refused.seconds)
                except Exception as error:
                    errors.append(f"{type(error).__name__}: {error}"[:200])
                turn += 1
                await asyncio.sleep(pause)

    await asyncio.gather(*(person(number) for number in range(people)))
    return took, errors


def memory_mb(process: int) -> float:
    """Resident memory of a process and its children, from ``/proc``."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    total = 0
    for one in (process, *children):
        for line in Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return round(total / 1024, 1)


async def watched(process: int, seconds: float, asking: Any) -> tuple[Any, list[float]]:
    """What ``asking`` gives, and the memory of the server six times meanwhile."""

    async def watch() -> list[float]:
        sizes = []
        for _ in range(6):
            await asyncio.sleep(seconds / 6)
            sizes.append(memory_mb(process))
        return sizes

    given, sizes = await asyncio.gather(asking, watch())
    return given, sizes


def main() -> None:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--corpus", type=Path, nargs="+", default=[ROOT / "corpus"])
    given = ROOT / "benchmarks" / "questions" / "choose.jsonl"
    parser.add_argument("--questions", type=Path, default=given)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--think", type=float, default=0)
    parser.add_argument("--remembered", type=int, help="server.remembered")
    parser.add_argument("--processes", type=int, help="server.processes")
    options = parser.parse_args()
    lines = options.questions.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()]
    wanted = {"remembered": options.remembered, "processes": options.processes}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    with served(options.corpus, f"server: {json.dumps(wanted)}\n") as server:
        asyncio.run(crowd(server.url, questions, 8, 20, 0))  # the first questions meet cold caches
        before = memory_mb(server.process)
        began = time.monotonic()
        asking = crowd(server.url, questions, options.people, options.seconds, options.think)
        (took, errors), sizes = asyncio.run(watched(server.process, options.seconds, asking))
        lasted = time.monotonic() - began
    every = np.array([*took["rest"], *took["page"]])
    told: dict[str, Any] = {
        "people": options.people,
        "seconds": options.seconds,
        "think_s": options.think,
        "answers": len(every),
        "answers_per_s": round(len(every) / lasted, 1),
        "errors": len([e for e in errors if e != "503"]),
        "told_to_wait": errors.count("503"),
        "memory_mb": [before, *sizes],
    }
    for name, values in {"all": every, **took}.items():
        spread = np.percentile(values, [50, 95, 100]) if len(values) else [0, 0, 0]
        told[f"{name}_s"] = dict(zip(("p50", "p95", "worst"), np.round(spread, 3), strict=True))
    print(json.dumps(told, indent=2, default=float))
    for error in sorted(set(errors)):
        print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
