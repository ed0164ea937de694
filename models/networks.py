"""Small networks that rank beside the trees: learned by PyTorch, kept as the product's arrays.

They minimise the cross entropy of the right passages among a question's candidates (ListNet, Cao
et al. 2007). Several from different random beginnings are averaged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from app.retrieval.rerank import Networks
from models.examples import Examples

COUNT, HIDDEN, EPOCHS, BATCH = 4, 32, 12, 16
RATE, DECAY, DROPPED = 3e-3, 1e-3, 0.1


def fit(some: Examples, chosen: Sequence[int], used: Sequence[int]) -> Networks:
    """What is learned from the ``chosen`` questions over the columns ``used``."""
    chosen = [i for i in chosen if some.labels[i].any()]
    inputs = [some.features[i][:, used] for i in chosen]
    every = np.concatenate(inputs)
    mean, spread = every.mean(axis=0), every.std(axis=0) + np.float32(1e-6)
    scaled = [torch.from_numpy(Networks.scaled(own, mean, spread)) for own in inputs]
    labels = [torch.from_numpy(some.labels[i].astype(np.float32)) for i in chosen]
    layers = [_learned(scaled, labels, seed) for seed in range(COUNT)]
    weights = [np.stack([own[at][0] for own in layers]) for at in range(3)]
    biases = [np.stack([own[at][1] for own in layers]) for at in range(3)]
    return Networks(mean, spread, *weights, *biases)


def _learned(
    inputs: Sequence[torch.Tensor], labels: Sequence[torch.Tensor], seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights ``(in, out)`` and biases ``(1, out)`` of the layers of one network."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = torch.nn.Sequential(
        torch.nn.Linear(inputs[0].shape[1], HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Dropout(DROPPED),
        torch.nn.Linear(HIDDEN, HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, 1),
    )
    steps = EPOCHS * -(-len(inputs) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    for _ in range(EPOCHS):
        order = rng.permutation(len(inputs))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH].tolist()
            scores = network(torch.cat([inputs[i] for i in batch]))[:, 0]
            parts = scores.split([len(inputs[i]) for i in batch])
            losses = [
                -(torch.log_softmax(own, 0) * labels[i]).sum() / labels[i].sum()
                for own, i in zip(parts, batch, strict=True)
            ]
            optimiser.zero_grad()
            torch.stack(losses).mean().backward()
            optimiser.step()
            schedule.step()
    linear = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    return [(own.weight.detach().numpy().T, own.bias.detach().numpy()[None]) for own in linear]
