"""The trained vectors → a folder that ``SentenceTransformer(folder)`` loads.

Only built-in modules are used, so nothing has to be trusted or installed: ``StaticEmbedding``
keeps its rows as 8-bit integers with one scale each, the layout it reads from model2vec files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer


def quantised(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, dim) → 8-bit integers (n, dim) and the scale of each row (n,)."""
    scales = np.abs(rows).max(1) / 127
    scales[scales == 0] = 1
    return np.rint(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def write_model(tokenizer: Tokenizer, rows: np.ndarray, folder: Path) -> None:
    """Write the model's folder.

    :param rows: (tokens, dim), a vector per token.
    """
    embedding = StaticEmbedding(tokenizer, embedding_weights=rows.astype(np.float32))
    model = SentenceTransformer(
        modules=[embedding, Normalize()], device="cpu", similarity_fn_name="cosine"
    )
    model.save(str(folder), create_model_card=False)
    integers, scales = quantised(rows)
    save_file(
        {"embeddings": torch.from_numpy(integers), "weights": torch.from_numpy(scales)},
        str(next(folder.rglob("model.safetensors"))),
    )
