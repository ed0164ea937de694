"""Last step of the reader: encoder and cross-encoder as 8-bit ONNX.

    python training/export.py --work DIR --out models/reader

Writes ``encoder.onnx``, ``reader.onnx`` and ``tokenizer.json``, and compares the scores of a few
pairs with those of the models they were made from. Weights become 7-bit integers, a scale for
each output channel, which processors without VNNI multiply without overflow too; activations are
quantised as they come (``onnxruntime.quantization.quantize_dynamic``). The vocabulary and the
layers that :mod:`training.reader` left as they were are the same in both and stored once: the
numbers of both models lie in ``weights.bin`` (ONNX external data).

A few dimensions of the states are twenty times larger than the rest and would leave the rest two
or three bits; they are divided down before each product and the weights multiplied up (Xiao et al.
2023, arXiv 2211.10438), by what is seen on some of the texts that were learned from.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.encoder import ENCODER, MODEL, TOKENIZER
from training.collect import PLACE, QUESTION, Collection
from training.network import PAD, CrossEncoder, Encoder, as_row, bare, without_dropout
from training.reader import pair_row

WEIGHTS = "weights.bin"
SMOOTH = 0.7
"""How much of a large dimension goes over into the weights."""
SEEN = 80
"""One text in so many shows what is large."""
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


def load(work: Path) -> tuple[Vector, CrossEncoder]:
    """The trained models of a working folder."""
    encoder = bare(work)
    encoder.load_state_dict(torch.load(work / "encoder.pt", map_location="cpu"))
    reader = CrossEncoder(bare(work))
    reader.load_state_dict(torch.load(work / "reader.pt", map_location="cpu"))
    return Vector(without_dropout(encoder)).eval(), without_dropout(reader).eval()


class Smoothed(torch.nn.Module):
    """A linear layer whose input dimensions are brought to like size first."""

    def __init__(self, linear: torch.nn.Linear, most: torch.Tensor) -> None:
        super().__init__()
        weights = linear.weight.abs().amax(0).clamp(min=1e-5)
        scale = most.clamp(min=1e-5) ** SMOOTH / weights ** (1 - SMOOTH)
        self.linear = linear
        self.linear.weight.data = linear.weight.data * scale
        self.register_buffer("inverse", 1 / scale)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """What ``linear`` gave before."""
        out: torch.Tensor = self.linear(states * self.inverse)
        return out


@torch.no_grad()
def largest(
    model: torch.nn.Module, rows: Sequence[tuple[torch.Tensor, ...]]
) -> dict[str, torch.Tensor]:
    """What each linear layer of the base is given at most, by dimension, where the model reads
    ``rows``; by the layer's name below ``bert``. Left out are those that follow an average of
    values, which has no large dimensions."""
    most: dict[str, torch.Tensor] = {}

    def see(name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def hook(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            here = given[0].abs().amax((0, 1))
            most[name] = torch.maximum(most.get(name, here), here)

        return hook

    hooks = [
        part.register_forward_pre_hook(see(name))
        for name, part in model.bert.encoder.named_modules()  # type: ignore[union-attr]
        if isinstance(part, torch.nn.Linear) and "attention.output" not in name
    ]
    for row in rows:
        model(*row)
    for hook in hooks:
        hook.remove()
    return most


def smooth(
    encoder: Encoder,
    reader: CrossEncoder,
    texts: Sequence[tuple[torch.Tensor, ...]],
    pairs: Sequence[tuple[torch.Tensor, ...]],
) -> None:
    """Puts :class:`Smoothed` in the place of linear layers of both models, the same in both where
    their weights are.

    :param texts: inputs of the encoder that show what is large; ``pairs``: of the cross-encoder.
    """
    alone, together = largest(encoder, texts), largest(reader, pairs)
    for name in alone:
        one, other = (model.bert.encoder.get_submodule(name) for model in (encoder, reader))
        if torch.equal(one.weight, other.weight):
            alone[name] = together[name] = torch.maximum(alone[name], together[name])
    for model, most in ((encoder, alone), (reader, together)):
        for name, seen_most in most.items():
            above, _, own = name.rpartition(".")
            inside = model.bert.encoder.get_submodule(above)
            setattr(inside, own, Smoothed(getattr(inside, own), seen_most))


def seen(
    work: Path,
) -> tuple[list[tuple[torch.Tensor, ...]], list[tuple[torch.Tensor, ...]]]:
    """Some of the texts and pairs that were learned from, one a row."""
    learned = Collection.read(work)
    texts = [
        *(as_row(learned.places[n], PLACE) for n in np.flatnonzero(learned.own)[::SEEN]),
        *(as_row(ids, QUESTION) for ids in learned.questions[:: 4 * SEEN]),
    ]
    pairs = []
    for i in range(0, len(learned.questions), 2 * SEEN):
        for place in [*learned.right[i][:1], *learned.worded[i][:1]]:
            row, start = pair_row(learned.questions[i], learned.places[place])
            second = torch.zeros(1, len(row), dtype=torch.long)
            second[:, start:] = 1
            pairs.append((torch.tensor([row]), second))
    return [(torch.tensor([row]),) for row in texts], pairs


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
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    encoder, reader = load(options.work)
    texts, pairs = seen(options.work)
    smooth(encoder.encoder, reader, texts, pairs)
    ids = torch.tensor([[0, 10, 11, 2, 12, 13, 2], [0, 10, 2, 12, 2, PAD, PAD]])
    second = torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0]])
    made = {
        ENCODER: quantised(encoder, {"ids": ids}, "vector"),
        MODEL: quantised(reader, {"ids": ids, "second": second}, "score"),
    }
    store(made, options.out)
    shutil.copyfile(options.work / TOKENIZER, options.out / TOKENIZER)
    compare(encoder, reader, texts, pairs, options.out)


@torch.no_grad()
def compare(
    encoder: Vector,
    reader: CrossEncoder,
    texts: Sequence[tuple[torch.Tensor, ...]],
    pairs: Sequence[tuple[torch.Tensor, ...]],
    out: Path,
) -> None:
    """Prints how near what was written comes to what it was made from."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(out / MODEL))
    mine = [session.run(None, {"ids": i.numpy(), "second": s.numpy()})[0][0] for i, s in pairs]
    theirs = [float(reader(*pair)[0]) for pair in pairs]
    session = onnxruntime.InferenceSession(str(out / ENCODER))
    near = [
        float((session.run(None, {"ids": ids.numpy()})[0] * encoder(ids).numpy()).sum())
        for (ids,) in texts
    ]
    size = sum(f.stat().st_size for f in out.iterdir()) / 1e6
    print(
        f"{size:.1f} MB; scores correlate {np.corrcoef(mine, theirs)[0, 1]:.4f}; "
        f"cosine of the vectors {np.mean(near):.4f}, the least {min(near):.4f}"
    )


if __name__ == "__main__":
    main()
