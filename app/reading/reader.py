"""The reader: an encoder that compares question and text, and a cross-encoder that sees both
together.

``models/reader`` holds the project's own, which ``onnxruntime`` and ``tokenizers`` run without
PyTorch. Any CrossEncoder that ``sentence-transformers`` loads can take its place.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.reading.calibration import Calibration
from ingest.errors import SettingsError
from ingest.settings import PROJECT, Settings

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

OWN = "models/reader"
"""The project's own."""

MODEL, ENCODER = "reader.onnx", "encoder.onnx"
TOKENIZER, CALIBRATION = "tokenizer.json", "calibration.json"
"""Files below a reader's folder."""

QUESTION, PAIR = 64, 288
"""Longest question, and longest pair with its separators, in pieces."""
QUERY, PASSAGE = "query: ", "passage: "
"""What the base was taught to expect before a question and before a text."""
MOST_THREADS = 4
MOST_KEPT = 20_000
"""So many texts' vectors are kept, 15 MB."""
_BOS, _EOS = 0, 2


class Reader(Protocol):
    """Scores texts against a question."""

    @property
    def calibration(self) -> Calibration:
        """What its scores are worth."""
        ...

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """Logits ``(len(texts),)``, higher the better a text answers; float32."""
        ...

    def likeness(self, question: str, texts: Sequence[str]) -> np.ndarray | None:
        """Cosines ``(len(texts),)`` of question and texts, ``None`` where it has no encoder."""
        ...


class OnnxReader:
    """The reader of a folder.

    :raises SettingsError: on first use, if a file is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._vectors: dict[str, np.ndarray] = {}

    @cached_property
    def calibration(self) -> Calibration:
        try:
            return Calibration.read(self._folder / CALIBRATION)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _missing(self._folder) from error

    @cached_property
    def _session(self) -> InferenceSession:
        return _session(self._folder / MODEL)

    @cached_property
    def _encoder(self) -> InferenceSession:
        return _session(self._folder / ENCODER)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return _tokenizer(self._folder / TOKENIZER)

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Reader`. Each pair is read alone: activations are scaled to 8 bits by what
        is read together, so that a pair's score would depend on its neighbours, and a row of
        pairs would be as long as its longest."""
        if not texts:
            return np.empty(0, np.float32)
        rows = pair_rows(self._tokenizer, question, texts)
        found = list(_threads().map(self._score, rows))
        return np.array(found, np.float32)

    def likeness(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Reader`. What a text's vector is is kept."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        asked = self._row(QUERY + question, QUESTION)
        found = list(
            _threads().map(self._vector, [asked, *(self._row(PASSAGE + t, PAIR) for t in new)])
        )
        if len(self._vectors) > MOST_KEPT:
            self._vectors.clear()
        known = dict(zip(new, found[1:], strict=True))
        self._vectors.update({text: vector.astype(np.float16) for text, vector in known.items()})
        return np.array([self._vectors[t].astype(np.float32) @ found[0] for t in texts], np.float32)

    def _row(self, text: str, longest: int) -> list[int]:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return [_BOS, *ids[:longest], _EOS]

    def _vector(self, row: list[int]) -> np.ndarray:
        (vector,) = self._encoder.run(["vector"], {"ids": np.array([row])})
        found: np.ndarray = vector[0]
        return found

    def _score(self, row: tuple[list[int], int]) -> float:
        ids, start = row
        second = np.zeros((1, len(ids)), np.int64)
        second[0, start:] = 1
        (score,) = self._session.run(["score"], {"ids": np.array([ids]), "second": second})
        return float(score[0])


class CrossReader:
    """A ``sentence-transformers`` CrossEncoder.

    :param name: folder or hub name of the model.
    :raises SettingsError: on first use, if it cannot be loaded.
    """

    def __init__(self, name: str, device: str) -> None:
        self._name, self._device = name, device

    @property
    def calibration(self) -> Calibration:
        """Of another model nothing is known: its own log-odds and the retriever's half."""
        return Calibration()

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Reader`."""
        if not texts:
            return np.empty(0, np.float32)
        from torch import nn

        found = _cross_encoder(self._name, self._device).predict(
            [(question, text) for text in texts],
            show_progress_bar=False,
            activation_fn=nn.Identity(),
        )
        scores = np.asarray(found, np.float32)
        return scores if scores.ndim == 1 else scores[:, -1]

    def likeness(self, question: str, texts: Sequence[str]) -> None:
        """See :class:`Reader`."""
        return None


def reader_of(settings: Settings) -> Reader | None:
    """The reader that the settings name; ``None`` where they say ``none``."""
    name = settings.answer.reader
    if name == "none":
        return None
    folder = folder_of(settings)
    if folder is not None:
        return OnnxReader(folder)
    own = settings.base / name
    found = str(own.resolve()) if own.is_dir() else name
    return CrossReader(found, settings.embedding.device)


def folder_of(settings: Settings) -> Path | None:
    """The folder of an ONNX reader, below that of the settings file or of the program; ``None``
    where the settings name none or another model."""
    name = settings.answer.reader
    for base in (settings.base, PROJECT):
        if (base / name / MODEL).is_file():
            return (base / name).resolve()
    return PROJECT / OWN if name == OWN else None


def pair_rows(
    tokenizer: Tokenizer, question: str, texts: Sequence[str]
) -> list[tuple[list[int], int]]:
    """Question and text as one row of pieces, ``<s> question </s> text </s>``, and where the text
    begins in it."""
    put = [QUERY + question, *(PASSAGE + text for text in texts)]
    asked, *others = tokenizer.encode_batch(put, add_special_tokens=False)
    head = [_BOS, *asked.ids[:QUESTION], _EOS]
    room = PAIR - len(head) - 1
    return [([*head, *text.ids[:room], _EOS], len(head)) for text in others]


def _missing(folder: Path) -> SettingsError:
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
def _session(file: Path) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # pairs are read side by side instead
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _missing(file.parent) from error


@lru_cache(maxsize=2)
def _tokenizer(file: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:
        raise _missing(file.parent) from error


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """As many threads as cores; the runtime works outside of Python's lock."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(min(cores or 1, MOST_THREADS), "reading")


@lru_cache(maxsize=2)
def _cross_encoder(name: str, device: str) -> CrossEncoder:
    from sentence_transformers import CrossEncoder

    try:
        return CrossEncoder(name, device=device)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else repr(error)
        raise SettingsError(
            "no-reader",
            f"answer.reader {name}",
            f"the model cannot be loaded ({reason})",
            "Give models/reader, none, or a folder or name of a CrossEncoder",
            ("无法加载该模型", "请填写 models/reader、none，或 CrossEncoder 模型的文件夹或名称"),
        ) from error
