"""Vectors in Chroma, embedded on disk or behind a server.

Facts that shape this module (chromadb 1.5): adds are durable once acknowledged;
``embedding_function=None`` keeps it from fetching a model of its own; an embedded client does not
see what another process wrote after it opened, so a reader refreshes when the catalogue changed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.document import Passage
from ingest.errors import IndexStateError
from ingest.settings import StoreSettings

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

_BATCH = 2000


class VectorStore:
    """One Chroma collection: ``folder`` holds it when embedded, ``name`` names it."""

    def __init__(self, settings: StoreSettings, folder: Path, name: str) -> None:
        self._settings = settings
        self._folder = folder
        self.name = f"{settings.collection}-{name}"
        self._using = threading.Lock()
        self._open()

    def add(self, passages: Sequence[Passage], vectors: np.ndarray, revision: str) -> None:
        """Store one vector a passage; both have the same length and order."""
        for start in range(0, len(passages), _BATCH):
            part = passages[start : start + _BATCH]
            self._collection.upsert(
                ids=[p.id for p in part],
                embeddings=vectors[start : start + len(part)],
                metadatas=[{"document": p.document, "revision": revision} for p in part],
            )

    def remove(self, revision: str) -> None:
        """Remove all vectors of a revision."""
        self._collection.delete(where={"revision": revision})

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
        with self._using:
            # Chroma returns fewer where it has fewer; asking it how many takes longer than a query
            found = self._collection.query(
                query_embeddings=[vector], n_results=k, where=where, include=["distances"]
            )
        distances = (found["distances"] or [[]])[0]
        return [(i, 1.0 - d) for i, d in zip(found["ids"][0], distances, strict=True)]

    def count(self) -> int:
        """How many vectors are stored, visible or not."""
        return self._collection.count()

    def drop(self) -> None:
        """Delete the collection itself."""
        self._client.delete_collection(self.name)

    def refresh(self) -> None:
        """See what other processes wrote since this was opened."""
        with self._using:
            self.close()
            self._open()

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()  # type: ignore[attr-defined]

    def _open(self) -> None:
        self._client = self._connect()
        self._collection = self._client.get_or_create_collection(
            self.name,
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": 200,
                    "ef_search": 200,
                    "max_neighbors": 24,
                }
            },
        )

    def _connect(self) -> ClientAPI:
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb

        options = chromadb.Settings(anonymized_telemetry=False)
        if self._settings.mode == "embedded":
            self._folder.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(path=str(self._folder), settings=options)
        chosen = self._settings
        try:
            return chromadb.HttpClient(
                host=chosen.host, port=chosen.port, ssl=chosen.ssl, settings=options
            )
        except Exception as error:
            raise IndexStateError(
                "no-store",
                f"{chosen.host}:{chosen.port}",
                "no Chroma server answers there",
                "Start `chroma run` or set store.mode to embedded",
                ("该地址没有 Chroma 服务", "请启动 chroma run，或将 store.mode 设为 embedded"),
            ) from error
