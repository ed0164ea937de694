"""What a question sets side by side: two documents, or two versions of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.answering.find import implementing
from app.answering.holdings import Holdings, Named, shown_title
from app.answering.question import Question
from app.content.facts import Fact, facts
from app.retrieval.names import half_width
from app.types import Hit
from ingest.storage.catalogue import DocumentRecord
from ingest.storage.terms import read_lines

_JOINTS = "和与跟同及、，,的 "
"""What stands between two names, and is left over when these are taken out."""


@dataclass(frozen=True, slots=True)
class Side:
    """One thing compared.

    ``name`` is what it is called, ``question`` what is asked of it, ``documents`` the ids of what
    may answer: none where it is not here. ``under`` are the ids of what was made to implement it,
    which answers where it says nothing itself.
    """

    name: str
    question: str
    documents: tuple[str, ...]
    under: tuple[str, ...] = ()


def sides(asked: Question, hits: Sequence[Hit], holdings: Holdings) -> list[Side]:
    """The things compared, in the question's order; empty where fewer than two are.

    :param hits: what was found for the whole question; tells which text is meant where versions
        are compared and none is named.
    """
    text = half_width(asked.text)
    named = holdings.named_in(asked.text)
    absent = _absent(text, named)
    if named and len(named) + len(absent) > 1:
        found = [*(_of_document(text, one, named, absent, holdings) for one in named)]
        found += [Side(f"《{fact.value}》", "", ()) for fact in absent]
        starts = [n.start for n in named] + [fact.start for fact in absent]
        return [side for _, side in sorted(zip(starts, found, strict=True), key=lambda p: p[0])]
    return [] if absent else _versions(asked, text, named, hits, holdings)


def _absent(text: str, named: Sequence[Named]) -> list[Fact]:
    """The titles in 《》 of what is not here."""
    return [
        fact
        for fact in facts(text)
        if fact.kind == "name" and not any(n.start < fact.end and fact.start < n.end for n in named)
    ]


def _of_document(
    text: str, one: Named, named: Sequence[Named], absent: Sequence[Fact], holdings: Holdings
) -> Side:
    """The side of a document. What is asked of it is the question without any name, unless an
    article goes with its own."""
    articles = {n.start: _article_after(text, n.end) for n in named}
    own = articles[one.start]
    cut = [(n.start, articles[n.start] or n.end) for n in named]
    cut += [(fact.start, fact.end) for fact in absent]
    rest = _without(text, cut)
    others = {i for n in named if n is not one for i in n.documents}
    records = [holdings.records[i] for i in one.documents if i in holdings.records]
    current = next((r for r in records if not r.superseded), None)
    title = shown_title(current.title if current else one.shown)
    question = f"{title}{text[one.end : own].lstrip('》〉')} {rest}" if own else rest
    under = () if own else sorted(implementing(one.documents, holdings) - others)
    return Side(title, question, one.documents, tuple(under))


def _article_after(text: str, end: int) -> int:
    """Where the articles end that follow a name at once; 0 if none does."""
    at = end
    for fact in facts(text):
        if (
            fact.kind == "article"
            and fact.start >= at
            and not text[at : fact.start].strip("》〉的 ")
        ):
            at = fact.end
    return at if at > end else 0


def _without(text: str, cut: Iterable[tuple[int, int]]) -> str:
    """``text`` without what is cut, its title marks, and what joined it to its neighbours."""
    rest, at = "", 0
    for start, end in sorted(cut):
        before = text[at:start].rstrip("《〈")
        rest += before if not rest else before.strip(_JOINTS)
        at = max(at, end)
    tail = text[at:].lstrip("》〉")
    return f"{rest.rstrip(_JOINTS)} {tail.lstrip(_JOINTS)}".strip()


def _versions(
    asked: Question, text: str, named: Sequence[Named], hits: Sequence[Hit], holdings: Holdings
) -> list[Side]:
    """The versions of one text, oldest first: those of the years named, else, where it says that
    several are meant, the last two."""
    several = next((word for word in several_versions() if word in text), "")
    if not several and len(set(asked.years)) < 2:
        return []
    records = _of_work(named, hits, holdings)
    years = [
        r for r in records if any((r.metadata.version or "").startswith(y) for y in asked.years)
    ]
    chosen = years if len(years) > 1 else records[-2:] if several else []
    if len(chosen) < 2:
        return []
    cut = [(n.start, n.end) for n in named]
    for fact in facts(text):
        if fact.kind == "date":
            tail = text[fact.end :]
            cut.append((fact.start, fact.end + len(tail) - len(tail.lstrip("版本"))))
    if several:
        cut.append((text.index(several), text.index(several) + len(several)))
    question = _without(text, cut)
    return [
        Side(f"{shown_title(r.title)}（{r.metadata.version}）", question, (r.id,)) for r in chosen
    ]


def _of_work(
    named: Sequence[Named], hits: Sequence[Hit], holdings: Holdings
) -> list[DocumentRecord]:
    """One record of each version of the text named, or of what was found first; oldest first."""
    ids = named[0].documents if named else tuple(hit.passage.document for hit in hits[:1])
    works = {holdings.records[i].work for i in ids if i in holdings.records}
    versions = {
        r.metadata.version or "": r
        for r in holdings.records.values()
        if r.work in works and r.metadata.version
    }
    return [versions[day] for day in sorted(versions)]


@lru_cache(maxsize=1)
def several_versions() -> tuple[str, ...]:
    """Words that mean several versions of one text at once, longest first."""
    return tuple(sorted(read_lines("versions.txt", "app.answering"), key=len, reverse=True))
