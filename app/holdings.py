"""What the index holds, kept ready for answering: documents cut into units, names, word weights."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache

from app.facts import bare_name
from app.sentences import Source
from app.vocabulary import MOST_PASSAGES, Vocabulary, plain
from ingest.catalogue import DocumentRecord, StoredDocument
from ingest.index import Index

_NUMBERED = re.compile(r"(?:令第?|第|〕|］|\])\s*(\d{1,4})\s*号")


class Holdings:
    """A view of one state of the index; :meth:`fresh` tells whether it still is that state."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.changes = index.changes
        self.records: dict[str, DocumentRecord] = {r.id: r for r in index.documents()}
        self._sources: dict[str, Source] = {}
        self._lock = threading.Lock()
        self._vocabulary: Vocabulary | None = None
        self.works: dict[str, list[str]] = {}
        for record in self.records.values():
            self.works.setdefault(bare_name(record.work), []).append(record.id)

    def fresh(self) -> bool:
        """Whether the index has not changed since."""
        return self.index.changes == self.changes

    def source(self, document_id: str) -> Source | None:
        """A document with its units, ``None`` if it is not in."""
        with self._lock:
            found = self._sources.get(document_id)
            if found is None:
                stored = self.index.document(document_id)
                if stored is None:
                    return None
                found = self._sources[document_id] = Source(stored)
            return found

    def document(self, document_id: str) -> StoredDocument | None:
        """A document as stored, read once."""
        source = self.source(document_id)
        return source.stored if source else None

    @property
    def vocabulary(self) -> Vocabulary:
        """Word weights, counted when first needed."""
        with self._lock:
            if self._vocabulary is None:
                self._vocabulary = Vocabulary(self._texts())
            return self._vocabulary

    def _texts(self) -> Iterator[str]:
        total = sum(record.passages for record in self.records.values())
        step = max(1, -(-total // MOST_PASSAGES))
        at = 0
        for record in self.records.values():
            for passage in self.index.passages_of(record.id):
                if at % step == 0:
                    yield plain(" ".join((record.title, *passage.path, passage.text)))
                at += 1

    def named_in(self, question: str) -> list[tuple[str, list[str]]]:
        """Works that a question names, longest name first, with the ids of their documents."""
        rest = bare_name(question)
        found = []
        for work in sorted(self.works, key=len, reverse=True):
            if len(work) >= 3 and work in rest:
                found.append((work, self.works[work]))
                rest = rest.replace(work, "□")
        for match in re.finditer(r"(\d{1,4})号(?:令|文)|令第?(\d{1,4})号|〕(\d{1,4})号", rest):
            number = match[1] or match[2] or match[3]
            ids = [
                r.id
                for r in self.records.values()
                if r.metadata.number and number in _NUMBERED.findall(r.metadata.number)
            ]
            if ids:
                found.append((match[0], ids))
        return found

    def sample_titles(self, count: int) -> list[str]:
        """A few titles, one of each kind of document first."""
        chosen: list[DocumentRecord] = []
        kinds: set[str | None] = set()
        current = [r for r in self.records.values() if not r.superseded]
        for record in current:
            if record.metadata.kind not in kinds:
                kinds.add(record.metadata.kind)
                chosen.append(record)
        chosen += [r for r in current if r not in chosen]
        return [shown_title(r.title) for r in chosen[:count]]


@lru_cache(maxsize=4096)
def shown_title(title: str) -> str:
    """A title in 《》, not doubled."""
    from ingest.citation import in_title_marks

    return in_title_marks(title)
