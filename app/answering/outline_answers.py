"""Answers read off a document's outline: its parts, a part's points, an article by its number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.question import Question
from app.content.sentences import Source, Span
from app.retrieval.query import Place
from ingest.document import Section
from ingest.outline.numbering import value

_ALIKE = 0.6
"""A heading that holds so much of what the best one holds is as good."""
SHORT = 170
"""A point up to so many characters is quoted whole, of a longer one its first sentence."""

_PART = re.compile(
    r"第\s*(?P<n>[一二三四五六七八九十\d]+)\s*[大个]?(?P<unit>部分|点|方面|章|节|条措施|项)"
)
_KINDS = {"章": {"chapter"}, "节": {"section"}, "项": {"item", "subitem", "point"}}
"""The parts that a word for parts means; other words mean any."""
_LATE = re.compile(r"条之(.+?)条?$|[-－–—‑](\d+)\s*条?$")
_POINTS = re.compile(
    r"一是.{0,4}二是|[一二三四五六七八九]是(?:分别)?(?:讲|说|指)?(?:了|的)?什么|第一.{0,4}第二|分别(?:讲|说|是)|哪几个?方面|几个方面|几方面|哪几点|几点|哪些方面"
)
_WHOLE = re.compile(r"(?:文章|全文|本文|这篇|通篇|主要内容|大意|概括|总结|概述|梗概|主旨)")
_SUMMARY = re.compile(
    r"主要内容|讲了什么|说了什么|讲什么|说的是什么|讲的是什么|概括|总结|概述|大意|核心内容|梗概|哪几部分|哪几个部分|提纲|主旨"
)


def asked_part(question: Question) -> int | None:
    """The number of the part that a question asks for: 第三部分 is 3."""
    match = _PART.search(question.text)
    return value(match["n"]) if match else None


def nth_part(parts: Sequence[Section], question: Question) -> Section | None:
    """The part that a question counts to: 第三章 is the third chapter, 第五项 is no chapter."""
    match, number = _PART.search(question.text), asked_part(question)
    if match is None or not number:
        return None
    kinds = _KINDS.get(match["unit"])
    fitting = [part for part in parts if kinds is None or part.kind in kinds]
    return fitting[number - 1] if number <= len(fitting) else None


def asks_outline(question: Question) -> bool:
    """Whether a question asks what a document or a part of it says, point by point."""
    return bool(_SUMMARY.search(question.text) or _POINTS.search(question.text))


def asks_points(question: Question) -> bool:
    """Whether it names the points themselves: 一是二是三是分别讲了什么."""
    return bool(_POINTS.search(question.text))


def asks_whole(question: Question) -> bool:
    """Whether it asks so of a whole document."""
    return bool(_WHOLE.search(question.text))


def divisions(source: Source, index: int | None = None) -> list[Section]:
    """The headed parts directly below a section (``None``: of the document), in order."""
    kinds = {"part", "chapter", "section", "heading", "point", "article", "annex"}
    below = [source.sections[i] for i in source.paths.children(index)]
    found = [s for s in below if s.kind in kinds and (s.heading or s.label)]
    if not found and index is None and len(below) == 1:
        return divisions(source, below[0].index)
    if not found and index is not None:
        found = [s for s in below if s.kind in ("item", "subitem")]
    return found


def pointed_sections(source: Source) -> list[Section]:
    """The sections whose parts are counted 一是…二是…, in order."""
    return [
        s
        for s in source.sections
        if sum(source.sections[c].kind == "point" for c in source.paths.children(s.index)) > 1
    ]


def points_of(source: Source, section: Section) -> list[Span]:
    """The heading of a section and its points, each by its opening."""
    points = [p for p in divisions(source, section.index) if p.kind == "point"]
    heading = [] if section.kind == "body" else [opening(source, section, heading_only=True)]
    openings = [opening(source, point) for point in points]
    return [h for h in heading if h[1] <= openings[0][0]] + openings


def best_division(
    source: Source, question: Question, first: Sequence[Span] = (), parted: bool = False
) -> tuple[Section | None, float]:
    """The headed section whose heading answers to the question best, and how much of the
    question's words it holds (0 to 1).

    :param first: the places that answer best, in order; they decide between headings alike.
    :param parted: look only at sections that have parts.
    """
    title = _plain(source.record.title)
    terms = [t for t in question.terms if t not in title] or list(question.terms)
    shares: list[tuple[float, Section]] = []
    for section in source.sections:
        if not section.heading or section.kind == "body":
            continue
        if parted and len(divisions(source, section.index)) < 2:
            continue
        heading = _plain(section.heading)
        share = sum(_held(t, heading) for t in terms) / max(len(terms), 1)
        if share > 0:
            shares.append((share, section))
    if not shares:
        return None, 0.0
    most = max(share for share, _ in shares)
    alike = [section for share, section in shares if share >= most * _ALIKE]
    for start, end in first:
        for section in alike:
            if section.start <= start and end <= section.end:
                return section, most
    return next(section for share, section in shares if share == most), most


def _held(term: str, text: str) -> float:
    """Whether a text holds a term, else the share of its pairs of characters."""
    if term in text:
        return 1.0
    pairs = [term[i : i + 2] for i in range(len(term) - 1)]
    return 0.7 * sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def opening(source: Source, section: Section, heading_only: bool = False) -> Span:
    """What stands for a part in an overview: the whole of a short one, else its first sentence
    (its heading, where it has one)."""
    start, end = source.trimmed(section.start, section.end)
    if not heading_only and end - start <= SHORT and section.kind in ("point", "item", "subitem"):
        return start, end
    line_end = source.text.find("\n", start, end)
    if section.kind == "point" or line_end < 0 or section.kind == "article":
        first = next(iter(source.sentences(start, end)), (start, end))
        return first
    return source.trimmed(start, line_end)


def overview(source: Source, parts: Sequence[Section], most: int) -> list[list[Span]]:
    """Statements that give the parts in order: one each, or one for all where they are many."""
    if len(parts) <= most:
        return [[opening(source, part)] for part in parts]
    return [[opening(source, part, heading_only=True) for part in parts]]


def located(source: Source, place: Place, most: int) -> list[Section]:
    """The articles of a place, or the paragraph or item named in them; at most so many."""
    found: list[Section] = []
    first = place.first or 0
    for number in range(first, min(place.last or first, first + most - 1) + 1):
        section = _article(source, number, place.of)
        for kind, inner in (("paragraph", place.paragraph), ("item", place.item)):
            if section is not None and inner is not None:
                section = _below(source, section, kind, inner)
        found += [section] if section is not None else []
    return found


def _article(source: Source, number: int, of: int | None) -> Section | None:
    """第五条, or with ``of`` 第五条之一, however it is printed."""
    for article in source.articles:
        late = _LATE.search(article.label)
        if article.number == number and (value(late[1] or late[2]) if late else None) == of:
            return article
    return None


def _below(source: Source, outer: Section, kind: str, number: int) -> Section | None:
    inside = (s for s in source.sections if _inside(s, outer) and s.kind == kind)
    return next((s for s in inside if s.number == number), None)


def _inside(section: Section, outer: Section) -> bool:
    return outer.start <= section.start and section.end <= outer.end and section is not outer


def quoted_section(source: Source, question: str) -> int | None:
    """The index of the section whose path in quotation marks stands in the question."""
    found, longest = None, 0
    for section in source.sections:
        if section.kind not in ("heading", "point", "item", "subitem"):
            continue
        path = source.paths.official("", section.index).removeprefix("《》")
        if len(path) > longest and path.startswith("“") and path in question:
            found, longest = section.index, len(path)
    return found


def article_spans(source: Source, section: Section, most: int) -> list[list[Span]]:
    """The text of an article whole, without its label; by paragraphs if it is long."""
    whole = source.whole(section.index)
    paragraphs = [
        source.trimmed(source.sections[i].start, source.sections[i].end)
        for i in source.paths.children(section.index)
        if source.sections[i].kind == "paragraph"
    ]
    if whole[1] - whole[0] <= 600 or len(paragraphs) < 2:
        return [[whole]]
    if len(paragraphs) > most:
        rest = (paragraphs[most - 1][0], paragraphs[-1][1])
        paragraphs = [*paragraphs[: most - 1], rest]
    return [[p] for p in paragraphs]
