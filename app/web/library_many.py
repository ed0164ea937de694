"""The library as a whole: its texts looked through, many documents removed and brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.accounts.doors import require
from app.accounts.visitors import Visitor
from app.library.service import Changed, Library
from app.library.words import places_of
from app.outward import outward
from app.web.library_json import change_for_log, change_to_json
from app.web.page import fresh_json
from app.web.progress import told_while
from ingest.errors import UserError
from ingest.securitylog import SecurityLog

if TYPE_CHECKING:
    from app.service import Assistant

Editor = Annotated[Visitor, Depends(require("editor"))]
MOST = 5000


class ManyIn(BaseModel):
    """The documents meant, by id."""

    documents: list[Annotated[str, Field(max_length=100)]] = Field(max_length=MOST)


class ChangesIn(BaseModel):
    """The changes meant, by id."""

    changes: list[int] = Field(max_length=MOST)


def add_many(app: FastAPI, library: Library, assistant: Assistant, log: SecurityLog) -> None:
    """Add the routes."""

    def told(result: tuple[list[Changed], list[UserError]]) -> dict[str, Any]:
        done, failed = result
        for changed in done:
            log.note("change", face="page", **change_for_log(changed.change))
        lines = [outward(error) for error in failed]
        return {
            "changes": [change_to_json(changed.change) for changed in done],
            "failed": [{"zh": line.line("zh"), "en": line.line("en")} for line in lines],
        }

    @app.get("/ui/library/words", include_in_schema=False)
    def words(words: Annotated[str, Query(max_length=200)] = "") -> Response:
        """The documents that hold the words: ``{id: {count, places}}``."""
        found = places_of(words, assistant) if library.documents() else {}
        return fresh_json({"found": found})

    @app.post("/ui/library/remove", include_in_schema=False)
    def remove(given: ManyIn, editor: Editor) -> Response:
        """Lines of JSON: ``{"done": 1}`` after each, at last all changes."""

        def work(on_progress: Callable[[int], None]) -> dict[str, Any]:
            return told(library.remove_all(given.documents, editor.name, on_progress))

        return told_while(work)

    @app.post("/ui/library/undo", include_in_schema=False)
    def undo(given: ChangesIn, editor: Editor) -> Response:
        """Lines of JSON, as for removing."""

        def work(on_progress: Callable[[int], None]) -> dict[str, Any]:
            return told(library.undo_all(given.changes, editor.name, on_progress))

        return told_while(work)
