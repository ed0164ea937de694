"""What the library page fetches and sends; every change needs an editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import BaseModel, Field

from app.accounts.doors import require, visitor_of
from app.accounts.visitors import Visitor
from app.api.problems import language_of
from app.i18n import text_in
from app.library.files import original as original_of
from app.library.files import printed_page
from app.library.service import Library
from app.outward import outward
from app.web.library_json import change_for_log, changed_to_json, preview_to_json, record_to_json
from app.web.library_log import add_log
from app.web.library_many import add_many
from app.web.library_offers import add_offers
from app.web.page import FRESH, bare_page, fresh_json
from app.web.progress import told_while
from ingest.bundles import is_bundle
from ingest.errors import LoadError
from ingest.securitylog import SecurityLog
from ingest.settings import Settings
from ingest.twins import twins_of

if TYPE_CHECKING:
    from app.library.service import Changed
    from app.service import Assistant

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


def add_library(app: FastAPI, assistant: Assistant, settings: Settings) -> None:
    """Add the page ``/library`` and everything under ``/ui/library``."""
    library, log = Library(assistant), SecurityLog(settings)
    add_log(app, library, log)
    add_many(app, library, assistant, log)
    add_offers(app, settings)
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
        twins = twins_of(assistant.index) if library.documents() else None
        return fresh_json(
            {
                "documents": [record_to_json(r, twins) for r in library.documents()],
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

        return told_while(work)

    @app.get("/ui/page/{document}/{page}.png", include_in_schema=False)
    async def printed(document: str, page: int, start: int = 0, end: int = 0) -> Response:
        """A page of a PDF as printed, what of ``start:end`` stands on it marked."""
        async with previews:
            image = await anyio.to_thread.run_sync(
                printed_page, assistant.index, document, page, start, end
            )
        return Response(image.png, media_type="image/png", headers=FRESH)

    @app.get("/ui/original/{document}", include_in_schema=False)
    def original(document: str, shown: bool = False) -> Response:
        """The file as it was ingested, byte for byte, to be saved; a PDF may be ``shown``."""
        file, name = original_of(assistant.index, document)
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


def _page(request: Request, settings: Settings) -> str:
    return bare_page(
        title=text_in(language_of(request), "title"),
        language=settings.server.language,
        name="library",
        styles=("chat.css", "library.css"),
        script="js/library/main.js",
    )
