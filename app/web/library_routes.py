"""What the library page fetches and sends; every change needs an editor."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from app.accounts.doors import require, visitor_of
from app.accounts.visitors import Visitor
from app.api.problems import language_of
from app.as_json import card_to_json
from app.i18n import text_in
from app.library.metadata import FIELDS, values_of
from app.library.service import Library
from app.outward import explained_outward, outward, outward_source
from app.web.page import FRESH, bare_page, fresh_json
from app.web.source_view import body_html, outline_of
from ingest.bundles import is_bundle
from ingest.clean import count_repairs
from ingest.errors import LoadError
from ingest.language import Language
from ingest.securitylog import SecurityLog
from ingest.settings import Settings
from ingest.validity import date_of, state_of

if TYPE_CHECKING:
    from app.library.preview import Preview
    from app.library.service import Changed
    from ingest.storage.catalogue import DocumentRecord
    from ingest.storage.decisions import Change

_LOG = logging.getLogger(__name__)
PREVIEWS_AT_ONCE = 4
LONGEST_TITLE = 300
Editor = Annotated[Visitor, Depends(require("editor"))]
Metadata = dict[str, str | None]


class UrlIn(BaseModel):
    """The address of a page or file."""

    url: str = Field(max_length=2000)


class MetadataIn(BaseModel):
    """Corrected metadata, by field."""

    metadata: Metadata = {}


class AddIn(MetadataIn):
    """How a draft goes in: as a new document, or in the place of ``replace``."""

    replace: str | None = None


def add_library(app: FastAPI, library: Library, settings: Settings) -> None:
    """Add the page ``/library`` and everything under ``/ui/library``."""
    log = SecurityLog(settings)
    previews = anyio.Semaphore(PREVIEWS_AT_ONCE)

    def noted(changed: Changed) -> dict[str, Any]:
        log.note("change", face="page", **change_for_log(changed.change))
        return changed_to_json(changed)

    async def previewed(make: Callable[[], str]) -> Response:
        def work() -> dict[str, Any]:
            draft = make()
            try:
                return preview_to_json(library.preview(draft))
            except LoadError:
                library.discard(draft)
                raise

        async with previews:
            return fresh_json(await anyio.to_thread.run_sync(work))

    @app.get("/library", include_in_schema=False)
    def page(request: Request) -> Response:
        return HTMLResponse(_page(request, settings), headers=FRESH)

    @app.get("/ui/library", include_in_schema=False)
    def documents(request: Request) -> Response:
        """All documents, and what who asks may do."""
        visitor = visitor_of(request)
        return fresh_json(
            {
                "documents": [record_to_json(r) for r in library.documents()],
                "editor": visitor.may("editor"),
            }
        )

    @app.post("/ui/library/drafts/file", include_in_schema=False)
    async def draft_file(request: Request, editor: Editor) -> Response:
        """The body is the file, ``x-name`` its name, percent-encoded."""
        name = unquote(request.headers.get("x-name", ""))
        data = await request.body()
        if is_bundle(name):
            async with previews:
                return fresh_json(
                    await anyio.to_thread.run_sync(_all_in, library, name, data, editor.name)
                )
        return await previewed(lambda: library.draft_file(name, data, editor.name).id)

    @app.post("/ui/library/drafts/text", include_in_schema=False)
    async def draft_text(request: Request, editor: Editor) -> Response:
        """The body is the text in UTF-8, ``x-title`` its title, percent-encoded."""
        title = unquote(request.headers.get("x-title", ""))[:LONGEST_TITLE]
        text = (await request.body()).decode("utf-8", "replace")
        return await previewed(lambda: library.draft_text(title, text, editor.name).id)

    @app.post("/ui/library/drafts/url", include_in_schema=False)
    async def draft_url(given: UrlIn, editor: Editor) -> Response:
        return await previewed(lambda: library.draft_url(given.url, editor.name).id)

    @app.delete("/ui/library/drafts/{draft}", include_in_schema=False)
    def discard(draft: str, editor: Editor) -> Response:
        library.discard(draft)
        return fresh_json({})

    @app.post("/ui/library/drafts/{draft}/add", include_in_schema=False)
    def add(draft: str, given: AddIn, editor: Editor) -> Response:
        """Lines of JSON: ``{"done": passages}`` while it works, at last the change or an error."""

        def work(on_progress: Callable[[int], None]) -> dict[str, Any]:
            who, metadata = editor.name, given.metadata
            if given.replace:
                changed = library.replace(given.replace, draft, metadata, who, on_progress)
            else:
                changed = library.add(draft, metadata, who, on_progress)
            return noted(changed)

        return StreamingResponse(_progress(work), media_type="application/x-ndjson", headers=FRESH)

    @app.get("/ui/page/{document}/{page}.png", include_in_schema=False)
    async def printed(document: str, page: int, start: int = 0, end: int = 0) -> Response:
        """A page of a PDF as printed, what of ``start:end`` stands on it marked."""
        async with previews:
            image = await anyio.to_thread.run_sync(library.page, document, page, start, end)
        return Response(image.png, media_type="image/png", headers=FRESH)

    @app.get("/ui/original/{document}", include_in_schema=False)
    def original(document: str, shown: bool = False) -> Response:
        """The file as it was ingested, byte for byte, to be saved; a PDF may be ``shown``."""
        file, name = library.original(document)
        if shown and file.suffix == ".pdf":
            headers = {**FRESH, "content-disposition": f"inline; filename*=utf-8''{quote(name)}"}
            return FileResponse(file, media_type="application/pdf", headers=headers)
        headers = {**FRESH, "content-disposition": f"attachment; filename*=utf-8''{quote(name)}"}
        return FileResponse(file, media_type="application/octet-stream", headers=headers)

    @app.patch("/ui/library/documents/{document}", include_in_schema=False)
    def edit(document: str, given: MetadataIn, editor: Editor) -> Response:
        return fresh_json(noted(library.edit(document, given.metadata, editor.name)))

    @app.delete("/ui/library/documents/{document}", include_in_schema=False)
    def remove(document: str, editor: Editor) -> Response:
        return fresh_json(noted(library.remove(document, editor.name)))

    @app.get("/ui/library/changes", include_in_schema=False)
    def changes(editor: Editor, before: int | None = None) -> Response:
        found = library.changes(100, before)
        return fresh_json({"changes": [change_to_json(change) for change in found]})

    @app.post("/ui/library/changes/{change}/undo", include_in_schema=False)
    def undo(change: int, editor: Editor) -> Response:
        return fresh_json(noted(library.undo(change, editor.name)))


def _all_in(library: Library, name: str, data: bytes, who: str) -> dict[str, Any]:
    """Previews of the files in an archive or a mail, and a line for each that is none."""
    drafts, errors = library.draft_bundle(name, data, who)
    found = []
    for draft in drafts:
        try:
            found.append(preview_to_json(library.preview(draft.id)))
        except LoadError as error:
            library.discard(draft.id)
            errors.append(error)
    told = [outward(error) for error in errors]
    return {"several": found, "failed": [{"zh": e.line("zh"), "en": e.line("en")} for e in told]}


def preview_to_json(preview: Preview) -> dict[str, Any]:
    """A preview as the page shows it."""
    document = preview.document
    return {
        "draft": preview.draft.id,
        "name": preview.draft.name,
        "url": preview.draft.url,
        "title": document.title,
        "metadata": values_of(document.metadata) | {"title": document.title},
        "characters": len(document.text),
        "passages": preview.passages,
        "repairs": count_repairs(document),
        "scanned": len(document.scanned),
        "card": card_to_json(document),
        "html": body_html(document, preview.sections),
        "outline": [asdict(entry) for entry in outline_of(document, preview.sections)],
        "alike": [
            {**_named(alike.record), "share": round(alike.share, 3), "same": alike.same}
            for alike in preview.alike
        ],
        "versions": [_named(record) for record in preview.versions],
        "flags": [{"kind": flag.kind, "shown": flag.shown} for flag in preview.flags],
    }


def record_to_json(record: DocumentRecord) -> dict[str, Any]:
    """A line of the list."""
    metadata = record.metadata
    return {
        "id": record.id,
        "title": record.title,
        "source": outward_source(record.source),
        "kind": metadata.kind,
        "issuer": metadata.issuer,
        "number": metadata.number,
        "region": metadata.region,
        "date": date_of(record),
        "metadata": values_of(metadata) | {"title": record.title},
        "effective": metadata.effective,
        "superseded": record.superseded,
        "state": state_of(record),
        "as_of": metadata.as_of,
        "source_name": metadata.source_name,
        "passages": record.passages,
        "repairs": record.repairs,
        "added": record.added,
    }


def changed_to_json(changed: Changed) -> dict[str, Any]:
    """What a change did."""
    record = changed.record
    return {
        "change": change_to_json(changed.change),
        "document": record_to_json(record) if record else None,
    }


def change_for_log(change: Change) -> dict[str, str | int]:
    """What the security log says of a change."""
    return {
        "name": change.who,
        "action": change.action,
        "document": change.document,
        "title": change.title,
        "change": change.id,
    }


def change_to_json(change: Change) -> dict[str, Any]:
    """A line of the log."""
    before, after = dict(change.before.edits), dict(change.after.edits)
    fields = [f for f in FIELDS if before.get(f, "") != after.get(f, "")]
    return {
        "id": change.id,
        "at": change.at,
        "who": change.who,
        "action": change.action,
        "document": change.document,
        "title": change.title,
        "present": change.after.present,
        "fields": fields,
        "undoes": change.undoes,
        "last": change.last,
    }


def _progress(
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


def _named(record: DocumentRecord) -> dict[str, Any]:
    return {"id": record.id, "title": record.title, "date": date_of(record)}


def _page(request: Request, settings: Settings) -> str:
    return bare_page(
        title=text_in(language_of(request), "title"),
        language=settings.server.language,
        name="library",
        styles=("chat.css", "library.css"),
        script="js/library/main.js",
    )
