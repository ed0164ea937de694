"""Passages and questions to vectors, through any ``sentence-transformers`` model."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ingest.errors import SettingsError
from ingest.fingerprints import digest_of
from ingest.settings import Settings
from ingest.static_encoder import StaticEncoder, load_static

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OnProgress = Callable[[int], None]
"""Called with the number of passages that were just embedded."""


class Embedder:
    """The model named in the settings, loaded when first needed."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.model_path
        self._settings = settings.embedding
        first = Path(self._name).parts[0]
        self._means_folder = first in ("/", ".", "..") or (settings.base / first).is_dir()
        self._loading = threading.Lock()
        self._loaded: SentenceTransformer | None = None

    @cached_property
    def _static_query(self) -> StaticEncoder | None:
        return self._static("query")

    @cached_property
    def _static_passage(self) -> StaticEncoder | None:
        return self._static("document")

    def _static(self, side: Literal["query", "document"]) -> StaticEncoder | None:
        """
        :raises SettingsError: if a file of the model is damaged.
        """
        try:
            return load_static(Path(self._name), side)
        except Exception as error:  # the libraries raise what they like
            raise self._cannot_load(_first_line(error)) from error

    @cached_property
    def fingerprint(self) -> str:
        """Names the model and all that changes its vectors (16 hex digits); loads no model.

        Two indexes can be mixed only if these are equal. A folder counts by the content of its
        files, a hub name by the name.
        """
        digest = hashlib.sha256()
        folder = Path(self._name)
        if folder.is_dir():
            for file in sorted(_model_files(folder)):
                digest.update(file.relative_to(folder).as_posix().encode())
                digest.update(digest_of(file))
        else:
            digest.update(self._name.encode())
        chosen = self._settings
        digest.update(repr((chosen.query_prompt, chosen.passage_prompt, chosen.dimension)).encode())
        if chosen.context:
            digest.update(repr(chosen.context).encode())
        return digest.hexdigest()[:16]

    @property
    def model(self) -> SentenceTransformer:
        """The loaded model.

        :raises SettingsError: if there is no such folder and the name cannot be fetched.
        """
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return len(self.encode_query("维度"))

    def encode_passages(
        self, texts: Sequence[str], on_progress: OnProgress | None = None
    ) -> np.ndarray:
        """Unit vectors of one document's passages, float32 of shape ``(len(texts), dimension)``.

        :param texts: the passages in their order; with ``embedding.context`` a vector holds a
            little of its neighbours, see :func:`in_context`.
        """
        return in_context(self._encode(texts, on_progress), self._settings.context)

    def encode_few(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts that stand alone, as of passages without neighbours."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str], on_progress: OnProgress | None = None) -> np.ndarray:
        parts = []
        for batch in _batches(texts, self._settings.batch_size):
            parts.append(self._encode_batch([self._settings.passage_prompt + t for t in batch]))
            if on_progress:
                on_progress(len(batch))
        if not parts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return np.concatenate(parts).astype(np.float32, copy=False)

    def _encode_batch(self, texts: Sequence[str]) -> np.ndarray:
        """A static model needs no PyTorch, whose import alone takes seconds."""
        if self._static_passage is None:
            return self.model.encode_document(
                list(texts), show_progress_bar=False, normalize_embeddings=True
            )
        return self._static_passage.encode_all(texts, self._settings.dimension)

    def encode_query(self, text: str) -> np.ndarray:
        """Unit vector of a question, float32 of shape ``(dimension,)``."""
        prompted = self._settings.query_prompt + text
        if self._static_query:
            return self._static_query.encode(prompted, self._settings.dimension)
        return self.model.encode_query(
            prompted, show_progress_bar=False, normalize_embeddings=True
        ).astype(np.float32, copy=False)

    def _load(self) -> SentenceTransformer:
        if not Path(self._name).is_dir() and self._means_folder:
            raise self._cannot_load("there is no such folder")
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        if Path(self._name).is_dir():
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(
                self._name, device=self._settings.device, truncate_dim=self._settings.dimension
            )
        except Exception as error:
            raise self._cannot_load(_first_line(error)) from error

    def _cannot_load(self, reason: str) -> SettingsError:
        return SettingsError(
            "no-model",
            f"embedding.model {self._name}",
            f"the model cannot be loaded ({reason})",
            "Give a folder that holds a sentence-transformers model, or connect to fetch it",
            ("无法加载该模型", "请填写存放 sentence-transformers 模型的文件夹，或联网后再试"),
        )


def in_context(vectors: np.ndarray, share: float) -> np.ndarray:
    """The vectors of a document's passages, each mixed with its neighbours.

    What an article is about is often said by the one before it ("前款规定的…"). ``share`` of each
    next neighbour and half of it of the second next are added, then the length is made 1 again.

    :param vectors: unit vectors in the order of the passages, ``(passages, dimension)``.
    """
    if not share:
        return vectors
    mixed = vectors.copy()
    for distance, part in ((1, share), (2, share / 2)):
        mixed[distance:] += part * vectors[:-distance]
        mixed[:-distance] += part * vectors[distance:]
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    mixed /= np.maximum(lengths, 1e-12)
    return mixed


def _first_line(error: Exception) -> str:
    said = str(error).strip()
    return said.splitlines()[0][:200] if said else repr(error)


def _batches(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def _model_files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith((".", "__pycache__")) for part in file.parts)
        if file.is_file() and not hidden and file.suffix not in {".md", ".log", ".jsonl", ".txt"}:
            yield file
