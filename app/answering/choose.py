"""From ranked units to what is quoted: the best, widened to its rule or list, and what stands
beside it; for a comparison the best of each side."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from app.answering.citing import Span
from app.answering.compare import sides
from app.answering.holdings import Holdings
from app.answering.intent import FIGURES, Question
from app.answering.parts import Chosen
from app.answering.select import Scored
from app.answering.sentences import Source, Unit
from app.answering.signals import article_of
from app.types import Hit

NEAR = 1.0
"""A further article answers too only if its unit's score is at most so much below the best one's
(of such units two in five are right on the choosing questions)."""
SAME = 0.5
"""The same for a further unit of an article that is quoted already."""
FAR = 6.0
"""The same for what stands beside the answer."""
OPENS, LED = 2.0, 0.7
"""A list that opens the article of the best unit stands for it if it scores at most so much less
and its lead-in holds so much of the question's words."""
MOST_FURTHER = 2
BEARS = 0.5
"""And only if it holds so much of the question's words as the best unit does."""
MOST_BESIDE, MOST_IN_ALL = 3, 4
_BESIDE = 420
"""What stands beside an answer is no longer than so many characters."""
_PARAGRAPH = 200
_POINT = 420

Rank = Callable[[Question, Sequence[tuple[Hit, Source]]], list[Scored]]


def choose(asked: Question, ranked: Sequence[Scored]) -> list[Chosen]:
    """The best unit and at most two more that are nearly as good, from other articles first."""
    best = rule_of_article(asked, ranked)
    chosen = [widened(asked, best)]
    articles = {article_of(best.source, best.unit.section)}
    for scored in ranked[1:]:
        if len(chosen) > MOST_FURTHER or scored.score < best.score - NEAR:
            break
        if scored.source.record.superseded and not best.source.record.superseded:
            continue
        if asked.wants & FIGURES and scored.fits < 0.7 <= best.fits:
            continue
        if not _of_a_kind(scored, best):
            continue
        article = article_of(scored.source, scored.unit.section)
        if article in articles and scored.score < best.score - SAME:
            continue
        further = widened(asked, scored)
        if not _repeats(further, chosen):
            articles.add(article)
            chosen.append(further)
    return chosen


def rule_of_article(asked: Question, ranked: Sequence[Scored]) -> Scored:
    """The best unit; or the list that its article opens with, where that is nearly as good, its
    lead-in is about what is asked and no figure is asked for: the paragraphs after a list say
    what follows from it."""
    best = ranked[0]
    if asked.wants & {*FIGURES, "who"} or best.unit.kind != "sentence":
        return best
    article = article_of(best.source, best.unit.section)
    for scored in ranked:
        if scored.score < best.score - OPENS:
            break
        before = scored.unit.kind == "list" and scored.unit.end <= best.unit.start
        same = article_of(scored.source, scored.unit.section) == article
        if before and same and scored["lead"] >= LED:
            return scored
    return best


def beside(
    asked: Question,
    ranked: Sequence[Scored],
    chosen: Sequence[Chosen],
    fits: Callable[[Scored], bool],
) -> list[Chosen]:
    """What stands beside the answer (另见): the next best articles, then those of documents that
    are not quoted yet, each by its best unit.

    :param fits: whether a unit contradicts nothing that the question says.
    """
    articles = {article_of(s, s.paths.find(*spans[0])) for s, spans in chosen}
    left: dict[tuple[str, int], Scored] = {}
    for scored in ranked:
        if scored.score < ranked[0].score - FAR:
            break
        article = article_of(scored.source, scored.unit.section)
        short = sum(end - start for start, end in scored.unit.spans) <= _BESIDE
        older = scored.source.record.superseded and not ranked[0].source.record.superseded
        bears = scored.coverage >= BEARS * ranked[0].coverage and _of_a_kind(scored, ranked[0])
        if bears and short and not older and article not in articles and article not in left:
            left[article] = scored
    documents = {source.id for source, _ in chosen} | {document for document, _ in [*left][:1]}
    elsewhere: dict[str, tuple[str, int]] = {}
    for article in left:
        if article[0] not in documents:
            elsewhere.setdefault(article[0], article)
    wanted = min(MOST_BESIDE, MOST_IN_ALL - len(chosen))
    found: list[Chosen] = []
    for article in dict.fromkeys([*[*left][:1], *elsewhere.values(), *left]):
        if len(found) >= wanted:
            break
        scored = left[article]
        one = scored.source, list(scored.unit.spans)
        if not _repeats(one, [*chosen, *found]) and fits(scored):
            found.append(one)
    return found


def side_by_side(
    asked: Question,
    found: Sequence[tuple[Hit, Source]],
    ranked: Sequence[Scored],
    holdings: Holdings,
    rank: Rank,
) -> list[Chosen]:
    """The best unit for each of the things that the question compares, empty if none.

    :param rank: orders the units of passages for a question.
    """
    if "compare" not in asked.wants:
        return []
    chosen: list[Chosen] = []
    for side in sides(asked, ranked, holdings):
        within = [(h, s) for h, s in found if side.documents is None or s.id in side.documents]
        if not within:
            continue
        part = replace(asked, text=side.text, terms=side.terms or asked.terms)
        if not asked.wants - {"compare", "list", "how"}:
            part = replace(part, wants=frozenset({"definition"}))
        best = rank(part, within)
        if not best or not _mentions(best[0].unit.text, side.subject):
            continue
        of_side = widened(asked, rule_of_article(asked, best))
        if not _repeats(of_side, chosen):
            chosen.append(of_side)
    return chosen if len(chosen) > 1 else []


def widened(asked: Question, scored: Scored) -> Chosen:
    """The unit with what belongs to it: its whole list, point or paragraph where that is what the
    question asks for."""
    unit, source = scored.unit, scored.source
    exact = bool(asked.wants & {"amount", "ratio", "number", "deadline", "date"})
    exact = exact and not ("list" in asked.wants and unit.kind == "item")
    broad = bool(asked.wants & {"list", "how", "summary", "definition", "why"}) or not asked.wants
    if unit.kind == "item" and asked.wants & {"list", "summary"} and not exact:
        return source, list(_list_around(source, unit).spans)
    if unit.kind == "sentence" and (broad or not exact):
        section = source.sections[unit.section]
        limit = _PARAGRAPH if section.kind in ("paragraph", "item") else _POINT
        running = section.kind == "body" and bool(asked.wants & {"list", "how", "summary"})
        if section.kind in ("point", "paragraph", "item") or running:
            whole = source.whole(section.index)
            if whole.end - whole.start <= limit and not source.listed(section.index):
                return source, list(whole.spans)
    return source, list(unit.spans)


def _mentions(text: str, subject: str) -> bool:
    """Whether a text names the subject, whatever joins its parts (机关、事业单位)."""
    joints = re.compile(r"[\s、和与及或]")
    return joints.sub("", subject) in joints.sub("", text)


def _of_a_kind(scored: Scored, best: Scored) -> bool:
    """A row of a table, such as an entry of a catalogue, joins no sentence."""
    return scored.unit.kind != "row" or best.unit.kind == "row"


def _repeats(one: Chosen, others: Sequence[Chosen]) -> bool:
    """Whether it quotes what one of the others quotes: the same place, or the same words of the
    same work in another file or version."""
    source, spans = one
    return any(
        source.record.work == other.record.work
        and (
            _words(source, spans) == _words(other, theirs)
            or (source.id == other.id and any(a < d and c < b for a, b in spans for c, d in theirs))
        )
        for other, theirs in others
    )


def _words(source: Source, spans: Sequence[Span]) -> str:
    """What is quoted, without spaces and punctuation, which files of one text set differently."""
    return re.sub(r"\W", "", "".join(source.text[a:b] for a, b in spans))


def _list_around(source: Source, unit: Unit) -> Unit:
    section = source.sections[unit.section]
    while section.parent is not None:
        section = source.sections[section.parent]
        if len(source.listed(section.index)) > 1:
            return source.list_of(section)
    return unit
