"""What the index holds, kept ready for answering: documents cut into units, and their names. Of
copies of one text one is held."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.content.sentences import Source
from app.retrieval.names import Names, defined_names, half_width
from app.retrieval.query import Query, understand
from ingest.index import Index
from ingest.storage.catalogue import DocumentRecord, StoredDocument
from ingest.twins import twins_of

_BARE = re.compile(r"《(法|条例)》")


@dataclass(frozen=True, slots=True)
class Named:
    """A document named in a question: ``shown`` stands at ``start:end`` of it; ids of versions."""

    shown: str
    start: int
    end: int
    documents: tuple[str, ...]


class Holdings:
    """A view of one state of the index; :meth:`fresh` tells whether it still is that state.

    :param before: a view of an earlier state; documents that did not change are taken from it.
    """

    def __init__(self, index: Index, before: Holdings | None = None) -> None:
        self.index = index
        self.changes = index.changes
        self.twins = twins_of(index)
        answering = self.twins.without_copies(index.documents())
        self.records: dict[str, DocumentRecord] = {r.id: r for r in answering}
        cards = index.catalogue.cards()
        self.cards = {id: card for id, card in cards.items() if id in self.records}
        self._sources = before.still(self.records) if before else {}
        self._lock = threading.Lock()
        self._names = Names(list(self.records.values()), defined_names(self._defining_texts()))

    def fresh(self) -> bool:
        """Whether the index has not changed since."""
        return self.index.changes == self.changes and twins_of(self.index) is self.twins

    def still(self, records: Mapping[str, DocumentRecord]) -> dict[str, Source]:
        """The documents read so far that are in as they were, by id."""
        with self._lock:
            return {id: s for id, s in self._sources.items() if records.get(id) == s.record}

    def source(self, document_id: str) -> Source | None:
        """A document with its units, ``None`` if it is not in."""
        with self._lock:
            found = self._sources.get(document_id)
            if found is None:
                record = self.records.get(document_id)
                stored = self.index.catalogue.document(document_id) if record else None
                if record is None or stored is None:
                    return None
                found = self._sources[document_id] = Source(StoredDocument(record, *stored))
            return found

    def document(self, document_id: str) -> StoredDocument | None:
        """A document as stored, read once."""
        source = self.source(document_id)
        return source.stored if source else None

    def _defining_texts(self) -> list[str]:
        rows = self.index.catalogue.connection.execute(
            "select text from passages where text like '%下简称%' or text like '%下统称%'"
        )
        return [row[0] for row in rows]

    def named_in(self, question: str) -> list[Named]:
        """The documents that a question names, in reading order, each work once."""
        plain_question = half_width(question)
        found: list[Named] = []
        for mention in self._names.mentions(plain_question):
            ids = mention.documents
            if ids and all(set(ids) != set(other.documents) for other in found):
                shown = plain_question[mention.start : mention.end]
                found.append(Named(shown, mention.start, mention.end, ids))
        found += self._by_kind(plain_question, found)
        return [*found, *self._implementing(plain_question, found)]

    def understood(self, question: str) -> Query:
        """A question with the places it names."""
        return understand(question, self._names)

    def _by_kind(self, question: str, found: list[Named]) -> list[Named]:
        """《法》 and 《条例》 alone: the law that the question names, else that of the product's
        field, and the regulation that implements it."""
        named = {i for name in found for i in name.documents}
        laws = {r.work for r in self.records.values() if r.metadata.kind == "law" and r.id in named}
        if not laws:
            laws = {r.work for r in self.records.values() if _is_of_the_field(r)}
        meant = {"法": laws, "条例": {f"{law}实施条例" for law in laws}}
        more = []
        for bare in _BARE.finditer(question):
            ids = self._of_works(meant[bare[1]])
            if ids and not named & set(ids):
                more.append(Named(bare[0], bare.start(), bare.end(), ids))
        return more

    def _implementing(self, question: str, found: list[Named]) -> list[Named]:
        """政府采购法和实施条例: a bare 实施条例 is that of the law named before it."""
        at = question.find("实施条例")
        if at < 0 or any(name.start <= at < name.end for name in found):
            return []
        works = {
            self.records[i].work for name in found for i in name.documents if i in self.records
        }
        ids = self._of_works({f"{work}实施条例" for work in works})
        return [Named("实施条例", at, at + 4, ids)] if ids else []

    def _of_works(self, works: Collection[str]) -> tuple[str, ...]:
        """Ids of all versions of ``works``."""
        return tuple(record.id for record in self.records.values() if record.work in works)

    def without_names(self, question: str) -> str:
        """``question`` without the names of documents in it."""
        rest = half_width(question)
        for mention in reversed(self._names.mentions(rest)):
            rest = f"{rest[: mention.start].rstrip('《〈')} {rest[mention.end :].lstrip('》〉')}"
        return _BARE.sub(" ", rest)


def _is_of_the_field(record: DocumentRecord) -> bool:
    """Whether a document is the law on what this product is about."""
    return record.metadata.kind == "law" and "政府采购" in record.work


@lru_cache(maxsize=4096)
def shown_title(title: str) -> str:
    """A title in 《》, not doubled."""
    from ingest.outline.citation import in_title_marks

    return in_title_marks(title)
