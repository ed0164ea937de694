"""Which places look like answers to a question and are none."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch

from training.collect import PLACE, QUESTION, Collection
from training.network import Encoder, as_row, vectors

MINED = 48
"""So many places a question are proposed by the encoder."""
PART = 512
NEARER = 0.03
"""What is by more than this nearer than a place that answers is not taken for wrong."""


def proposed(model: Encoder, learned: Collection) -> list[np.ndarray]:
    """For each question the places that the encoder finds most like answers and that are none,
    best first, of the kind that answers it (corpora or statutes).

    What is much nearer than the nearest place that answers is left out: it mostly answers too
    (Moreira et al. 2024, arXiv 2407.15831).
    """
    was = model.training
    model.eval()
    near = vectors(model, [as_row(row, PLACE) for row in learned.places])
    put = vectors(model, [as_row(row, QUESTION) for row in learned.questions])
    model.train(was)
    own = torch.from_numpy(learned.own).to(near.device)
    of_law = np.array([len(r) > 0 and not learned.own[r[0]] for r in learned.right])
    found = []
    for at in range(0, len(put), PART):
        part = learned.right[at : at + PART]
        alike = put[at : at + PART] @ near.T
        law = torch.from_numpy(of_law[at : at + PART]).to(own.device)
        alike.masked_fill_(own[None] == law[:, None], -2.0)
        row = torch.tensor([n for n, r in enumerate(part) for _ in r], dtype=torch.long)
        column = torch.from_numpy(np.concatenate([*part, np.empty(0, np.int64)]))
        row, column = row.to(own.device), column.to(own.device)
        right = torch.full((len(part),), -2.0, device=own.device)
        right = right.scatter_reduce(0, row, alike[row, column], "amax")
        alike[row, column] = -2.0
        best = alike.topk(min(MINED + 16, alike.shape[1]))
        least = torch.where(right > -2, right + NEARER, 2.0)
        kept = (best.values < least[:, None]) & (best.values > -2)
        numbers, wanted = best.indices.cpu().numpy(), kept.cpu().numpy()
        found += [n[w][:MINED] for n, w in zip(numbers, wanted, strict=True)]
    return found


def drawn(proposed: np.ndarray, worded: np.ndarray, most: int, draw: random.Random) -> list[int]:
    """``most`` wrong places: a quarter of them among those that share the question's words, the
    rest as the encoder proposes them, the nearer the likelier."""
    chosen: list[int] = []
    by_words = worded.tolist()
    while by_words and len(chosen) < most // 4:
        one = draw.choice(by_words)
        by_words.remove(one)
        chosen.append(one)
    rest = [n for n in proposed.tolist() if n not in chosen]
    weights = [1 / (rank + 4) for rank in range(len(rest))]
    while rest and len(chosen) < most:
        (at,) = draw.choices(range(len(rest)), weights)
        chosen.append(rest.pop(at))
        weights.pop(at)
    return chosen


def shuffled(numbers: Sequence[int], seed: int) -> list[int]:
    """The numbers in another order, the same each time."""
    out = list(numbers)
    random.Random(seed).shuffle(out)
    return out
