"""The outline of a document: which lines head what, and how deep.

Official texts nest numbering schemes and change them on the way: a notice counted 一、（一）
carries a measure counted 第一条, whose annex starts again at 一、. No scheme is chosen for the
whole. A stack of open sections is kept; each number goes beside the section whose count it
continues, or opens a list below what stands before it, in the customary order of
``numbering.RANK`` where the text itself does not say. A text that starts over (annex, embedded
title) starts with an empty stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.document import Document, Section, SectionKind
from ingest.headings import article_heading, joined, list_heading
from ingest.lines import UNIT_LINE, Row, is_title_like, read_rows
from ingest.numbering import LAW_DIVISIONS, RANK, Mark, Scheme, chinese
from ingest.points import Point, find_points

_LONGEST_TITLE = 60
_LAW = LAW_DIVISIONS | {"article", "annex"}
_DIVISION_KINDS: dict[Scheme, SectionKind] = {
    "part": "part",
    "subpart": "part",
    "chapter": "chapter",
    "section": "section",
}


@dataclass(slots=True, eq=False)
class _Node:
    """A section while it is open. ``texts`` are the spans of running text directly in it.

    ``plain_kind`` is what it is if its first sentence turns out not to be a heading.
    """

    kind: SectionKind
    label: str
    heading: str
    start: int
    end: int
    parent: _Node | None
    number: int | None = None
    mark: Mark | None = None
    level: int | None = None
    after_colon: bool = False
    plain_kind: SectionKind | None = None
    children: list[_Node] = field(default_factory=list)
    texts: list[tuple[int, int]] = field(default_factory=list)

    @property
    def scheme(self) -> Scheme | None:
        return self.mark.scheme if self.mark else None


def outline(document: Document) -> list[Section]:
    """The sections of ``document`` in reading order, each after its parent.

    Every character that is not white space lies in some section; sections nest and never overlap
    otherwise. An empty document has none.
    """
    builder = _Builder(document.text, read_rows(document))
    root = builder.build()
    _settle_headings(root)
    _add_points(document.text, root)
    sections: list[Section] = []
    _emit(root, None, sections)
    return sections


def _emit(root: _Node, parent: int | None, into: list[Section]) -> None:
    """Append the sections below ``root`` in reading order."""
    waiting = [(child, parent) for child in reversed(root.children)]
    while waiting:
        node, above = waiting.pop()
        index = len(into)
        into.append(
            Section(
                index=index,
                parent=above,
                kind=node.kind,
                label=node.label,
                heading=node.heading,
                start=node.start,
                end=node.end,
                number=node.number,
            )
        )
        waiting.extend((child, index) for child in reversed(node.children))


def _settle_headings(root: _Node) -> None:
    """Among items most of which have no heading, a short first sentence is none either."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        listed = [child for child in node.children if child.mark and child.scheme not in _LAW]
        headed = sum(child.kind == "heading" for child in listed)
        if headed * 2 <= len(listed):
            for child in listed:
                if child.plain_kind is not None:
                    child.kind, child.heading = child.plain_kind, ""


def _add_points(text: str, root: _Node) -> None:
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if not node.texts:
            continue
        borders = [child.start for child in node.children]
        for point in find_points(text, node.texts, borders):
            node.children.append(_point_node(point, node))
        node.children.sort(key=lambda child: child.start)


def _point_node(point: Point, parent: _Node) -> _Node:
    return _Node(
        "point", point.label, point.heading, point.start, point.end, parent, number=point.number
    )


class _Builder:
    """Walks the rows once; ``stack[0]`` is the document, ``stack[-1]`` the innermost open section.

    ``scope`` is how much of the stack the present text stands in: 1, or more within an annex
    or an embedded text, whose numbering never continues one outside.
    """

    def __init__(self, text: str, rows: list[Row]) -> None:
        self.text = text
        self.rows = rows
        self.root = _Node("body", "", "", 0, 0, None)
        self.stack = [self.root]
        self.scope = 1
        self.last_article: int | None = None
        self.paragraphs = 0
        self.tables = 0

    def build(self) -> _Node:
        at = 0
        while at < len(self.rows):
            at = self._take(at)
        return self.root

    def _take(self, at: int) -> int:
        """Place row ``at`` and return the index of the next one."""
        row = self.rows[at]
        if row.role == "annex":
            return self._annex(at)
        if row.role == "title":
            return self._embedded_title(at)
        if row.role in ("closing", "contents"):
            return self._closing(at)
        if row.role == "table":
            self._table(row.start, row.end, "")
        elif row.role in ("declared", "bare"):
            self._declared(row)
        elif row.mark and self._believable(at, row.mark):
            self._numbered(at, row.mark)
        elif stop := self._caption(at):
            return stop
        else:
            self._text(at)
        return at + 1

    # what opens a text of its own

    def _annex(self, at: int) -> int:
        row, end = self.rows[at], at + 1
        assert row.mark is not None
        headings = [row.text[row.mark.body :].strip()]
        while end < len(self.rows) and self.rows[end].role == "annex-title":
            headings.append(self.rows[end].text)
            end += 1
        self._open_text(
            _Node(
                "annex",
                row.mark.label,
                joined(headings),
                row.start,
                self.rows[end - 1].end,
                self.root,
                number=row.mark.number or None,
                level=row.level,
            )
        )
        return end

    def _embedded_title(self, at: int) -> int:
        end = at
        while end < len(self.rows) and self.rows[end].role == "title":
            end += 1
        rows = self.rows[at:end]
        above = next((n for n in self.stack[1:2] if n.kind == "annex"), self.root)
        heading = joined([row.text for row in rows])
        self._open_text(
            _Node("heading", "", heading, rows[0].start, rows[-1].end, above, level=rows[0].level)
        )
        return end

    def _open_text(self, node: _Node) -> None:
        assert node.parent is not None
        del self.stack[self.stack.index(node.parent) + 1 :]
        self._push(node)
        self.scope = len(self.stack)
        self.last_article = None

    def _closing(self, at: int) -> int:
        """Sign-off or table of contents: closes what is open and stands as body of its own."""
        role, end = self.rows[at].role, at
        while end < len(self.rows) and self.rows[end].role == role:
            end += 1
        del self.stack[self.scope :]
        heading = ""
        if role == "contents" and not self.rows[at].text.startswith("第"):
            heading = re.sub(r"\s", "", self.rows[at].text)
        node = _Node(
            "body", "", heading, self.rows[at].start, self.rows[end - 1].end, self.stack[-1]
        )
        self._attach(node)
        return end

    # headings

    def _declared(self, row: Row) -> None:
        level = row.level if row.level is not None else 2
        while len(self.stack) > 1:
            top = self.stack[-1]
            opens_text = len(self.stack) == self.scope and top.kind in ("annex", "heading")
            if (top.level is None and opens_text) or (top.level is not None and top.level < level):
                break
            self.stack.pop()
        self.scope = min(self.scope, len(self.stack))
        self._push(_Node("heading", "", row.text, row.start, row.end, self.stack[-1], level=level))

    def _believable(self, at: int, mark: Mark) -> bool:
        """Whether 第N条 at the start of a line is this article and not the rest of a reference."""
        if mark.scheme != "article" or self.last_article is None:
            return True
        step = mark.number - self.last_article
        if step in (0, 1) or mark.number == 1:
            return True
        before = self.rows[at - 1]
        ended = (before.role != "text" and not before.mark) or before.text.endswith(_TERMINAL)
        return ended and (mark.spaced or 0 < step <= 5)

    def _numbered(self, at: int, mark: Mark) -> None:
        row = self.rows[at]
        self._leave_declared(row)
        if mark.components or mark.scheme == "plain":
            self._make_room_dotted(mark)
        elif mark.scheme == "article" or mark.scheme in LAW_DIVISIONS:
            self._make_room_law(mark)
        else:
            self._make_room_list(at, mark)
        if mark.scheme == "article":
            self._article(at, mark)
        elif mark.scheme in LAW_DIVISIONS:
            heading = joined([row.text[mark.body :]])
            self._push(self._node(row, mark, _DIVISION_KINDS[mark.scheme], heading))
        else:
            self._list_member(at, mark)

    def _leave_declared(self, row: Row) -> None:
        """A declared heading does not hold a numbered one that is declared as high or higher."""
        if row.level is None:
            return
        for place in range(self.scope, len(self.stack)):
            node = self.stack[place]
            if not node.label and node.level is not None and node.level >= row.level:
                del self.stack[place:]
                return

    def _make_room_law(self, mark: Mark) -> None:
        for place in range(len(self.stack) - 1, self.scope - 1, -1):
            if self.stack[place].scheme == mark.scheme:
                del self.stack[place:]
                return
        while len(self.stack) > self.scope:
            top = self.stack[-1]
            if top.kind != "paragraph":
                if top.scheme is None or RANK[top.scheme] < RANK[mark.scheme]:
                    return
                if mark.scheme == "article" and top.kind == "heading":
                    return  # a judicial interpretation counts articles below 一、
            self.stack.pop()

    def _make_room_dotted(self, mark: Mark) -> None:
        own = mark.components or (mark.number,)
        for place in range(len(self.stack) - 1, self.scope - 1, -1):
            other = self.stack[place].mark
            if other is None or other.scheme not in ("plain", "dotted"):
                continue
            theirs = other.components or (other.number,)
            if len(theirs) < len(own) and own[: len(theirs)] == theirs:
                del self.stack[place + 1 :]
                return
            del self.stack[place:]

    def _make_room_list(self, at: int, mark: Mark) -> None:
        same = [
            place
            for place in range(len(self.stack) - 1, self.scope - 1, -1)
            if self.stack[place].scheme == mark.scheme
        ]
        numbers = {place: self.stack[place].number or 0 for place in same}
        follows = [place for place in same if numbers[place] == mark.number - 1]
        if mark.number > 1:
            follows = follows or [p for p in same if numbers[p] < mark.number] or same
        if follows:
            del self.stack[follows[0] :]
        elif mark.number != 1 or not self._after_colon(at):
            self._pop_lists(mark)

    def _pop_lists(self, mark: Mark) -> None:
        while len(self.stack) > self.scope:
            scheme = self.stack[-1].scheme
            if scheme is None or RANK[scheme] < max(RANK[mark.scheme], RANK["cn"]):
                return
            self.stack.pop()

    def _after_colon(self, at: int) -> bool:
        return at > 0 and self.rows[at - 1].text.endswith(("：", ":"))

    # sections

    def _article(self, at: int, mark: Mark) -> None:
        row = self.rows[at]
        self.last_article = mark.number
        heading, body = article_heading(self.rows, at, mark.body)
        self._push(self._node(row, mark, "article", heading))
        if row.text[body:].strip():
            self._paragraph(row.start + body, row.end)

    def _paragraph(self, start: int, end: int) -> None:
        """Open the next 款 of the article that is open."""
        while self.stack[-1].kind != "article":
            self.stack.pop()
        number = 1 + sum(child.kind == "paragraph" for child in self.stack[-1].children)
        node = _Node(
            "paragraph", f"第{chinese(number)}款", "", start, end, self.stack[-1], number=number
        )
        node.texts.append((start, end))
        self._push(node)

    def _list_member(self, at: int, mark: Mark) -> None:
        row = self.rows[at]
        body = row.text[mark.body :]
        high = mark.scheme in ("cn", "cnp", "dotted", "plain")
        kind: SectionKind = "item" if high else "subitem"
        heading, used, guessed = "", 0, False
        if not self._in_article():
            heading, used, guessed = list_heading(self.rows, at, body)
            if guessed and used == len(body) and self._beside_plain(mark):
                heading, used = "", 0
        node = self._node(row, mark, "heading" if heading else kind, heading)
        node.plain_kind = kind if guessed and row.level is None else None
        node.after_colon = self._after_colon(at) or (
            bool(self.stack[-1].children) and self.stack[-1].children[-1].after_colon
        )
        if body[used:].strip():
            node.texts.append((row.start + mark.body + used, row.end))
        self._push(node)

    def _beside_plain(self, mark: Mark) -> bool:
        """Whether the member of the list before this one has no heading."""
        before = self.stack[-1].children[-1:]
        return bool(before) and before[0].scheme == mark.scheme and before[0].kind != "heading"

    def _in_article(self) -> bool:
        return any(node.kind == "article" for node in self.stack[self.scope :])

    # text and tables

    def _text(self, at: int) -> None:
        row = self.rows[at]
        if self._in_article():
            self._paragraph(row.start, row.end)
            return
        while (
            len(self.stack) > self.scope
            and self.stack[-1].kind in ("item", "subitem")
            and self.stack[-1].after_colon
            and not self._list_goes_on(at)
        ):
            self.stack.pop()
        top = self.stack[-1]
        if top is not self.root:
            top.texts.append((row.start, row.end))
            self._extend(top, row.end)
            return
        run = self._body_run(row)
        addresses = row.text.endswith(("：", ":")) and "。" not in row.text
        if (row.sentence and not addresses) or (len(row.text) > _LONGEST_TITLE and not addresses):
            self.paragraphs += 1
            node = _Node("body", "", "", row.start, row.end, run, number=self.paragraphs)
            node.texts.append((row.start, row.end))
            run.children.append(node)

    def _list_goes_on(self, at: int) -> bool:
        """Whether the next member of the innermost list comes after row ``at``."""
        top = self.stack[-1]
        for row in self.rows[at + 1 : at + 20]:
            if row.role not in ("text", "mark", "table"):
                return False
            if row.mark and row.mark.scheme == top.scheme:
                return row.mark.number == (top.number or 0) + 1
        return False

    def _body_run(self, row: Row) -> _Node:
        """The stretch of text outside any section that ``row`` goes on with or begins."""
        last = self.root.children[-1] if self.root.children else None
        if last and last.kind == "body" and last.level is not None:
            last.end = row.end
            return last
        run = _Node("body", "", "", row.start, row.end, self.root, level=0)
        self.root.children.append(run)
        return run

    def _caption(self, at: int) -> int | None:
        """Where row ``at`` is the caption of a table: place both, return the next row's index."""
        rows = self.rows
        if not is_title_like(rows[at]) or len(rows[at].text) > 50 or at + 1 >= len(rows):
            return None
        table = at + 1
        if UNIT_LINE.match(rows[table].text) and table + 1 < len(rows):
            table += 1
        if rows[table].role != "table":
            return None
        self._table(rows[at].start, rows[table].end, rows[at].text)
        return table + 1

    def _table(self, start: int, end: int, caption: str) -> None:
        self.tables += 1
        node = _Node("table", "", caption, start, end, self.stack[-1], number=self.tables)
        self._attach(node)

    # the stack

    def _node(self, row: Row, mark: Mark, kind: SectionKind, heading: str) -> _Node:
        return _Node(
            kind,
            mark.label,
            heading,
            row.start,
            row.end,
            self.stack[-1],
            number=mark.number,
            mark=mark,
            level=row.level,
        )

    def _push(self, node: _Node) -> None:
        self._attach(node)
        self.stack.append(node)

    def _attach(self, node: _Node) -> None:
        assert node.parent is not None
        node.parent.children.append(node)
        self._extend(node.parent, node.end)

    def _extend(self, node: _Node | None, end: int) -> None:
        while node is not None and node.end < end:
            node.end = end
            node = node.parent


_TERMINAL = ("。", "；", "：", "！", "？", "”", "）", ";", ":", ")", ".", "…")
