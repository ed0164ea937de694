"""A saved answer against the documents as they are now, before it is written anew."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.answering.whose import name_of
from app.content.places import region_of
from app.dated import dated
from app.types import Answer, Citation, Statement
from ingest.outline.citation import Paths, in_title_marks

if TYPE_CHECKING:
    from ingest.index import Index
    from ingest.storage.catalogue import StoredDocument

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*%?")


def as_documents_say(answer: Answer, documents: Index) -> Answer | None:
    """``answer`` with title, reference and state of its citations from the documents; ``None`` if
    it says anything as checked that they do not say. Of a refusal only the question stays."""
    from app.verify import judge_all, misattributed

    if answer.abstained:
        return replace(answer, text="", statements=(), citations=(), notice="")
    if not answer.statements:
        return None
    citations: list[Citation] = []
    whose: dict[int, tuple[str, str]] = {}
    for citation in answer.citations:
        stored = documents.document(citation.document)
        if stored is None or not _same(citation, stored):
            return None
        citations.append(dated(_anew(citation, stored), documents))
        whose[citation.n] = region_of(stored.record.metadata), name_of(stored.record)
    statements = tuple(_named(s, citations, whose) for s in answer.statements)
    fresh = replace(answer, statements=statements, citations=tuple(citations), notice="")
    for statement, verdict in zip(fresh.statements, judge_all(fresh, documents), strict=True):
        if statement.verified and not (verdict.holds and _has_figures(statement, fresh)):
            return None
        cited = {c.document for c in fresh.citations if c.n in statement.citations}
        own_words = statement.verified and not statement.quotes
        if own_words and misattributed(statement.text, cited, documents):
            return None
    return fresh


def _same(citation: Citation, stored: StoredDocument) -> bool:
    text = stored.document.text[citation.start : citation.end]
    return text == citation.text and stored.record.content_hash == citation.content_hash


def _anew(citation: Citation, stored: StoredDocument) -> Citation:
    paths, record = Paths(stored.sections), stored.record
    span = citation.start, citation.end
    return replace(
        citation,
        title=record.title,
        section=paths.citation_of_span(*span),
        official=paths.official_of_span(record.title, *span),
        source=record.source,
        url=record.metadata.url,
    )


def _named(
    statement: Statement, citations: Sequence[Citation], whose: Mapping[int, tuple[str, str]]
) -> Statement:
    """A side of a comparison is called what the documents call themselves, and region and name
    are those of the document."""
    titles = [c.title for c in citations if c.n in statement.citations[:1]]
    named = bool(statement.about and titles)
    region, name = next((whose[n] for n in statement.citations if n in whose), ("", ""))
    return replace(
        statement,
        about=in_title_marks(titles[0]) if named else "",
        region=region if statement.region else "",
        named=name if statement.named else "",
    )


def _has_figures(statement: Statement, answer: Answer) -> bool:
    """Whether each figure stands in what is cited, point and all: letters alone do not tell 5.0
    from 50."""
    cited = {c.n: c.text for c in answer.citations}
    text = "\n".join(cited[n] for n in statement.citations if n in cited)
    return _figures(statement.text) <= _figures(text)


def _figures(text: str) -> set[str]:
    return set(_FIGURE.findall(unicodedata.normalize("NFKC", re.sub(r"\[\d+\]", "", text))))
