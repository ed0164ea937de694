"""The table of vectors and how it learns: bags of rows, a contrastive loss, sparse updates.

A batch touches a few ten thousand of the table's rows. They are gathered into a small dense
matrix, the bags become one sparse matrix over it, and gradient and update stay that small; so a
step costs what the batch weighs, whatever the size of the table. The update is NumPy's: on small
pieces torch's threads cost more than they give.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
import torch
from torch.nn import functional


def sparse_tensor(matrix: sp.csr_matrix) -> torch.Tensor:
    """A SciPy CSR matrix as a torch CSR tensor."""
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data),
        size=matrix.shape,
        check_invariants=False,
    )


def thinned(bags: sp.csr_matrix, share: float, rng: np.random.Generator) -> sp.csr_matrix:
    """The bags with about ``share`` of their entries dropped."""
    if not share:
        return bags
    kept = bags.copy()
    kept.data = kept.data * (rng.random(kept.data.size) >= share).astype(np.float32)
    kept.eliminate_zeros()
    return kept


class Table:
    """The vectors, with the state of an Adam that keeps one second moment per row."""

    def __init__(self, weights: np.ndarray, dim: int, rng: np.random.Generator) -> None:
        """
        :param weights: (rows,), the length that each row's vector starts with.
        :param dim: Length of a vector.
        :param rng: Draws the directions.
        """
        self.rows = rng.standard_normal((len(weights), dim), np.float32) / np.float32(dim**0.5)
        self.rows *= np.asarray(weights, np.float32)[:, None]
        self.forget()

    @classmethod
    def of(cls, rows: np.ndarray) -> Table:
        """A table with given rows, for encoding only."""
        table = cls.__new__(cls)
        table.rows = rows
        return table

    def forget(self) -> None:
        """Start the optimiser's moments anew, for a new stage of training."""
        self.first = np.zeros(self.rows.shape, np.float32)
        self.second = np.zeros(len(self.rows), np.float32)
        self.steps = np.zeros(len(self.rows), np.float32)

    def _update(self, used: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        self.steps[used] += 1
        first = self.first[used]
        first *= 0.9
        first += 0.1 * gradient
        squares = np.einsum("ij,ij->i", gradient, gradient) / gradient.shape[1]
        second = 0.99 * self.second[used] + 0.01 * squares
        self.first[used], self.second[used] = first, second
        size = np.sqrt(second / (1 - 0.99 ** self.steps[used])) + 1e-8
        first *= (rate / ((1 - 0.9 ** self.steps[used]) * size))[:, None]
        self.rows[used] -= first

    def encode(self, bags: sp.csr_matrix, batch: int = 4096) -> torch.Tensor:
        """Bags (n, rows) → unit vectors (n, dim)."""
        parts = []
        for start in range(0, bags.shape[0], batch):
            local, used = _compact(bags[start : start + batch])
            parts.append(sparse_tensor(local) @ torch.from_numpy(self.rows[used]))
        return functional.normalize(torch.cat(parts), dim=1)

    def step(
        self,
        queries: sp.csr_matrix,
        documents: sp.csr_matrix,
        rate: float,
        temperature: float,
        also_right: np.ndarray | None = None,
    ) -> float:
        """One step of the contrastive loss; returns the loss.

        :param queries: (n, rows).
        :param documents: (m, rows), m ≥ n; the i-th answers the i-th query, all others are wrong.
        :param also_right: (n, m) booleans, documents not to be counted as wrong for a query.
        """
        local, used = _compact(sp.vstack([queries, documents]).tocsr())
        n = queries.shape[0]
        sums = (sparse_tensor(local) @ torch.from_numpy(self.rows[used])).requires_grad_()
        unit = functional.normalize(sums, dim=1)
        scores = unit[:n] @ unit[n:].T / temperature
        if also_right is not None:
            scores = scores.masked_fill(torch.from_numpy(also_right), -1e4)
        target = torch.arange(n)
        loss = functional.cross_entropy(scores, target)
        loss = (loss + functional.cross_entropy(scores[:, :n].T, target)) / 2
        loss.backward()
        assert sums.grad is not None
        gradient = sparse_tensor(local.T.tocsr()) @ sums.grad
        self._update(used, gradient.numpy(), rate)
        return loss.item()


def _compact(bags: sp.csr_matrix) -> tuple[sp.csr_matrix, np.ndarray]:
    """Bags over all rows → bags over the rows they use, and which rows those are."""
    present = np.zeros(bags.shape[1], bool)
    present[bags.indices] = True
    used = np.flatnonzero(present)
    place = np.zeros(bags.shape[1], np.int64)
    place[used] = np.arange(used.size)
    columns = place[bags.indices]
    return sp.csr_matrix((bags.data, columns, bags.indptr), shape=(bags.shape[0], used.size)), used
