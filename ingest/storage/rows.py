"""How documents and passages are written in rows of the catalogue, and read from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ingest.document import (
    CardEntry,
    Document,
    Line,
    Metadata,
    Passage,
    Repair,
    Section,
    metadata_from_json,
    metadata_to_json,
    pages_from_json,
    pages_to_json,
)

DOCUMENT_COLUMNS = (
    "id, source, format, content_hash, text, lines, metadata, repairs, original, sections"
)
"""What :func:`document_of` reads, before ``card`` and ``pages``."""

PASSAGE_COLUMNS = 'id, document, ordinal, start, "end", text, section, path, citation, kind'


def document_row(
    document: Document,
    sections: Sequence[Section],
    passages: int,
    file: str,
    revision: str,
    work: str,
) -> tuple[str | int, ...]:
    """All columns of a document that comes in now, in the order of the table."""
    return (
        document.id,
        revision,
        document.source,
        file,
        document.format,
        document.content_hash,
        document.title,
        work,
        _json(metadata_to_json(document.metadata)),
        document.text,
        document.original,
        _json([(x.start, x.end, x.kind, x.level) for x in document.lines]),
        _json([asdict(section) for section in sections]),
        _json([asdict(repair) for repair in document.repairs]),
        len(document.repairs),
        passages,
        datetime.now(UTC).isoformat(timespec="seconds"),
        _json([asdict(entry) for entry in document.card]),
        _json(pages_to_json(document)),
    )


def document_of(row: Sequence[Any]) -> tuple[Document, list[Section]]:
    """The document and its outline, of ``DOCUMENT_COLUMNS``, ``card`` and ``pages``."""
    pages, scanned = pages_from_json(json.loads(row[11]))
    document = Document(
        id=row[0],
        source=row[1],
        format=row[2],
        content_hash=row[3],
        text=row[4],
        lines=tuple(Line(*line) for line in json.loads(row[5])),
        metadata=metadata_of(row[6]),
        repairs=tuple(Repair(**repair) for repair in json.loads(row[7])),
        original=row[8],
        card=card_of(row[10]),
        pages=pages,
        scanned=scanned,
    )
    return document, [Section(**section) for section in json.loads(row[9])]


def passage_row(p: Passage) -> tuple[Any, ...]:
    """``PASSAGE_COLUMNS`` of a passage."""
    where = (p.id, p.document, p.ordinal, p.start, p.end, p.text, p.section)
    return (*where, _json(p.path), p.citation, p.kind)


def passage_of(row: Sequence[Any]) -> Passage:
    """The passage of ``PASSAGE_COLUMNS``."""
    id, document, ordinal, start, end, text, section, path, citation, kind = row
    where = _path(path)
    return Passage(id, document, ordinal, start, end, text, section, where, citation, kind)


def card_of(text: str) -> tuple[CardEntry, ...]:
    """What the column ``card`` holds."""
    return tuple(CardEntry(**entry) for entry in json.loads(text))


def metadata_of(text: str) -> Metadata:
    """What the column ``metadata`` holds."""
    return metadata_from_json(json.loads(text))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def _path(text: str) -> tuple[str, ...]:
    """Neighbouring passages share their path, and a search reads many."""
    return tuple(json.loads(text))
