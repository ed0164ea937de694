"""Boosted trees: learned by LightGBM, kept as the arrays that the product evaluates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.retrieval.rerank import Trees
from training.reranker.examples import Examples

if TYPE_CHECKING:
    from lightgbm import Booster

PARAMETERS = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 15,
    "learning_rate": 0.05,
    "num_leaves": 15,  # at most 16, see app/retrieval/rerank.py
    "min_data_in_leaf": 200,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "verbose": -1,
    "seed": 0,
    "num_threads": 1,
    "deterministic": True,
}
ROUNDS = 150
"""Averaging three times as many, from three random beginnings, gained nothing on the folds."""


def fit(some: Examples, chosen: Sequence[int], used: Sequence[int]) -> Booster:
    """LightGBM's model, learned from the ``chosen`` questions over the columns ``used``."""
    import lightgbm

    inputs, labels, groups = some.shown(chosen)
    data = lightgbm.Dataset(inputs[:, used], labels, group=groups)
    return lightgbm.train(PARAMETERS, data, ROUNDS)


def as_arrays(model: Booster, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """All trees in the form of :class:`app.retrieval.rerank.Trees`.

    :param inputs: rows on which both must agree.
    """
    arrays = _arrays(model)
    np.testing.assert_allclose(Trees(**arrays)(inputs), model.predict(inputs), atol=1e-4)
    return arrays


def _arrays(model: Booster) -> dict[str, np.ndarray]:
    dumped = model.dump_model()["tree_info"]
    shape = len(dumped), PARAMETERS["num_leaves"] - 1
    feature, threshold = np.zeros(shape, np.int16), np.full(shape, np.inf)
    mask, value = np.full(shape, 0xFFFF, np.uint16), np.zeros((len(dumped), 16), np.float32)
    for at, tree in enumerate(dumped):
        nodes: list[tuple[int, float, int]] = []
        leaves: list[float] = []

        def add(node: dict, nodes: list = nodes, leaves: list = leaves) -> None:
            if "leaf_value" in node:
                leaves.append(node["leaf_value"])
                return
            first = len(leaves)
            add(node["left_child"])
            unreached = sum(1 << leaf for leaf in range(first, len(leaves)))
            nodes.append((node["split_feature"], node["threshold"], 0xFFFF & ~unreached))
            add(node["right_child"])

        add(tree["tree_structure"])
        value[at, : len(leaves)] = leaves
        for place, node in enumerate(nodes):
            feature[at, place], threshold[at, place], mask[at, place] = node
    # Rounded up: LightGBM compares in double precision, and a value equal to the threshold must
    # still go left.
    single = threshold.astype(np.float32)
    low = single.astype(np.float64) < threshold
    single[low] = np.nextafter(single[low], np.float32(np.inf))
    return {"feature": feature, "threshold": single, "mask": mask, "value": value}
