"""Figures of a ranking, and of what it costs."""

from __future__ import annotations

import math
import os
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

DEPTHS = (1, 5, 10, 20, 50, 100)


def ranking_figures(
    rankings: Sequence[Sequence[int]], relevant: Sequence[Sequence[int]]
) -> dict[str, float]:
    """Means over the queries of R@k, MRR@10 and nDCG@10.

    R@k is the share of a query's relevant passages among its first k; MRR@10 the inverse of the
    first relevant rank, 0 beyond 10; nDCG@10 has binary gains (Järvelin and Kekäläinen 2002).
    """
    found = [
        np.isin(np.asarray(ranking, np.int64), list(right))
        for ranking, right in zip(rankings, relevant, strict=True)
    ]
    counts = [len(set(right)) for right in relevant]
    figures = {
        f"R@{k}": float(
            np.mean([hits[:k].sum() / n for hits, n in zip(found, counts, strict=True)])
        )
        for k in DEPTHS
    }
    firsts = [np.flatnonzero(hits[:10]) for hits in found]
    figures["MRR@10"] = float(np.mean([1 / (f[0] + 1) if len(f) else 0.0 for f in firsts]))
    gains = [
        _dcg(hits[:10]) / _dcg(np.ones(min(n, 10))) for hits, n in zip(found, counts, strict=True)
    ]
    figures["nDCG@10"] = float(np.mean(gains))
    return {name: round(value, 4) for name, value in figures.items()}


def latencies(search: Callable[[str], object], queries: Sequence[str]) -> dict[str, float]:
    """Wall-clock milliseconds a query, after ten queries to warm up: p50, p95, p99."""
    for query in queries[:10]:
        search(query)
    spent = []
    for query in queries:
        began = time.perf_counter()
        search(query)
        spent.append((time.perf_counter() - began) * 1000)
    return {f"p{p}": round(float(np.percentile(spent, p)), 2) for p in (50, 95, 99)}


def folder_mb(folder: Path) -> float:
    """What the files below ``folder`` take, in MB."""
    files = (Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, 0)


def _dcg(gains: np.ndarray) -> float:
    return float(sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains)))
