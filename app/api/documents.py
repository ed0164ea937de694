"""``/api/v1/documents``: list them, read one, read one of its sections."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from app.api.document_models import DocumentsOut, DocumentTextOut, SectionOut
from app.api.gate import Gate
from app.api.models import (
    PROBLEMS,
    FiltersIn,
    both,
)
from app.as_json import document_to_json, record_to_json
from app.dated import successor
from app.sections import section_at, section_named
from ingest.document import DocumentKind
from ingest.errors import UserError
from ingest.find import find_document

if TYPE_CHECKING:
    from app.service import Assistant
    from ingest.storage.catalogue import StoredDocument

MOST_CHARACTERS = 20_000
Document = Annotated[
    str,
    Path(max_length=300, description=both("编号、标题或文件名", "id, title or file name")),
]


def router(assistant: Assistant, gate: Gate) -> APIRouter:
    """The routes that read."""
    routes = APIRouter(prefix="/documents", tags=[both("文件", "documents")], responses=PROBLEMS)

    @routes.get("", response_model=DocumentsOut, summary=both("列出文件", "List documents"))
    async def listing(
        q: Annotated[
            str, Query(max_length=200, description=both("标题或文号含有", "in title or number"))
        ] = "",
        kind: DocumentKind | None = None,
        issuer: Annotated[str | None, Query(max_length=200)] = None,
        region: Annotated[str | None, Query(max_length=200)] = None,
        year: Annotated[int | None, Query(ge=1949, le=2100)] = None,
        since: date | None = None,
        until: date | None = None,
        in_force: bool = False,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        filters = FiltersIn(
            kind=kind,
            issuer=issuer,
            region=region,
            year=year,
            since=since,
            until=until,
            in_force=in_force,
        )
        found = await gate.run(listed, assistant, filters, q)
        return {"total": len(found), "documents": found[offset : offset + limit]}

    @routes.get(
        "/{document}",
        response_model=DocumentTextOut,
        summary=both("一份文件的全文与目录", "One document with text and outline"),
    )
    async def one(document: Document) -> Response:
        # Written where it is read: a long outline would hold up the event loop
        return await gate.run(lambda: _written(whole(assistant, document)))

    @routes.get(
        "/{document}/section",
        response_model=SectionOut,
        summary=both("一节原文", "The exact text of a section"),
        description=both(
            "用 name 给出条款（如 第二十二条第一款第（三）项、三、），或给出 start 和 end",
            "give name (第22条, 三、, a heading) or start and end",
        ),
    )
    async def section(
        document: Document,
        name: Annotated[str | None, Query(max_length=300)] = None,
        start: Annotated[int | None, Query(ge=0)] = None,
        end: Annotated[int | None, Query(ge=1)] = None,
    ) -> dict[str, Any]:
        return await gate.run(read_section, assistant, document, name, start, end)

    return routes


def _written(document: dict[str, Any]) -> Response:
    """The document as JSON; its outline piece by piece, so that others have their turn."""
    outline = document.pop("outline")
    head = json.dumps(document, ensure_ascii=False)[:-1]
    lines = ",".join([json.dumps(entry, ensure_ascii=False) for entry in outline])
    whole = f'{head}, "outline": [{lines}]}}'
    return Response(whole.encode("utf-8", "replace"), media_type="application/json")


def listed(assistant: Assistant, filters: FiltersIn, words: str) -> list[dict[str, Any]]:
    """The documents that pass ``filters`` and have ``words`` in title or number."""
    from app.retrieve import allowed_documents

    index = assistant.index
    records = index.documents()
    allowed = allowed_documents(records, filters.filters(), nation=False)
    wanted = words.strip().lower()
    return [
        record_to_json(record, successor(record, records, index))
        for record in records
        if (allowed is None or record.id in allowed)
        and wanted in f"{record.title} {record.metadata.number or ''}".lower()
    ]


def whole(assistant: Assistant, wanted: str) -> dict[str, Any]:
    """The document that ``wanted`` names, with its text and outline.

    :raises IndexStateError: if none or several are meant.
    """
    stored, index = stored_named(assistant, wanted), assistant.index
    return document_to_json(stored, successor(stored.record, index.documents(), index))


def stored_named(assistant: Assistant, wanted: str) -> StoredDocument:
    """The document that ``wanted`` names.

    :raises IndexStateError: if none or several are meant.
    """
    index = assistant.index
    stored = index.document(find_document(index.documents(), wanted).id)
    if stored is None:  # removed between the two looks
        find_document([], wanted)
    assert stored is not None
    return stored


def read_section(
    assistant: Assistant, document: str, name: str | None, start: int | None, end: int | None
) -> dict[str, Any]:
    """A section by its name, or a run by its offsets, cut at :data:`MOST_CHARACTERS`.

    :raises UserError: if there is no such document or section, or neither is given whole.
    """
    stored = stored_named(assistant, document)
    if name and name.strip() and start is None and end is None:
        section = section_named(stored, name, MOST_CHARACTERS)
    elif start is not None and end is not None and not name:
        section = section_at(stored, start, end, MOST_CHARACTERS)
    else:
        raise UserError(
            "no-place",
            stored.record.title,
            "the place is given neither by name nor by start and end",
            "Give either the name of a section, or both start and end",
            ("没有说明要读哪一处", "请给出条款名称，或同时给出 start 和 end"),
        )
    index = assistant.index
    by = successor(stored.record, index.documents(), index)
    return asdict(replace(section, replaced_by=by))
