"""One client that takes all it can, and how long another one waits meanwhile, over the real server.

    python benchmarks/strangers.py [--data FOLDER] [--seconds 20] [--connections 2000]

The one comes from 127.0.0.2: it holds connections on which no request comes, then fetches lists,
documents and sources over 32 connections as fast as it gets them. The other one, from 127.0.0.1,
asks a question every half second. Both are readers without an account. Prints JSON: seconds until
an answer, what went wrong, what the one got.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx
import numpy as np

from benchmarks.serving import ROOT, served

Attack: TypeAlias = Callable[[str, Counter[str]], AbstractAsyncContextManager[None]]
THEIRS = "127.0.0.2"
FETCHING = 32
PATIENCE = 30.0


@asynccontextmanager
async def nothing(url: str, got: Counter[str]) -> AsyncIterator[None]:
    """Nobody else is there."""
    yield


def holding(count: int) -> Attack:
    """So many connections with half of a request each, opened again when they are closed."""

    @asynccontextmanager
    async def held(url: str, got: Counter[str]) -> AsyncIterator[None]:
        place = urlsplit(url)

        async def one() -> None:
            while True:
                try:
                    reader, writer = await asyncio.open_connection(
                        place.hostname, place.port, local_addr=(THEIRS, 0)
                    )
                    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
                    got[(await reader.read(12)).decode("latin-1") or "closed"] += 1
                    writer.close()
                except OSError as error:
                    got[type(error).__name__] += 1
                await asyncio.sleep(0.2)

        tasks = [asyncio.create_task(one()) for _ in range(count)]
        await asyncio.sleep(2)
        yield
        await _end(tasks)

    return held


@asynccontextmanager
async def fetching(url: str, got: Counter[str]) -> AsyncIterator[None]:
    """Lists, documents and sources over and over."""
    transport = httpx.AsyncHTTPTransport(
        local_address=THEIRS, limits=httpx.Limits(max_connections=FETCHING)
    )
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=PATIENCE) as client:
        documents = (await client.get("api/v1/documents")).json()["documents"]
        paths = ["api/v1/documents", "ui/library", "ui/corpus"]
        for one in documents:
            paths += [f"api/v1/documents/{one['id']}", f"ui/source/{one['id']}"]

        async def one_of(number: int) -> None:
            while True:
                number += 1
                try:
                    answer = await client.get(paths[number % len(paths)])
                    got[str(answer.status_code)] += 1
                except httpx.HTTPError as error:
                    got[type(error).__name__] += 1

        tasks = [asyncio.create_task(one_of(7 * n)) for n in range(FETCHING)]
        yield
        await _end(tasks)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


async def waits(url: str, attack: Attack, questions: list[str], seconds: float) -> dict[str, Any]:
    """How long the other one waits for answers meanwhile."""
    took: list[float] = []
    wrong: Counter[str] = Counter()
    got: Counter[str] = Counter()
    async with attack(url, got):
        until, turn = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            began = time.perf_counter()
            try:  # each on a connection of its own, as a reader who comes anew
                async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
                    asked = {"question": questions[turn % len(questions)]}
                    (await client.post("api/v1/ask", json=asked)).raise_for_status()
                took.append(time.perf_counter() - began)
            except httpx.HTTPError as error:
                wrong[f"{type(error).__name__}: {error}"[:100]] += 1
            turn += 1
            await asyncio.sleep(0.5)
    spread = np.percentile(took, [50, 95, 100]).round(3) if took else [None] * 3
    return {
        "answers": len(took),
        "s": dict(zip(("p50", "p95", "worst"), map(float, spread), strict=True)) if took else {},
        "wrong": dict(wrong),
        "the one got": dict(got.most_common(6)),
    }


def main() -> None:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--connections", type=int, default=2000)
    options = parser.parse_args()
    given = ROOT / "benchmarks" / "questions" / "choose.jsonl"
    lines = given.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()]
    attacks = {
        "alone": nothing,
        f"{options.connections} connections held": holding(options.connections),
        f"fetching over {FETCHING} connections": fetching,
    }
    corpus = [] if options.data else [ROOT / "corpus"]
    settings = "server: {anonymous: reader}\npublic: {questions_per_minute: 1000}\n"
    with served(corpus, settings, options.data) as (url, _):
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # the server has what it was given
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
        told = {
            name: asyncio.run(waits(url, attack, questions, options.seconds))
            for name, attack in attacks.items()
        }
    print(json.dumps(told, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
