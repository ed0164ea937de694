"""Read HTML: what a browser would print, as headings, paragraphs and tables in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.document import Block
from ingest.loading.encoding import Decoded, decode
from ingest.loading.html_hidden import Hiding
from ingest.loading.html_list import ListNumbers
from ingest.loading.reading import (
    LONGEST_REPEATED,
    Reading,
    cell_text,
    is_wide,
    join_lines,
    table_block,
)

if TYPE_CHECKING:
    from lxml.html import HtmlElement


def read_html(data: bytes, where: str) -> Reading:
    """The text of a page and what its ``<head>`` declares.

    :param data: the page's bytes, in any of the encodings of :mod:`ingest.loading.encoding`.
    :param where: its path or address; relative links are resolved against an address.
    :raises LoadError: ``not-text``.
    """
    from ingest.loading.html_metadata import page_metadata

    root, decoded = parsed_page(data, where)
    if root is None:
        return Reading((), encoding=decoded.encoding)
    blocks, hidden = _visible_blocks(root)
    return Reading(tuple(blocks), page_metadata(root, where), decoded.encoding, tuple(hidden))


def parsed_page(data: bytes, where: str) -> tuple[HtmlElement | None, Decoded]:
    """The tree of a page, ``None`` for an empty one, and its text.

    :raises LoadError: ``not-text``.
    """
    declared = _CHARSET.search(data[:4096])
    decoded = decode(data, where, declared[1].decode("ascii") if declared else None)
    return _parse(decoded.text), decoded


def html_blocks(markup: str) -> list[Block]:
    """The blocks of a piece of HTML."""
    root = _parse(markup)
    return [] if root is None else _visible_blocks(root)[0]


def plain_text(element: HtmlElement) -> str:
    """The text of ``element`` on one line, as a browser would show it."""
    return _cell_text(element, _Walk(Hiding(element)))


_CHARSET = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?encoding)\s*=\s*["']?([\w-]+)""", re.IGNORECASE
)
_HEADING = re.compile("h[1-6]")
_BLOCK = re.compile(
    "h[1-6]|address|article|aside|blockquote|body|caption|center|d[dlt]|details|dialog|di[rv]"
    "|fieldset|figcaption|figure|footer|form|header|hgroup|hr|html|legend|li|main|menu|ol|p|pre"
    "|section|summary|table|t[dhr]|tbody|tfoot|thead|ul"
)
_NOT_TEXT = re.compile(
    "script|style|head|nav|noscript|template|svg|button|select|option|input|textarea|datalist"
    "|iframe|object|embed|audio|video|canvas"
)
_LIST = re.compile("ol|ul|menu|dir")
_BREAK = "\v"  # a line break that shows, in text whose own line breaks do not


def _parse(markup: str) -> HtmlElement | None:
    from lxml import etree, html

    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        return html.document_fromstring(
            markup.replace("\0", "").replace(_BREAK, "\n").encode(), parser=parser
        )
    except etree.ParserError:  # no element at all
        return None


def _visible_blocks(root: HtmlElement) -> tuple[list[Block], list[str]]:
    """Without what is hidden, and that apart; what a script may show counts as shown where it is
    most of the page."""
    hiding = Hiding(root)
    walk = _Walk(hiding)
    shown = walk.run(root)
    if not walk.hidden:
        return shown, []
    all_of_it = _Walk(hiding, switched=True)
    everything = all_of_it.run(root)
    if _size(shown) * 2 >= _size(everything):
        return shown, walk.hidden
    return everything, all_of_it.hidden


def _size(blocks: list[Block]) -> int:
    return sum(len(block.text) for block in blocks)


class _Walk:
    """One pass over a tree. A loop, not a recursion: unclosed tags nest pages hundreds deep."""

    def __init__(self, hiding: Hiding, switched: bool = False) -> None:
        self.hiding = hiding
        self.switched = switched
        self.hidden: list[str] = []
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.heading: int | None = None
        self.preformatted = 0
        self.lists = ListNumbers()

    def run(self, root: HtmlElement) -> list[Block]:
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        skipped: Any = None
        for event, element in walk:
            if event == "start":
                if self._skips(element):
                    walk.skip_subtree()
                    skipped = element
                elif element.tag == "table" and element is not root and is_data_table(element):
                    self._table(element)
                    walk.skip_subtree()
                    skipped = element
                else:
                    self._open(element)
                    self._text(element.text)
            else:
                if element is not skipped:
                    self._close(element)
                if element is not root:
                    self._text(element.tail)
        self._flush()
        return self.blocks

    def _skips(self, element: HtmlElement) -> bool:
        if not isinstance(element.tag, str) or _NOT_TEXT.fullmatch(element.tag):
            return True
        return self.is_hidden(element)

    def is_hidden(self, element: HtmlElement) -> bool:
        """Whether an element is left out as hidden; its text is kept apart."""
        how = self.hiding.of(element)
        if not how or (how == "switched" and self.switched):
            return False
        text = _collapse("".join(_texts(element)))
        if text:
            self.hidden.append(text)
        return bool(text)

    def _open(self, element: HtmlElement) -> None:
        tag = element.tag
        if _BLOCK.fullmatch(tag):
            self._flush()
        if tag == "br":
            self.parts.append(_BREAK)
        elif _HEADING.fullmatch(tag):
            self.heading = int(tag[1])
        elif _LIST.fullmatch(tag):
            self.lists.open(element)
        elif tag == "li":
            self.parts.append(self.lists.label(element))
        elif tag == "rt":
            self.parts.append("" if element.getparent().find("rp") is not None else "(")
        self.preformatted += _keeps_breaks(element)

    def _close(self, element: HtmlElement) -> None:
        tag = element.tag
        if _BLOCK.fullmatch(tag):
            self._flush()
        if _HEADING.fullmatch(tag):
            self.heading = None
        elif _LIST.fullmatch(tag):
            self.lists.close()
        elif tag == "rt":
            self.parts.append("" if element.getparent().find("rp") is not None else ")")
        elif tag == "a" and (element.tail or "")[:1].isspace():
            self.parts.append("\xa0")  # links in a row stay apart, though lines between them wrap
        self.preformatted -= _keeps_breaks(element)

    def _text(self, text: str | None) -> None:
        if text:
            self.parts.append(text.replace("\n", _BREAK) if self.preformatted else text)

    def _flush(self) -> None:
        lines = [_collapse(line) for line in "".join(self.parts).split(_BREAK)]
        self.parts = []
        lines = [line for line in lines if line]
        if self.heading is None:
            self.blocks += [Block(line) for line in lines]
            return
        joined = ""
        for line in lines:
            joined = join_lines(joined, line)
        if joined:
            self.blocks.append(Block(joined, "heading", self.heading))

    def _table(self, table: HtmlElement) -> None:
        self._flush()
        caption = table.find("caption")
        if caption is not None:
            self.blocks += [Block(text)] if (text := plain_text(caption)) else []
        block = table_block(_grid(table, self))
        self.blocks += [block] if block else []


_PRE_STYLE = re.compile(r"white-space\s*:\s*pre", re.I)


def _texts(element: HtmlElement) -> Iterator[str]:
    """All text in an element but that of scripts and the like."""
    for part in element.iter():
        if part is not element and part.tail:
            yield part.tail
        if isinstance(part.tag, str) and not _NOT_TEXT.fullmatch(part.tag) and part.text:
            yield part.text


def _keeps_breaks(element: HtmlElement) -> bool:
    return element.tag == "pre" or bool(_PRE_STYLE.search(element.get("style") or ""))


def _collapse(text: str) -> str:
    """White space as a browser shows it; a line end between Chinese characters is none."""

    def gap(match: re.Match[str]) -> str:
        left, right = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        wrapped = "\n" in match[0] or "\r" in match[0]
        return "" if wrapped and left and right and (is_wide(left) or is_wide(right)) else " "

    text = re.sub(r"[ \t\r\n\f]+", gap, text)
    return re.sub(" *\xa0[ \xa0]*", " ", text).strip()


_PROSE_CHARS = 500
_PROSE_LINES = 5
_MAX_NESTING = 8
_MIN_PLAIN = 2
"""A table with so many rows of plain cells holds data, though others hold tables."""


def is_data_table(table: HtmlElement) -> bool:
    """False for a table that only places text: one column, or a cell that holds the article."""
    if table.get("role") == "presentation":
        return False
    if sum(1 for _ in table.iterancestors("table")) > _MAX_NESTING:
        return False
    rows = [[_length(cell) for cell in _cells(row)] for row in _rows(table)]
    if not any(sum(1 for length in row if length) > 1 for row in rows):
        return False
    total = sum(map(sum, rows))
    nested = sum(_length(inner) for inner in table.iterdescendants("table"))
    if nested * 3 > total and (nested * 3 > 2 * total or _plain_rows(table) < _MIN_PLAIN):
        return False
    largest = max((cell for row in _rows(table) for cell in _cells(row)), key=_length)
    length = _length(largest)
    lines = sum(1 for _ in largest.iter("p", "div", "br", "li"))
    return not (length * 5 > total * 3 and length >= _PROSE_CHARS and lines >= _PROSE_LINES)


def _plain_rows(table: HtmlElement) -> int:
    """How many rows of several cells hold no table."""
    rows = ([cell for cell in _cells(row) if _length(cell)] for row in _rows(table))
    return sum(
        len(cells) > 1 and all(next(cell.iter("table"), None) is None for cell in cells)
        for cells in rows
    )


def _length(element: HtmlElement) -> int:
    return len("".join("".join(element.itertext()).split()))


def _rows(table: HtmlElement) -> Iterator[HtmlElement]:
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("tbody", "thead", "tfoot"):
            yield from (row for row in child if row.tag == "tr")


def _cells(row: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _span(cell: HtmlElement, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return min(max(int(value), 1), 200) if value.isdecimal() else 1


def _cell_text(cell: HtmlElement, outer: _Walk) -> str:
    """The text of a cell; what is hidden in it goes to the walk around it."""
    if outer.is_hidden(cell):
        return ""
    if not len(cell) and not _keeps_breaks(cell):  # most cells of a large table
        return _collapse(cell.text or "")
    walk = _Walk(outer.hiding, outer.switched)
    text = cell_text(walk.run(cell))
    outer.hidden += walk.hidden
    return text


def _grid(table: HtmlElement, outer: _Walk) -> list[list[str]]:
    """Cell texts by row and column; a cell that spans columns stands in the first of them, one
    that spans rows in each."""
    reserved: dict[int, int] = {}  # column: rows that a cell from above still takes
    above: dict[int, str] = {}  # column: what that cell holds
    grid = []
    for row in _rows(table):
        line: list[str] = []
        for cell in _cells(row):
            while reserved.get(len(line), 0):
                reserved[len(line)] -= 1
                line.append(above.get(len(line), ""))
            column, width, height = len(line), _span(cell, "colspan"), _span(cell, "rowspan")
            text = _cell_text(cell, outer)
            line += [text, *[""] * (width - 1)]
            for spanned in range(column, column + width):
                reserved[spanned] = height - 1
                above[spanned] = ""
            above[column] = text if len(text) <= LONGEST_REPEATED else ""
        for column in sorted(c for c, rows in reserved.items() if c >= len(line) and rows):
            reserved[column] -= 1
            line += [""] * (column - len(line)) + [above.get(column, "")]
        grid.append(line)
    return grid
