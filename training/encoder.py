"""Second step of the reader: questions and the places that answer them lie close together.

    python training/encoder.py --work DIR

The base is trained contrastively on two readings of the same states at once: the mean of a text's
states (one vector a text), and the sum over the question's tokens of the most similar token of the
text (late interaction, Khattab and Zaharia 2020, arXiv 2004.12832). Each question is put among
the places of its batch, :data:`WRONG` of which look like an answer to it and are none; these are
found anew as the encoder learns. It goes on from ``encoder.pt`` if there is one with a number of
rounds (``encoder.json``), so that an interrupted run loses a round at most. On two cores a round
takes some hours, on a GPU half a minute.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.collect import PLACE, QUESTION, Collection
from training.mining import drawn, proposed, shuffled
from training.network import Encoder, as_row, bare, device, encoded, vectors
from training.rounds import Rounds, begun

ROUNDS = 6
NAME = "encoder"
BATCH, WRONG = 192, 3
WARM = 50
"""Steps in which the rates rise."""
RATE, TOKEN_RATE = 1e-4, 1e-3
TEMPERATURE = 0.03
LONGEST = 176
"""Longest place here, in pieces."""


def late(questions: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Late interaction ``(n, k)`` of ``n`` questions with ``k`` places each: a mean over the
    question's tokens of the most similar token. ``(n, q, width)``, ``(n, k, p, width)``."""
    near = torch.einsum("nqw,nkpw->nkqp", questions, places).max(-1).values
    there = (questions.abs().sum(-1) > 0).float()
    return (near * there[:, None]).sum(-1) / there.sum(1, keepdim=True)


def loss_of(
    model: Encoder, learned: Collection, batch: list[int], places: list[list[int]]
) -> torch.Tensor:
    """The loss of a batch of questions, of each with its places, the first of which answers."""
    to = next(model.parameters()).device
    flat = [place for row in places for place in row]
    with torch.autocast(to.type, torch.bfloat16):
        texts, text_tokens = encoded(model, [as_row(learned.places[p], LONGEST) for p in flat])
        asked, tokens = encoded(model, [as_row(learned.questions[i], QUESTION) for i in batch])
    many = len(places[0])
    also = np.stack([np.isin(flat, learned.right[i]) for i in batch])
    also[np.arange(len(batch)), np.arange(len(batch)) * many] = False
    hidden = torch.from_numpy(also).to(to)
    target = torch.arange(len(batch), device=to) * many
    score = (asked @ texts.T / TEMPERATURE).masked_fill(hidden, -1e4)
    loss = nn.functional.cross_entropy(score, target)
    back = score[:, ::many]
    loss = loss + 0.3 * nn.functional.cross_entropy(back.T, torch.arange(len(batch), device=to))
    own = late(tokens, text_tokens.view(len(batch), many, *text_tokens.shape[1:])) / TEMPERATURE
    return loss + nn.functional.cross_entropy(own, torch.zeros_like(target))


def train(model: Encoder, learned: Collection, rounds: int, minutes: float, work: Path) -> None:
    """Trains for so many rounds or minutes, whichever is less, writing the state to
    ``work/encoder.pt`` after each round."""
    model.bert.embeddings.requires_grad_(False)
    bert = [p for p in model.bert.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": bert, "lr": RATE}, {"params": model.token.parameters(), "lr": TOKEN_RATE}],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    asked = [i for i, right in enumerate(learned.right) if len(right)]
    steps = len(asked) // BATCH
    going = Rounds(work, NAME, rounds, minutes, steps, WARM)
    for turn in range(going.done, rounds):
        if turn == going.done or turn % 2 == 1:
            wrong = proposed(model, learned)
        draw = random.Random(turn)
        order = shuffled(asked, turn)
        losses = []
        for step in range(steps):
            share, pace = going.paced(turn, step)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            batch = order[step * BATCH : (step + 1) * BATCH]
            places = []
            for i in batch:
                right = int(draw.choice(learned.right[i]))
                others = drawn(wrong[i], learned.worded[i], WRONG, draw)
                places.append([right, *others, *[right] * (WRONG - len(others))])
            loss = loss_of(model, learned, batch, places)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.detach())
            if step % 25 == 24:
                mean = torch.stack(losses[-25:]).mean().item()
                print(
                    f"round {turn + 1}, {step + 1}/{steps}, loss {mean:.3f}, {going.spent:.0f} s",
                    flush=True,
                )
            if share >= 1:
                break
        going.keep(model, turn)
        print(f"round {turn + 1}: {shown(model, learned)}", flush=True)
        if going.over:
            break


def shown(model: Encoder, learned: Collection) -> dict[str, tuple[float, float]]:
    """For each set held out: how often a right place is first, and among eight, of the corpora."""
    model.eval()
    numbers = np.flatnonzero(learned.own)
    near = vectors(model, [as_row(learned.places[n], PLACE) for n in numbers])
    asked = [(name, ids, right) for name, ids, right in learned.held if len(right)]
    found: dict[str, list[tuple[bool, bool]]] = {}
    if asked:
        put = vectors(model, [as_row(ids, QUESTION) for _, ids, _ in asked])
        best = numbers[(put @ near.T).topk(8).indices.cpu().numpy()]
        for (name, _, right), places in zip(asked, best, strict=True):
            hits = np.isin(places, right)
            found.setdefault(name, []).append((bool(hits[0]), bool(hits.any())))
    model.train()
    return {
        name: (
            round(float(np.mean([f for f, _ in some])), 3),
            round(float(np.mean([a for _, a in some])), 3),
        )
        for name, some in found.items()
    }


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="what training/collect.py wrote")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--minutes", type=float, default=1e6)
    options = parser.parse_args()
    torch.manual_seed(0)
    learned = Collection.read(options.work)
    model = bare(options.work)
    if begun(options.work, NAME):
        model.load_state_dict(torch.load(options.work / "encoder.pt", map_location="cpu"))
    model.to(device()).train()
    print(f"before: {shown(model, learned)}", flush=True)
    train(model, learned, options.rounds, options.minutes, options.work)


if __name__ == "__main__":
    main()
