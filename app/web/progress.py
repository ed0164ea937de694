"""Work that tells how far it is: lines of JSON, the last of which is the result or an error."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from fastapi.responses import StreamingResponse

from app.i18n import text_in
from app.outward import explained_outward
from app.web.page import FRESH
from ingest.language import Language

_LOG = logging.getLogger(__name__)


def told_while(work: Callable[[Callable[[int], None]], dict[str, Any]]) -> StreamingResponse:
    """A response of lines ``{"done": n}``, as ``work`` says by what it is given, and its result."""
    return StreamingResponse(_lines(work), media_type="application/x-ndjson", headers=FRESH)


def _lines(
    work: Callable[[Callable[[int], None]], dict[str, Any]],
) -> Iterator[str]:
    """Lines of JSON while ``work`` runs in a thread; it ends even if nobody reads them."""
    lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            lines.put(work(lambda count: lines.put({"done": count})))
        except Exception as error:  # the status is out already, and who reads would wait for ever
            told = explained_outward(error)
            if told is None:
                _LOG.exception("a change of the corpus failed")
            tongues: tuple[Language, ...] = ("zh", "en")
            lines.put(
                {"error": {w: told.line(w) if told else text_in(w, "failed") for w in tongues}}
            )
        lines.put(None)

    threading.Thread(target=run, daemon=False).start()
    while (line := lines.get()) is not None:
        yield json.dumps(line, ensure_ascii=False) + "\n"
