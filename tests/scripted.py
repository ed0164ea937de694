"""A small OpenAI-compatible HTTP server on loopback that does what a test tells it, faults too."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Connection"], None]


class Connection:
    """One request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        self.handler = handler
        self.request = request

    @property
    def prompt(self) -> str:
        return self.request["messages"][-1]["content"]

    def number_of(self, phrase: str) -> int:
        """The number of the passage in the prompt that holds ``phrase``."""
        passages = re.findall(r'<passage n="(\d+)".*?>\n(.*?)</passage>', self.prompt, re.DOTALL)
        return next(int(n) for n, text in passages if phrase in text)

    def status(
        self, code: int, body: str = '{"error": {"message": "sk-secret was refused"}}'
    ) -> None:
        self.handler.send_response(code)
        self.handler.send_header("content-type", "application/json")
        self.handler.send_header("content-length", str(len(body.encode())))
        self.handler.end_headers()
        self.handler.wfile.write(body.encode())

    def open(self, kind: str = "text/event-stream") -> None:
        self.handler.send_response(200)
        self.handler.send_header("content-type", kind)
        self.handler.send_header("connection", "close")
        self.handler.end_headers()

    def raw(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def event(self, data: object) -> None:
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        self.raw(f"data: {text}\n\n".encode())

    def piece(self, text: str | None, finish: str | None = None, **delta: object) -> None:
        content = {} if text is None else {"content": text}
        choice = {"index": 0, "delta": {**content, **delta}, "finish_reason": finish}
        self.event(
            {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [choice],
            }
        )

    def say(self, text: str, size: int = 3, finish: str | None = "stop") -> None:
        """``text`` in pieces of ``size`` characters, then the end."""
        self.open()
        self.piece(None, role="assistant")
        for at in range(0, len(text), size):
            self.piece(text[at : at + size])
        if finish:
            self.piece(None, finish)
            self.event("[DONE]")


def saying(text: str, size: int = 3) -> Reply:
    """Says ``text``, whatever is asked."""
    return lambda connection: connection.say(text, size)


class ScriptedServer:
    """Its address, what was asked of it, the ``reply`` that it gives, and ``pages`` it has."""

    def __init__(self) -> None:
        self.reply: Reply = saying("")
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.pages: dict[str, object] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if not self.path.endswith("/chat/completions"):
                    self._page()
                    return
                request = json.loads(body)
                server.requests.append(request)
                server.headers.append(dict(self.headers))
                self.close_connection = True
                # A client that gave up is part of the script.
                with suppress(BrokenPipeError, ConnectionResetError):
                    server.reply(Connection(self, request))

            def do_GET(self) -> None:
                self._page()

            def _page(self) -> None:
                page = server.pages.get(self.path)
                body = json.dumps(page).encode()
                self.send_response(404 if page is None else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator[ScriptedServer]:
        thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()


def slowly(pieces: Iterable[str], pause: float) -> Reply:
    """Each piece after a pause of so many seconds."""

    def reply(connection: Connection) -> None:
        connection.open()
        for piece in pieces:
            time.sleep(pause)
            connection.piece(piece)
        connection.piece(None, "stop")

    return reply
