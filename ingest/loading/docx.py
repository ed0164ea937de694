"""Read Word files: paragraphs as they are printed, numbers of lists included, and tables."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.document import Block, Metadata
from ingest.loading.docx_hidden import Unseen
from ingest.loading.docx_numbering import Numbering
from ingest.loading.reading import (
    LONGEST_REPEATED,
    LoadLimits,
    Reading,
    cell_text,
    join_lines,
    plausible_title,
    table_block,
)
from ingest.loading.zip_package import check_package, damaged

if TYPE_CHECKING:
    from docx.document import Document as WordDocument


def read_docx(data: bytes, where: str, limits: LoadLimits) -> Reading:
    """Headings (by style or outline level), paragraphs and tables of a Word file.

    Tracked deletions are left out, hidden text is told apart; text boxes follow the paragraph that
    anchors them, footnotes and endnotes the last one. The title of the file's properties is
    taken where the text bears it out.

    :raises LoadError: as :func:`ingest.loading.zip_package.check_package` does.
    """
    check_package(data, where, limits)
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        reader = _Reader(document)
        blocks = tuple(reader.blocks(document.element.body)) + tuple(reader.notes())
        title = plausible_title(document.core_properties.title or "", blocks)
    except Exception as error:  # python-docx has no error of its own for a part that is missing
        raise damaged(where) from error
    return Reading(blocks, Metadata(title=title), hidden=tuple(reader.hidden))


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_BREAK = "\v"
_MAX_HEADING = 60
_BODY_TEXT = 9
"""The outline level that says “no heading” (ECMA-376 part 1, 17.3.1.20)."""

_SKIPPED = {_W + name for name in ("del", "moveFrom", "delText", "instrText", "rPr", "pPr")} | {
    _W + "txbxContent",  # read apart, after the paragraph
    _MC + "Fallback",
}
_WRAPPERS = {_W + name for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml")} | {
    _MC + "AlternateContent",
    _MC + "Choice",
}
_HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)


class _Reader:
    def __init__(self, document: WordDocument) -> None:
        self.document = document
        self.numbering = Numbering(document)
        self.styles = {
            style.get(_W + "styleId"): style for style in document.styles.element.iter(_W + "style")
        }
        self.default_style = next(
            (
                name
                for name, style in self.styles.items()
                if style.get(_W + "type") == "paragraph" and style.get(_W + "default") == "1"
            ),
            None,
        )
        self.note_ids: list[tuple[str, str]] = []
        self.hidden: list[str] = []
        self._unseen = Unseen(self.styles)

    def blocks(self, parent: Any) -> Iterator[Block]:
        """The blocks of a body, cell or text box."""
        for child in parent:
            if child.tag == _W + "p":
                yield from self.paragraph(child)
            elif child.tag == _W + "tbl":
                yield from self.table(child)
            elif child.tag in _WRAPPERS:
                yield from self.blocks(child)

    def paragraph(self, p: Any) -> Iterator[Block]:
        label = self._label(p)
        text = "".join(self._texts(p))
        lines = [line.strip() for line in text.split(_BREAK)]
        lines = [line for line in lines if line]
        if lines and label:
            lines[0] = label + lines[0]
        level = self._heading_level(p)
        heading = ""
        for line in lines:
            heading = join_lines(heading, line)
        if level and lines and not _is_sentence(heading):
            yield Block(heading, "heading", level)
        else:
            yield from (Block(line) for line in lines)
        for box in _own_text_boxes(p):
            yield from self.blocks(box)

    def table(self, tbl: Any) -> Iterator[Block]:
        """A table, or its paragraphs where it only frames them (one column)."""
        rows: list[list[list[Block]]] = []
        above: dict[int, list[Block]] = {}  # by column, what a merged cell holds
        for tr in _through(tbl, _W + "tr"):
            row: list[list[Block]] = []
            for tc in _through(tr, _W + "tc"):
                properties = tc.find(_W + "tcPr")
                merged = properties is not None and _continues(properties)
                column = len(row)
                if not merged:
                    above[column] = list(self.blocks(tc))
                shown = above.get(column, [])
                short = len(cell_text(shown)) <= LONGEST_REPEATED
                row.append(shown if short or not merged else [])
                row += [[] for _ in range(_grid_span(properties) - 1)]
            rows.append(row)
        if not any(sum(1 for cell in row if cell) > 1 for row in rows):
            for row in rows:
                for cell in row:
                    yield from cell
            return
        block = table_block([[cell_text(cell) for cell in row] for row in rows])
        if block:
            yield block

    def notes(self) -> Iterator[Block]:
        """The footnotes and endnotes that the text refers to, in its order."""
        for number, (kind, note_id) in enumerate(self.note_ids, 1):
            root = self._notes_root(kind)
            for note in root if root is not None else ():
                if note.get(_W + "id") == note_id:
                    text = cell_text(list(self.blocks(note)))
                    if text:
                        yield Block(f"注{number}：{text}")

    def _notes_root(self, kind: str) -> Any:
        from docx.oxml import parse_xml

        for relation in self.document.part.rels.values():
            if relation.reltype.endswith(f"/{kind}s") and not relation.is_external:
                part = relation.target_part
                return getattr(part, "element", None) or parse_xml(part.blob)
        return None

    def _texts(self, node: Any) -> Iterator[str]:
        for child in node:
            tag = child.tag
            if tag in _SKIPPED or not isinstance(tag, str):
                continue
            if tag == _W + "r" and self._unseen.is_hidden(child):
                self.hidden += [text] if (text := _plain(child)) else []
                continue
            if tag in (_W + "t", _M + "t"):
                yield (child.text or "").replace("\n", " ")
            elif tag in (_W + "tab", _W + "ptab"):
                yield " "
            elif tag in (_W + "br", _W + "cr"):
                yield _BREAK
            elif tag == _W + "noBreakHyphen":
                yield "-"
            elif tag == _W + "sym":
                yield _symbol(child.get(_W + "char") or "")
            elif tag == _W + "rt":
                yield f"({''.join(self._texts(child))})"
            elif tag in (_W + "footnoteReference", _W + "endnoteReference"):
                kind = tag.removeprefix(_W).removesuffix("Reference")
                self.note_ids.append((kind, child.get(_W + "id") or ""))
            elif tag != _W + "tbl":
                yield from self._texts(child)

    def _properties(self, p: Any) -> Iterator[Any]:
        """The ``pPr`` of a paragraph and of the styles that it is based on, strongest first."""
        own = p.find(_W + "pPr")
        name = self.default_style
        if own is not None:
            yield own
            style = own.find(_W + "pStyle")
            name = style.get(_W + "val") if style is not None else name
        for style in self._style_chain(name):
            properties = style.find(_W + "pPr")
            if properties is not None:
                yield properties

    def _style_chain(self, name: str | None) -> Iterator[Any]:
        seen: set[str] = set()
        while name and name in self.styles and name not in seen:
            seen.add(name)
            style = self.styles[name]
            yield style
            based = style.find(_W + "basedOn")
            name = based.get(_W + "val") if based is not None else None

    def _heading_level(self, p: Any) -> int | None:
        own = p.find(_W + "pPr")
        style = own.find(_W + "pStyle") if own is not None else None
        for properties in self._properties(p):
            outline = properties.find(_W + "outlineLvl")
            if outline is not None and (outline.get(_W + "val") or "").isdecimal():
                level = int(outline.get(_W + "val"))
                if level < _BODY_TEXT:
                    return level + 1
                break
        for definition in self._style_chain(style.get(_W + "val") if style is not None else None):
            name = definition.find(_W + "name")
            said = name.get(_W + "val") or "" if name is not None else ""
            if match := _HEADING_STYLE.fullmatch(said.strip()):
                return int(match[1])
            if said.strip().lower() in ("title", "标题"):
                return 1
        return None

    def _label(self, p: Any) -> str:
        number_id: str | None = None
        level: str | None = None
        for properties in self._properties(p):
            num = properties.find(_W + "numPr")
            if num is None:
                continue
            ilvl, num_id = num.find(_W + "ilvl"), num.find(_W + "numId")
            if level is None and ilvl is not None:
                level = ilvl.get(_W + "val")
            if number_id is None and num_id is not None:
                number_id = num_id.get(_W + "val")
                break
        if not number_id or number_id == "0":
            return ""
        return self.numbering.label(number_id, int(level) if level and level.isdecimal() else 0)


def _is_sentence(text: str) -> bool:
    """True for a whole provision that merely has an outline level."""
    return len(text) > _MAX_HEADING and text.endswith(("。", "；", "：", "，"))


def _plain(run: Any) -> str:
    return "".join(part.text or "" for part in run.iter(_W + "t")).strip()


def _symbol(code: str) -> str:
    """The character of ``w:sym``; those of symbol fonts have no meaning outside the font."""
    try:
        char = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return "" if "\ue000" <= char <= "\uf8ff" else char


def _own_text_boxes(p: Any) -> Iterator[Any]:
    """The text boxes anchored in ``p``, without those inside them and without fallbacks."""
    stack = list(reversed(p))
    while stack:
        node = stack.pop()
        if node.tag == _W + "txbxContent":
            yield node
        elif node.tag not in (_MC + "Fallback", _W + "del", _W + "moveFrom"):
            stack += reversed(node)


def _through(parent: Any, tag: str) -> Iterator[Any]:
    """The children of ``parent`` with ``tag``, also inside content controls."""
    for child in parent:
        if child.tag == tag:
            row = child.find(_W + "trPr")
            if row is None or row.find(_W + "del") is None:
                yield child
        elif child.tag in (_W + "sdt", _W + "sdtContent", _W + "customXml"):
            yield from _through(child, tag)


def _continues(properties: Any) -> bool:
    merge = properties.find(_W + "vMerge")
    return merge is not None and merge.get(_W + "val") != "restart"


def _grid_span(properties: Any) -> int:
    span = properties.find(_W + "gridSpan") if properties is not None else None
    value = span.get(_W + "val") or "" if span is not None else ""
    return min(max(int(value), 1), 200) if value.isdecimal() else 1
