"""The server killed while editors change documents by REST, and a crowd while its workers die."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from benchmarks.load import crowd, memory_mb
from benchmarks.serving import ROOT, free_port
from benchmarks.torture.results import Case
from benchmarks.torture.world import FIRST, SECOND, World, text_of
from ingest.embed import Embedder

PATIENCE = 300.0


class Server:
    """``python -m app serve`` over a world.

    :param memory: most bytes of address space, as ``ulimit -v`` says it.
    """

    def __init__(self, world: World, memory: int | None = None) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"

        def limit() -> None:
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--config", str(world.config), "serve"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=(world.folder / "server.err").open("ab"),
            text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "ZHENGCAI_SERVER__PORT": str(port)},
            preexec_fn=limit,
        )
        assert self.process.stdout is not None
        if "is ready" not in self.process.stdout.readline():
            raise SystemExit("the server did not start")

    @property
    def workers(self) -> list[int]:
        """The processes that answer for it, whichever of its threads started them."""
        found = []
        for thread in Path(f"/proc/{self.process.pid}/task").glob("*"):
            with suppress(FileNotFoundError, ProcessLookupError):
                for one in (thread / "children").read_text().split():
                    if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes():
                        found.append(int(one))
        return found

    def kill(self) -> None:
        """Away at once."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """In order."""
        self.process.terminate()
        self.process.wait(PATIENCE)


@contextmanager
def serving(world: World, memory: int | None = None) -> Iterator[Server]:
    """A server that ends with the block."""
    server = Server(world, memory)
    try:
        yield server
    finally:
        with suppress(ProcessLookupError):
            server.stop()


def server_kills(world: World, count: int, seed: int = 0) -> Iterator[Case]:
    """Kill the server so many times within three seconds of changes; what it had acknowledged has
    to be so, what it had not may be either."""
    moments, embedder = random.Random(seed), Embedder(world.settings)
    kept = world.state()
    for round in range(count):
        server = Server(world)
        said: dict[str, bool] = {}
        asked: set[str] = set()
        ended = threading.Event()
        changing = (server.url, round, said, asked, ended)
        thread = threading.Thread(target=_change, args=changing)
        thread.start()
        moment = moments.uniform(0.2, 3)
        time.sleep(moment)
        server.kill()
        ended.set()
        thread.join()
        now = world.state()
        wrong = [f"lost: {title}" for title in kept if title not in asked and title not in now]
        wrong += [
            f"acknowledged, but {'not ' if there else ''}in: {title}"
            for title, there in said.items()
            if (title in now) is not there
        ]
        wrong += world.faults(embedder)
        kept = now
        yield Case(f"killed after {moment:.2f} s", "server", tuple(wrong))


def _change(
    url: str, round: int, said: dict[str, bool], asked: set[str], ended: threading.Event
) -> None:
    """Add documents and remove every second of them; ``said`` is what the server acknowledged of
    those that nothing further was asked of."""
    with suppress(httpx.HTTPError), httpx.Client(base_url=url, timeout=PATIENCE) as client:
        for n in range(1000):
            if ended.is_set():
                return
            title = f"第{round}轮第{n}号采购规定"
            asked.add(title)
            body = {"title": title, "text": text_of(title, 4)}
            done = client.post("/api/v1/documents", json=body)
            said[title] = done.status_code == 201
            if n % 2 and said.pop(title):
                id = done.json()["document"]["id"]
                if client.delete(f"/api/v1/documents/{id}").status_code in (200, 204):
                    said[title] = False


def stormed(world: World, people: int, seconds: float, seed: int = 0) -> Case:
    """So many people ask while documents come and go and a worker is killed every two seconds.

    Measured are answers, kills, changes and the memory of the server.
    """
    chance, ended = random.Random(seed), threading.Event()
    killed, said, asked = [0], dict[str, bool](), set[str]()
    with serving(world) as server:

        def kill() -> None:
            while not ended.wait(2):
                if workers := server.workers:
                    with suppress(ProcessLookupError):
                        os.kill(chance.choice(workers), signal.SIGKILL)
                        killed[0] += 1

        threads = [
            threading.Thread(target=kill),
            threading.Thread(target=_change, args=(server.url, 0, said, asked, ended)),
        ]
        before = memory_mb(server.process.pid)
        for thread in threads:
            thread.start()
        questions = [f"{FIRST}第{n}条的内容是什么？" for n in range(1, 13)]
        questions += [f"{SECOND}第{n}条的内容是什么？" for n in range(1, 31)]
        asking = crowd(server.url + "/", questions, people, seconds, 0.5, PATIENCE)
        took, errors = asyncio.run(asking)
        ended.set()
        for thread in threads:
            thread.join()
        after = memory_mb(server.process.pid)
        answer = httpx.post(
            f"{server.url}/api/v1/ask",
            json={"question": questions[2], "language": "zh"},
            timeout=PATIENCE,
        ).json()
    wrong = sorted({error for error in errors if error != "503"})
    if "3个工作日内" not in answer["answer"]:
        wrong.append(f"another answer afterwards: {answer['answer'][:80]}")
    now = world.state()
    wrong += [
        f"acknowledged otherwise: {t}" for t, there in said.items() if (t in now) is not there
    ]
    wrong += world.faults(Embedder(world.settings))
    figures = {
        "answers": sum(map(len, took.values())),
        "told to wait": errors.count("503"),
        "workers killed": killed[0],
        "documents sent": len(asked),
        "memory, MB": [before, after],
    }
    return Case(f"{people} people for {seconds:.0f} s", "crowd", tuple(wrong), figures)
