"""The trained vectors → a folder that ``SentenceTransformer(folder)`` loads.

Only built-in modules are used, so nothing has to be trusted or installed. ``StaticEmbedding``
keeps its rows as 8-bit integers with one scale each, the layout it reads from model2vec files;
``Router`` keeps what both sides share once and gives each a ``Dense`` of its own, whose weights are
the identity and whose bias is the vector of the side.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Router
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from torch import nn


def quantised(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, dim) → 8-bit integers (n, dim) and the scale of each row (n,)."""
    scales = np.abs(rows).max(1) / 127
    scales[scales == 0] = 1
    return np.rint(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def write_model(tokenizer: Tokenizer, rows: np.ndarray, shift: np.ndarray, folder: Path) -> None:
    """Write the model's folder.

    :param rows: (tokens, dim), a vector per token.
    :param shift: (2, dim), what is added to the unit vector of a question and of a document.
    """
    shared = [StaticEmbedding(tokenizer, embedding_weights=rows.astype(np.float32)), Normalize()]
    query, document = ([*shared, _added(vector)] for vector in shift)
    router = Router.for_query_document(query, document, default_route="document")
    model = SentenceTransformer(
        modules=[router, Normalize()], device="cpu", similarity_fn_name="cosine"
    )
    model.save(str(folder), create_model_card=False)
    integers, scales = quantised(rows)
    stored = {"embeddings": torch.from_numpy(integers), "weights": torch.from_numpy(scales)}
    save_file(stored, str(next(folder.rglob("*StaticEmbedding/model.safetensors"))))


def _added(vector: np.ndarray) -> Dense:
    """A module that adds ``vector``."""
    return Dense(
        len(vector),
        len(vector),
        activation_function=nn.Identity(),
        init_weight=torch.eye(len(vector)),
        init_bias=torch.from_numpy(vector.astype(np.float32)),
    )
