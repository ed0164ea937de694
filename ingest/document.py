"""The nouns of the pipeline: what each step hands to the next.

``load`` gives a :class:`RawDocument`, ``clean`` a :class:`Document`, ``structure`` a list of
:class:`Section` and ``split`` a list of :class:`Passage`. All offsets count Unicode code points
in ``Document.text`` and are half-open, so that ``text[start:end]`` is always the thing meant.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

DocumentKind = Literal[
    "law",
    "regulation",  # 行政法规
    "local-regulation",
    "rule",  # 部门规章
    "interpretation",  # 司法解释
    "document",  # 规范性文件、通知
    "news",
    "tender-notice",  # 招标公告, 采购意向, 更正公告
    "award-notice",  # 中标公告, 成交公告, 合同公告
    "tender-document",  # 招标文件, 磋商文件
    "complaint-decision",  # 投诉处理决定书, 行政裁决书
    "contract",
]
KINDS: tuple[str, ...] = get_args(DocumentKind)
PURCHASE_KINDS = KINDS[KINDS.index("tender-notice") :]
"""Kinds of the papers of one purchase: none of them is a rule, none has versions."""

Format = Literal[
    "txt", "md", "html", "docx", "pdf", "csv", "xlsx", "xls", "ofd",
    "office",  # .doc, .wps, .rtf, .odt, through LibreOffice
    "slides",  # .ppt, .pptx, likewise
    "image",  # .jpg, .png, .tif, whose text is recognised
]  # fmt: skip
DRAWN: tuple[str, ...] = ("pdf", "slides", "image")
"""Formats whose pages can be shown as printed."""

BlockKind = Literal["heading", "paragraph", "table", "aside"]
"""``aside``: a menu or list of links printed beside the text, which is page furniture."""

RepairKind = Literal[
    "pinyin", "script", "punctuation", "boilerplate", "encoding", "space", "hidden"
]
"""What was mended: injected pinyin, Traditional script, ASCII punctuation, page furniture,
a run damaged by a wrong encoding, stray white space inside a sentence, text that no reader of the
file sees."""

SectionKind = Literal[
    "part",  # 编, 分编
    "chapter",  # 章
    "section",  # 节
    "article",  # 条
    "paragraph",  # 款
    "item",  # 项 （一）
    "subitem",  # 目 1. / （1） / ①
    "heading",  # a titled division of a document: 一、… （一）… or a Markdown or HTML heading
    "point",  # an enumeration inside running text: 一是…二是… / 第一，…第二，…
    "annex",  # 附件
    "table",
    "body",  # text that stands under no heading of its own: preamble, closing lines
]


Pages = tuple[tuple[int, int], ...]
"""Pairs of an offset and the page (from 1) on which the text stands from there on."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another article that the page links to."""

    title: str
    date: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page or its front matter says of itself; ``None`` where it says nothing.

    Dates are ISO ``YYYY-MM-DD`` strings. ``number`` is the document number as printed, e.g.
    ``财政部令第102号`` or ``国办发〔2013〕96号``. ``version`` is the date of the version of a law.
    ``kind`` is one of :data:`KINDS` or ``None``. ``level`` is ``central`` or ``local``.
    ``validity`` is what the source says of the text, ``in-force``, ``amended`` or ``repealed``,
    and ``as_of`` the day for which it says so.
    """

    title: str | None = None
    issuer: str | None = None
    number: str | None = None
    published: str | None = None
    effective: str | None = None
    expires: str | None = None
    version: str | None = None
    region: str | None = None
    kind: str | None = None
    level: str | None = None
    url: str | None = None
    source_name: str | None = None
    validity: str | None = None
    as_of: str | None = None
    related: tuple[Related, ...] = ()

    def merged_under(self, stronger: Metadata) -> Metadata:
        """These values, overridden by those that ``stronger`` has."""
        said = {k: v for k, v in asdict_shallow(stronger).items() if v not in (None, ())}
        return replace(self, **said)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a file in reading order, before cleaning.

    ``text`` of a table holds one row a line, cells joined by ``" | "``. ``level`` is the depth
    (1 is the top) of a heading that the file's own markup declares, ``None`` where it has none.
    ``pages`` says on which page (from 1) the text stands from which of its characters on; empty
    where the format has no pages.
    """

    text: str
    kind: BlockKind = "paragraph"
    level: int | None = None
    pages: Pages = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A file as read: its blocks and what its markup or front matter declares.

    ``source`` is the path or address as the user knows it; ``content_hash`` the SHA-256 (hex)
    of the raw bytes; ``encoding`` the detected text encoding, ``None`` for binary formats;
    ``hidden`` what the file holds and nobody who reads it sees; ``scanned`` the pages (from 1)
    whose text was recognised in a picture.
    """

    source: str
    format: Format
    content_hash: str
    blocks: tuple[Block, ...]
    metadata: Metadata = field(default_factory=Metadata)
    encoding: str | None = None
    hidden: tuple[str, ...] = ()
    scanned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """One change that cleaning made.

    ``start:end`` is where the replacement stands in ``Document.text`` (``start == end`` where
    text was taken out). ``original`` is what the file had there. ``guess`` is true where the
    original does not determine the replacement.
    """

    kind: RepairKind
    start: int
    end: int
    original: str
    replacement: str
    guess: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One block of ``Document.text``: ``text[start:end]`` (tables span several lines)."""

    start: int
    end: int
    kind: BlockKind = "paragraph"
    level: int | None = None


@dataclass(frozen=True, slots=True)
class CardEntry:
    """One thing that the papers of a purchase state: 预算金额：120万元.

    ``name`` is its key in ``ingest/data/card.yaml``, ``label`` how the text calls it, ``value``
    what it says. ``start:end`` is the line, or the cells of the row, that holds both, and
    ``at:until`` the value in it.
    """

    name: str
    label: str
    value: str
    start: int
    end: int
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Document:
    """A cleaned document. ``original`` is its text before cleaning, for the reader to compare.

    ``card`` holds what the papers of a purchase state, in the order of ``card.yaml``. ``pages``
    are those of a format that has some (PDF); on those that ``scanned`` names the text was
    recognised in a picture, so that it may be wrong.
    """

    id: str
    source: str
    format: str
    content_hash: str
    text: str
    lines: tuple[Line, ...]
    metadata: Metadata
    repairs: tuple[Repair, ...] = ()
    original: str = ""
    card: tuple[CardEntry, ...] = ()
    pages: Pages = ()
    scanned: tuple[int, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page on which the character at ``offset`` stands, ``None`` where there are none."""
        before = bisect_right(self.pages, (offset, 10**9))
        return self.pages[max(before - 1, 0)][1] if self.pages else None

    def is_recognised(self, start: int, end: int) -> bool:
        """Whether any of ``text[start:end]`` was recognised in a picture."""
        first, last = self.page_at(start), self.page_at(max(end - 1, start))
        if first is None or last is None:
            return False
        return any(first <= page <= last for page in self.scanned)

    def on_page(self, page: int, start: int, end: int) -> tuple[int, int]:
        """The part of ``start:end`` that stands on ``page``; empty where none does."""
        starts = [(offset, number) for offset, number in self.pages if number >= page]
        first = next((offset for offset, number in starts if number == page), len(self.text))
        after = next((offset for offset, number in starts if number > page), len(self.text))
        start, end = max(start, first), min(end, after)
        return (start, end) if start < end else (first, first)

    @property
    def title(self) -> str:
        """The title found in the page, else the name of its file."""
        return self.metadata.title or self.source.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Section:
    """One node of a document's outline; the outline is a list in reading order.

    ``index`` is its place in that list and ``parent`` the index of the section that holds it
    (``None`` at the top). ``start:end`` spans heading, body and all sections below. ``label``
    is the number as printed (``第二十二条``, ``（三）``, ``一、``, ``一是``; empty for ``body``
    and for headings without one; ``第一款``, in laws of Taiwan ``第一项``, for paragraphs, which
    print none). ``heading`` is the title text after the label, empty where the section has none.
    ``number`` is the label's value.
    """

    index: int
    parent: int | None
    kind: SectionKind
    label: str
    heading: str
    start: int
    end: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of a document that is embedded, searched and cited as one.

    ``text == document.text[start:end]`` always. ``section`` is the index of the smallest section
    that holds the passage. ``path`` are the headings above and at it, outermost first, as a
    reader would write them; ``citation`` is that path as one string without the document's title:
    ``第二十二条第一款第（三）项`` or ``三、坚持守正创新 › 一是``.
    """

    id: str
    document: str
    ordinal: int
    start: int
    end: int
    text: str
    section: int
    path: tuple[str, ...]
    citation: str
    kind: SectionKind


def document_id(source: str) -> str:
    """A short stable id (10 hex digits) for the document that comes from ``source``."""
    return hashlib.sha256(source.encode()).hexdigest()[:10]


def asdict_shallow(metadata: Metadata) -> dict[str, Any]:
    """Field names and values of ``metadata``, nested values left as they are."""
    return {name: getattr(metadata, name) for name in metadata.__dataclass_fields__}


def metadata_to_json(metadata: Metadata) -> dict[str, Any]:
    """``metadata`` as plain JSON types."""
    return asdict(metadata)


def pages_to_json(document: Document) -> Any:
    """A document's pages, and which of them were recognised, as plain JSON types."""
    return {"starts": document.pages, "scanned": document.scanned}


def pages_from_json(data: Any) -> tuple[Pages, tuple[int, ...]]:
    """The inverse of :func:`pages_to_json`; an older index has the pages alone."""
    starts, scanned = (data, ()) if isinstance(data, list) else (data["starts"], data["scanned"])
    return tuple((offset, page) for offset, page in starts), tuple(scanned)


def metadata_from_json(data: dict[str, Any]) -> Metadata:
    """The inverse of :func:`metadata_to_json`."""
    related = tuple(Related(**r) for r in data.get("related", ()))
    return Metadata(**{**data, "related": related})
