"""The card of a purchase: what its papers state under the labels that such papers use.

Labels stand before a colon, in a cell beside or above the value, in a sentence (…为…), or in a
heading above it. Which labels there are, and what their values look like, is in
``ingest/data/card.yaml``; a label of a blank form, whose value is missing, states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ingest.document import PURCHASE_KINDS, CardEntry, Document, Line, Section

MOST_OF_A_NAME = 6
"""Of one name at most so many differing values are kept."""
LONGEST_VALUE = 1500
_LOOKED_BACK = 30
TELLING = 4
"""A text without a telling title is taken for the papers of a purchase if it states so many."""

_SHAPES = {
    "money": re.compile(
        r"\d[\d,，.]*\s*(?:元|万|亿|[%％])|[零壹贰叁肆伍陆柒捌玖拾佰仟一二三四五六七八九十]+[万亿]?元"
        r"|^(?:无|不收取|免收|免|不要求|不需要?|无需|不设|本项目不|本项目免|不缴纳|不提交)|百分之"
    ),
    "time": re.compile(
        r"(?:\d{4}|[二〇○零一二三四五六七八九]{4})\s*(?:年\s*[\d一二三四五六七八九十]{1,3}\s*月\s*"
        r"[\d一二三四五六七八九十]{1,3}\s*日|[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,2})"
    ),
    "code": re.compile(r"(?=[^，。；]{0,40}\d)[A-Za-z0-9\u4e00-\u9fff〔\[（(][^，。；\s]{3,60}"),
    "place": re.compile(r"[\u4e00-\u9fff]{3}"),
    "person": re.compile(r"[\u4e00-\u9fff]{2}"),
    "terms": re.compile(r".{6}", re.DOTALL),
}
_SURE = [_SHAPES[name] for name in ("money", "time", "code")]
"""A line below an empty label is its value only where it looks like one."""
_BLANK = re.compile(r"^[_＿\s/／\\（）()【】\[\]—…年月日时分点元万xX×*]*$|^(?:详见|见|同)\S{0,30}$")
_BARE_NUMBER = re.compile(r"\d[\d,，.]*")
_BEFORE = re.compile(
    r"(?:^|[；;，,。、）)\s　：:])(?:"
    r"[（(]?[\d一二三四五六七八九十.]{1,6}[)）.．、]?\s*|[①-⑳★▲*●■◆▪•]\s*|"
    r"(?:本项目|本次采购|本采购项目|采购人|采购单位|招标人|建设单位|(?:采购|招标)?代理机构|项目|采购包|合同包|分包|第?[\dA-Z一二三四五]{1,3}[包标]段?"
    r"|包|标段|其中|原公告的?)\s*[\d一二三四五A-Z]{0,2}\s*的?\s*){0,4}$"
)
"""What may stand before a label: nothing, a numbering, the purchase or the lot that is meant."""
_JOINED_BEFORE = re.compile(
    r"(?:^|[；;，,。、\s])(?:[（(]?[\d一二三四五六七八九十.]{1,6}[)）.．、]?\s*)?"
    r"[\u4e00-\u9fff]{4,14}[及和与暨]$"
)
"""Another label before this one, of the same value: 投标文件递交地点及开标地点."""
_UNIT = r"(?P<unit>[（(][^（）()]{1,24}[）)])?"
_AND_MORE = r"(?:[及和与、暨/][\u4e00-\u9fff]{2,14})?"
_CHANGED = r"(?:(?:更正|变更|调整|修改)为)?"
_IS = (
    r"(?:由[^，；。\n]{2,40}?)?(?:均|应|定|暂定|更正|变更|调整|修改|延期|延长|延后)?"
    r"(?:为|是|于|至)[“‘]?"
)
_BARE_SUM = r"\s*(?=(?:人民币|[￥¥])|\d[\d,.]*\s*[万亿]?元)"
"""What may follow a label beside a colon: 投标截止时间及开标时间：, 由…更正为…, 保证金3000元."""
_NEXT_LABEL = re.compile(
    r"[；;。\s　]+(?:\d+[.．、]|[（(]\d+[）)])?[\u4e00-\u9fff]{2,14}"
    r"(?:[（(][^（）()]{1,12}[）)])?[：:]"
)
_HEADING = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）.．、]|第[一二三四五六七八九十\d]+[章节])"
)
_HEADING_LENGTH = 45
_LINES_BENEATH = 6


@dataclass(frozen=True, slots=True)
class CardName:
    """An entry of ``card.yaml`` with its patterns."""

    name: str
    words: tuple[str, ...]
    beside: tuple[str, ...]
    shape: re.Pattern[str]
    label: re.Pattern[str]
    colon: re.Pattern[str]
    said: tuple[re.Pattern[str], ...]
    not_after: tuple[str, ...]
    headings: tuple[str, ...]
    beneath: tuple[str, ...]
    whole: bool
    followed_by: re.Pattern[str] | None
    money: bool

    def fits(self, value: str, unit: str = "") -> bool:
        """Whether ``value`` looks like one: ``unit`` (元, 万元) may stand in its label."""
        if _BLANK.match(value):
            return False
        if self.money and "元" in unit and _BARE_NUMBER.match(value):
            return True
        return bool(self.shape.search(value))


def kind_of_purchase(title: str) -> str | None:
    """The kind of the papers of a purchase that ``title`` tells, ``None`` for any other text."""
    bare = re.sub(r"[\s》]+$", "", title)
    return next((kind for kind, ends in _title_ends() if ends.search(bare)), None)


def with_card(document: Document, sections: Sequence[Section]) -> Document:
    """``document`` with its card; one whose title does not tell its kind is known by it."""
    kind = document.metadata.kind
    if kind in PURCHASE_KINDS:
        return replace(document, card=card_of(document, sections))
    if kind not in (None, "document", "news") or document.metadata.number:
        return document
    card = card_of(document, sections)
    names = {entry.name for entry in card}
    if len(names) < TELLING or not names & {"deadline", "opening-place"}:
        return document
    told = replace(document.metadata, kind="tender-notice" if kind == "news" else "tender-document")
    return replace(document, card=card, metadata=told)


def card_of(document: Document, sections: Sequence[Section]) -> tuple[CardEntry, ...]:
    """What ``document`` states of a purchase, in the order of ``card.yaml``."""
    found: list[CardEntry] = []
    for kind in names():
        of_kind = list(_labelled(kind, document))
        if kind.whole:
            of_kind = [*_headed(kind, document, sections), *of_kind]
        else:
            of_kind += _beneath(kind, document)
        if not of_kind:
            of_kind = list(_in_sentences(kind, document))[:1]
        found += _distinct(of_kind)
    return tuple(found)


def _distinct(entries: Sequence[CardEntry]) -> list[CardEntry]:
    """The first of those that say the same, in reading order."""
    kept: dict[str, CardEntry] = {}
    for entry in entries:
        if any(k.at <= entry.at and entry.until <= k.until for k in kept.values()):
            continue
        key = re.sub(r"[\s，。；、（）()]", "", entry.value)
        same = next((k for k in kept if key.startswith(k) or k.startswith(key)), key)
        kept.setdefault(same, entry)
    return list(kept.values())[:MOST_OF_A_NAME]


def _labelled(kind: CardName, document: Document) -> Iterator[CardEntry]:
    """Values after a label and a colon, or in the cell beside or below a label."""
    lines = document.lines
    for at, line in enumerate(lines):
        if line.kind == "table":
            yield from _in_table(kind, document, line)
            continue
        yield from _in_line(kind, document, line, lines[at + 1 : at + 2])


def _in_line(
    kind: CardName, document: Document, line: Line, below: Sequence[Line]
) -> Iterator[CardEntry]:
    text = document.text
    for match in kind.colon.finditer(text, line.start, line.end):
        before = _before(text, line.start, match.start())
        if before.rstrip("的 ").endswith(kind.not_after):
            continue
        joined = _JOINED_BEFORE.search(before)
        if joined and any(word in joined[0] for word in kind.not_after):
            continue
        if not joined and not _BEFORE.search(before):
            continue
        start = match.end()
        end = _value_end(text, start, line.end)
        unit = match["unit"] or ""
        if kind.fits(text[start:end].strip(), unit):
            whole_end = line.end
            if (
                kind.followed_by
                and below
                and kind.followed_by.match(text, below[0].start, below[0].end)
            ):
                end = whole_end = below[0].end
            yield _entry(kind, document, match["label"], (line.start, whole_end), (start, end))
        elif not text[start:end].strip() and below and below[0].kind != "table":
            under = below[0]
            said = text[under.start : under.end]
            if kind.shape in _SURE and "：" not in said and kind.fits(said, unit):
                span = (line.start, under.end)
                yield _entry(kind, document, match["label"], span, (under.start, under.end))


def _before(text: str, start: int, end: int) -> str:
    """What stands before a label on its line, the beginning of a long line cut off."""
    first = max(start, end - _LOOKED_BACK)
    return text[first:end] if first == start else f"…{text[first:end]}"


def _value_end(text: str, start: int, end: int) -> int:
    """Where a value that begins at ``start`` ends: before the next label, else with the line."""
    following = _NEXT_LABEL.search(text, start, end)
    stop = following.start() if following else end
    while stop > start and text[stop - 1] in "；;。 \t　":
        stop -= 1
    return stop


def _in_table(kind: CardName, document: Document, line: Line) -> Iterator[CardEntry]:
    rows = [_cells(document.text, start, end) for start, end in _rows(document.text, line)]
    text = document.text
    heads: dict[int, tuple[str, str]] = {}
    for number, row in enumerate(rows):
        if not number:
            heads = _heads(kind, text, row)
        for column, (start, end) in enumerate(row):
            if (head := heads.get(column)) and number and kind.fits(text[start:end], head[1]):
                yield _entry(kind, document, head[0], (row[0][0], row[-1][1]), (start, end))
                continue
            named = kind.label.match(text, start, end)
            if (
                named
                and end - named.end() <= 14
                and not text[start:end].rstrip().endswith(("。", "；"))
            ):
                unit = text[named.end() : end]
                value = next(
                    (c for c in row[column + 1 :] if kind.fits(text[slice(*c)], unit)), None
                )
                if value and value[1] - value[0] <= LONGEST_VALUE:
                    yield _entry(kind, document, named["label"], (start, value[1]), value)
                    continue
            cell = Line(start, end)
            yield from _in_line(kind, document, cell, ())


def _heads(kind: CardName, text: str, row: Sequence[tuple[int, int]]) -> dict[int, tuple[str, str]]:
    """The columns of a table headed by a label: 包号 | 采购内容 | 预算金额（万元）."""
    if len(row) < 3 or any(
        end - start > 24 or re.search(r"\d{3}", text[start:end]) for start, end in row
    ):
        return {}
    named = {column: kind.label.match(text, *cell) for column, cell in enumerate(row)}
    return {
        column: (match["label"], text[match.end() : row[column][1]])
        for column, match in named.items()
        if match
    }


def _rows(text: str, line: Line) -> Iterator[tuple[int, int]]:
    at = line.start
    for row in text[line.start : line.end].split("\n"):
        yield at, at + len(row)
        at += len(row) + 1


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    cells = []
    for cell in text[start:end].split(" | "):
        cells.append((start, start + len(cell)))
        start += len(cell) + 3
    return cells


def _headed(kind: CardName, document: Document, sections: Sequence[Section]) -> Iterator[CardEntry]:
    """All that stands in the section whose heading has a label: 二、申请人的资格要求."""
    text = document.text
    for section in sections:
        head_end = text.find("\n", section.start, section.end)
        heading = text[section.start : head_end] if head_end > 0 else ""
        if len(heading) > _HEADING_LENGTH or not any(word in heading for word in kind.headings):
            continue
        start, end = head_end + 1, min(section.end, head_end + 1 + LONGEST_VALUE)
        if end < section.end and (cut := text.rfind("\n", start, end)) > start:
            end = cut
        if kind.fits(text[start:end].strip()):
            label = next(word for word in kind.headings if word in heading)
            yield _entry(kind, document, label, (section.start, end), (start, end))


def _beneath(kind: CardName, document: Document) -> Iterator[CardEntry]:
    """Lines under a heading that names what they say: 四、投标截止时间和地点, 时间：…, 地点：…."""
    text, lines = document.text, document.lines
    for at, line in enumerate(lines):
        heading = text[line.start : line.end]
        if len(heading) > _HEADING_LENGTH or not any(word in heading for word in kind.headings):
            continue
        if not (_HEADING.match(heading) or line.kind == "heading" or heading.endswith(("：", ":"))):
            continue
        for under in lines[at + 1 : at + 1 + _LINES_BENEATH]:
            said = text[under.start : under.end]
            if re.match(r"[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]+[章节]", said):
                break
            label, start = _own_label(kind, said)
            if label is None:
                continue
            span = (under.start + start, _value_end(text, under.start + start, under.end))
            if kind.fits(text[slice(*span)].strip()):
                yield _entry(kind, document, label or heading, (under.start, under.end), span)
                break


def _own_label(kind: CardName, said: str) -> tuple[str | None, int]:
    """The label of a line under a heading and where its value begins; ``None`` if it has none."""
    numbered = re.match(r"(?:[（(]?\d{1,3}(?:\.\d{1,2})*[)）.．、]?\s*)?(?!\d)", said)
    skip = numbered.end() if numbered else 0
    for label in kind.beneath:
        if label and (match := re.match(rf"{_spaced(label)}\s*[：:]\s*", said[skip:])):
            return label, skip + match.end()
    bare = "" in kind.beneath and kind.shape.match(said)
    return ("", 0) if bare else (None, 0)


def _in_sentences(kind: CardName, document: Document) -> Iterator[CardEntry]:
    """本项目预算金额为人民币120万元，…"""
    text = document.text
    for line in document.lines:
        found = (m for said in kind.said for m in said.finditer(text, line.start, line.end))
        for match in found:
            before = text[max(line.start, match.start() - 8) : match.start()]
            if any(word in before for word in kind.not_after):
                continue
            if kind.fits(match["value"].strip()):
                start, end = _sentence(text, match.start(), match.end(), line)
                label = match["label"] or kind.words[0]
                yield _entry(kind, document, label, (start, end), match.span("value"))


def _sentence(text: str, start: int, end: int, line: Line) -> tuple[int, int]:
    first = text.rfind("。", line.start, start)
    last = text.find("。", end - 1, line.end)
    return (first + 1 if first >= 0 else line.start), (last + 1 if last >= 0 else line.end)


def _entry(
    kind: CardName, document: Document, label: str, place: tuple[int, int], value: tuple[int, int]
) -> CardEntry:
    at, until = value
    text = document.text
    while at < until and text[at].isspace():
        at += 1
    while until > at and text[until - 1].isspace():
        until -= 1
    label = re.sub(r"[\s　]", "", label).strip("：:")
    return CardEntry(kind.name, label, text[at:until], place[0], max(place[1], until), at, until)


@cache
def names() -> tuple[CardName, ...]:
    """What a card may hold, in the order of ``card.yaml``."""
    return tuple(_card_name(entry) for entry in _data("card.yaml")["entries"])


def _card_name(entry: dict[str, Any]) -> CardName:
    written = [_spaced(label) for label in sorted(entry["labels"], key=len, reverse=True)]
    labels = "|".join([*entry.get("patterns", ()), *written])
    label = rf"(?P<label>{labels})"
    follow = "|".join(map(_spaced, entry.get("followed_by", ())))
    return CardName(
        name=entry["name"],
        words=tuple(entry["words"]),
        beside=tuple(entry.get("beside", ())),
        shape=_SHAPES[entry["shape"]],
        label=re.compile(rf"(?:[\d.（()）、★▲]{{0,6}}\s*)?{label}"),
        colon=re.compile(rf"{label}{_AND_MORE}\s*{_UNIT}{_CHANGED}\s*[：:]\s*"),
        said=tuple(
            re.compile(pattern)
            for pattern in (
                rf"{label}\s*{_UNIT}(?:的?(?:金额|数额|总额|上限))?(?:{_IS}\s*|{_BARE_SUM})"
                r"(?P<value>[^，。；;\n]+)",
                *(f"(?P<label>){pattern}" for pattern in entry.get("sentences", ())),
            )
        ),
        not_after=tuple(entry.get("not_after", ())),
        headings=tuple(entry.get("headings", ())),
        beneath=tuple(entry.get("beneath", ())),
        whole=bool(entry.get("whole")),
        followed_by=re.compile(rf"(?:\d[.．、]?\s*)?(?:{follow})\s*[：:]") if follow else None,
        money=entry["shape"] == "money",
    )


@cache
def _title_ends() -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = _data("kinds.yaml")
    return tuple((kind, re.compile(p)) for kind, patterns in data.items() for p in patterns)


def _spaced(label: str) -> str:
    """A pattern for ``label``, whose characters may be spread: 联 系 人."""
    return r"[\s　]{0,4}".join(map(re.escape, label))


def _data(name: str) -> Any:
    return yaml.safe_load((files("ingest") / "data" / name).read_text(encoding="utf-8"))
