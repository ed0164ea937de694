"""The reader: an encoder that compares question and text, and a cross-encoder that sees both
together.

``models/reader`` holds the project's own, which ``onnxruntime`` and ``tokenizers`` run without
PyTorch. Any CrossEncoder that ``sentence-transformers`` loads can take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.reading.calibration import Calibration
from ingest.encoder import (
    BOS,
    EOS,
    MODEL,
    PASSAGE,
    QUERY,
    QUESTION,
    Encoder,
    folder_of,
    missing,
    session_of,
    threads,
    tokenizer_of,
)
from ingest.errors import SettingsError
from ingest.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

CALIBRATION = "calibration.json"
"""A file below a reader's folder."""

PAIR = 288
"""Longest pair with its separators, in pieces."""
MOST_KEPT = 20_000
"""So many texts' vectors are kept, 15 MB."""


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
        self._encoder = Encoder(folder)
        self._vectors: dict[str, np.ndarray] = {}

    @cached_property
    def calibration(self) -> Calibration:
        return calibration_of(self._folder)

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Reader`. Each pair is read alone: activations are scaled to 8 bits by what
        is read together, so that a pair's score would depend on its neighbours, and a row of
        pairs would be as long as its longest."""
        if not texts:
            return np.empty(0, np.float32)
        rows = pair_rows(tokenizer_of(self._folder), question, texts)
        found = list(threads().map(self._score, rows))
        return np.array(found, np.float32)

    def likeness(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Reader`. What a text's vector is is kept."""
        if len(self._vectors) > MOST_KEPT:
            self._vectors.clear()
        # others may clear it meanwhile
        kept = {text: self._vectors.get(text) for text in dict.fromkeys(texts)}
        new = [text for text, vector in kept.items() if vector is None]
        found = self._encoder.passages(new)
        asked = self._encoder.question(question)
        known = {t: v.astype(np.float16) for t, v in zip(new, found, strict=True)}
        self._vectors.update(known)
        known.update({text: vector for text, vector in kept.items() if vector is not None})
        return np.array([known[t].astype(np.float32) @ asked for t in texts], np.float32)

    def _score(self, row: tuple[list[int], int]) -> float:
        ids, start = row
        second = np.zeros((1, len(ids)), np.int64)
        second[0, start:] = 1
        (score,) = session_of(self._folder / MODEL).run(
            ["score"], {"ids": np.array([ids]), "second": second}
        )
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


def calibration_of(folder: Path) -> Calibration:
    """What the scores of a folder's models are worth.

    :raises SettingsError: if it does not say.
    """
    try:
        return Calibration.read(folder / CALIBRATION)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise missing(folder) from error


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


def pair_rows(
    tokenizer: Tokenizer, question: str, texts: Sequence[str]
) -> list[tuple[list[int], int]]:
    """Question and text as one row of pieces, ``<s> question </s> text </s>``, and where the text
    begins in it."""
    put = [QUERY + question, *(PASSAGE + text for text in texts)]
    asked, *others = tokenizer.encode_batch(put, add_special_tokens=False)
    head = [BOS, *asked.ids[:QUESTION], EOS]
    room = PAIR - len(head) - 1
    return [([*head, *text.ids[:room], EOS], len(head)) for text in others]


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
