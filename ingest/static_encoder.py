"""Short texts to vectors without PyTorch, for models that are static tables.

Importing ``sentence_transformers`` takes seconds, a static model needs none of it: a text's
vector is the mean of the rows of its tokens. This reads the same folder (``StaticEmbedding``, or a
``Router`` to one, then ``Normalize``) and gives the same vectors; for any other model
:func:`load_static` gives ``None`` and ``sentence-transformers`` itself is used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np


class StaticEncoder:
    """One side of a static model: a tokenizer and a table of shape ``(tokens, d)``."""

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

    def encode(self, text: str, dimension: int | None = None) -> np.ndarray:
        """Unit vector of ``text``, float32 of shape ``(dimension or d,)``; zeros for no token."""
        ids = np.asarray(self._tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.int64)
        rows = self._rows[ids if self._row_of is None else self._row_of[ids]].astype(np.float32)
        if self._weights is not None:
            rows *= self._weights[ids, None]
        vector = rows.mean(axis=0) if len(ids) else np.zeros(rows.shape[1], np.float32)
        vector = vector[:dimension]
        length = float(np.linalg.norm(vector))
        return (vector / max(length, 1e-12)).astype(np.float32)


def load_static(folder: Path, side: Literal["query", "document"]) -> StaticEncoder | None:
    """That side of the model in ``folder``, ``None`` if it is not a static one."""
    modules = _read(folder / "modules.json")
    if not isinstance(modules, list) or not modules:
        return None
    kinds = [str(module.get("type", "")).rsplit(".", 1)[-1] for module in modules]
    table = folder / modules[0].get("path", "")
    if kinds[0] == "Router":
        config = _read(folder / "router_config.json")
        if not isinstance(config, dict):
            return None
        route = config.get("structure", {}).get(side, [])
        if len(route) != 1:
            return None
        kinds[0] = str(config["types"][route[0]]).rsplit(".", 1)[-1]
        table = folder / route[0]
    if kinds not in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]):
        return None
    return StaticEncoder(table) if (table / "model.safetensors").is_file() else None


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
