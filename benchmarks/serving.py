"""A real server over a corpus of its own, for benchmarks and pictures."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
READY = "#zhengcai[data-ready]"


@dataclass(frozen=True)
class Served:
    """A server that runs: its address, its process, and the file of its settings."""

    url: str
    process: int
    config: Path


@contextmanager
def served(
    corpus: Sequence[Path], settings: str = "", data: Path | None = None
) -> Iterator[Served]:
    """A server over the files and folders ``corpus``.

    :param settings: further lines of YAML for its ``config.yaml``.
    :param data: a data folder; the server works on a copy of it, and ``corpus`` is added.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        config = folder / "config.yaml"
        model = ROOT / "models" / "zhengce-embed"
        config.write_text(f"embedding: {{model: {model}}}\n{settings}", encoding="utf-8")
        if data is not None:
            shutil.copytree(data, folder / "data")
        if paths := [str(path.resolve()) for path in corpus]:
            _run("ingest", "--config", str(config), "add", *paths)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "ZHENGCAI_SERVER__PORT": str(port)}
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--config", str(config), "serve"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            assert process.stdout is not None
            if "is ready" not in process.stdout.readline():
                raise SystemExit("the server did not start")
            yield Served(f"http://127.0.0.1:{port}/", process.pid, config)
        finally:
            process.terminate()
            process.wait(timeout=120)


def chromium() -> str:
    """Where the browser is."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("no Chromium is installed (as root: apt-get install chromium)")
    return found


def _run(module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def posted(url: str, body: dict[str, Any], timeout: float = 600) -> dict[str, Any]:
    """The answer to a request with JSON."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def documents_of(address: str) -> int:
    """How many documents the server has."""
    with urllib.request.urlopen(f"{address}api/v1/documents?limit=1", timeout=60) as reply:
        total: int = json.load(reply)["total"]
    return total


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
