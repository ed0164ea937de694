"""What a citation says of its text beside the words: the version, what replaced it, which texts
that it names were replaced, and where else the same text stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from app.i18n import text_in
from app.outward import outward_source
from app.types import Citation, Elsewhere, Hit, Outdated
from ingest.index import Index
from ingest.language import Language
from ingest.storage.catalogue import DocumentRecord, work_of
from ingest.twins import twins_of
from ingest.validity import date_of, replaced_by


class Versioned(Protocol):
    """What is told with its version: citations, hits, sections."""

    @property
    def dated(self) -> str: ...
    @property
    def superseded(self) -> bool: ...
    @property
    def replaced_by(self) -> str: ...


def dated(citation: Citation, index: Index) -> Citation:
    """The citation with what ``index`` knows today of the version of its document."""
    records = index.documents()
    record = next((r for r in records if r.id == citation.document), None)
    if record is None:
        return citation
    found: dict[str, Outdated] = {}
    for start, end, one in index.replaced().cited_in(citation.text):
        if work_of(one.by) != record.work:  # the text that repeals others says so itself
            name = citation.text[start:end]
            found[name] = Outdated(name, one.by, one.since)
    return replace(
        citation,
        dated=date_of(record) or "",
        superseded=record.superseded,
        replaced_by=successor(record, records, index),
        outdated=tuple(found.values()),
        also_at=tuple(
            Elsewhere(copy.id, copy.title, copy.source, copy.metadata.url or "")
            for copy in twins_of(index).of(record.id)
        ),
    )


def dated_hits(hits: Iterable[Hit], index: Index) -> tuple[Hit, ...]:
    """The hits, those of superseded documents with what took their place."""
    hits = tuple(hits)
    if not any(hit.superseded for hit in hits):
        return hits
    records = index.documents()
    by_id = {record.id: record for record in records}
    return tuple(
        replace(hit, replaced_by=successor(by_id[hit.passage.document], records, index))
        if hit.superseded and hit.passage.document in by_id
        else hit
        for hit in hits
    )


def successor(record: DocumentRecord, records: Iterable[DocumentRecord], index: Index) -> str:
    """Title and date of what took a superseded text's place; empty where it is not known."""
    if not record.superseded:
        return ""
    newer = replaced_by(record, records)
    if newer is not None:
        return f"《{newer.title}》（{date_of(newer)}）"
    found = index.replaced().ended(record)
    return f"《{found.by}》（{found.since}）" if found else ""


def version_words(place: Versioned, language: Language) -> str:
    """The version's date and, of a superseded text, what took its place; empty where nothing is
    known of either."""
    said = [text_in(language, "dated").format(date=place.dated)] if place.dated else []
    if taken := taken_words(place.replaced_by, place.superseded, language):
        said.append(taken)
    return text_in(language, "listComma").join(said)


def taken_words(replaced_by: str, superseded: bool, language: Language) -> str:
    """What took the place of a superseded text; empty of one that still stands."""
    if replaced_by:
        return text_in(language, "replacedBy").format(title=replaced_by)
    return text_in(language, "superseded") if superseded else ""


def elsewhere_words(citation: Citation, language: Language) -> str:
    """Where else the same text stands; empty where nowhere."""
    places = [copy.url or outward_source(copy.source) for copy in citation.also_at]
    comma = text_in(language, "listComma")
    return text_in(language, "alsoAt").format(places=comma.join(places)) if places else ""


def outdated_words(text: str, citations: Iterable[Citation], language: Language) -> str:
    """That a text which ``text`` quotes by name was replaced, and by what; empty where none was."""
    named = {one.name: one for citation in citations for one in citation.outdated}
    said: dict[int, str] = {}
    words, left = text_in(language, "outdated"), text
    # whole names before those that they hold: 合同法 within 《中华人民共和国合同法》 is the same
    for name in sorted(named, key=len, reverse=True):
        at = left.find(name)
        if at >= 0:
            left = left.replace(name, "\0" * len(name))
            said[at] = words.format(name=name, by=named[name].by, since=named[name].since or "—")
    return text_in(language, "listComma").join(said[at] for at in sorted(said))
