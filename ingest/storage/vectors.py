"""Vectors in Chroma, embedded on disk or behind a server.

Facts that shape this module (chromadb 1.5): adds are durable once acknowledged;
``embedding_function=None`` keeps it from fetching a model of its own; an embedded client does not
see what another process wrote after it opened, so a reader refreshes when the catalogue changed.
It writes even to read: where the folder may not be written to or the disk is full, a reader opens a
copy in the system's folder for temporary files. What it raises may be of any kind, even a panic.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.document import Passage
from ingest.durable import sync_tree
from ingest.errors import UserError
from ingest.faults import damaged, of_vectors
from ingest.settings import StoreSettings
from ingest.storage.chroma_server import ChromaServer
from ingest.storage.graph import GraphSums, survives
from ingest.storage.spread import spread

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

_BATCH = 2000
_BREADTH_OF_BUILDING, _BREADTH_OF_SEARCH, _NEIGHBOURS = 64, 1600, 32
"""Chroma's graph of new indexes: building it is most of what storing costs, searching it little of
a question. docs/scale.md has the measurements that chose these."""
_CLIENTS = threading.Lock()
"""Chroma shares what serves a folder among its clients of a process, and one that opens while the
last one closes is given what is being stopped: one at a time."""


class VectorStore:
    """One Chroma collection: ``folder`` holds it when embedded, ``name`` names it.

    :param write: open it for changing it.
    :param make: make it if it is not there.
    :param trust: open it without looking whether its files are as they were last written.
    :raises IndexStateError: if it is not there, or damaged.
    """

    def __init__(
        self,
        settings: StoreSettings,
        folder: Path,
        name: str,
        write: bool,
        make: bool,
        trust: bool = False,
    ) -> None:
        self._settings = settings
        self._graph = GraphSums(folder)
        self._folder = folder
        self._write = write
        self._generation = name
        self._copy: Path | None = None
        self._written = False
        self.name = f"{settings.collection}-{name}"
        self._using = threading.Lock()
        self._refuse_damaged(trust)
        self._open(make)

    def add(
        self, passages: Sequence[Passage], vectors: np.ndarray, revisions: Mapping[str, str]
    ) -> None:
        """Store one vector a passage; both have the same length and order.

        :param revisions: the revision of each of their documents, by its id.
        """
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            ids = [p.id for p in part]
            with self._told():
                self._collection.upsert(
                    ids=ids,
                    embeddings=spread(ids, vectors[start : start + len(part)]),
                    metadatas=[
                        {"document": p.document, "revision": revisions[p.document]} for p in part
                    ],
                )
        self._settle()

    def remove(self, revision: str) -> None:
        """Remove all vectors of a revision."""
        with self._told():
            self._collection.delete(where={"revision": revision})
        self._settle()

    def remove_ids(self, ids: Sequence[str]) -> None:
        """Remove single vectors."""
        for start in range(0, len(ids), _BATCH):
            with self._told():
                self._collection.delete(ids=list(ids[start : start + _BATCH]))
        self._settle()

    def ids(self) -> set[str]:
        """The ids of all vectors stored, visible or not."""
        with self._told():
            return set(self._collection.get(include=[])["ids"])

    def stored(self, ids: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors kept for some ids, as far as there are any."""
        with self._told():
            found = self._collection.get(ids=list(ids), include=["embeddings"])
        kept = found["embeddings"]
        return dict(zip(found["ids"], np.asarray(kept), strict=True)) if kept is not None else {}

    def nearest(
        self, vector: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Ids of the ``k`` nearest passages with cosine similarity, best first.

        :param documents: search only these documents.
        """
        where: dict[str, Any] | None = None
        if documents is not None:
            where = {"document": {"$in": sorted(documents)}}
        if k < 1 or (documents is not None and not documents):
            return []
        with self._using, self._told():
            # Chroma returns fewer where it has fewer; asking it how many takes longer than a query
            found = self._collection.query(
                query_embeddings=[vector], n_results=k, where=where, include=["distances"]
            )
        distances = (found["distances"] or [[]])[0]
        return [(i, 1.0 - d) for i, d in zip(found["ids"][0], distances, strict=True)]

    def count(self) -> int:
        """How many vectors are stored, visible or not."""
        with self._told():
            return self._collection.count()

    def drop(self) -> None:
        """Delete the collection itself."""
        with self._told():
            self._client.delete_collection(self.name)

    def refresh(self) -> None:
        """See what other processes wrote since this was opened."""
        with self._using:
            self.close()
            self._open(make=False)

    def close(self) -> None:
        """Let go of the files."""
        self._let_go()
        if self._written:
            self._written = False
            self._graph.note()
        if self._copy is not None:
            shutil.rmtree(self._copy, ignore_errors=True)
            self._copy = None

    def _let_go(self) -> None:
        # Chroma keeps a client that failed to open, and closing that one fails too
        with _CLIENTS, suppress(Exception):
            self._client.close()  # type: ignore[union-attr]

    def _settle(self) -> None:
        """What was written is on the disk, and known for what it is."""
        if self._settings.mode == "embedded":
            sync_tree(self._folder)
            self._graph.note(now_and_then=True)
            self._written = True

    def _refuse_damaged(self, trust: bool) -> None:
        embedded = self._settings.mode == "embedded"
        if trust or not embedded or not self._folder.is_dir() or self._graph.agree():
            return
        if not survives(self._settings, self._folder, self._generation):
            raise damaged(self._folder, "the vectors are damaged", "向量数据已损坏")

    def _open(self, make: bool) -> None:
        embedded = self._settings.mode == "embedded"
        if embedded and not make and not (self._folder / "chroma.sqlite3").is_file():
            raise damaged(self._folder, "the vectors are missing", "缺少向量数据")
        if not embedded or self._write or self._may_write():
            try:
                with self._told():
                    self._open_at(self._folder, make)
                return
            except UserError as error:
                if self._write or not embedded or error.code not in ("read-only", "disk-full"):
                    raise
        try:
            self._copy = Path(tempfile.mkdtemp(prefix="zhengcai-"))
            shutil.copytree(self._folder, self._copy, dirs_exist_ok=True)
        except OSError as error:
            raise of_vectors(error, self._folder) from error
        with self._told():
            self._open_at(self._copy, make=False)

    def _may_write(self) -> bool:
        return os.access(self._folder, os.W_OK) and os.access(
            self._folder / "chroma.sqlite3", os.W_OK
        )

    def _open_at(self, folder: Path, make: bool) -> None:
        self._client = self._connect(folder)
        try:
            self._take_collection(folder, make)
        except BaseException:
            self._let_go()
            raise

    def _take_collection(self, folder: Path, make: bool) -> None:
        from chromadb.errors import NotFoundError

        if not make:
            try:
                self._collection = self._client.get_collection(self.name, embedding_function=None)
            except NotFoundError:
                raise damaged(folder, "the vectors are missing", "缺少向量数据") from None
            return
        self._collection = self._client.get_or_create_collection(
            self.name,
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": _BREADTH_OF_BUILDING,
                    "ef_search": _BREADTH_OF_SEARCH,
                    "max_neighbors": _NEIGHBOURS,
                }
            },
        )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever Chroma raises becomes one line; a panic of its is no ``Exception``."""
        try:
            yield
        except (UserError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            raise of_vectors(error, self._folder) from error

    def _connect(self, folder: Path) -> ClientAPI | ChromaServer:
        if self._settings.mode == "server":
            return ChromaServer(self._settings, patient=self._write)
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb

        options = chromadb.Settings(anonymized_telemetry=False)
        folder.mkdir(parents=True, exist_ok=True)
        with _CLIENTS:
            try:
                return chromadb.PersistentClient(path=str(folder), settings=options)
            except BaseException:
                _forget_client(str(folder))
                raise


def _forget_client(path: str) -> None:
    """Chroma keeps what failed to start, and would give it to whoever opens the folder next."""
    from chromadb.api.shared_system_client import SharedSystemClient

    if not SharedSystemClient._identifier_to_refcount.get(path):
        SharedSystemClient._identifier_to_system.pop(path, None)
