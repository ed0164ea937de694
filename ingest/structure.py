"""The outline of a document: which lines head what, and how deep.

Official texts nest numbering schemes and change them on the way: a notice counted 一、（一）
carries a measure counted 第一条, whose annex starts again at 一、. No scheme is chosen for the
whole: :class:`ingest.outline.nesting.Nesting` keeps the open sections and finds each number its
place among them, and a text that starts over (annex, embedded title) starts with none open.
"""

from __future__ import annotations

import re

from ingest.document import Document, Section, SectionKind
from ingest.outline.headings import article_heading, joined, list_heading
from ingest.outline.lines import UNIT_LINE, Row, is_title_like, read_rows
from ingest.outline.nesting import Nesting, Node
from ingest.outline.numbering import LAW_DIVISIONS, Mark, Scheme, chinese
from ingest.outline.points import Point, find_points

_LONGEST_TITLE = 60
_TAIWAN = re.compile(r"^\s*第\s*\d+(?:\s*-\s*\d+)?\s*條", re.MULTILINE)
"""How laws of Taiwan print the numbers of their articles, which consist of 項, these of 款."""
_LAW = LAW_DIVISIONS | {"article", "annex"}
_DIVISION_KINDS: dict[Scheme, SectionKind] = {
    "part": "part",
    "subpart": "part",
    "chapter": "chapter",
    "section": "section",
}


def outline(document: Document) -> list[Section]:
    """The sections of ``document`` in reading order, each after its parent.

    Every character that is not white space lies in some section; sections nest and never overlap
    otherwise. An empty document has none.
    """
    taiwan = len(_TAIWAN.findall(document.original)) > 1
    builder = _Builder(document.text, read_rows(document), "项" if taiwan else "款")
    root = builder.build()
    _settle_headings(root)
    _add_points(document.text, root)
    sections: list[Section] = []
    _emit(root, None, sections)
    return sections


def _emit(root: Node, parent: int | None, into: list[Section]) -> None:
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


def _settle_headings(root: Node) -> None:
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


def _add_points(text: str, root: Node) -> None:
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        if node.kind == "body" and node.children:
            _add_points_to_body(text, node)
            continue
        waiting.extend(node.children)
        if not node.texts:
            continue
        borders = [child.start for child in node.children]
        for point in find_points(text, node.texts, borders):
            node.children.append(_point_node(point, node))
        node.children.sort(key=lambda child: child.start)


def _add_points_to_body(text: str, run: Node) -> None:
    """Text outside any section: a sequence may go on from paragraph to paragraph."""
    spans = [span for child in run.children for span in child.texts]
    holders = iter(run.children)
    holder = next(holders)
    for point in find_points(text, spans, []):
        while holder.end <= point.start:
            holder = next(holders)
        node = _point_node(point, holder)
        node.end = min(point.end, holder.end)
        holder.children.append(node)


def _point_node(point: Point, parent: Node) -> Node:
    return Node(
        "point", point.label, point.heading, point.start, point.end, parent, number=point.number
    )


class _Builder:
    """Walks the rows once and places each in the section that is open."""

    def __init__(self, text: str, rows: list[Row], paragraph: str) -> None:
        self.text = text
        self.paragraph_unit = paragraph
        self.rows = rows
        self.root = Node("body", "", "", 0, 0, None)
        self.open = Nesting(self.root)
        self.article_paragraphs = 0
        self.last_article: int | None = None
        self.paragraphs = 0
        self.tables = 0

    def build(self) -> Node:
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
            Node(
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
        above = self.open.annex or self.root
        heading = joined([row.text for row in rows])
        self._open_text(
            Node("heading", "", heading, rows[0].start, rows[-1].end, above, level=rows[0].level)
        )
        return end

    def _open_text(self, node: Node) -> None:
        self.open.push_text(node)
        self.last_article = None

    def _closing(self, at: int) -> int:
        """Sign-off or table of contents: closes what is open and stands as body of its own."""
        role, end = self.rows[at].role, at
        while end < len(self.rows) and self.rows[end].role == role:
            end += 1
        self.open.close_lists()
        heading = ""
        if role == "contents" and not self.rows[at].text.startswith("第"):
            heading = re.sub(r"\s", "", self.rows[at].text)
        node = Node("body", "", heading, self.rows[at].start, self.rows[end - 1].end, self.open.top)
        self.open.attach(node)
        return end

    # headings

    def _declared(self, row: Row) -> None:
        level = row.level if row.level is not None else 2
        self.open.make_room_declared(level)
        self.open.push(
            Node("heading", "", row.text, row.start, row.end, self.open.top, level=level)
        )

    def _believable(self, at: int, mark: Mark) -> bool:
        """Whether 第N条 at the start of a line is this article and not the rest of a reference."""
        if mark.scheme != "article":
            return True
        if self.last_article is None:
            return not self.rows[at].quoted
        step = mark.number - self.last_article
        if step in (0, 1) or mark.number == 1:
            return True
        if self.rows[at].quoted:
            return False
        before = self.rows[at - 1]
        if before.mark and before.mark.scheme in LAW_DIVISIONS:
            return step > 0
        ended = (before.role != "text" and not before.mark) or before.text.endswith(_TERMINAL)
        return ended and (mark.spaced or 0 < step <= 5)

    def _numbered(self, at: int, mark: Mark) -> None:
        row = self.rows[at]
        self.open.leave_text(mark)
        self.open.leave_declared(row.level)
        self.open.make_room(mark, self._after_colon(at))
        if mark.scheme == "article":
            self._article(at, mark)
        elif mark.scheme in LAW_DIVISIONS:
            heading = joined([row.text[mark.body :]])
            self.open.push(self._node(row, mark, _DIVISION_KINDS[mark.scheme], heading))
        else:
            self._list_member(at, mark)

    def _after_colon(self, at: int) -> bool:
        return at > 0 and self.rows[at - 1].text.endswith(("：", ":"))

    # sections

    def _article(self, at: int, mark: Mark) -> None:
        row = self.rows[at]
        self.last_article = mark.number
        self.article_paragraphs = 0
        heading, body = article_heading(self.rows, at, mark.body)
        self.open.push(self._node(row, mark, "article", heading))
        if row.text[body:].strip():
            self._paragraph(row.start + body, row.end)

    def _paragraph(self, start: int, end: int) -> None:
        """Open the next 款 of the article that is open."""
        self.open.back_to_article()
        self.article_paragraphs += 1
        number = self.article_paragraphs
        node = Node(
            "paragraph",
            f"第{chinese(number)}{self.paragraph_unit}",
            "",
            start,
            end,
            self.open.top,
            number=number,
        )
        node.texts.append((start, end))
        self.open.push(node)

    def _list_member(self, at: int, mark: Mark) -> None:
        row = self.rows[at]
        body = row.text[mark.body :]
        high = mark.scheme in ("cn", "cnp", "dotted", "plain")
        kind: SectionKind = "item" if high else "subitem"
        heading, used, guessed = "", 0, False
        if not self.open.in_article():
            heading, used, guessed = list_heading(self.rows, at, body)
            if guessed and used == len(body) and self._beside_plain(mark):
                heading, used = "", 0
        node = self._node(row, mark, "heading" if heading else kind, heading)
        node.plain_kind = kind if guessed and row.level is None else None
        node.after_colon = self._after_colon(at) or (
            bool(self.open.top.children) and self.open.top.children[-1].after_colon
        )
        if body[used:].strip():
            node.texts.append((row.start + mark.body + used, row.end))
        self.open.push(node)

    def _beside_plain(self, mark: Mark) -> bool:
        """Whether the member of the list before this one has no heading."""
        before = self.open.top.children[-1:]
        return bool(before) and before[0].scheme == mark.scheme and before[0].kind != "heading"

    # text and tables

    def _text(self, at: int) -> None:
        row = self.rows[at]
        if self.open.in_article():
            if self._unfinished(row):
                self.open.top.texts.append((row.start, row.end))
                self.open.extend(self.open.top, row.end)
            else:
                self._paragraph(row.start, row.end)
            return
        while self.open.in_led_list() and not self._list_goes_on(at):
            self.open.pop()
        top = self.open.top
        if top is not self.root:
            top.texts.append((row.start, row.end))
            self.open.extend(top, row.end)
            return
        run = self._body_run(row)
        addresses = row.text.endswith(("：", ":")) and "。" not in row.text
        if (row.sentence and not addresses) or (len(row.text) > _LONGEST_TITLE and not addresses):
            self.paragraphs += 1
            node = Node("body", "", "", row.start, row.end, run, number=self.paragraphs)
            node.texts.append((row.start, row.end))
            run.children.append(node)

    def _unfinished(self, row: Row) -> bool:
        """Whether ``row`` goes on with the open 款: a formula after ：, the rest of a line."""
        top = self.open.top
        if top.kind != "paragraph" or top.children or _OWN_PARAGRAPH.match(row.text):
            return False
        return self.text[top.texts[-1][1] - 1] not in _SENTENCE_END

    def _list_goes_on(self, at: int) -> bool:
        """Whether the next member of the innermost list comes after row ``at``."""
        top = self.open.top
        for row in self.rows[at + 1 : at + 20]:
            if row.role not in ("text", "mark", "table"):
                return False
            if row.mark and row.mark.scheme == top.scheme:
                return row.mark.number == (top.number or 0) + 1
        return False

    def _body_run(self, row: Row) -> Node:
        """The stretch of text outside any section that ``row`` goes on with or begins."""
        last = self.root.children[-1] if self.root.children else None
        if last and last.kind == "body" and last.level is not None:
            last.end = row.end
            return last
        run = Node("body", "", "", row.start, row.end, self.root, level=0)
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
        node = Node("table", "", caption, start, end, self.open.top, number=self.tables)
        self.open.attach(node)

    def _node(self, row: Row, mark: Mark, kind: SectionKind, heading: str) -> Node:
        return Node(
            kind,
            mark.label,
            heading,
            row.start,
            row.end,
            self.open.top,
            number=mark.number,
            mark=mark,
            level=row.level,
        )


_SENTENCE_END = ("。", "！", "？", "…", "”", "）", "》", ".", "!", ")")
_OWN_PARAGRAPH = re.compile("[前本上]款|前[两二三]款|本(?:法|条例|办法|规定|规则|条)所称")
_TERMINAL = ("。", "；", "：", "！", "？", "”", "）", ";", ":", ")", ".", "…")
