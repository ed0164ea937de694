"""One reply of a language model's server, read on an event loop into a queue."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from app.language_model.faults import ModelFault, kind_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_GLANCE = 0.2
"""Every so many seconds it is looked whether somebody still waits."""


class Reply:
    """The answer to ``request``, asked for at once."""

    def __init__(self, client: AsyncOpenAI, request: dict[str, Any]) -> None:
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reading = asyncio.run_coroutine_threadsafe(self._read(client, request), _loop())

    def next(self, timeout: float, left: threading.Event | None = None) -> Any:
        """The next chunk.

        :raises queue.Empty: if none came within ``timeout`` seconds.
        :raises ModelFault: if there is none, or ``left`` is set.
        """
        until = time.monotonic() + timeout
        while True:
            if left is not None and left.is_set():
                raise ModelFault("left")
            try:
                wait = max(0.0, until - time.monotonic())
                item = self._items.get(timeout=wait if left is None else min(wait, _GLANCE))
                break
            except queue.Empty:
                if time.monotonic() >= until:
                    raise
        if isinstance(item, ModelFault):
            raise item
        return item

    def stop(self) -> None:
        """Close the connection, whatever it is waiting for."""
        self._reading.cancel()

    async def _read(self, client: AsyncOpenAI, request: dict[str, Any]) -> None:
        answered = False
        try:
            async with await client.chat.completions.create(**request) as chunks:
                answered = True
                empty = True
                async for chunk in chunks:
                    self._items.put(chunk)
                    empty = False
            self._items.put(ModelFault("malformed" if empty else "cut"))
        except Exception as error:
            self._items.put(ModelFault(kind_of(error, answered)))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop that reads all replies of this process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
    return loop
