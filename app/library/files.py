"""The files of documents: as they came, and pages of a PDF as printed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.library.drafts import file_name
from app.library.refusals import gone, no_document
from ingest.index import Index
from ingest.originals import find
from ingest.storage.catalogue import DocumentRecord

if TYPE_CHECKING:
    from ingest.printed import PageImage

LONGEST_BEFORE = 60
"""So many characters before a passage tell it from the same words elsewhere on its page."""


def original(index: Index, document: str) -> tuple[Path, str]:
    """The file of a document, byte for byte as it came, and the name to save it under.

    :raises UserError: if there is no such document or its file is gone.
    """
    record = record_in(index, document)
    file = find(record.file, record.content_hash, index.settings)
    if file is None:
        raise gone(record.source)
    name = PurePosixPath(record.source.partition("?")[0]).name or record.title
    suffix = file.suffix
    return file, name if name.lower().endswith(suffix) else file_name(name + suffix)


def printed_page(index: Index, document: str, page: int, start: int = 0, end: int = 0) -> PageImage:
    """A page (from 1) of a PDF as printed, marked what of ``text[start:end]`` stands on it.

    :raises UserError: if there is no such document or page, or its file is gone.
    """
    from ingest.printed import PageWanted, page_image

    file, _ = original(index, document)
    stored = index.document(document)
    if stored is None or not stored.document.pages:
        raise gone(document)
    here = stored.document
    start, end = here.on_page(page, start, end)
    before = here.text[max(start - LONGEST_BEFORE, 0) : start]
    wanted = PageWanted(stored.record.source, file, page, here.text[start:end], before)
    return page_image(wanted, index.settings)


def record_in(index: Index, document: str) -> DocumentRecord:
    """What the index says of a document.

    :raises UserError: if there is no such document.
    """
    record = index.record(document)
    if record is None:
        raise no_document(document)
    return record
