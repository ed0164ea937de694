"""How many questions are worked on at once, how many may wait, and what the next one is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import anyio.to_thread

from app.api.problems import Refusal

T = TypeVar("T")
RETRY_AFTER = 2


class Gate:
    """Lets ``at_once`` pieces of blocking work run in threads and ``waiting`` more wait.

    One of its places may be held longer than one call, by :meth:`place`.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._most_waiting = waiting
        self._places = anyio.Semaphore(at_once)
        self._threads = anyio.CapacityLimiter(at_once)
        self.at_once = at_once
        self.waiting = 0
        self.running = 0
        self.refused = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it.

        :raises Refusal: at once, if too many are waiting already.
        """
        if self.running + self.waiting >= self.at_once + self._most_waiting:
            self.refused += 1
            raise overloaded()
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._places.release()

    async def in_place(
        self, work: Callable[..., T], *arguments: object, abandon: bool = False
    ) -> T:
        """``work(*arguments)`` in a thread, by one who holds a place.

        :param abandon: whether one who leaves need not wait for the work to end.
        """
        return await anyio.to_thread.run_sync(
            work, *arguments, limiter=self._threads, abandon_on_cancel=abandon
        )

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """``work(*arguments)`` in a thread, as soon as there is a place.

        :raises Refusal: at once, if too many are waiting already.
        """
        async with self.place():
            return await self.in_place(work, *arguments)


def overloaded() -> Refusal:
    """What is said to a question that cannot even wait."""
    return Refusal(
        503,
        "overloaded",
        "server",
        "too many questions are waiting",
        f"Ask again in {RETRY_AFTER} seconds or later",
        ("等待回答的问题过多", f"请在 {RETRY_AFTER} 秒后重试"),
        headers={"retry-after": str(RETRY_AFTER)},
    )
