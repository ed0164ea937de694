"""Section paths as official writing gives them: 第二十二条第一款第（三）项, 附件1 › 第三条.

Laws are cited by article, paragraph, item and subitem, never by the chapter above; other
documents by their headings. Numbers of articles are written in Chinese numerals and those of
items in full-width brackets, however the source prints them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ingest.document import Section
from ingest.outline.lines import TITLE_END
from ingest.outline.numbering import chinese, value

SEPARATOR = " › "
_LONGEST_PART = 40
_OPENING = re.compile(r"[一二三四五六七八九十]+[、.．]|\d+$")
_LATE_ARTICLE = re.compile(r"第(.+?)(?:[-－–—‑](?=.+条$)|条之)([^条]+)条?")
_UNQUOTED = re.compile(r"表|(?:第[^第]{1,8}(?:编|篇|部分|章|节))+$")
_HAN = r"[\u3400-\u9fff]"
_DIVISIONS = ("part", "chapter", "section")
_COUNTED_IN_ARTICLES = ("paragraph", "item", "subitem")


class Paths:
    """The section paths of one outline; worth making once where many are asked for."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        self._starts = [section.start for section in sections]
        self._children: dict[int | None, list[int]] = {}
        self._several: dict[int | None, bool] = {}
        for section in sections:
            self._children.setdefault(section.parent, []).append(section.index)
        self._taiwan = any(s.kind == "paragraph" and s.label.endswith("项") for s in sections)
        self._texts = self._embedded_texts()
        self._show_texts = self._counts_several_texts()

    def children(self, index: int | None) -> list[int]:
        """Indices of the sections directly below ``index`` (``None``: the top)."""
        return self._children.get(index, [])

    def chain(self, index: int) -> list[Section]:
        """The section ``index`` and all that hold it, outermost first."""
        found = [self.sections[index]]
        while (parent := found[-1].parent) is not None:
            found.append(self.sections[parent])
        return found[::-1]

    def find(self, start: int, end: int) -> int:
        """Index of the smallest section that holds ``start:end``.

        A span that no single section holds gives the top section in which it starts (or that
        precedes it).

        :raises ValueError: the outline has no sections.
        """
        if not self.sections:
            raise ValueError("an outline without sections holds no span")
        at: int | None = max(bisect_right(self._starts, start) - 1, 0)
        top = at
        while at is not None and self.sections[at].end < end:
            top, at = at, self.sections[at].parent
        return at if at is not None else (top or 0)

    def path(self, index: int) -> tuple[str, ...]:
        """Headings from the outermost to the section itself, e.g. ``("第二章 政府采购当事人",
        "第二十二条", "第一款")``; sections that a reader has no name for are left out."""
        parts = [self._step(section) for section in self.chain(index)]
        return tuple(part for part in parts if part)

    def citation(self, index: int) -> str:
        """The section's path as one string, without the document's title."""
        outer, inner = self._cited(index)
        return SEPARATOR.join([*outer, *inner])

    def citation_of_span(self, start: int, end: int) -> str:
        """The path of ``start:end``: of the smallest section that holds it, or of the run of
        sections in it that it covers (``第一款、第二款``; ``第（一）项至第（三）项``)."""
        index, run = self._run(start, end)
        if not run:
            return self._edge_of_body(index, end) or self.citation(index)
        outer, inner = self._cited(run[0])
        return SEPARATOR.join([*outer, *self._with_run(inner, run)])

    def official(self, title: str, index: int) -> str:
        """The whole reference: ``《中华人民共和国政府采购法》第二十二条第一款第（三）项``.

        Headings of other documents stand in quotation marks: ``《…》“三、…”“一是…”``.
        """
        return self._officially(title, index, *self._cited(index))

    def official_of_span(self, title: str, start: int, end: int) -> str:
        """:meth:`official` for the path that :meth:`citation_of_span` gives."""
        index, run = self._run(start, end)
        if not run:
            return self.official(title, index)
        outer, inner = self._cited(run[0])
        return self._officially(title, run[0], outer, self._with_run(inner, run))

    def _cited(self, index: int) -> tuple[list[str], list[str]]:
        """The names of the texts around a section (annex, embedded title), and its own path."""
        chain = self.chain(index)
        texts = [section for section in chain if self._opens_text(section)]
        shown = [s for s in texts if self._names(s) or s.index == index]
        outer = [self._text_name(section) for section in shown]
        return outer, self._inner([s for s in chain if s not in texts])

    def _names(self, section: Section) -> bool:
        """Whether the annex or embedded text ``section`` must be named to find a place in it."""
        if section.kind == "annex" and (section.index or len(self.children(None)) > 1):
            return True
        return section.kind != "annex" and self._show_texts

    def _inner(self, chain: list[Section]) -> list[str]:
        article = next((i for i, s in enumerate(chain) if s.kind == "article"), None)
        if article is not None and chain[article].label.startswith("Article"):
            return [", ".join(p for s in chain[article:] if (p := self._in_english_article(s)))]
        if article is not None:
            parts = "".join(self._in_article(section) for section in chain[article:])
            table = chain[-1] if chain[-1].kind == "table" else None
            return [parts, self._table_name(table)] if table else [parts]
        parts_of_law = "".join(_label(s) for s in chain if s.kind in _DIVISIONS)
        bodies = [section for section in chain if section.kind == "body"]
        chain = [section for section in chain if section not in bodies[:-1]]
        rest = [self._document_part(s) for s in chain if s.kind not in _DIVISIONS]
        inner = [parts_of_law, *rest] if parts_of_law else rest
        return [part for part in inner if part]

    def _in_article(self, section: Section) -> str:
        if section.kind == "paragraph":
            return section.label if self._has_several(section.parent) else ""
        if section.kind == "item" and self._taiwan:
            unit = "目" if section.label.startswith("（") else "款"
            return f"第{chinese(section.number or 0)}{unit}"
        if section.kind == "item":
            return f"第{_label(section)}项"
        if section.kind == "subitem":
            return f"第{section.number}目"
        if section.kind == "point":
            return f"“{section.label}”"
        return _label(section) if section.kind == "article" else ""

    def _has_several(self, parent: int | None) -> bool:
        """Whether there is more than one paragraph below ``parent``; looked up once, since there
        may be a hundred thousand, and each is asked for."""
        if parent not in self._several:
            kinds = (self.sections[i].kind for i in self.children(parent))
            self._several[parent] = sum(kind == "paragraph" for kind in kinds) > 1
        return self._several[parent]

    def _in_english_article(self, section: Section) -> str:
        if section.kind == "paragraph":
            named = self._in_article(section)
            return f"paragraph {section.number}" if named else ""
        if section.kind in ("item", "subitem"):
            return f"item {section.label.strip('（）().、')}"
        return section.heading if section.kind == "table" else section.label

    def _document_part(self, section: Section) -> str:
        if section.kind == "body":
            return self._body_name(section)
        if section.kind == "table":
            return self._table_name(section)
        return shortened(_named(section))

    def _body_name(self, section: Section) -> str:
        if section.number is not None:
            return f"正文第{chinese(section.number)}段"
        if section.heading:
            return section.heading
        inside = self.children(section.index)
        if inside:
            return "" if self.sections[inside[-1]].kind != "body" else "正文"
        return "文首" if section.index == 0 else "文末"

    def _edge_of_body(self, index: int, end: int) -> str:
        """Title and addressee before the first paragraph have no number but a place."""
        children = self.children(index)
        first = self.sections[index].kind == "body" and index == 0 and children
        return "文首" if first and end <= self.sections[children[0]].start else ""

    def _table_name(self, section: Section) -> str:
        return shortened(section.heading) if section.heading else f"表{section.number}"

    def _step(self, section: Section) -> str:
        if section.kind == "body":
            return ""
        if section.kind == "table":
            return self._table_name(section)
        if section.kind in (*_DIVISIONS, "article", "annex"):
            return f"{_label(section)} {section.heading}".rstrip()
        return _named(section)

    def _text_name(self, section: Section) -> str:
        return section.label if section.kind == "annex" else shortened(section.heading)

    def _opens_text(self, section: Section) -> bool:
        """Whether ``section`` is an annex or the title of an embedded text."""
        if section.kind == "annex":
            return True
        return section.index in self._texts

    def _embedded_texts(self) -> set[int]:
        """Headings without number that are titles (…办法) and have articles or 一、 below them."""
        found: set[int] = set()
        for section in self.sections:
            if section.kind == "article" or _OPENING.match(section.label):
                for above in self.chain(section.index)[:2]:
                    if above.kind == "heading" and not above.label:
                        found.add(above.index)
        return {i for i in found if TITLE_END.search(self.sections[i].heading)}

    def _counts_several_texts(self) -> bool:
        """Whether a number alone would leave open which text of the document it is in."""
        titled = [s for s in self.sections if self._opens_text(s)]
        if len(titled) > 1:
            return True
        return any(
            s.parent is None and s.kind not in ("body", "table") and not self._opens_text(s)
            for s in self.sections
        )

    def _run(self, start: int, end: int) -> tuple[int, list[int]]:
        """The section that holds the span, and those of its children that the span covers if it
        covers two or more but not the whole."""
        index = self.find(start, end)
        section = self.sections[index]
        children = self.children(index)
        if not children or section.kind == "body":
            return index, []
        first = bisect_right(children, start, key=lambda i: self.sections[i].end)
        inside = children[first : bisect_left(children, end, key=lambda i: self.sections[i].start)]
        lead = self.sections[children[0]].start
        label_only = section.kind in ("article", *_DIVISIONS)
        every = len(inside) == len(children)
        if (start <= section.start and every) or (start < lead and (every or not label_only)):
            return index, []
        kinds = {self.sections[i].kind for i in inside}
        alike = len(kinds) == 1 or kinds <= {"heading", "item", "subitem"}
        named = all(self.sections[i].label for i in inside)
        return index, inside if inside and alike and named else []

    def _with_run(self, inner: list[str], run: list[int]) -> list[str]:
        """``inner``, the path of the run's first section, made to name the whole run."""
        if len(run) == 1:
            return inner
        last = self._inner(self.chain(run[-1]))[-1]
        first = self.sections[run[0]]
        if first.kind in ("article", *_COUNTED_IN_ARTICLES) and self._within_article(run[0]):
            last = self._in_article(self.sections[run[-1]])
        elif first.kind in ("heading", "point", "item", "subitem"):
            inner = [*inner[:-1], first.label]
            last = self.sections[run[-1]].label
        return [*inner[:-1], inner[-1] + ("、" if len(run) == 2 else "至") + last]

    def _within_article(self, index: int) -> bool:
        return any(section.kind == "article" for section in self.chain(index))

    def _officially(self, title: str, index: int, outer: list[str], inner: list[str]) -> str:
        named = in_title_marks(title)
        for section in self.chain(index):
            name = self._text_name(section) if self._opens_text(section) else ""
            if name and name in outer:
                named += name if section.kind == "annex" else f"所附{in_title_marks(name)}"
        if inner and inner[0].startswith("Article") and not re.search(_HAN, title):
            return ", ".join([title.strip(), *outer, *inner])
        law = self._within_article(index) or self.sections[index].kind in (*_DIVISIONS, "body")
        quoted = [part if law or _UNQUOTED.match(part) else f"“{part}”" for part in inner]
        return named + "".join(quoted)


def citation_of(sections: Sequence[Section], index: int) -> str:
    """See :meth:`Paths.citation`."""
    return Paths(sections).citation(index)


def citation_of_span(sections: Sequence[Section], start: int, end: int) -> str:
    """See :meth:`Paths.citation_of_span`."""
    return Paths(sections).citation_of_span(start, end)


def path_of(sections: Sequence[Section], index: int) -> tuple[str, ...]:
    """See :meth:`Paths.path`."""
    return Paths(sections).path(index)


def find_section(sections: Sequence[Section], start: int, end: int) -> int:
    """See :meth:`Paths.find`."""
    return Paths(sections).find(start, end)


def official(title: str, sections: Sequence[Section], index: int) -> str:
    """See :meth:`Paths.official`."""
    return Paths(sections).official(title, index)


def official_of_span(title: str, sections: Sequence[Section], start: int, end: int) -> str:
    """See :meth:`Paths.official_of_span`."""
    return Paths(sections).official_of_span(title, start, end)


def in_title_marks(title: str) -> str:
    """``title`` in 《》; marks inside it become 〈〉, as GB/T 15834-2011 (4.15.3.5) has it.

    >>> in_title_marks("关于印发《采购目录》的通知")
    '《关于印发〈采购目录〉的通知》'
    """
    bare = title.strip()
    if bare.startswith("《") and bare.find("》") == len(bare) - 1:
        bare = bare[1:-1]
    return "《" + bare.replace("《", "〈").replace("》", "〉") + "》"


def shortened(text: str, longest: int = _LONGEST_PART) -> str:
    """``text``, cut to ``longest`` characters with … where it is longer."""
    return text if len(text) <= longest else text[: longest - 1].rstrip("，、；： ") + "…"


def _named(section: Section) -> str:
    """Label and heading, parted where they would run together: ``2.1 职责``, ``第一，公开``."""
    gap = " " if section.label[-1:].isdigit() and section.heading else ""
    if section.kind == "point" and section.label[0] in "第其" and section.heading:
        gap = "，"
    return section.label + gap + section.heading


def _label(section: Section) -> str:
    """The label as it is cited: 第1条 as 第一条, (3) as （3）."""
    if section.number is None or not section.label.startswith("第"):
        return section.label
    if late := _LATE_ARTICLE.fullmatch(section.label):
        first, second = (value(number) for number in late.groups())
        return f"第{chinese(first or 0)}条之{chinese(second or 0)}"
    digits = "".join(c for c in section.label if c.isdigit() and c.isascii())
    return section.label.replace(digits, chinese(section.number), 1) if digits else section.label
