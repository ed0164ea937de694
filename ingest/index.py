"""The index: catalogue, lexical index and vectors as one, with only whole documents visible.

``data/current.json`` names the generation that serves, a folder under ``data/generations`` with
its catalogue (SQLite) and its vectors (Chroma). A rebuild makes the next generation beside it and
switches by replacing that one small file. Adding a document goes: note its revision as stray,
store its vectors, make it visible in one SQLite transaction, remove the vectors it replaces. A
process killed in between leaves at most stray vectors, which nobody sees and the next writer
removes.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from ingest import PIPELINE_VERSION
from ingest.document import Document, Passage, Section
from ingest.errors import IndexStateError
from ingest.settings import Settings
from ingest.storage.catalogue import Catalogue, DocumentRecord, StoredDocument, revision_of
from ingest.storage.lexical import LexicalIndex

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from ingest.storage.vectors import VectorStore

_CURRENT = "current.json"


def recipe_of(settings: Settings, model: str) -> str:
    """Names all that decides what an index holds: pipeline, sizes of passages, model."""
    sizes = settings.split
    return f"pipeline {PIPELINE_VERSION}, split {sizes.max_chars}/{sizes.min_chars}, model {model}"


class Index:
    """One generation, open for reading or (one process at a time) for writing."""

    def __init__(self, settings: Settings, generation: str, recipe: str, write: bool) -> None:
        self.settings = settings
        self.generation = generation
        self.recipe = recipe
        self._folder = _generations(settings) / generation
        if write:
            self._folder.mkdir(parents=True, exist_ok=True)
        self.catalogue = Catalogue(self._folder / "catalogue.sqlite", write)
        self.lexical = LexicalIndex(self.catalogue, write)
        self._opening = threading.Lock()
        self._opened_vectors: VectorStore | None = None
        self._write = write
        self._seen = 0

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The serving generation, for reading.

        :raises IndexStateError: if nothing was ever ingested.
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
        return cls(settings, current["generation"], current["recipe"], write=False)

    @classmethod
    def open_for_writing(cls, settings: Settings, recipe: str) -> Self:
        """The serving generation, or a new empty one that serves from now on; see :func:`writing`.

        :raises IndexStateError: if the serving one was made by another recipe.
        """
        current = read_current(settings)
        if current is None:
            index = cls.new_generation(settings, recipe)
            index.serve()
        elif current["recipe"] != recipe:
            raise wrong_recipe(settings)
        else:
            index = cls(settings, current["generation"], recipe, write=True)
            index.sweep()
        return index

    @classmethod
    def new_generation(cls, settings: Settings, recipe: str) -> Self:
        """An empty generation that does not serve yet."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        return cls(settings, f"{stamp}-{uuid.uuid4().hex[:6]}", recipe, write=True)

    def serve(self) -> None:
        """Make this generation the one that readers open, and drop those before the last."""
        before = read_current(self.settings)
        target = self.settings.data_folder / _CURRENT
        partial = target.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as stream:
            json.dump({"generation": self.generation, "recipe": self.recipe}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
        keep = {self.generation, before["generation"] if before else ""}
        for folder in _generations(self.settings).iterdir():
            if folder.name not in keep:
                self._drop(folder)

    @property
    def serves(self) -> bool:
        """False once a rebuild has switched to another generation: open that one then."""
        current = read_current(self.settings)
        return current is not None and current["generation"] == self.generation

    # reading

    @property
    def changes(self) -> int:
        """Grows with every document added, replaced or removed; caches key on it."""
        return self.catalogue.changes

    def documents(self) -> list[DocumentRecord]:
        """All documents, in order of title and version."""
        return self.catalogue.records()

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
        """The vectors as they are now; opened when first needed."""
        with self._opening:
            changes = self.changes
            if self._opened_vectors is None:
                from ingest.storage.vectors import VectorStore

                self._opened_vectors = VectorStore(
                    self.settings.store, self._folder / "chroma", self.generation
                )
            elif changes != self._seen and not self._write:
                self._opened_vectors.refresh()
            self._seen = changes
            return self._opened_vectors

    # writing

    def add(
        self,
        document: Document,
        sections: Sequence[Section],
        passages: Sequence[Passage],
        vectors: np.ndarray,
        file: str,
    ) -> None:
        """Make a document visible, in place of what has its id.

        :param vectors: unit vectors of the passages, float32 of shape ``(passages, dimension)``.
        :param file: where the document's raw bytes lie.
        """
        revision = revision_of(document)
        self.catalogue.mark_stray(revision)
        self.vectors.add(passages, vectors, revision)
        with self.catalogue.transaction() as connection:
            self.lexical.remove(connection, document.id)
            self.catalogue.put(connection, document, sections, passages, file)
            self.lexical.add(connection, passages, document.title)
        self.sweep()

    def remove(self, document_id: str) -> None:
        """Take a document out; its vectors follow."""
        with self.catalogue.transaction() as connection:
            self.lexical.remove(connection, document_id)
            self.catalogue.delete(connection, document_id)
        self.sweep()

    def sweep(self) -> None:
        """Remove vectors that belong to no visible document."""
        for revision in self.catalogue.strays():
            self.vectors.remove(revision)
        self.catalogue.forget_strays()

    def close(self) -> None:
        """Let go of files and connections."""
        self.catalogue.close()
        with self._opening:
            if self._opened_vectors is not None:
                self._opened_vectors.close()
                self._opened_vectors = None

    def _drop(self, folder: Path) -> None:
        if self.settings.store.mode == "server":
            from ingest.storage.vectors import VectorStore

            VectorStore(self.settings.store, folder / "chroma", folder.name).drop()
        shutil.rmtree(folder, ignore_errors=True)


def read_current(settings: Settings) -> dict[str, str] | None:
    """``generation`` and ``recipe`` of what serves, ``None`` if nothing does."""
    try:
        text = (settings.data_folder / _CURRENT).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    current: dict[str, str] = json.loads(text)
    return current


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


def writing(settings: Settings, wait: float = 0) -> BaseFileLock:
    """A lock, to be used as a context, that lets one process at a time change the index.

    :param wait: seconds to wait for it.
    :raises IndexStateError: on creation, if another process holds it.
    """
    from filelock import FileLock, Timeout

    settings.data_folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data_folder / "writing.lock", timeout=wait)
    try:
        return lock.acquire().lock
    except Timeout:
        raise IndexStateError(
            "busy",
            str(settings.data_folder),
            "another process is changing the index",
            "Wait until it has ended",
            ("另一个进程正在更新索引", "请等它结束后再试"),
        ) from None


def _generations(settings: Settings) -> Path:
    return settings.data_folder / "generations"
