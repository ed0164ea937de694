"""First step of the reader: questions and the places that answer them lie close together.

    python training/encoder.py --statutes DIR --corpus DIR… --work DIR

The base (:mod:`training.base`) is trained contrastively on two readings of the same states at
once: the mean of a text's states (one vector a text), and the sum over the question's tokens of
the most similar token of the text (late interaction, Khattab and Zaharia 2020, arXiv 2004.12832).
Each question of a batch has the places of the others as negatives; batches are made of groups of
questions on one document, so that these are near. What is kept is the encoder, which
:mod:`training.reader` makes a cross-encoder of, and the vectors' layer. A step a minute is saved
to ``--work``; started again, it goes on from there.
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

from app.reading.reader import PASSAGE, QUERY
from training.base import as_bert, read_base, read_tokenizer
from training.examples import Asked, Place, read_places, read_statutes, read_written
from training.tokens import as_ids, vocabulary

BATCH, GROUP = 96, 16
"""Questions in a batch, and of them on one document."""
RATE, TOKEN_RATE = 6e-5, 1e-3
TEMPERATURE = 0.03
TOKEN_WIDTH = 96
QUESTION, PLACE = 48, 160
"""Longest question and place, in pieces."""
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


def padded(rows: Sequence[Sequence[int]], multiple: int = 8) -> torch.Tensor:
    """Rows of numbers as one tensor, as long as the longest of them."""
    longest = max(len(row) for row in rows)
    longest += -longest % multiple
    out = torch.full((len(rows), longest), PAD)
    for i, row in enumerate(rows):
        out[i, : len(row)] = torch.tensor(row)
    return out


def encoded(
    model: Encoder, rows: Sequence[Sequence[int]], part: int = 24
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the model makes of rows of numbers, in their order; read in parts of like length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    longest = max(len(row) for row in rows)
    vectors, tokens = [], []
    for at in range(0, len(order), part):
        one, each = model(padded([rows[i] for i in order[at : at + part]], 8))
        vectors.append(one)
        tokens.append(nn.functional.pad(each, (0, 0, 0, longest + 8 - each.shape[1])))
    back = torch.tensor(order).argsort()
    return torch.cat(vectors)[back], torch.cat(tokens)[back]


def late(questions: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Late interaction of all with all ``(questions, places)``: a mean over question tokens."""
    there = questions.abs().sum(-1) > 0
    owner = there.nonzero()[:, 0]
    flat = questions[there]
    best = torch.stack([(flat @ place.T).max(1).values for place in places], 1)
    total = torch.zeros(len(questions), len(places)).index_add(0, owner, best)
    return total / there.sum(1, keepdim=True)


def groups(asked: Sequence[Asked], places: Sequence[Place], draw: random.Random) -> list[int]:
    """All questions in an order where :data:`GROUP` at a time are on one document."""
    by_document: dict[str, list[int]] = {}
    for n, one in enumerate(asked):
        by_document.setdefault(places[one.places[0]].title, []).append(n)
    chunks = []
    rest = []
    for numbers in by_document.values():
        draw.shuffle(numbers)
        whole = len(numbers) - len(numbers) % GROUP
        chunks += [numbers[i : i + GROUP] for i in range(0, whole, GROUP)]
        rest += numbers[whole:]
    draw.shuffle(rest)
    chunks += [rest[i : i + GROUP] for i in range(0, len(rest), GROUP)]
    draw.shuffle(chunks)
    return [n for chunk in chunks for n in chunk]


def train(
    model: Encoder,
    tokenizer: Tokenizer,
    asked: Sequence[Asked],
    places: Sequence[Place],
    epochs: float,
    work: Path,
    seed: int = 0,
) -> None:
    """Trains ``model``, writing its state to ``work/encoder.pt`` now and then."""
    draw = random.Random(seed)
    order: list[int] = []
    for _ in range(int(np.ceil(epochs))):
        order += groups(asked, places, draw)
    steps = int(len(asked) * epochs) // BATCH
    question_ids = as_ids(tokenizer, [QUERY + a.question for a in asked], QUESTION)
    place_ids = as_ids(tokenizer, [PASSAGE + p.text for p in places], PLACE)
    model.bert.embeddings.requires_grad_(False)
    bert = [p for p in model.bert.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": bert, "lr": RATE}, {"params": model.token.parameters(), "lr": TOKEN_RATE}],
        weight_decay=0.01,
    )
    warm = max(1, steps // 12)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.03, (steps - s) / max(1, steps - warm)))
    )
    saved, began, losses = time.time(), time.time(), []
    for step in range(steps):
        batch = [asked[n] for n in order[step * BATCH : (step + 1) * BATCH]]
        numbers = order[step * BATCH : (step + 1) * BATCH]
        chosen = [draw.choice(a.places) for a in batch]
        with torch.autocast("cpu", torch.bfloat16):
            of_places = encoded(model, [[BOS, *place_ids[n], EOS] for n in chosen])
            of_questions = encoded(model, [[BOS, *question_ids[n], EOS] for n in numbers])
        wrong = torch.tensor(
            [
                [c != d and (d in a.places) for d in chosen]
                for a, c in zip(batch, chosen, strict=True)
            ]
        )
        target = torch.arange(len(batch))
        loss = torch.zeros(())
        for score, temperature in (
            (of_questions[0] @ of_places[0].T, TEMPERATURE),
            (late(of_questions[1], of_places[1]), TEMPERATURE),
        ):
            score = (score / temperature).masked_fill(wrong, -1e4)
            loss = loss + nn.functional.cross_entropy(score, target)
            loss = loss + 0.3 * nn.functional.cross_entropy(score.T, target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if step % 5 == 4:
            spent = time.time() - began
            print(f"{step + 1}/{steps} loss {np.mean(losses[-5:]):.3f} {spent:.0f} s", flush=True)
        if time.time() - saved > 120 or step == steps - 1:
            torch.save(model.state_dict(), work / "encoder.partial")
            (work / "encoder.partial").replace(work / "encoder.pt")
            saved = time.time()


def without_dropout(model: nn.Module) -> nn.Module:
    """The model with attention by plain products, which is faster here, and no dropout."""
    model.config._attn_implementation = "eager"
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return model


def collection(
    statutes: Path, corpora: Sequence[Path]
) -> tuple[list[Place], list[Asked], list[Asked]]:
    """All places, the questions that one of them answers, and those that none answers."""
    law, asked = read_statutes(statutes)
    places = law + read_places(corpora)
    written = read_written(places)
    answered = asked + [a for a in written if a.places]
    return places, answered, [a for a in written if not a.places]


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--statutes", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True, help="where progress is kept")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument(
        "--weights", type=Path, help="the base's, if its packages are not installed"
    )
    parser.add_argument("--tokenizer", type=Path, help="likewise")
    parser.add_argument("--start", type=Path, help="an encoder to go on from")
    options = parser.parse_args()
    torch.manual_seed(0)
    options.work.mkdir(parents=True, exist_ok=True)
    places, asked, _ = collection(options.statutes, options.corpus)
    print(f"{len(places)} places, {len(asked)} questions", flush=True)
    texts = [p.text for p in places] + [a.question for a in asked]
    cut, old = vocabulary(read_tokenizer(options.tokenizer), texts)
    if not (options.work / "tokenizer.json").exists():
        (options.work / "tokenizer.json").write_text(json.dumps(cut, ensure_ascii=False), "utf-8")
        (options.work / "pieces.json").write_text(json.dumps(old), "utf-8")
    old = json.loads((options.work / "pieces.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_file(str(options.work / "tokenizer.json"))
    print(f"{len(old)} pieces", flush=True)
    model = Encoder(without_dropout(as_bert(read_base(options.weights), old)))
    if options.start:
        model.load_state_dict(torch.load(options.start))
    train(model, tokenizer, asked, places, options.epochs, options.work)


if __name__ == "__main__":
    main()
