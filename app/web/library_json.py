"""Previews, documents and changes as the library page gets them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.as_json import card_to_json
from app.library.metadata import values_of
from app.library.service import SHELF
from app.outward import outward_source
from app.web.source_view import body_html, outline_of
from ingest.clean import count_repairs
from ingest.originals import CORPUS
from ingest.validity import date_of, state_of

if TYPE_CHECKING:
    from app.library.preview import Preview
    from app.library.service import Changed
    from ingest.storage.catalogue import DocumentRecord
    from ingest.storage.decisions import Change
    from ingest.twins import Twins


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


def record_to_json(record: DocumentRecord, twins: Twins | None = None) -> dict[str, Any]:
    """A line of the list; ``copies`` counts the other copies of its text that ``twins`` knows."""
    metadata = record.metadata
    return {
        "id": record.id,
        "title": record.title,
        "source": outward_source(record.source),
        "origin": origin_of(record),
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
        "copies": len(twins.of(record.id)) if twins else 0,
    }


def origin_of(record: DocumentRecord) -> str:
    """From what kind of source a document came: ``web``, ``library``, ``package``, ``corpus``
    (the corpus folder) or ``files``."""
    if record.source.startswith(("http://", "https://")):
        return "web"
    if record.source.startswith(f"{SHELF}/"):
        return "library"
    if record.metadata.as_of:
        return "package"
    return "corpus" if record.file.startswith(CORPUS) else "files"


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
    return {
        "id": change.id,
        "at": change.at,
        "who": change.who,
        "action": change.action,
        "document": change.document,
        "title": change.title,
        "present": change.after.present,
        "face": change.face,
        "values": [list(value) for value in change.values],
        "undoes": change.undoes,
        "last": change.last,
    }


def _named(record: DocumentRecord) -> dict[str, Any]:
    return {"id": record.id, "title": record.title, "date": date_of(record)}
