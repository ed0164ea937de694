"""The lower layers of the exported cross-encoder, which its third head stands on as they are.

What they make of a pair never changes while the head is trained, so it is computed once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.encoder import MODEL

LAYERS = 8
"""So many layers are the cross-encoder's own."""
STATES, IDS, SECOND = "states", "ids", "second"
_THREADS = 2


def lower_part(folder: Path, layers: int = LAYERS) -> Any:
    """The cross-encoder of a reader's folder up to and with its ``layers``-th layer, as ONNX: from
    ``ids`` and ``second`` to ``states``. The numbers of its tensors stay in the folder's file."""
    import onnx
    from onnx.utils import Extractor

    whole = onnx.load(str(folder / MODEL), load_external_data=False)
    weight = f"bert.encoder.layer.{layers - 1}.output.LayerNorm.weight"
    (last,) = (node for node in whole.graph.node if weight in node.input)
    made = last.output[0]
    for value in [*whole.graph.value_info, *whole.graph.output]:
        if value.name == made:
            break
    else:
        shape = ["n", "length", "width"]
        whole.graph.value_info.append(
            onnx.helper.make_tensor_value_info(made, onnx.TensorProto.FLOAT, shape)
        )
    part = Extractor(whole).extract_model([IDS, SECOND], [made])
    for node in part.graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name == made:
                    names[i] = STATES
    part.graph.output[0].name = STATES
    return part


@dataclass(frozen=True)
class Rows:
    """Pairs as rows of pieces; ``starts`` is where the text begins in each. ``states`` are those of
    all pieces of all rows, one after the other, float16 ``(pieces, hidden)``, and ``at`` where each
    row's begin."""

    ids: list[list[int]]
    starts: list[int]
    states: np.ndarray
    at: np.ndarray

    def of(self, i: int) -> np.ndarray:
        """The states of a row."""
        return self.states[self.at[i] : self.at[i] + len(self.ids[i])]


def states_of(folder: Path, rows: Sequence[tuple[list[int], int]], keep: Path) -> Rows:
    """Rows with what the lower layers make of them; each is read alone, as it is in use.

    :param rows: pieces of each pair, and where its text begins.
    :param keep: the file of the states; used again where it fits the rows.
    """
    ids, starts = [row for row, _ in rows], [start for _, start in rows]
    sizes = np.array([len(row) for row in ids])
    at = np.concatenate([[0], np.cumsum(sizes)])
    width = 384
    names = keep.with_suffix(".rows.npz")
    flat = np.concatenate([np.array([*row, -start]) for row, start in rows])
    if keep.exists() and names.exists() and np.array_equal(np.load(names)["flat"], flat):
        states = np.memmap(keep, np.float16, "r", shape=(int(at[-1]), width))
        return Rows(ids, starts, states, at)
    session = _session(folder)
    states = np.memmap(keep, np.float16, "w+", shape=(int(at[-1]), width))

    def read(i: int) -> None:
        second = np.zeros((1, len(ids[i])), np.int64)
        second[0, starts[i] :] = 1
        (made,) = session.run([STATES], {IDS: np.array([ids[i]]), SECOND: second})
        states[at[i] : at[i + 1]] = made[0]

    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(read, range(len(ids))):
            pass
    states.flush()
    np.savez_compressed(names, flat=flat)
    return Rows(ids, starts, states, at)


def _session(folder: Path) -> Any:
    import onnx
    import onnxruntime
    from onnx.external_data_helper import load_external_data_for_model

    part = lower_part(folder)
    load_external_data_for_model(part, str(folder))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    data: bytes = part.SerializeToString()
    assert onnx.__version__
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
