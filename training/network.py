"""The two networks of the reader, both on the pretrained base, and rows of pieces for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from training.base import as_bert, read_cut

Model = TypeVar("Model", bound=nn.Module)
TOKEN_WIDTH = 96
BOS, PAD, EOS = 0, 1, 2


class Encoder(nn.Module):
    """The base, and a layer that narrows each token's state for late interaction."""

    def __init__(self, bert: nn.Module) -> None:
        super().__init__()
        self.bert = bert
        self.token = nn.Linear(bert.config.hidden_size, TOKEN_WIDTH, bias=False)

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Unit vectors ``(n, hidden)`` and unit token vectors ``(n, length, width)``, 0 at pads."""
        there = ids != PAD
        states = self.bert(ids, attention_mask=there.long()).last_hidden_state
        held = there.unsqueeze(-1).to(states.dtype)
        mean = (states * held).sum(1) / held.sum(1)
        tokens = nn.functional.normalize(self.token(states).float(), dim=-1)
        return nn.functional.normalize(mean.float(), dim=-1), tokens * held.float()


class CrossEncoder(nn.Module):
    """One score for each pair."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.bert = encoder.bert
        self.token = encoder.token
        hidden = self.bert.config.hidden_size
        self.dense = nn.Linear(2 * hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        self.late = nn.Parameter(torch.tensor(12.0))
        self.bias = nn.Parameter(torch.tensor(-8.0))
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, ids: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Logits ``(n,)``.

        :param ids: pieces ``(n, length)``; ``second`` is 1 at those of the text, else 0.
        """
        there = ids != PAD
        first = there & (second == 0)
        text = second == 1
        places = torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)
        offset = first.long().sum(1, keepdim=True)
        positions = (places - offset * second).clamp(
            0, self.bert.config.max_position_embeddings - 1
        )
        states = self.bert(
            ids, attention_mask=there.long(), token_type_ids=second, position_ids=positions
        ).last_hidden_state
        held = there.unsqueeze(-1).to(states.dtype)
        mean = (states * held).sum(1) / held.sum(1)
        deep = torch.tanh(self.dense(torch.cat([states[:, 0], mean], dim=-1)))
        tokens = self.token(states).float()
        tokens = tokens / tokens.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        alike = tokens @ tokens.transpose(1, 2)
        alike = alike.masked_fill(~text.unsqueeze(1), -1.0).max(-1).values
        asked = first.float()
        near = (alike * asked).sum(1) / asked.sum(1)
        score: torch.Tensor = self.out(deep)[:, 0].float() + self.late * near + self.bias
        return score


def device() -> torch.device:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bare(work: Path) -> Encoder:
    """An encoder on the base of a working folder (:mod:`training.collect`), nothing learned."""
    model = Encoder(as_bert(read_cut(work / "base.npz")))
    # a GPU reads often enough to learn by heart, two cores hardly once
    return model if device().type == "cuda" else without_dropout(model)


def without_dropout(model: Model) -> Model:
    """The model with attention by plain products and no dropout, as it is exported."""
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
        if hasattr(part, "config"):
            part.config._attn_implementation = "eager"
    return model


def padded(rows: Sequence[Sequence[int] | np.ndarray], multiple: int = 8) -> torch.Tensor:
    """Rows of numbers as one tensor, as long as the longest of them."""
    longest = max(len(row) for row in rows)
    out = np.full((len(rows), longest + -longest % multiple), PAD, np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return torch.from_numpy(out)


def as_row(ids: np.ndarray, longest: int) -> list[int]:
    """The pieces of a text between the signs of its beginning and end."""
    return [BOS, *ids[:longest].tolist(), EOS]


def encoded(
    model: Encoder, rows: Sequence[Sequence[int]], part: int = 256
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model makes of rows of numbers, in their order; read in parts of like length."""
    to = next(model.parameters()).device
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    longest = max(len(row) for row in rows)
    vectors, tokens = [], []
    for at in range(0, len(order), part):
        one, each = model(padded([rows[i] for i in order[at : at + part]]).to(to))
        vectors.append(one)
        tokens.append(nn.functional.pad(each, (0, 0, 0, longest + 8 - each.shape[1])))
    back = torch.tensor(order).argsort().to(to)
    return torch.cat(vectors)[back], torch.cat(tokens)[back]


@torch.no_grad()
def vectors(model: Encoder, rows: Sequence[Sequence[int]], part: int = 512) -> torch.Tensor:
    """Unit vectors of rows of numbers ``(n, hidden)``, in their order, where the model is."""
    to = next(model.parameters()).device
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out = torch.empty(len(rows), model.bert.config.hidden_size, device=to)
    for at in range(0, len(order), part):
        chosen = order[at : at + part]
        ids = padded([rows[i] for i in chosen]).to(to)
        with torch.autocast(to.type, torch.bfloat16):
            out[torch.tensor(chosen, device=to)] = model(ids)[0]
    return out
