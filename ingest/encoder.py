"""The reader's encoder: what a text means as one vector, run by ``onnxruntime`` without PyTorch.

Passages are encoded when documents go in (:mod:`ingest.meanings`), questions when they are asked.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import SettingsError
from ingest.prepare import unnumbered
from ingest.settings import PROJECT, Settings

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

OWN = "models/reader"
"""The project's own reader."""
MODEL, ENCODER = "reader.onnx", "encoder.onnx"
TOKENIZER, WEIGHTS = "tokenizer.json", "weights.bin"
"""Files below a reader's folder."""
WIDTH = 384
QUESTION, TEXT = 64, 288
"""Longest question, and longest text, in pieces."""
QUERY, PASSAGE = "query: ", "passage: "
"""What the base was taught to expect before a question and before a text."""
BOS, EOS = 0, 2
MOST_THREADS = 4
_COUNTRY = "中华人民共和国"


class Encoder:
    """The encoder of a reader's folder.

    :raises SettingsError: on first use, if a file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def fingerprint(self) -> str:
        """Names the model by its files' content (16 hex digits)."""
        digest = hashlib.sha256()
        try:
            for name in (ENCODER, TOKENIZER, WEIGHTS):
                if (self.folder / name).exists():
                    with (self.folder / name).open("rb") as stream:
                        digest.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise missing(self.folder) from error
        return digest.hexdigest()[:16]

    def question(self, text: str) -> np.ndarray:
        """Unit vector of a question, float32 ``(WIDTH,)``, read-only; what was asked last is
        kept, as finding, ordering and quoting all ask it."""
        return _question(self.folder, text)

    def passages(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        """Unit vectors of texts of :func:`place_text`, float32 ``(WIDTH,)`` each, in their order,
        as they are made. Each is read alone: activations are scaled to 8 bits by what is read
        together, so that a vector would depend on its neighbours."""
        rows = (_row(self.folder, PASSAGE + text, TEXT) for text in texts)
        return threads().map(partial(_vector, self.folder), rows)


@lru_cache(maxsize=64)
def _question(folder: Path, text: str) -> np.ndarray:
    vector = _vector(folder, _row(folder, QUERY + text, QUESTION))
    vector.setflags(write=False)
    return vector


def _row(folder: Path, text: str, longest: int) -> list[int]:
    ids = tokenizer_of(folder).encode(text, add_special_tokens=False).ids
    return [BOS, *ids[:longest], EOS]


def _vector(folder: Path, row: list[int]) -> np.ndarray:
    (vector,) = session_of(folder / ENCODER).run(["vector"], {"ids": np.array([row])})
    found: np.ndarray = vector[0]
    return found


def encoder_of(settings: Settings) -> Encoder | None:
    """The encoder of the reader that the settings name; ``None`` where that has none."""
    folder = folder_of(settings)
    return None if folder is None else Encoder(folder)


def folder_of(settings: Settings) -> Path | None:
    """The folder of an ONNX reader, below that of the settings file or of the program; ``None``
    where the settings name none or another model."""
    name = settings.answer.reader
    for base in (settings.base, PROJECT):
        if (base / name / MODEL).is_file():
            return (base / name).resolve()
    return PROJECT / OWN if name == OWN else None


def place_text(title: str, path: Sequence[str], text: str) -> str:
    """A passage as it is read: short title, headings, text, without the numbers of articles."""
    headings, body = unnumbered(path, text)
    head = " ".join([title.replace(_COUNTRY, ""), *(h for h in headings if h not in body)])
    return f"{head}\n{body}"


def missing(folder: Path) -> SettingsError:
    """The error of a reader's folder that lacks a file or has a damaged one."""
    return SettingsError(
        "no-reader",
        str(folder),
        "the reader that judges answers is missing or damaged",
        "Fetch the folder anew, run `make model`, or set answer.reader to none",
        (
            "缺少阅读模型，或文件已损坏",
            "请重新获取该文件夹，或运行 make model，或将 answer.reader 设为 none",
        ),
    )


@lru_cache(maxsize=4)
def session_of(file: Path) -> InferenceSession:
    """The model of an ONNX file; one thread each, since texts are read side by side."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise missing(file.parent) from error


@lru_cache(maxsize=2)
def tokenizer_of(folder: Path) -> Tokenizer:
    """The tokenizer of a reader's folder."""
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:
        raise missing(folder) from error


@lru_cache(maxsize=1)
def threads() -> ThreadPoolExecutor:
    """As many threads as cores; the runtime works outside of Python's lock."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(min(cores or 1, MOST_THREADS), "reading")
