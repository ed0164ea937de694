"""What all engines have in common: results in the order of the files, whoever made them when.

One process writes the index. It is given what is ready, in an order that depends on the files
alone, so that the index is the same to the bit whichever engine made it, with however many
processes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from ingest.embed import Embedder, OnProgress
from ingest.errors import LoadError, SettingsError
from ingest.prepare import OnPage, Origin, Prepared, embedded_text
from ingest.settings import Settings

AHEAD = 64
"""So many files at most are ready or in work before their turn."""
_MOST_AT_ONCE = 1000
"""Passages from which a batch is written; a killed process loses one batch at most."""
_PDF_TIMES = 10
"""A byte of a PDF takes as long as so many of another format."""
_HEAVY, _HEAVY_SHARE = 2_000_000, 8
"""What takes longer than so many bytes, and than this part of all, is begun first."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file ready for the index: ``vectors`` are those of its passages."""

    prepared: Prepared
    vectors: np.ndarray


Batch: TypeAlias = list[tuple[Origin, "Made | LoadError"]]
"""Files that are ready together, with what became of each."""


class Engine(Protocol):
    """Makes files ready, several at a time."""

    def made(self, origins: Sequence[Origin]) -> Iterator[Batch]:
        """All ``origins``, in the order of :func:`in_turn`, as they become ready.

        :raises UserError: if none can be made, for want of a model or of the cluster.
        """

    def close(self) -> None:
        """End what is still in work."""


def engine_of(settings: Settings, embedder: Embedder, on_page: OnPage | None = None) -> Engine:
    """The engine that the settings name.

    :param on_page: is told of scanned pages where this machine reads them.
    :raises SettingsError: if it is not installed or not to be reached.
    """
    if settings.ingest.engine == "local":
        from ingest.engines.local import LocalEngine

        return LocalEngine(settings, embedder, on_page)
    try:
        from ingest.engines.on_ray import RayEngine
    except ImportError:
        raise SettingsError(
            "no-ray",
            "ingest.engine",
            "Ray is not installed",
            "Run `pip install -e '.[ray]'`, or set ingest.engine to local",
            ("未安装 Ray", "请运行 pip install -e '.[ray]'，或将 ingest.engine 设为 local"),
        ) from None
    return RayEngine(settings, embedder)


def with_vectors(
    prepared: Prepared, embedder: Embedder, on_progress: OnProgress | None = None
) -> Made:
    """A prepared file with the vectors of its passages."""
    document = prepared.document
    texts = [embedded_text(document, passage) for passage in prepared.passages]
    return Made(prepared, embedder.encode_passages(texts, on_progress))


def in_turn(origins: Sequence[Origin]) -> tuple[list[Origin], int]:
    """The files in the order in which they are written, and how many at its end are so large that
    they are begun before all others: who waits for one large file waits with idle processors."""
    costs = [_cost(origin) for origin in origins]
    least = max(_HEAVY, sum(costs) // _HEAVY_SHARE)
    heavy = [o for o, cost in zip(origins, costs, strict=True) if cost > least]
    light = [o for o, cost in zip(origins, costs, strict=True) if cost <= least]
    return light + heavy, len(heavy)


def _cost(origin: Origin) -> int:
    try:
        size = origin.file.stat().st_size
    except (OSError, ValueError):
        return 0
    return size * _PDF_TIMES if origin.file.suffix.lower() == ".pdf" else size


def batches(
    origins: Sequence[Origin],
    submit: Callable[[Origin], Future[Made]],
    taken: Callable[[Origin, Future[Made]], Made | LoadError],
) -> Iterator[Batch]:
    """Results in the order of :func:`in_turn`, as many at a time as are ready.

    :param submit: begins to make a file ready.
    :param taken: what became of it; waits where it is not ready.
    """
    order, heavy = in_turn(origins)
    first = len(order) - heavy
    begun = {at: submit(order[at]) for at in range(first, len(order))}
    waiting: deque[tuple[Origin, Future[Made]]] = deque()
    at = 0
    try:
        while at < len(order) or waiting:
            while at < len(order) and len(waiting) < AHEAD:
                waiting.append((order[at], begun[at] if at in begun else submit(order[at])))
                at += 1
            batch: Batch = []
            size = 0
            while waiting and (not batch or (waiting[0][1].done() and size < _MOST_AT_ONCE)):
                origin, future = waiting.popleft()
                result = taken(origin, future)
                size += len(result.prepared.passages) if isinstance(result, Made) else 0
                batch.append((origin, result))
            yield batch
    finally:
        for future in (*begun.values(), *(future for _, future in waiting)):
            future.cancel()
