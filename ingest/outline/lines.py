"""The lines of a document with what each is for: text, number, title, table of contents, sign-off.

:func:`read_rows` looks at lines in their surroundings, so that :mod:`ingest.structure` can build
the tree in one pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ingest.document import Document
from ingest.outline.numbering import LAW_DIVISIONS, Mark, read_mark

Role = Literal[
    "text",
    "mark",  # opens with a number
    "title",  # of a text embedded in this one, or a further line of such a title
    "declared",  # heading without number that the file's markup declares
    "bare",  # heading without number or markup, standing between paragraphs of a news text
    "annex",  # 附件1, where an annex begins
    "annex-title",
    "contents",  # 目录 and its entries
    "closing",  # sign-off, date, （此件公开发布）
    "table",
]


@dataclass(slots=True)
class Row:
    """One line, ``text == document.text[start:end]``, without white space at its ends.

    ``quoted`` is true where a quotation mark opened on an earlier line is not closed yet: a
    decision that amends a law prints articles of that law.
    """

    start: int
    end: int
    text: str
    role: Role = "text"
    mark: Mark | None = None
    level: int | None = None
    quoted: bool = False

    @property
    def sentence(self) -> bool:
        """Whether the line reads as running text rather than as a title or a name."""
        return "。" in self.text or self.text.endswith(("：", ":", "；", ";", "！", "？"))


TITLE_END = re.compile(
    r"(?:法|条例|办法|规定|细则|规则|规程|规范|章程|制度|方案|预案|计划|规划|纲要|要点|意见|决定|措施|目录|清单|"
    r"名单|指南|指引|指标|标准|准则|说明|报告|协议|合同|议定书|解释)"
    r"\s*(?:[（(《〈][^（）()]{1,20}[)）〉》])?$"
)
_DATE = re.compile(
    r"[〇○零一二三四五六七八九十\d]{2,4}\s*年\s*[〇零元正一二三四五六七八九十\d]{1,3}\s*月"
    r"(?:\s*[〇零一二三四五六七八九十\d]{1,3}\s*日)?$"
)
_NOTE = re.compile(r"[（(][^（）()]{2,25}[)）]$")
UNIT_LINE = re.compile(r"[（(]?\s*(?:计量|金额)?单位\s*[:：]")
_PREFACE = re.compile(r"(?:编制)?说\s*明$|[前引序]\s*言$")
_CONTENTS = re.compile(r"[（(【\[]?\s*目\s*[录次]\s*[)）】\]]?$")
_LEADER = re.compile(r"[\s.．…·—－-]*\d*\s*$")
_LONGEST_TITLE = 60
_LONGEST_QUOTE = 20
"""Lines after which a quotation mark that was never closed is taken for a slip."""


def read_rows(document: Document) -> list[Row]:
    """The non-empty lines of ``document`` in order, each with its role.

    Paragraphs that hold line breaks give a row for each line; a table is one row.
    """
    rows = _cut(document)
    _find_marks(rows)
    _find_contents(rows)
    _find_closings(rows)
    _find_annexes(rows)
    _find_embedded_titles(rows)
    _find_declared(rows, document.metadata.title)
    if not any(row.role in ("mark", "declared", "title", "annex") for row in rows):
        _find_bare_headings(rows)
    return rows


def is_title_like(row: Row) -> bool:
    """A short line of text without number or the marks of a sentence."""
    return (
        row.role == "text"
        and len(row.text) <= _LONGEST_TITLE
        and not row.sentence
        and not row.text.endswith(("，", ",", "、", "》修正"))
        and not _DATE.match(row.text)
        and not UNIT_LINE.match(row.text)
    )


def _cut(document: Document) -> list[Row]:
    rows: list[Row] = []
    text, at = document.text, 0

    def add(start: int, end: int, role: Role = "text", level: int | None = None) -> None:
        piece = text[start:end]
        if stripped := piece.strip():
            start += len(piece) - len(piece.lstrip())
            rows.append(Row(start, start + len(stripped), stripped, role, level=level))

    def add_lines(start: int, end: int, role: Role = "text", level: int | None = None) -> None:
        for piece in re.finditer(r"[^\n\r\u2028\u2029]+", text[start:end]):
            add(start + piece.start(), start + piece.end(), role, level)

    for line in document.lines:
        start, end = max(line.start, at), min(line.end, len(text))
        if start >= end:
            continue
        add_lines(at, start)
        if line.kind == "table":
            add(start, end, "table")
        else:
            declared: Role = "declared" if line.kind == "heading" else "text"
            add_lines(start, end, declared, line.level)
        at = end
    add_lines(at, len(text))
    return rows


def _find_marks(rows: list[Row]) -> None:
    quoted_since: int | None = None
    for at, row in enumerate(rows):
        row.quoted = quoted_since is not None and at - quoted_since <= _LONGEST_QUOTE
        opened, closed = row.text.rfind("“"), row.text.rfind("”")
        if opened > closed:
            quoted_since = at
        elif closed > opened:
            quoted_since = None
        if row.role != "table":
            row.mark = read_mark(row.text)
    counted = {row.mark.components[0] for row in rows if row.mark and row.mark.components}
    for row in rows:
        mark = row.mark
        if mark is None:
            continue
        if mark.scheme == "plain" and (
            mark.number not in counted or row.sentence or len(row.text) > 40
        ):
            row.mark = None
        else:
            row.role = "mark"


def _find_contents(rows: list[Row]) -> None:
    """A table of contents names headings that come again below: it must not open them twice."""
    at, ends = 0, None
    while at < len(rows):
        begin = None
        if _CONTENTS.match(rows[at].text):
            begin = at + 1
        elif _opens_division(rows, at) and _opens_division(rows, at + 1):
            begin = at
        stop = None
        if begin is not None and begin < len(rows):
            ends = ends or _ends_of_contents(rows)
            stop = ends[begin]
        if stop is None:
            at += 1
            continue
        for row in rows[at:stop]:
            row.role, row.mark = "contents", None
        at = stop


def _opens_division(rows: list[Row], at: int) -> bool:
    mark = rows[at].mark if at < len(rows) else None
    return mark is not None and mark.scheme in LAW_DIVISIONS


def _ends_of_contents(rows: list[Row]) -> list[int | None]:
    """Where the list of entries that would start at each row ends: where its first entry comes
    again. From the end, so that each row is looked at once.

    ``None`` where it does not come again or text stands between, so that there is no list.
    """
    ends: list[int | None] = [None] * len(rows)
    later: dict[str, int] = {}
    barrier = len(rows)
    for at in range(len(rows) - 1, -1, -1):
        row, entry = rows[at], _entry(rows[at].text)
        again = later.get(entry)
        if again is not None and again <= barrier:
            ends[at] = again
        later[entry] = at
        is_article = row.mark is not None and row.mark.scheme == "article"
        if row.role == "table" or len(row.text) > 80 or row.sentence or is_article:
            barrier = at
    return ends


def _entry(text: str) -> str:
    return re.sub(r"\s", "", _LEADER.sub("", text))


def _find_closings(rows: list[Row]) -> None:
    sentence_before = False
    for at, row in enumerate(rows):
        if row.role == "text" and sentence_before and _DATE.match(row.text):
            begin = at
            while begin and at - begin < 8 and _may_sign(rows[begin - 1]):
                begin -= 1
            end = at + 1
            while end < len(rows) and rows[end].role == "text" and _NOTE.match(rows[end].text):
                end += 1
            for signed in rows[begin:end]:
                signed.role, signed.mark = "closing", None
        sentence_before = sentence_before or row.sentence


def _may_sign(row: Row) -> bool:
    return is_title_like(row) and len(row.text) <= 30 and not row.text.startswith(("（", "("))


def _find_annexes(rows: list[Row]) -> None:
    """Tell where an annex begins (附件1 on a line of its own) from the list that names annexes."""
    annexes = [at for at, row in enumerate(rows) if row.mark and row.mark.scheme == "annex"]
    for place, at in enumerate(annexes):
        row = rows[at]
        if row.mark is None:
            continue  # named in the list that an earlier one begins
        titled = bool(row.text[row.mark.body :].strip())
        if titled and _only_names_an_annex(rows, at, annexes[place + 1 : place + 50]):
            _close_list_of_annexes(rows, at)
            continue
        if not titled and row.mark.label == "附" and at + 1 < len(rows) and rows[at + 1].mark:
            _close_list_of_annexes(rows, at)
            continue
        row.role = "annex"
        for following in rows[at + 1 : at + 4]:
            if titled or not is_title_like(following) or _PREFACE.match(following.text):
                break
            following.role = "annex-title"


def _only_names_an_annex(rows: list[Row], at: int, later: list[int]) -> bool:
    mark = rows[at].mark
    assert mark is not None
    for other in later:
        that = rows[other].mark
        if rows[other].role == "mark" and that and not rows[other].text[that.body :].strip():
            return True
        if that and that.number == mark.number and that.label == mark.label:
            return True
    for row in rows[at + 1 : at + 12]:
        if row.role == "closing":
            return True
        if row.role == "table" or row.sentence:
            return False
    return at + 12 >= len(rows) and not any(r.sentence for r in rows[at + 1 :])


def _close_list_of_annexes(rows: list[Row], at: int) -> None:
    rows[at].role, rows[at].mark = "closing", None
    for row in rows[at + 1 :]:
        if not row.mark or row.mark.scheme not in ("ar", "annex") or row.sentence:
            break
        if row.mark.scheme == "annex" and not row.text[row.mark.body :].strip():
            break
        row.role, row.mark = "closing", None


def _find_embedded_titles(rows: list[Row]) -> None:
    """Titles of texts that this one carries: 关于印发《…办法》的通知 followed by the 办法."""
    for before, after in pairwise(range(len(rows))):
        if rows[before].role == "closing" and rows[after].role in ("text", "declared"):
            _title_after_closing(rows, after)
    sentence_at: int | None = None
    run = 0
    for at, row in enumerate(rows):
        mark = row.mark
        starts_over = (
            row.role == "mark"
            and mark is not None
            and mark.number == 1
            and mark.scheme in ("part", "chapter", "article", "cn")
        )
        if starts_over and sentence_at is not None:
            _title_before_first_number(rows, max(run, at - 30), at, sentence_at)
        if row.role not in ("text", "declared") or mark is not None:
            run = at + 1
        if sentence_at is None and row.sentence:
            sentence_at = at


def _title_after_closing(rows: list[Row], at: int) -> None:
    end = at
    while end < len(rows) and end - at < 4 and _may_be_title(rows[end]):
        end += 1
    if end == at or (end - at == 4 and _may_be_title(rows[min(end, len(rows) - 1)])):
        return
    if not any(row.mark or row.sentence or row.role == "contents" for row in rows[end : end + 6]):
        return
    for row in rows[at:end]:
        row.role = "title"


def _may_be_title(row: Row) -> bool:
    if row.role == "declared":
        return row.mark is None and not row.sentence
    promulgated = row.text.startswith(("（", "(")) and len(row.text) > 8
    return is_title_like(row) and not promulgated


def _title_before_first_number(rows: list[Row], begin: int, at: int, sentence_at: int) -> None:
    """The title nearest above a number one that starts a numbering, at most a preamble between."""
    for place in range(at - 1, begin - 1, -1):
        row = rows[place]
        if place <= sentence_at or row.role == "title":
            return
        if _may_be_title(row) and TITLE_END.search(row.text):
            row.role = "title"
            return


def _find_declared(rows: list[Row], title: str | None) -> None:
    """Keep of the declared headings those that head something; the document's own title is text."""
    wanted = re.sub(r"\s", "", title or "")
    seen_text = False
    for row in rows:
        if row.role == "declared":
            shown = re.sub(r"\s", "", row.text)
            too_long = len(row.text) > 80 or row.text.endswith(("。", "；", "，"))
            is_title = not seen_text and (row.level == 1 or (bool(shown) and shown in wanted))
            if too_long or is_title:
                row.role = "text"
        if row.role not in ("text", "declared") or row.sentence:
            seen_text = True


def _find_bare_headings(rows: list[Row]) -> None:
    """In a text without any number or markup: short lines that stand between paragraphs."""
    for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
        if (
            is_title_like(row)
            and 4 <= len(row.text) <= 30
            and not _NOTE.match(row.text)
            and before.role == after.role == "text"
            and before.text.endswith(("。", "”", "！"))
            and "。" in after.text
        ):
            row.role = "bare"
