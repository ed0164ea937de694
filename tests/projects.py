"""A small project in a temporary folder: settings, corpus and index of its own."""

from __future__ import annotations

import importlib
import io
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio

from app.api.parts import Gates
from app.service import Assistant
from app.ui import stream
from app.web.sealing import Seals
from ingest.index import writing
from ingest.pipeline import add_paths
from ingest.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
LOCALES = {"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}


@dataclass(frozen=True)
class Project:
    """A folder with a ``config.yaml`` that uses the real model, and the commands run in it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, extra: str = "") -> Project:
        (folder / "corpus").mkdir(parents=True)
        model = ROOT / "models" / "zhengce-embed"
        text = f"embedding: {{model: {model}}}\n{extra}"
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        return cls(folder)

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    @property
    def settings(self) -> Settings:
        return load_settings(self.config)

    def write(self, name: str, text: str) -> Path:
        file = self.corpus / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def command(self, module: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", module, "--config", str(self.config), *arguments]

    def run(
        self, module: str, *arguments: str, input: str = "", language: str = "en"
    ) -> subprocess.CompletedProcess[str]:
        """A command as :meth:`run_apart` runs it, in this process, where libraries are loaded."""
        command = ["--config", str(self.config), *arguments]
        main = importlib.import_module(f"{module}.__main__").main
        said, complained = _stream(), _stream()
        log = logging.StreamHandler(complained)
        log.setLevel(logging.WARNING)
        with (
            patch.dict(os.environ, LC_ALL=LOCALES[language]),
            patch.multiple(sys, argv=[f"{module}/__main__.py", *command], stdin=_stream(input)),
            redirect_stdout(said),
            redirect_stderr(complained),
        ):
            logging.getLogger().addHandler(log)
            try:
                status = main(command)
            except SystemExit as end:
                status = end.code
            finally:
                logging.getLogger().removeHandler(log)
        return subprocess.CompletedProcess(command, status, _text(said), _text(complained))

    def run_apart(
        self, module: str, *arguments: str, language: str = "en"
    ) -> subprocess.CompletedProcess[str]:
        """A command as a person runs it, in a process of its own."""
        return subprocess.run(
            self.command(module, *arguments),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "LC_ALL": LOCALES[language]},
        )


def _stream(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    content: bytes = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return content.decode()


@contextmanager
def answering(project: Project) -> Iterator[Assistant]:
    """An assistant over all of the project's corpus."""
    assistant = Assistant(project.settings)
    with writing(project.settings):
        summary = add_paths([project.corpus], project.settings, assistant.embedder)
    assert not summary.failures
    yield assistant
    assistant.index.close()


def run_async(work: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
    """``work(*arguments)`` in an event loop of its own thread: the browser's tests keep a loop in
    the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, work, *arguments).result()


def messages(
    assistant: Assistant, seals: Seals, question: str, filters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """What the page is sent in answer to a question."""

    async def asked() -> list[dict[str, Any]]:
        gates = Gates.of(assistant.settings)
        said = stream(assistant, gates, seals, question, [], filters or {}, "zh")
        return [message async for message in said if "waiting" not in message]

    return run_async(asked)


@contextmanager
def web_pages() -> Iterator[tuple[str, dict[str, str]]]:
    """A web server on loopback: its address, and its pages by path, to be put in."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", pages
    finally:
        server.shutdown()
        server.server_close()


def law(name: str, articles: int) -> str:
    """The text of a made-up law with so many articles."""
    subjects = ("采购人", "供应商", "财政部门", "采购代理机构", "评审专家", "监督机构")
    duties = (
        "公开采购意向",
        "提交履约保证金",
        "保存采购文件",
        "答复质疑",
        "组织验收",
        "报送统计资料",
    )
    lines = [name, "第一章 总则"]
    for number in range(1, articles + 1):
        subject, duty = subjects[number % 6], duties[number // 6 % 6]
        lines.append(f"第{number}条 {subject}应当在{number}个工作日内{duty}，并依法接受监督。")
    return "\n".join(lines) + "\n"
