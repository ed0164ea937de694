"""A file made ready for the index: loaded, cleaned, structured and split; no model is needed."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Document, Passage, Section
from ingest.errors import LoadError, UserError
from ingest.settings import Settings

_NUMERAL = r"[零〇一二三四五六七八九十百千\d]+"
_ARTICLE_NUMBER = re.compile(rf"^第{_NUMERAL}条(?:之{_NUMERAL})?[\s　]+", re.MULTILINE)
_NUMBER_ONLY = re.compile(rf"(?:第{_NUMERAL}[条款项目](?:之{_NUMERAL})?)+|[（(]{_NUMERAL}[)）]")


RECOGNISED = "recognised"
"""The folder in the data folder that keeps what was recognised in scans."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be embedded."""

    document: Document
    sections: list[Section]
    passages: list[Passage]


@dataclass(frozen=True, slots=True)
class Origin:
    """A file to ingest: the name its document goes by, and where its bytes lie.

    ``edits`` are corrections of its metadata, by field; ``None`` takes out what was found.
    ``content_hash`` is that of the bytes wanted, where no others will do. ``fault`` says why the
    file is not to be read at all.
    """

    source: str
    file: Path
    edits: tuple[tuple[str, str | None], ...] = ()
    content_hash: str = ""
    fault: LoadError | None = None


@dataclass(frozen=True, slots=True)
class PageRead:
    """A scanned page is being recognised: the how manieth of how many."""

    page: int
    pages: int


OnPage = Callable[[int, int], None]
"""Told each scanned page before it is recognised, and how many there are."""


def prepare(origin: Origin, settings: Settings, on_page: OnPage | None = None) -> Prepared:
    """Everything before embedding: the cleaned document, its outline and its passages; made in
    a process of its own (see :mod:`ingest.apart`).

    :raises LoadError: as :func:`prepare_here`, and if it takes too long or too much memory.
    """
    from ingest.apart import prepare_apart

    return prepare_apart(origin, settings, on_page)


def prepare_here(origin: Origin, settings: Settings, on_page: OnPage | None = None) -> Prepared:
    """The same, in this process.

    :raises LoadError: if the file cannot be read or holds no text; also for a fault of our own,
        so that one strange file does not keep the others out.
    """
    try:
        return _prepare(origin, settings, on_page)
    except UserError:
        raise
    except Exception as error:
        logging.getLogger(__name__).debug("%s", origin.source, exc_info=True)
        raise LoadError(
            "not-understood",
            origin.source,
            f"the program could not make sense of it ({type(error).__name__}: {error})",
            "Save it as plain text and add that, and report the file",
            (
                f"程序未能处理该文件（{type(error).__name__}：{error}）",
                "请另存为纯文本后再加入，并反馈此文件",
            ),
        ) from error


def _prepare(origin: Origin, settings: Settings, on_page: OnPage | None) -> Prepared:
    from ingest.card import with_card
    from ingest.clean import clean
    from ingest.load import LoadLimits, Scanning, load
    from ingest.originals import altered
    from ingest.split import SplitLimits, split
    from ingest.structure import outline

    limits = LoadLimits(
        max_bytes=settings.load.max_file_bytes,
        max_expanded_bytes=int(settings.load.max_expanded_mb * 1_000_000),
        max_pages=settings.load.max_pages,
        max_seconds=settings.load.max_seconds,
    )
    if origin.fault:
        raise origin.fault
    scanning = Scanning(settings.data_folder / RECOGNISED, on_page)
    raw = load(origin.file, origin.source, limits, scanning)
    if origin.content_hash and raw.content_hash != origin.content_hash:
        raise altered(origin.source)
    document = clean(raw)
    sections = outline(document)
    document = with_card(document, sections)
    if origin.edits:
        corrected = replace(document.metadata, **dict(origin.edits))  # type: ignore[arg-type]
        document = replace(document, metadata=corrected)
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


def unnumbered(path: Sequence[str], text: str) -> tuple[list[str], str]:
    """Headings and text without the numbers of articles, paragraphs and items: they mean nothing,
    and questions that name them are answered by looking them up."""
    headings = [part for part in path if not _NUMBER_ONLY.fullmatch(part)]
    return headings, _ARTICLE_NUMBER.sub("", text)


def embedded_text(document: Document, passage: Passage) -> str:
    """What is embedded for a passage: its text after title and headings, to stand alone.

    Numbers are left out (:func:`unnumbered`). On the benchmark this finds two in a hundred more.
    """
    headings, text = unnumbered(passage.path, passage.text)
    return "\n".join((document.title, " ".join(headings), text))
