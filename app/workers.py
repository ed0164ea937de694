"""Processes that find and quote, beside the one that serves.

Finding and quoting are Python from end to end, so that one process answers one question at a time
whatever its threads. Each worker opens the index for itself and notices changes by itself, as the
serving process does. Questions wait in one line, first come first served.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TYPE_CHECKING

from app.conversation.asked import Asked
from app.reading.reader import CrossReader, reader_of
from app.types import Filters
from ingest.language import Language
from ingest.settings import LlmSettings, Settings

if TYPE_CHECKING:
    from app.service import Assistant, Quoted

MOST = 4
"""So many processes at most where the settings leave their number open."""


def processes_of(settings: Settings) -> int:
    """How many workers the settings ask for; 0: the serving process answers by itself."""
    wanted = settings.server.processes
    if wanted != "auto":
        return wanted
    if isinstance(reader_of(settings), CrossReader):
        return 0  # it is large, and PyTorch uses all cores from one process
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST) if (cores or 1) > 1 else 0


class Ended(Exception):
    """The workers were closed while a question was on its way to them."""


class Workers:
    """``count`` processes that answer for an assistant. They start with :meth:`start`."""

    def __init__(self, settings: Settings, count: int) -> None:
        # A language model is asked by the serving process, which streams what it says
        self._settings = settings.model_copy(update={"llm": LlmSettings()})
        self._count = count
        self._first = threading.Event()
        self._changing = threading.Lock()
        self._closed = False
        self._pool = self._new_pool()

    def start(self) -> None:
        """Start all processes; does not wait until they are :attr:`ready`."""
        for _ in range(self._count):
            self._pool.submit(_begun).add_done_callback(lambda _: self._first.set())

    @property
    def ready(self) -> bool:
        """Whether one has begun to answer, or died trying."""
        return self._first.is_set()

    def wait_until_ready(self) -> None:
        """Wait for :attr:`ready`."""
        self._first.wait()

    def quoted(self, asked: Asked, filters: Filters, language: Language, hits_kept: int) -> Quoted:
        """What :meth:`app.service.Assistant.quoted` gives. If a process dies, all are started
        anew and the question is put once more.

        :raises UserError: as the assistant does.
        :raises BrokenProcessPool: if they die again.
        :raises Ended: if they were closed.
        """
        pool, work = self._pool, partial(_quoted, asked, filters, language, hits_kept)
        try:
            return pool.submit(work).result()
        except BrokenProcessPool:
            with self._changing:
                if self._pool is pool:
                    self._pool = self._new_pool()
                    pool.shutdown(wait=False)
            return self._pool.submit(work).result()
        except (RuntimeError, CancelledError) as error:
            if self._closed:
                raise Ended from error
            raise

    def close(self) -> None:
        """End all processes, without waiting for questions not yet begun."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._count,
            mp_context=multiprocessing.get_context("spawn"),  # threads of the server stay out
            initializer=_begin,
            initargs=(self._settings,),
        )


_assistant: Assistant


def _begin(settings: Settings) -> None:
    """Open the index, once a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the serving process ends its workers itself
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from app.service import Assistant

    global _assistant
    _assistant = Assistant(settings)
    _assistant.warm()


def _end_with_parent() -> None:
    """A worker whose server was killed would wait for questions for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _begun() -> None:
    """A worker runs this when it has begun."""


def _quoted(asked: Asked, filters: Filters, language: Language, hits_kept: int) -> Quoted:
    return _assistant.quoted(asked, filters, language, hits_kept)
