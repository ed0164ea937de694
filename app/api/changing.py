"""Adding, replacing and removing documents by REST, for editors; every change can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from pydantic import Field

from app.accounts.doors import require
from app.accounts.visitors import Visitor
from app.api.document_models import DocumentOut
from app.api.documents import Document, stored_named
from app.api.gate import Gate
from app.api.models import PROBLEMS, In, both
from app.api.problems import Refusal
from app.as_json import record_to_json
from app.library.drafts import LONGEST_TEXT, Draft
from app.library.service import Changed, Library
from app.web.library_json import change_for_log
from ingest.securitylog import SecurityLog

if TYPE_CHECKING:
    from app.service import Assistant

AT_ONCE = 4
MOST_WAITING = 8
Editor = Annotated[Visitor, Depends(require("editor"))]
Corrections = dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=2000)]]


class AddIn(In):
    """要加入的文件：粘贴的正文，或网址 · What to add: a text, or the address of a page or file."""

    text: str | None = Field(None, max_length=LONGEST_TEXT, description=both("正文", "the text"))
    title: str = Field("", max_length=300, description=both("正文的标题", "title of the text"))
    url: str | None = Field(None, max_length=2000, description=both("网址", "web address"))
    metadata: Corrections = Field(
        default_factory=dict,
        max_length=20,
        description=both(
            "更正识别出的信息，如 issuer、number", "corrections of what is found in it"
        ),
    )
    replaces: str | None = Field(
        None, max_length=300, description=both("取代哪份文件", "the document that it replaces")
    )


class ChangedOut(In):
    """更改之后 · What a change left."""

    change: int = Field(description=both("更改编号，可用于撤销", "its number, to undo it"))
    document: DocumentOut | None = Field(
        description=both("现在的文件；已移除则为空", "as it stands now; null where it is out")
    )


def router(assistant: Assistant) -> APIRouter:
    """The routes; :mod:`app.api.bodies` says how much they take."""
    library, log = Library(assistant, "rest"), SecurityLog(assistant.settings)
    gate = Gate(at_once=AT_ONCE, waiting=MOST_WAITING)  # the index takes one after another
    routes = APIRouter(tags=[both("更改文件", "changes")], responses=PROBLEMS)

    def noted(changed: Changed) -> dict[str, Any]:
        log.note("change", face="rest", **change_for_log(changed.change))
        return _changed(changed)

    def added(
        make: Any, metadata: dict[str, str], replaces: str | None, who: str
    ) -> dict[str, Any]:
        draft: Draft = make()
        try:
            if replaces:
                id = stored_named(assistant, replaces).record.id
                return noted(library.replace(id, draft.id, metadata, who))
            return noted(library.add(draft.id, metadata, who))
        finally:
            library.discard(draft.id)

    @routes.post(
        "/documents",
        status_code=201,
        response_model=ChangedOut,
        summary=both("加入正文或网址", "Add a text or a page"),
    )
    async def add(given: AddIn, editor: Editor, response: Response) -> dict[str, Any]:
        if (given.text is None) == (given.url is None):
            raise _neither()

        def make() -> Draft:
            if given.url is not None:
                return library.draft_url(given.url, editor.name)
            return library.draft_text(given.title, given.text or "", editor.name)

        done = await gate.run(added, make, given.metadata, given.replaces, editor.name)
        return _located(done, response)

    @routes.post(
        "/documents/file",
        status_code=201,
        response_model=ChangedOut,
        summary=both("上传并加入文件", "Upload and add a file"),
    )
    async def upload(
        editor: Editor,
        response: Response,
        file: Annotated[UploadFile, File(description=both("文件", "the file"))],
        replaces: Annotated[str | None, Form(max_length=300)] = None,
    ) -> dict[str, Any]:
        data = await file.read()

        def make() -> Draft:
            return library.draft_file(file.filename or "", data, editor.name)

        return _located(await gate.run(added, make, {}, replaces, editor.name), response)

    @routes.delete(
        "/documents/{document}",
        response_model=ChangedOut,
        summary=both("移除文件", "Remove a document"),
    )
    async def remove(document: Document, editor: Editor) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            id = stored_named(assistant, document).record.id
            return noted(library.remove(id, editor.name))

        return await gate.run(work)

    @routes.post(
        "/changes/{change}/undo",
        response_model=ChangedOut,
        summary=both("撤销更改", "Undo a change"),
    )
    async def undo(change: int, editor: Editor) -> dict[str, Any]:
        return await gate.run(lambda: noted(library.undo(change, editor.name)))

    return routes


def _changed(changed: Changed) -> dict[str, Any]:
    record = changed.record
    return {
        "change": changed.change.id,
        "document": record_to_json(record) if record else None,
    }


def _located(done: dict[str, Any], response: Response) -> dict[str, Any]:
    if done["document"]:
        response.headers["location"] = f"/api/v1/documents/{done['document']['id']}"
    return done


def _neither() -> Refusal:
    return Refusal(
        422,
        "nothing-to-add",
        "body",
        "it holds neither a text nor an address, or both",
        "Give either text or url; files go to /api/v1/documents/file",
        (
            "应给出正文或网址之一",
            "请只给出 text 或 url；文件请发送到 /api/v1/documents/file",
        ),
    )
