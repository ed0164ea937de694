"""Third step of the reader: question and text read together.

    python training/reader.py --work DIR

Starts from the encoder of the step before (:mod:`training.encoder`). A pair is read as
``query: … </s> passage: …``, the text's positions counted from 0 as they were when it was read
alone, and the text marked as the second part. The score is a layer over the first and the mean
state, and the late interaction of both parts' tokens, by which it begins with what the encoder
knew. Each question is read with one place that answers it and :data:`WRONG` that do not, taken
from what encoder and words propose: the right one must come first (softmax), and each pair must be
told right or wrong by itself (sigmoid), so that a score has a meaning where nothing answers.
Questions that nothing answers are read with wrong places only. From the third round on a wrong
place that is still told right, and more so than the right one, is passed over: it mostly answers
too (Qu et al. 2021, arXiv 2010.08191). The state is kept after each round, as the encoder's is.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.collect import PLACE, QUESTION, Collection
from training.mining import drawn, proposed, shuffled
from training.network import (
    BOS,
    EOS,
    CrossEncoder,
    Encoder,
    as_row,
    bare,
    device,
    padded,
    vectors,
)
from training.rounds import Rounds, begun

ROUNDS = 5
NAME = "reader"
BATCH, WRONG = 64, 7
WARM = 100
"""Steps in which the rates rise."""
RATE, HEAD_RATE = 8e-5, 5e-4
FROZEN = 3
"""The first so many layers stay as the encoder has them: both models store them once."""
PAIR = 224
"""Longest pair, in pieces."""
PASSED_OVER = 2
"""From this round on (from 0) wrong places that are told right are passed over."""
JUDGEMENT = 0.5
"""What telling right from wrong counts beside putting in order."""


def pair_row(question: np.ndarray, text: np.ndarray) -> tuple[list[int], int]:
    """A pair as one row of pieces and where the text begins in it."""
    head = [BOS, *question[:QUESTION].tolist(), EOS]
    return [*head, *text[: PAIR - len(head) - 1].tolist(), EOS], len(head)


def scores(
    model: nn.Module, rows: Sequence[tuple[list[int], int]], part: int = 128
) -> torch.Tensor:
    """The model's logits for rows of :func:`pair_row`, in their order; read in parts of like
    length."""
    to = next(model.parameters()).device
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    found = []
    for at in range(0, len(order), part):
        chosen = [rows[i] for i in order[at : at + part]]
        ids = padded([row for row, _ in chosen])
        second = torch.zeros_like(ids)
        for n, (row, start) in enumerate(chosen):
            second[n, start : len(row)] = 1
        with torch.autocast(to.type, torch.bfloat16):
            found.append(model(ids.to(to), second.to(to)))
    return torch.cat(found)[torch.tensor(order).argsort().to(to)]


def right_one(learned: Collection, i: int, draw: random.Random) -> int:
    """A place that answers, of the corpora where one of them does."""
    right = learned.right[i]
    own = right[learned.own[right]]
    return int(draw.choice(own if len(own) else right))


def loss_of(
    found: torch.Tensor, there: torch.Tensor, answered: torch.Tensor, pass_over: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """What order and what judgement cost.

    :param found: logits ``(questions, 1 + WRONG)``, in the first column of the right place.
    :param there: where a place was read; ``answered``: which questions have a right place.
    :param pass_over: leave out wrong places that are told right, and more so than the right one.
    """
    right = torch.zeros_like(found)
    right[:, 0] = answered.float()
    kept = there.clone()
    if pass_over:
        sure = (found > 0.5) & (found > found[:, :1]) & answered[:, None]
        kept &= ~sure.detach()
        kept[:, 0] = there[:, 0]
    order = found.masked_fill(~kept, -1e4)[answered]
    target = torch.zeros(len(order), dtype=torch.long, device=found.device)
    told = nn.functional.binary_cross_entropy_with_logits(found[kept], right[kept])
    return nn.functional.cross_entropy(order, target), told


def train(
    model: CrossEncoder,
    learned: Collection,
    wrong: Sequence[np.ndarray],
    watched: Sequence[tuple[str, list[tuple[list[int], int]], np.ndarray, np.ndarray]],
    rounds: int,
    minutes: float,
    work: Path,
) -> None:
    """Trains for so many rounds or minutes, whichever is less."""
    model.bert.embeddings.requires_grad_(False)
    model.bert.embeddings.token_type_embeddings.requires_grad_(True)
    for layer in model.bert.encoder.layer[:FROZEN]:
        layer.requires_grad_(False)
    body = [p for p in model.bert.parameters() if p.requires_grad]
    head = [*model.dense.parameters(), *model.out.parameters(), *model.token.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": body, "lr": RATE},
            {"params": head, "lr": HEAD_RATE},
            {"params": [model.late, model.bias], "lr": 0.02, "weight_decay": 0.0},
        ],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    to = next(model.parameters()).device
    steps = len(learned.questions) // BATCH
    going = Rounds(work, NAME, rounds, minutes, steps, WARM)
    for turn in range(going.done, rounds):
        draw = random.Random(100 + turn)
        order = shuffled(range(len(learned.questions)), 100 + turn)
        seen = []
        for step in range(steps):
            share, pace = going.paced(turn, step)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * pace
            batch = order[step * BATCH : (step + 1) * BATCH]
            rows, where = [], []
            for n, i in enumerate(batch):
                answers = [right_one(learned, i, draw)] if len(learned.right[i]) else []
                others = drawn(wrong[i], learned.worded[i], WRONG, draw)
                # the first column is the right place's, and stays empty where there is none
                for column, place in enumerate([*answers, *others], 1 - len(answers)):
                    rows.append(pair_row(learned.questions[i], learned.places[place]))
                    where.append((n, column))
            at = torch.tensor(where, device=to)
            table = torch.full((len(batch), WRONG + 1), -1e4, device=to)
            table = table.index_put((at[:, 0], at[:, 1]), scores(model, rows))
            there = torch.zeros_like(table, dtype=torch.bool)
            there[at[:, 0], at[:, 1]] = True
            chosen, told = loss_of(table, there, there[:, 0], turn >= PASSED_OVER)
            (chosen + JUDGEMENT * told).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            first = (table[there[:, 0]].argmax(1) == 0).float().mean()
            seen.append(torch.stack([chosen.detach(), told.detach(), first]))
            if step % 50 == 49:
                means = torch.stack(seen[-50:]).mean(0).tolist()
                print(
                    f"round {turn + 1}, {step + 1}/{steps}, order {means[0]:.3f} "
                    f"judgement {means[1]:.3f} first {means[2]:.3f}, {going.spent:.0f} s",
                    flush=True,
                )
            if share >= 1:
                break
        going.keep(model, turn)
        print(f"round {turn + 1}: {shown(model, watched)}", flush=True)
        if going.over:
            break


def read_together(
    encoder: Encoder, learned: Collection, most: int = 8
) -> list[tuple[str, list[tuple[list[int], int]], np.ndarray, np.ndarray]]:
    """The questions held out, each with the pairs of its nearest places of the corpora, their
    cosines, and which of them answer."""
    numbers = np.flatnonzero(learned.own)
    near = vectors(encoder, [as_row(learned.places[n], PLACE) for n in numbers])
    put = vectors(encoder, [as_row(ids, QUESTION) for _, ids, _ in learned.held])
    best = (put @ near.T).topk(most)
    found = []
    for n, (name, ids, right) in enumerate(learned.held):
        places = numbers[best.indices[n].cpu().numpy()]
        pairs = [pair_row(ids, learned.places[p]) for p in places]
        found.append((name, pairs, best.values[n].cpu().numpy(), np.isin(places, right)))
    return found


@torch.no_grad()
def shown(
    model: CrossEncoder,
    watched: Sequence[tuple[str, list[tuple[list[int], int]], np.ndarray, np.ndarray]],
) -> dict[str, str]:
    """For each set held out how often a right place comes first by cosine and logit, by what the
    logit counts beside 30 cosines, and how well the best logit tells whether one is right (area
    under the curve)."""
    model.eval()
    every = scores(model, [pair for _, pairs, _, _ in watched for pair in pairs])
    logits = every.float().cpu().numpy().reshape(len(watched), -1)
    model.train()
    out = {}
    for name in dict.fromkeys(name for name, *_ in watched):
        some = [
            (said, *one[2:]) for said, one in zip(logits, watched, strict=True) if one[0] == name
        ]
        found = [one for one in some if one[2].any()]
        firsts = [
            f"{sum(right[np.argmax(30 * alike + k * said)] for said, alike, right in found)}"
            for k in (0, 0.5, 1, 2, 4, 100)
        ]
        best = [int(np.argmax(30 * alike + 2 * said)) for said, alike, _ in some]
        good = np.array([one[2][n] for n, one in zip(best, some, strict=True)], bool)
        sure = np.array([one[0][n] for n, one in zip(best, some, strict=True)])
        mixed = good.any() and not good.all()
        area = (sure[good][:, None] > sure[~good][None]).mean() if mixed else 1.0
        out[name] = f"first {' '.join(firsts)} of {len(found)} found, area {area:.3f}"
    return out


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="what the steps before wrote")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--minutes", type=float, default=1e6)
    options = parser.parse_args()
    torch.manual_seed(0)
    learned = Collection.read(options.work)
    encoder = bare(options.work)
    encoder.load_state_dict(torch.load(options.work / "encoder.pt", map_location="cpu"))
    encoder.to(device()).eval()
    wrong = proposed(encoder, learned)
    watched = read_together(encoder, learned)
    model = CrossEncoder(encoder)
    if begun(options.work, NAME):
        model.load_state_dict(torch.load(options.work / "reader.pt", map_location="cpu"))
    model.to(device()).train()
    print(f"before: {shown(model, watched)}", flush=True)
    train(model, learned, wrong, watched, options.rounds, options.minutes, options.work)


if __name__ == "__main__":
    main()
