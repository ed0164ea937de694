"""A server that is stopped tells those who still wait."""

from __future__ import annotations

import asyncio
import logging
import threading

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.web.ending import Ending
from tests.servers import free_port, until


@pytest.mark.parametrize("begun", [False, True])
def test_who_waits_when_the_server_ends_is_told(
    begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = threading.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
        waiting.set()
        await asyncio.Event().wait()

    port = free_port()
    config = uvicorn.Config(
        Ending(slow), port=port, lifespan="off", log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run)
    running.start()
    until(lambda: server.started, "the server does not start")
    found: list[httpx.Response | Exception] = []

    def ask() -> None:
        try:
            found.append(httpx.get(f"http://127.0.0.1:{port}/api/v1/x", timeout=120))
        except httpx.HTTPError as error:
            found.append(error)

    asking = threading.Thread(target=ask)
    with caplog.at_level(logging.ERROR, "uvicorn.error"):
        asking.start()
        assert waiting.wait(120)
        server.should_exit = True
        running.join()
        asking.join()
    assert not any(record.exc_info for record in caplog.records)
    if not begun:
        (told,) = found
        assert isinstance(told, httpx.Response) and told.status_code == 503
        assert told.headers["retry-after"] and told.json()["code"] == "server-ends"
