"""Short texts to vectors without PyTorch, for models that are static tables.

Importing ``sentence_transformers`` takes seconds, a static model needs none of it: a text's
vector is the mean of the rows of its tokens. This reads the same folder (``StaticEmbedding``, then
any ``Normalize`` and linear ``Dense``; a ``Router`` may hold them per side) and gives the same
vectors; for any other model :func:`load_static` gives ``None`` and ``sentence-transformers`` itself
is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

Step = Callable[[np.ndarray], np.ndarray]
"""What is done to a text's vector after the mean."""


class StaticTable:
    """A tokenizer and a table of shape ``(tokens, d)``."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        tensors = load_file(folder / "model.safetensors")
        plain = tensors.get("embedding.weight")
        self._rows: np.ndarray = tensors["embeddings"] if plain is None else plain
        self._row_of = tensors.get("mapping")
        self._weights = tensors.get("weights")

    def mean(self, text: str) -> np.ndarray:
        """Mean of the rows of the tokens of ``text``, float32; zeros for no token."""
        return self._mean(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def means(self, texts: Sequence[str]) -> list[np.ndarray]:
        """:meth:`mean` of each text; several cores cut them into tokens."""
        found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [self._mean(one.ids) for one in found]

    def _mean(self, tokens: Sequence[int]) -> np.ndarray:
        ids = np.asarray(tokens, dtype=np.int64)
        rows = self._rows[ids if self._row_of is None else self._row_of[ids]].astype(np.float32)
        if self._weights is not None:
            rows *= self._weights[ids, None]
        return rows.mean(axis=0) if len(ids) else np.zeros(rows.shape[1], np.float32)


class StaticEncoder:
    """One side of a static model: a table and what is done to the mean of its rows."""

    def __init__(self, table: StaticTable, steps: Sequence[Step]) -> None:
        self._table = table
        self._steps = steps

    def encode(self, text: str, dimension: int | None = None) -> np.ndarray:
        """Unit vector of ``text``, float32 of shape ``(dimension or d,)``."""
        return self._finished(self._table.mean(text), dimension)

    def encode_all(self, texts: Sequence[str], dimension: int | None = None) -> np.ndarray:
        """Unit vectors of one text or more, float32 of shape ``(len(texts), dimension or d)``."""
        return np.stack([self._finished(mean, dimension) for mean in self._table.means(texts)])

    def _finished(self, vector: np.ndarray, dimension: int | None) -> np.ndarray:
        for step in self._steps:
            vector = step(vector)
        return normalised(vector[:dimension])


def normalised(vector: np.ndarray) -> np.ndarray:
    """``vector`` with length 1, float32; zeros stay zeros."""
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)


def load_static(folder: Path, side: Literal["query", "document"]) -> StaticEncoder | None:
    """That side of the model in ``folder``, ``None`` if it is not a static one."""
    listed = _read(folder / "modules.json")
    if not isinstance(listed, list) or not listed:
        return None
    modules = [(_kind(m.get("type")), folder / m.get("path", "")) for m in listed]
    if modules[0][0] == "Router":
        inside = modules[0][1]
        router = _read(inside / "router_config.json")
        if not isinstance(router, dict):
            return None
        route = router.get("structure", {}).get(side, [])
        modules[:1] = [(_kind(router["types"][name]), inside / name) for name in route]
    if not modules or modules[0][0] != "StaticEmbedding":
        return None
    table = modules[0][1]
    steps = [_step(kind, path) for kind, path in modules[1:]]
    known = [step for step in steps if step]
    if len(known) < len(steps) or not (table / "model.safetensors").is_file():
        return None
    return StaticEncoder(_table(table), known)


@lru_cache(maxsize=2)
def _table(folder: Path) -> StaticTable:
    return StaticTable(folder)


def _step(kind: str, folder: Path) -> Step | None:
    if kind == "Normalize":
        return normalised
    config = _read(folder / "config.json")
    if kind != "Dense" or not isinstance(config, dict):
        return None
    if _kind(config.get("activation_function")) != "Identity" or config.get("use_residual"):
        return None
    from safetensors.numpy import load_file

    tensors = load_file(folder / "model.safetensors")
    weight, bias = tensors["linear.weight"], tensors.get("linear.bias", np.float32(0))
    if np.array_equal(weight, np.eye(*weight.shape, dtype=weight.dtype)):
        return lambda vector: vector + bias
    return lambda vector: weight @ vector + bias


def _kind(name: Any) -> str:
    return str(name).rsplit(".", 1)[-1]


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
