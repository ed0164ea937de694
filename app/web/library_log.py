"""The log of changes: listed by filters, exported as CSV, undone."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import Response

from app.accounts.doors import require
from app.accounts.visitors import Visitor
from app.api.problems import language_of
from app.i18n import text_in
from app.library.service import Library
from app.web.library_json import change_for_log, change_to_json, changed_to_json
from app.web.page import FRESH, fresh_json
from ingest.language import Language
from ingest.securitylog import SecurityLog
from ingest.storage.decisions import Change, Wanted

Editor = Annotated[Visitor, Depends(require("editor"))]
MOST = 100
"""Changes that the page shows at once."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def add_log(app: FastAPI, library: Library, log: SecurityLog) -> None:
    """Add the log's routes."""

    @app.get("/ui/library/changes", include_in_schema=False)
    def changes(
        editor: Editor, wanted: Annotated[Wanted, Depends(_wanted)], before: int | None = None
    ) -> Response:
        found = library.changes(MOST, before, wanted=wanted)
        return fresh_json({"changes": [change_to_json(change) for change in found]})

    @app.get("/ui/library/changes.csv", include_in_schema=False)
    def exported(
        request: Request, editor: Editor, wanted: Annotated[Wanted, Depends(_wanted)]
    ) -> Response:
        """All changes that are wanted, newest first, for a spreadsheet."""
        language = language_of(request)
        text = as_csv(library.changes(-1, wanted=wanted), language)
        name = quote(f"{text_in(language, 'lib.log')}.csv")
        headers = {**FRESH, "content-disposition": f"attachment; filename*=utf-8''{name}"}
        # Spreadsheets take UTF-8 without this mark for something else
        return Response(("\ufeff" + text).encode(), media_type="text/csv", headers=headers)

    @app.post("/ui/library/changes/{change}/undo", include_in_schema=False)
    def undo(change: int, editor: Editor) -> Response:
        changed = library.undo(change, editor.name)
        log.note("change", face="page", **change_for_log(changed.change))
        return fresh_json(changed_to_json(changed))


def as_csv(changes: list[Change], language: Language) -> str:
    """The changes as CSV with a head, a line for each value that was changed."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = ("when", "who", "face", "action", "title", "document", "field", "old", "new")
    writer.writerow([text_in(language, f"log.{name}") for name in names])
    for change in changes:
        head = (change.at, change.who, change.face, change.action, change.title, change.document)
        for value in change.values or (("", "", ""),):
            writer.writerow([_harmless(cell) for cell in (*head, *value)])
    return out.getvalue()


def _harmless(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def _wanted(
    action: Annotated[str, Query(max_length=20)] = "",
    face: Annotated[str, Query(max_length=20)] = "",
    who: Annotated[str, Query(max_length=100)] = "",
    titled: Annotated[str, Query(max_length=200)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Wanted:
    return Wanted(action, face, who.strip(), titled.strip(), since, until)
