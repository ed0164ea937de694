"""What the page fetches besides answers: assets, the corpus at a glance, sources, originals."""

from __future__ import annotations

import logging
import mimetypes
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import FileResponse, Response

from app.api.problems import explain_pages_in
from app.as_json import card_to_json
from app.dated import successor
from app.examples import Examples
from app.outward import outward_source
from app.versions import compared
from app.web.page import ASSETS, FRESH, STRINGS_MODULE, fresh_json, strings_module, version
from app.web.source_view import Mark, body_html, outline_of
from app.workers import Ended
from ingest.document import DRAWN
from ingest.outline.citation import Paths
from ingest.settings import Settings
from ingest.storage.catalogue import DocumentRecord, StoredDocument
from ingest.twins import twins_of
from ingest.validity import date_of, holds, replaced_by, state_of

if TYPE_CHECKING:
    from app.service import Assistant
    from ingest.index import Index

MOST_MARKS = 50
MOST_ISSUERS = 60
LAW_DATABASE = "https://flk.npc.gov.cn/"
"""The official data base of laws and regulations; it has no address for a title."""
LAW_KINDS = ("law", "regulation", "local-regulation", "interpretation")
_LOG = logging.getLogger(__name__)
_NUMBER = re.compile(r"[0-9]{1,12}")
_KEEP = {"cache-control": "public, max-age=31536000, immutable"}


def add_routes(app: FastAPI, assistant: Assistant, settings: Settings) -> None:
    """Add everything under ``/ui/``."""
    examples = Examples(assistant)

    explain_pages_in(app)

    @app.get("/ui/assets/{tag}/{name:path}", include_in_schema=False)
    def asset(tag: str, name: str) -> Response:
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
        headers = _KEEP if tag == version() else FRESH
        if name == STRINGS_MODULE:
            return Response(strings_module(), media_type=kind, headers=headers)
        file = _assets().get(name)
        if file is None:
            raise HTTPException(404)
        return FileResponse(file, media_type=kind, headers=headers)

    @app.get("/ui/corpus", include_in_schema=False)
    def corpus() -> Response:
        """Number and titles of the documents, and what they can be filtered by."""
        return fresh_json(corpus_at_a_glance(assistant.index.documents()))

    @app.get("/ui/examples", include_in_schema=False)
    def example_questions() -> Response:
        """Questions that the corpus answers."""
        return fresh_json({"questions": examples.questions()})

    @app.get("/ui/source/{document}", include_in_schema=False)
    def source(document: str, mark: Annotated[list[str], Query()] = [], hash: str = "") -> Response:  # noqa: B006
        """A document with the runs ``mark=start-end-n`` highlighted."""
        stored = assistant.index.document(document)
        if stored is None:
            return fresh_json({"missing": True}, 404)
        found = source_of(stored, marks_from(mark), hash)
        records = assistant.index.documents()
        newer = replaced_by(stored.record, records)
        by = successor(stored.record, records, assistant.index)
        named = newer and {"id": newer.id, "date": date_of(newer)}
        also = [
            {"id": copy.id, "name": web_address(copy.metadata.url) or outward_source(copy.source)}
            for copy in twins_of(assistant.index).of(document)
        ]
        return fresh_json(found | {"newer": named, "replaced_by": by, "also_at": also})

    @app.get("/ui/compare/{document}", include_in_schema=False)
    def compare(document: str) -> Response:
        """A superseded text beside the one in its place, by article."""
        found = beside_newer(document, assistant.index)
        return fresh_json(found) if found else fresh_json({"missing": True}, 404)

    threading.Thread(target=_quietly, args=(examples.questions,), daemon=True).start()


def beside_newer(document: str, index: Index) -> dict[str, Any] | None:
    """A superseded text beside the version in its place, by article; ``None`` where there is
    none."""
    old = index.document(document)
    newer = old and replaced_by(old.record, index.documents())
    new = newer and index.document(newer.id)
    if not old or not new:
        return None
    return {
        "title": new.record.title,
        "dates": [date_of(old.record), date_of(new.record)],
        "differences": [
            {
                "kind": one.kind,
                "old": one.old and one.old.label,
                "new": one.new and one.new.label,
                "pieces": [asdict(piece) for piece in one.pieces],
            }
            for one in compared(old, new)
        ],
    }


@cache
def _assets() -> dict[str, Path]:
    """All that may be fetched, by name: what is asked for is never made into a path."""
    return {f.relative_to(ASSETS).as_posix(): f for f in ASSETS.rglob("*") if f.is_file()}


def _quietly(work: Callable[[], object]) -> None:
    """Examples are a convenience: that they failed is no reason not to serve."""
    try:
        work()
    except Ended:
        pass  # the server ends, and nobody will look at them
    except Exception:  # the thread has nobody to tell
        _LOG.exception("no example questions could be made")


def corpus_at_a_glance(records: Sequence[DocumentRecord]) -> dict[str, Any]:
    """Count, titles (newest version of each work first) and the values filters can take."""
    years = Counter[int]()
    for record in records:
        m = record.metadata
        years.update({int(d[:4]) for d in (m.published, m.effective, m.version) if d})
    return {
        "documents": len(records),
        "titles": [
            {"id": r.id, "title": r.title, "date": date_of(r), "superseded": r.superseded}
            for r in records
        ],
        "kinds": _values(r.metadata.kind for r in records),
        "counts": dict(Counter(r.metadata.kind for r in records if r.metadata.kind).most_common()),
        "regions": _values(r.metadata.region for r in records),
        "issuers": _values(r.metadata.issuer for r in records)[:MOST_ISSUERS],
        "years": sorted(years, reverse=True),
        "not_in_force": sum(not holds(r) for r in records),
    }


def _values(found: Any) -> list[str]:
    return [value for value, _ in Counter(v for v in found if v).most_common()]


def marks_from(given: Sequence[str]) -> list[Mark]:
    """Marks written ``start-end-n``; what is written otherwise is left out."""
    marks = []
    for value in given[:MOST_MARKS]:
        parts = value.split("-")
        if 2 <= len(parts) <= 3 and all(_NUMBER.fullmatch(part) for part in parts):
            marks.append(Mark(*map(int, parts)))
    return marks


def source_of(stored: StoredDocument, marks: Sequence[Mark], expected: str) -> dict[str, Any]:
    """A document as the source panel shows it.

    If ``expected`` names another content than the document now has, nothing is highlighted and
    ``changed`` is true: the offsets were counted in an older text.
    """
    document = stored.document
    changed = bool(expected) and expected != document.content_hash
    shown = [] if changed else list(marks)
    paths = Paths(stored.sections)
    return {
        "document": described(stored.record),
        "card": card_to_json(document),
        "changed": changed,
        "pages": bool(document.pages) and document.format in DRAWN,
        "scanned": list(document.scanned),
        "html": body_html(document, stored.sections, shown),
        "outline": [asdict(entry) for entry in outline_of(document, stored.sections)],
        "places": [
            {
                "n": mark.n,
                "start": mark.start,
                "end": mark.end,
                "text": document.text[mark.start : mark.end],
                "page": document.page_at(mark.start),
                "recognised": document.is_recognised(mark.start, mark.end),
                "section": paths.citation_of_span(mark.start, mark.end),
                "official": paths.official_of_span(stored.record.title, mark.start, mark.end),
            }
            for mark in shown
            if 0 <= mark.start < mark.end <= len(document.text) and stored.sections
        ],
    }


def described(record: DocumentRecord) -> dict[str, Any]:
    """What the panel's head says of a document."""
    metadata = record.metadata
    return {
        "id": record.id,
        "title": record.title,
        "issuer": metadata.issuer,
        "source_name": metadata.source_name,
        "number": metadata.number,
        "published": metadata.published,
        "effective": metadata.effective,
        "expires": metadata.expires,
        "version": metadata.version,
        "region": metadata.region,
        "kind": metadata.kind,
        "url": web_address(metadata.url),
        "file": Path(record.source).name,
        "format": record.format,
        "content_hash": record.content_hash,
        "superseded": record.superseded,
        "state": state_of(record),
        "as_of": metadata.as_of,
        "added": record.added[:10],
        "database": LAW_DATABASE if metadata.kind in LAW_KINDS else None,
        "repairs": record.repairs,
    }


def web_address(url: str | None) -> str | None:
    """``url`` if it is an http or https address, else ``None``."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
