"""The index: catalogue, lexical index and vectors as one, with only whole documents visible.

One small note names the generation that serves: its catalogue (a SQLite file under
``data/generations``, or a schema of PostgreSQL) and its vectors (Chroma). A rebuild makes the next
generation beside it and switches by replacing that note. Adding documents goes: note their
revisions as stray, store their vectors, make them visible in one transaction, remove the vectors
they replace. A process killed in between leaves at most stray vectors, which nobody sees and the
next writer removes.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import numpy as np

from ingest import PIPELINE_VERSION
from ingest.document import Document, Passage, Section
from ingest.durable import sync_folder, sync_tree
from ingest.errors import IndexStateError, UserError
from ingest.faults import damaged
from ingest.generations import (
    VECTORS,
    folder_of,
    left_over,
    read_current,
    set_current,
    writing,
)
from ingest.settings import Settings
from ingest.sources.ended import ENDED
from ingest.sources.replaced import Replacement, Replacements, replacements, stated_by
from ingest.storage.catalogue import Catalogue, DocumentRecord, StoredDocument, revision_of
from ingest.storage.lexical import LexicalIndex, counted
from ingest.storage.places import catalogue_place

if TYPE_CHECKING:
    from ingest.storage.vectors import VectorStore

__all__ = ["Entry", "Index", "read_current", "recipe_of", "writing", "wrong_recipe"]

_PROBES = 3


def recipe_of(settings: Settings, model: str) -> str:
    """Names all that decides what an index holds: pipeline, sizes of passages, model."""
    sizes = settings.split
    return f"pipeline {PIPELINE_VERSION}, split {sizes.max_chars}/{sizes.min_chars}, model {model}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be made visible. ``vectors`` are unit vectors of its passages, float32 of
    shape ``(passages, dimension)``; ``file`` notes where its raw bytes lie."""

    document: Document
    sections: Sequence[Section]
    passages: Sequence[Passage]
    vectors: np.ndarray
    file: str


class Index:
    """One generation, open for reading or (one process at a time) for writing."""

    def __init__(self, settings: Settings, generation: str, recipe: str, write: bool) -> None:
        self.settings = settings
        self.generation = generation
        self.recipe = recipe
        self._folder = folder_of(settings, generation)
        self.catalogue = Catalogue(catalogue_place(settings, generation), write)
        self.lexical = LexicalIndex(self.catalogue, write)
        self._opening = threading.Lock()
        self._opened_vectors: VectorStore | None = None
        self._write = write
        self._seen = 0
        self._stated: tuple[int, tuple[Replacement, ...]] | None = None

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The serving generation, for reading.

        :raises IndexStateError: if nothing was ever ingested, or the index is not whole.
        """
        current = read_current(settings)
        if current is None:
            raise IndexStateError(
                "no-index",
                str(settings.data_folder),
                "there is no index yet",
                "Run `python -m ingest add corpus`",
                ("还没有索引", "请先运行 python -m ingest add corpus"),
            )
        _refuse_missing(settings, current["generation"])
        return cls(settings, current["generation"], current["recipe"], write=False)

    @classmethod
    def open_for_writing(cls, settings: Settings, recipe: str) -> Self:
        """The serving generation, or a new empty one that serves from now on; see :func:`writing`.

        Sweeps what killed processes left.

        :raises IndexStateError: if the serving one was made by another recipe, or is not whole.
        """
        current = read_current(settings)
        if current is None:
            index = cls.new_generation(settings, recipe)
            index.serve()
        elif current["recipe"] != recipe:
            raise wrong_recipe(settings)
        else:
            _refuse_missing(settings, current["generation"])
            index = cls(settings, current["generation"], recipe, write=True)
            index.sweep()
        sweep_left_over(settings)
        return index

    @classmethod
    def new_generation(cls, settings: Settings, recipe: str) -> Self:
        """An empty generation that does not serve yet."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{stamp}-{uuid.uuid4().hex[:6]}"
        folder_of(settings, name).mkdir(parents=True)
        index = cls(settings, name, recipe, write=True)
        index.catalogue.set_meta("recipe", recipe)
        return index

    def serve(self) -> None:
        """Make this generation the one that readers open, and drop those before the last."""
        self.vectors  # noqa: B018 - made even where there is none to add
        self.catalogue.set_meta("served", datetime.now(UTC).isoformat(timespec="seconds"))
        sync_tree(self._folder)
        sync_folder(self._folder.parent)
        set_current(self.settings, self.generation, self.recipe)
        sweep_left_over(self.settings)

    @property
    def serves(self) -> bool:
        """False once a rebuild has switched to another generation: open that one then."""
        try:
            current = read_current(self.settings)
        except IndexStateError:
            return False
        return current is not None and current["generation"] == self.generation

    # reading

    @property
    def changes(self) -> int:
        """Grows with every document added, replaced or removed; caches key on it."""
        return self.catalogue.changes

    def documents(self) -> list[DocumentRecord]:
        """All documents, in order of title and version; superseded are also those that were
        replaced by another, see :meth:`replaced`."""
        table = self.replaced()
        return [
            replace(r, superseded=True) if not r.superseded and table.ended(r) else r
            for r in self.catalogue.records()
        ]

    def replaced(self) -> Replacements:
        """Which texts were replaced by what, as the list of sources and the documents say."""
        changes = self.changes
        if self._stated is None or self._stated[0] != changes:
            records = {r.id: r for r in self.catalogue.records()}
            held = self.catalogue.passages_with(ENDED)
            found = (
                one
                for id, texts in held.items()
                if id in records
                for one in stated_by(records[id], texts)
            )
            self._stated = (changes, tuple(found))
        return replacements(self.settings, self._stated[1])

    def record(self, document_id: str) -> DocumentRecord | None:
        """What a list of documents shows of one, ``None`` if it is not in."""
        return next((r for r in self.documents() if r.id == document_id), None)

    def document(self, document_id: str) -> StoredDocument | None:
        """One document with text, outline and repairs, ``None`` if it is not in."""
        found = self.catalogue.document(document_id)
        record = self.record(document_id)
        return StoredDocument(record, *found) if found and record else None

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The visible passages among ``ids``, by id."""
        return self.catalogue.passages(ids)

    def passages_of(self, document_id: str) -> list[Passage]:
        """The passages of one document in reading order."""
        return self.catalogue.passages_of(document_id)

    def passage_at(self, document_id: str, offset: int) -> Passage | None:
        """The passage that holds the character at ``offset`` of a document's text."""
        return self.catalogue.passage_at(document_id, offset)

    def dense(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Ids and cosines of the ``k`` nearest passages, best first; invisible ones may be in.

        :param vector: a unit vector, float32 of shape ``(dimension,)``.
        :param documents: search only the documents with these ids.
        """
        return self.vectors.nearest(vector, k, documents)

    @property
    def vectors(self) -> VectorStore:
        """The vectors as they are now; opened when first needed.

        :raises IndexStateError: if they are missing or damaged, or some of them are.
        """
        with self._opening:
            changes = self.changes
            if self._opened_vectors is None:
                self._opened_vectors = self._open_vectors()
            elif changes != self._seen and not self._write:
                self._opened_vectors.refresh()
            self._seen = changes
            return self._opened_vectors

    def _open_vectors(self) -> VectorStore:
        from ingest.storage.vectors import VectorStore

        make = not self.catalogue.passage_count()
        opened = VectorStore(
            self.settings.store, self._folder / VECTORS, self.generation, self._write, make
        )
        try:
            if not self._write:
                self._refuse_half(opened)
        except UserError:
            opened.close()
            raise
        return opened

    def _refuse_half(self, opened: VectorStore) -> None:
        """Serve nothing from an index that lost vectors.

        Chroma counts vectors whose graph is gone and finds others in their place, so some are
        looked at.
        """
        place = self.catalogue.database
        if fault := place.fault(self.catalogue.connection):
            raise damaged(place.where, f"it is damaged ({fault})", f"文件已损坏（{fault}）")
        while True:
            changes, passages = self.changes, self.catalogue.passage_count()
            probes = self.catalogue.some_passages(_PROBES)
            whole = opened.count() >= passages and len(opened.stored(probes)) == len(probes)
            if whole or changes == self.catalogue.changes:
                break
            opened.refresh()
        if not whole:
            raise damaged(
                self._folder / VECTORS, "some of the vectors are missing", "部分向量数据缺失"
            )

    # writing

    def add(self, *entries: Entry) -> None:
        """Make documents visible at one moment, each in place of what has its id; no two of them
        have the same."""
        revisions = {entry.document.id: revision_of(entry.document) for entry in entries}
        with self.catalogue.transaction():
            for revision in revisions.values():
                self.catalogue.mark_stray(revision)
        passages = [passage for entry in entries for passage in entry.passages]
        vectors = np.concatenate([entry.vectors for entry in entries])
        with ThreadPoolExecutor(1) as beside:  # Chroma works without the interpreter
            stored = beside.submit(self.vectors.add, passages, vectors, revisions)
            terms = [counted(entry.passages, entry.document.title) for entry in entries]
            stored.result()
        with self.catalogue.transaction() as connection:
            for entry, counts in zip(entries, terms, strict=True):
                document = entry.document
                self.lexical.remove(connection, document.id)
                self.catalogue.put(connection, document, entry.sections, entry.passages, entry.file)
                self.lexical.put(connection, entry.passages, counts)
        self.sweep()

    def remove(self, document_id: str) -> None:
        """Take a document out; its vectors follow."""
        with self.catalogue.transaction() as connection:
            self.lexical.remove(connection, document_id)
            self.catalogue.delete(connection, document_id)
        # It is out; vectors that cannot be removed now stay noted for the next writer
        with suppress(UserError):
            self.sweep()

    def sweep(self) -> None:
        """Remove vectors that belong to no visible document."""
        for revision in self.catalogue.strays():
            self.vectors.remove(revision)
        if self.catalogue.has_notes_of_strays():
            self.catalogue.forget_strays()

    def close(self) -> None:
        """Let go of files and connections."""
        self.catalogue.close()
        with self._opening:
            if self._opened_vectors is not None:
                self._opened_vectors.close()
                self._opened_vectors = None

    def drop(self) -> None:
        """Forget a generation, unless it serves."""
        self.close()
        if not self.serves:
            drop_generation(self.settings, self.generation)


def drop_generation(settings: Settings, generation: str) -> None:
    """Delete a generation with all that it has."""
    folder = folder_of(settings, generation)
    if settings.store.mode == "server":
        from ingest.storage.vectors import VectorStore

        with suppress(UserError):
            VectorStore(settings.store, folder / VECTORS, generation, True, False).drop()
    if settings.store.catalogue:
        catalogue_place(settings, generation).drop()
    shutil.rmtree(folder, ignore_errors=True)


def sweep_left_over(settings: Settings) -> list[str]:
    """Drop what killed builds left, and give its names; the caller holds :func:`writing`."""
    names = list(left_over(settings))
    for name in names:
        drop_generation(settings, name)
    return names


def wrong_recipe(settings: Settings) -> IndexStateError:
    """The error of an index made by another model, pipeline version or passage size."""
    return IndexStateError(
        "other-recipe",
        str(settings.data_folder),
        "the index was made with another embedding model, pipeline version or passage size",
        "Run `python -m ingest build`; the old index serves until the new one is ready",
        (
            "索引是用另一个向量模型、处理流程版本或段落长度建立的",
            "请运行 python -m ingest build，新索引就绪前旧索引继续服务",
        ),
    )


def _refuse_missing(settings: Settings, generation: str) -> None:
    place = catalogue_place(settings, generation)
    if not place.exists():
        folder = folder_of(settings, generation)
        missing = place.where if settings.store.catalogue or folder.exists() else folder
        raise damaged(missing, "a part of the index is missing", "索引缺少这一部分")
    with closing(place.connect(write=False)) as connection:
        # An emptied file is a data base without tables; made anew, it would have lost all
        if not place.columns(connection, "documents"):
            raise damaged(place.where, "its tables are missing", "缺少数据表")
