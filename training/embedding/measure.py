"""How well a ranking finds the right articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

DEPTHS = (1, 5, 10, 20, 50, 100)


def ranking_figures(
    queries: torch.Tensor, documents: torch.Tensor, relevant: Sequence[Sequence[int]]
) -> dict[str, float]:
    """R@k and MRR@10 of exact search, averaged over the queries that have a right document.

    :param queries: (n, dim) unit vectors.
    :param documents: (m, dim) unit vectors.
    :param relevant: Positions of the right documents of each query.
    :returns: R@k is the share of a query's right documents among its first k.
    """
    asked = [i for i, r in enumerate(relevant) if len(r)]
    nearest = (queries[asked] @ documents.T).topk(min(100, len(documents)), dim=1).indices.numpy()
    hits = [np.isin(row, relevant[i]) for i, row in zip(asked, nearest, strict=True)]
    counts = [len(set(relevant[i])) for i in asked]
    figures = {
        f"R@{k}": float(np.mean([h[:k].sum() / c for h, c in zip(hits, counts, strict=True)]))
        for k in DEPTHS
    }
    firsts = [np.flatnonzero(h[:10]) for h in hits]
    figures["MRR@10"] = float(np.mean([1 / (f[0] + 1) if f.size else 0.0 for f in firsts]))
    return {name: round(value, 4) for name, value in figures.items()}
