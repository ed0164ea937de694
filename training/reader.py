"""Second step of the reader: question and text read together.

    python training/reader.py --statutes DIR --corpus DIR… --work DIR

Starts from the encoder of the first step (:mod:`training.encoder`). A pair is read as
``query: … </s> passage: …``, the text's positions counted from 0 as they were when it was read
alone, and the text marked as the second part. The score is a layer over the first and the mean
state, and the late interaction of both parts' tokens, by which it begins with what the encoder
knew. Each question is read with one place that answers it and :data:`WRONG` that do not, taken
from what encoder and words propose: the right one must come first (softmax), and each pair must be
told right or wrong by itself (sigmoid), so that a score has a meaning where nothing answers.
Questions that nothing answers are read with wrong places only.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.encoder import PASSAGE, QUERY
from training.base import as_bert, read_base
from training.encoder import collection
from training.examples import Asked, Place
from training.mining import proposed_places
from training.network import BOS, EOS, CrossEncoder, Encoder, padded, without_dropout
from training.tokens import as_ids

WRONG = 2
QUESTION, PAIR = 48, 192
"""Longest question and pair, in pieces."""
BATCH, PART = 32, 24
RATE, HEAD_RATE = 5e-5, 5e-4
FROZEN = 3
"""The first so many layers stay as the encoder has them."""
STATUTES_SHARE = 0.35
"""The share of the questions on the collection of statutes that is used."""


def pair_row(question: Sequence[int], text: Sequence[int]) -> tuple[list[int], int]:
    """A pair as one row of pieces and where the text begins in it."""
    head = [BOS, *question[:QUESTION], EOS]
    return [*head, *text[: PAIR - len(head) - 1], EOS], len(head)


def scores(
    model: nn.Module, rows: Sequence[tuple[list[int], int]], part: int = PART
) -> torch.Tensor:
    """The model's logits for rows of :func:`pair_row`, in their order; read in parts of like
    length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    found = []
    for at in range(0, len(order), part):
        chosen = [rows[i] for i in order[at : at + part]]
        ids = padded([row for row, _ in chosen], 16)
        second = torch.zeros_like(ids)
        for n, (row, start) in enumerate(chosen):
            second[n, start : len(row)] = 1
        found.append(model(ids, second))
    return torch.cat(found)[torch.tensor(order).argsort()]


def right_one(asked: Asked, places: Sequence[Place], draw: random.Random) -> int:
    """A place that answers, of the corpora where one of them does."""
    own = [n for n in asked.places if places[n].file]
    return draw.choice(own or asked.places)


def wrong_ones(proposed: Sequence[int], draw: random.Random) -> list[int]:
    """:data:`WRONG` of the places proposed, the nearer the likelier."""
    weights = [1 / (rank + 3) for rank in range(len(proposed))]
    chosen: list[int] = []
    while len(chosen) < min(WRONG, len(proposed)):
        one = draw.choices(proposed, weights)[0]
        if one not in chosen:
            chosen.append(one)
    return chosen


def train(
    model: CrossEncoder,
    asked: Sequence[Asked],
    places: Sequence[Place],
    proposed: Sequence[Sequence[int]],
    question_ids: Sequence[Sequence[int]],
    place_ids: Sequence[Sequence[int]],
    order: Sequence[int],
    minutes: float,
    work: Path,
) -> None:
    """Trains for so many minutes or once over ``order``, whichever is less."""
    draw = random.Random(1)
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
    steps = len(order) // BATCH
    began = saved = time.time()
    seen: list[float] = []
    for step in range(steps):
        share = max(step / steps, (time.time() - began) / (60 * minutes))
        if share >= 1:
            break
        pace = min((step + 1) / 20, max(0.02, 1 - share))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * pace
        batch = order[step * BATCH : (step + 1) * BATCH]
        rows, right, owner = [], [], []
        for n, i in enumerate(batch):
            answers = [right_one(asked[i], places, draw)] if asked[i].places else []
            for place in [*answers, *wrong_ones(proposed[i], draw)]:
                rows.append(pair_row(question_ids[i], place_ids[place]))
                right.append(float(place in answers))
                owner.append(n)
        with torch.autocast("cpu", torch.bfloat16):
            found = scores(model, rows)
        target, of = torch.tensor(right), torch.tensor(owner)
        table = torch.full((len(batch), WRONG + 1), -1e4)
        column = torch.tensor([sum(o == owner[k] for o in owner[:k]) for k in range(len(owner))])
        table = table.index_put((of, column), found)
        answered = torch.tensor([bool(asked[i].places) for i in batch])
        chosen = nn.functional.cross_entropy(
            table[answered], torch.zeros(int(answered.sum()), dtype=torch.long)
        )
        told = nn.functional.binary_cross_entropy_with_logits(found, target)
        (chosen + 0.5 * told).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        hit = (table[answered].argmax(1) == 0).float().mean().item()
        seen.append((chosen.item(), told.item(), hit))  # type: ignore[arg-type]
        if step % 10 == 9:
            means = np.mean(seen[-10:], axis=0)
            print(
                f"{step + 1}/{steps} choice {means[0]:.3f} judgement {means[1]:.3f} "
                f"first {means[2]:.3f} late {model.late.item():.1f} {time.time() - began:.0f} s",
                flush=True,
            )
        if time.time() - saved > 240:
            _save(model, work)
            saved = time.time()
    _save(model, work)


def _save(model: nn.Module, work: Path) -> None:
    torch.save(model.state_dict(), work / "reader.partial")
    (work / "reader.partial").replace(work / "reader.pt")


def chosen_questions(asked: Sequence[Asked], places: Sequence[Place]) -> list[int]:
    """The questions to learn from in the order they are put: all on the corpora and all without
    an answer, a share of those on the statutes."""
    draw = random.Random(0)
    kept = [
        i
        for i, a in enumerate(asked)
        if not a.places or places[a.places[0]].file or draw.random() < STATUTES_SHARE
    ]
    draw.shuffle(kept)
    return kept


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--statutes", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True, help="where the first step was kept")
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--start", type=Path, help="a cross-encoder to go on from")
    parser.add_argument("--skip", type=int, default=0, help="so many questions it has seen already")
    parser.add_argument(
        "--weights", type=Path, help="the base's, if its packages are not installed"
    )
    options = parser.parse_args()
    torch.manual_seed(0)
    work = options.work
    places, answered, unanswered = collection(options.statutes, options.corpus)
    asked = [*answered, *unanswered]
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    old = json.loads((work / "pieces.json").read_text("utf-8"))
    question_ids = as_ids(tokenizer, [QUERY + a.question for a in asked], QUESTION)
    place_ids = as_ids(tokenizer, [PASSAGE + p.text for p in places], PAIR)
    encoder = Encoder(without_dropout(as_bert(read_base(options.weights), old)))
    encoder.load_state_dict(torch.load(work / "encoder.pt"))
    order = chosen_questions(asked, places)
    proposed = proposed_places(work, encoder.eval(), tokenizer, asked, places)
    print(f"{len(order)} questions to learn from", flush=True)
    model = CrossEncoder(encoder).train()
    if options.start:
        model.load_state_dict(torch.load(options.start))
    train(
        model,
        asked,
        places,
        proposed,
        question_ids,
        place_ids,
        order[options.skip :],
        options.minutes,
        work,
    )


if __name__ == "__main__":
    main()
