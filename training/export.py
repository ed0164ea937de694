"""Last step of the reader: encoder and cross-encoder as 8-bit ONNX.

    python training/export.py --work DIR --out models/reader

Writes ``encoder.onnx``, ``reader.onnx`` and ``tokenizer.json``, and compares the scores of a few
pairs with those of the models they were made from. Weights become 7-bit integers, a scale for
each output channel, which processors without VNNI multiply without overflow too; activations are
quantised as they come (``onnxruntime.quantization.quantize_dynamic``). The vocabulary and the
layers that :mod:`training.reader` left as they were are the same in both and stored once: the
numbers of both models lie in ``weights.bin`` (ONNX external data).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.encoder import ENCODER, MODEL, TOKENIZER
from training.base import as_bert, read_base
from training.network import PAD, CrossEncoder, Encoder, without_dropout

WEIGHTS = "weights.bin"
_SMALL = 1024
"""Tensors of fewer bytes stay in the model's own file."""


class Vector(torch.nn.Module):
    """The encoder's vector of a text alone."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """``ids`` ``(n, length)``, int64 → unit vectors ``(n, hidden)``."""
        vector: torch.Tensor = self.encoder(ids)[0]
        return vector


def load(work: Path, weights: Path | None) -> tuple[Vector, CrossEncoder]:
    """The trained models of a working folder."""
    old = json.loads((work / "pieces.json").read_text("utf-8"))
    base = read_base(weights)
    encoder = Encoder(without_dropout(as_bert(base, old)))
    encoder.load_state_dict(torch.load(work / "encoder.pt"))
    reader = CrossEncoder(Encoder(without_dropout(as_bert(base, old))))
    reader.load_state_dict(torch.load(work / "reader.pt"))
    return Vector(encoder).eval(), reader.eval()


def quantised(model: torch.nn.Module, inputs: dict[str, torch.Tensor], output: str) -> Any:
    """A model as 8-bit ONNX; all inputs are ``(n, length)``."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    axes = {0: torch.export.Dim("n"), 1: torch.export.Dim("length")}
    with tempfile.TemporaryDirectory() as folder:
        whole, ready, small = (Path(folder) / f"{name}.onnx" for name in ("a", "b", "c"))
        program = torch.onnx.export(
            model,
            tuple(inputs.values()),
            dynamo=True,
            input_names=list(inputs),
            output_names=[output],
            dynamic_shapes=tuple(axes for _ in inputs),
        )
        assert program is not None
        program.save(whole)
        quant_pre_process(whole, ready, skip_symbolic_shape=True)
        quantize_dynamic(
            ready, small, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
        )
        return onnx.load(str(small))


def store(models: dict[str, Any], out: Path) -> None:
    """Writes models by file name, their larger tensors in one file, equal ones once."""
    from onnx import TensorProto
    from onnx.external_data_helper import set_external_data

    places: dict[bytes, int] = {}
    with (out / WEIGHTS).open("wb") as weights:
        for name, model in models.items():
            for tensor in model.graph.initializer:
                data = tensor.raw_data
                if len(data) < _SMALL:
                    continue
                key = hashlib.sha256(data).digest()
                if key not in places:
                    weights.write(bytes(-weights.tell() % 64))
                    places[key] = weights.tell()
                    weights.write(data)
                set_external_data(tensor, WEIGHTS, places[key], len(data))
                tensor.data_location = TensorProto.EXTERNAL
                tensor.ClearField("raw_data")
            (out / name).write_bytes(model.SerializeToString())


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--weights", type=Path, help="the base's, if its packages are not installed"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    encoder, reader = load(options.work, options.weights)
    ids = torch.tensor([[0, 10, 11, 2, 12, 13, 2], [0, 10, 2, 12, 2, PAD, PAD]])
    second = torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0]])
    made = {
        ENCODER: quantised(encoder, {"ids": ids}, "vector"),
        MODEL: quantised(reader, {"ids": ids, "second": second}, "score"),
    }
    store(made, options.out)
    shutil.copyfile(options.work / TOKENIZER, options.out / TOKENIZER)
    compare(encoder, reader, options.out)


def compare(encoder: Vector, reader: CrossEncoder, out: Path) -> None:
    """Prints how near what was written comes to what it was made from."""
    import onnxruntime

    draw = np.random.default_rng(0)
    ids = draw.integers(4, 20_000, (16, 96))
    ids[:, 0] = 0
    second = np.zeros_like(ids)
    second[:, 20:] = 1
    session = onnxruntime.InferenceSession(str(out / MODEL))
    mine = np.concatenate(
        [
            session.run(["score"], {"ids": ids[i : i + 1], "second": second[i : i + 1]})[0]
            for i in range(len(ids))
        ]
    )
    session = onnxruntime.InferenceSession(str(out / ENCODER))
    vectors = session.run(["vector"], {"ids": ids[:1]})[0]
    with torch.no_grad():
        theirs = reader(torch.from_numpy(ids), torch.from_numpy(second)).numpy()
        vector = encoder(torch.from_numpy(ids[:1])).numpy()
    size = sum(f.stat().st_size for f in out.iterdir()) / 1e6
    agree = np.corrcoef(mine, theirs)[0, 1]
    near = float((vectors * vector).sum())
    print(f"{size:.1f} MB; scores correlate {agree:.4f}; cosine of the vectors {near:.4f}")


if __name__ == "__main__":
    main()
