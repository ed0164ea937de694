"""A file made ready for the index: loaded, cleaned, structured and split; no model is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.document import Document, Passage, Section
from ingest.errors import LoadError
from ingest.settings import Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be embedded."""

    document: Document
    sections: list[Section]
    passages: list[Passage]


@dataclass(frozen=True, slots=True)
class Origin:
    """A file to ingest: the name its document goes by, and where its bytes lie."""

    source: str
    file: Path


def prepare(origin: Origin, settings: Settings) -> Prepared:
    """Everything before embedding: the cleaned document, its outline and its passages.

    :raises LoadError: if the file cannot be read or holds no text.
    """
    from ingest.clean import clean
    from ingest.load import LoadLimits, load
    from ingest.split import SplitLimits, split
    from ingest.structure import outline

    megabyte = 1_000_000
    limits = LoadLimits(
        max_bytes=int(settings.load.max_file_mb * megabyte),
        max_expanded_bytes=int(settings.load.max_expanded_mb * megabyte),
        max_pages=settings.load.max_pages,
    )
    document = clean(load(origin.file, source=origin.source, limits=limits))
    sections = outline(document)
    sizes = SplitLimits(settings.split.max_chars, settings.split.min_chars)
    passages = split(document, sections, sizes)
    if not passages:
        raise LoadError(
            "no-sections",
            origin.source,
            "it holds no text that could be cited",
            "Check that the file is the article itself",
            ("文件中没有可引用的正文", "请确认所选文件就是文章本身"),
        )
    return Prepared(document, sections, passages)


def embedded_text(document: Document, passage: Passage) -> str:
    """What is embedded for a passage: its text after title and path, to stand alone."""
    return "\n".join((document.title, " ".join(passage.path), passage.text))
