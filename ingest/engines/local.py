"""Files made ready by processes of this machine, one a core."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.apart import end_those_of
from ingest.embed import Embedder
from ingest.engines.engine import Batch, Made, batches, with_vectors
from ingest.errors import LoadError
from ingest.prepare import OnPage, Origin, Prepared, prepare
from ingest.settings import Settings


class LocalEngine:
    """A thread waits for each process that parses (see :mod:`ingest.apart`) and embeds what it
    made; the caller's own thread is free to write."""

    def __init__(
        self, settings: Settings, embedder: Embedder, on_page: OnPage | None = None
    ) -> None:
        self._settings = settings
        self._on_page = on_page
        self._embedder = embedder
        self._embedding = threading.Lock()
        self._names: set[int] = set()
        self._closed = threading.Event()
        self._threads = ThreadPoolExecutor(
            processes_of(settings), initializer=lambda: self._names.add(threading.get_ident())
        )

    def made(self, origins: Sequence[Origin]) -> Iterator[Batch]:
        """See :class:`ingest.engines.engine.Engine`."""
        return batches(origins, lambda origin: self._threads.submit(self._made, origin), _taken)

    def close(self) -> None:
        """End what is still in work."""
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        end_those_of(self._names)

    def _made(self, origin: Origin) -> Made:
        prepared = self._prepared(origin)
        with self._embedding:  # a model uses all cores by itself
            return with_vectors(prepared, self._embedder)

    def _prepared(self, origin: Origin) -> Prepared:
        """A process that somebody ended costs a second try, not a document."""
        try:
            return prepare(origin, self._settings, self._on_page)
        except LoadError as error:
            if error.code != "parser-ended" or self._closed.is_set():
                raise
        return prepare(origin, self._settings, self._on_page)


def processes_of(settings: Settings) -> int:
    """How many processes parse at once."""
    if settings.ingest.processes != "auto":
        return settings.ingest.processes
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _taken(origin: Origin, future: Future[Made]) -> Made | LoadError:
    try:
        return future.result()
    except LoadError as error:
        return error
