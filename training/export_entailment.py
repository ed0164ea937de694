"""Last step of the third head: as 8-bit ONNX beside the two models that it shares its lower layers
with.

    python training/export_entailment.py --pairs FILE.jsonl --work DIR --out models/reader

Writes ``entailment.onnx`` and ``entailment.bin``, which holds the numbers of the upper layers;
those of the lower ones are read from the cross-encoder's file. Compares logits of pairs held out
with those of the model it was made from.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.encoder import ENTAILMENT
from training.entailer import NAME, Entailer, Learned, read
from training.entailment import Pair
from training.export import Smoothed, largest, quantised
from training.lower import IDS, SECOND, STATES, lower_part
from training.network import CrossEncoder, bare, without_dropout

WEIGHTS = Path(ENTAILMENT).with_suffix(".bin").name
HOLDS = "holds"
SEEN, COMPARED = 60, 200
"""So many pairs show what is large, and so many are compared."""
_SMALL = 1024


def load(work: Path) -> Entailer:
    """The trained head of a working folder."""
    reader = CrossEncoder(bare(work))
    model = Entailer(reader)
    model.load_state_dict(torch.load(work / f"{NAME}.pt", map_location="cpu"))
    return without_dropout(model).eval()


def smooth(model: Entailer, learned: Learned) -> None:
    """Puts :class:`Smoothed` in the place of the linear layers of the head."""
    free = [i for i, pair in enumerate(learned.pairs) if not pair.held]
    rows = [learned.batch([i])[0] for i in free[:: max(1, len(free) // SEEN)]]
    for name, most in largest(model, rows).items():
        above, _, own = name.rpartition(".")
        inside = model.bert.encoder.get_submodule(above)
        setattr(inside, own, Smoothed(getattr(inside, own), most))


def joined(lower: Any, upper: Any) -> Any:
    """Both parts as one model for one pair at a time: the states of ``states`` before the text are
    the sentence's, the rest the text's."""
    import onnx
    from onnx import TensorProto, helper

    upper = onnx.compose.add_prefix(upper, "upper/", rename_inputs=False, rename_outputs=False)
    made = [
        helper.make_tensor("cut/zero", TensorProto.INT64, [1], [0]),
        helper.make_tensor("cut/one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("cut/end", TensorProto.INT64, [1], [2**31]),
    ]
    cuts = [
        helper.make_node("Sub", ["cut/one", SECOND], ["cut/first"]),
        helper.make_node("ReduceSum", ["cut/first", "cut/one"], ["cut/at"], keepdims=0),
    ]
    for name, (start, end) in {
        "said": ("cut/zero", "cut/at"),
        "text": ("cut/at", "cut/end"),
    }.items():
        cuts.append(helper.make_node("Slice", [STATES, start, end, "cut/one"], [name]))
    for name, (of, start, end) in {
        "there": ("cut/first", "cut/zero", "cut/at"),
        "held": (SECOND, "cut/at", "cut/end"),
    }.items():
        cuts.append(helper.make_node("Slice", [of, start, end, "cut/one"], [f"cut/{name}"]))
        cuts.append(helper.make_node("Cast", [f"cut/{name}"], [name], to=TensorProto.FLOAT))
    graph = helper.make_graph(
        [*lower.graph.node, *cuts, *upper.graph.node],
        "entailment",
        list(lower.graph.input),
        list(upper.graph.output),
        [*lower.graph.initializer, *made, *upper.graph.initializer],
    )
    return helper.make_model(graph, opset_imports=lower.opset_import, ir_version=lower.ir_version)


def store(model: Any, out: Path) -> None:
    """Writes the model; of its tensors those that lie in no file yet go to :data:`WEIGHTS`."""
    from onnx import TensorProto
    from onnx.external_data_helper import set_external_data

    with (out / WEIGHTS).open("wb") as weights:
        for tensor in model.graph.initializer:
            data = tensor.raw_data
            if len(data) < _SMALL or tensor.data_location == TensorProto.EXTERNAL:
                continue
            weights.write(bytes(-weights.tell() % 64))
            set_external_data(tensor, WEIGHTS, weights.tell(), len(data))
            weights.write(data)
            tensor.data_location = TensorProto.EXTERNAL
            tensor.ClearField("raw_data")
    (out / ENTAILMENT).write_bytes(model.SerializeToString())


def compare(model: Entailer, learned: Learned, out: Path) -> str:
    """How near what was written comes to what it was made from."""
    import onnxruntime

    held = [i for i, pair in enumerate(learned.pairs) if pair.held][:COMPARED]
    session = onnxruntime.InferenceSession(str(out / ENTAILMENT))
    mine, theirs = [], []
    for i in held:
        second = np.zeros((1, len(learned.rows.ids[i])), np.int64)
        second[0, learned.rows.starts[i] :] = 1
        given = {IDS: np.array([learned.rows.ids[i]]), SECOND: second}
        mine.append(float(session.run([HOLDS], given)[0][0]))
        theirs.append(float(model(*learned.batch([i])[0])[0]))
    return f"logits correlate {np.corrcoef(mine, theirs)[0, 1]:.4f} over {len(held)} pairs"


@torch.no_grad()
def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/reader"))
    options = parser.parse_args()
    lines = options.pairs.read_text(encoding="utf-8").splitlines()
    learned = read([Pair(**json.loads(line)) for line in lines], options.out,
                   options.work / "states.f16")  # fmt: skip
    model = load(options.work)
    smooth(model, learned)
    hidden = model.bert.config.hidden_size
    inputs = {
        "said": torch.randn(2, 5, hidden),
        "there": torch.ones(2, 5),
        "text": torch.randn(2, 7, hidden),
        "held": torch.ones(2, 7),
    }
    upper = quantised(model, inputs, HOLDS, ("said", "said", "text", "text"))
    store(joined(lower_part(options.out), upper), options.out)
    size = sum((options.out / name).stat().st_size for name in (ENTAILMENT, WEIGHTS)) / 1e6
    print(f"{size:.1f} MB; {compare(model, learned, options.out)}")


if __name__ == "__main__":
    main()
