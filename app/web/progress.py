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
from app.outward import outward
from app.web.page import FRESH
from ingest.errors import UserError

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
        except UserError as error:
            told = outward(error)
            lines.put({"error": {"zh": told.line("zh"), "en": told.line("en")}})
        except Exception:
            _LOG.exception("a change of the corpus failed")
            lines.put({"error": {w: text_in(w, "failed") for w in ("zh", "en")}})
        lines.put(None)

    threading.Thread(target=run, daemon=False).start()
    while (line := lines.get()) is not None:
        yield json.dumps(line, ensure_ascii=False) + "\n"
