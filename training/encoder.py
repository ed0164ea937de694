"""First step of the reader: questions and the places that answer them lie close together.

    python training/encoder.py --statutes DIR --corpus DIR… --work DIR

The base (:mod:`training.base`) is trained contrastively on two readings of the same states at
once: the mean of a text's states (one vector a text), and the sum over the question's tokens of
the most similar token of the text (late interaction, Khattab and Zaharia 2020, arXiv 2004.12832).
Each question of a batch has the places of the others as negatives; batches are made of groups of
questions on one document, so that these are near. What is kept is the encoder, which
:mod:`training.reader` makes a cross-encoder of, and the vectors' layer. A step a minute is saved
to ``--work``. A second run with ``--again`` goes on from there by whole vectors alone, in batches
of questions whose places the first one confuses.
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
from training.base import as_bert, read_base, read_tokenizer
from training.examples import Asked, Place, read_places, read_statutes, read_written
from training.mining import proposed_places
from training.network import BOS, EOS, Encoder, encoded, without_dropout
from training.tokens import as_ids, vocabulary

BATCH, GROUP = 96, 16
"""Questions in a batch, and of them on one document."""
RATE, TOKEN_RATE = 6e-5, 1e-3
TEMPERATURE = 0.03
QUESTION, PLACE = 48, 160
"""Longest question and place, in pieces."""


def late(questions: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Late interaction of all with all ``(questions, places)``: a mean over question tokens."""
    there = questions.abs().sum(-1) > 0
    owner = there.nonzero()[:, 0]
    flat = questions[there]
    best = torch.stack([(flat @ place.T).max(1).values for place in places], 1)
    total = torch.zeros(len(questions), len(places)).index_add(0, owner, best)
    return total / there.sum(1, keepdim=True)


def by_document(
    asked: Sequence[Asked], places: Sequence[Place], draw: random.Random
) -> list[list[int]]:
    """All questions in groups of :data:`GROUP` on one document."""
    of: dict[str, list[int]] = {}
    for n, one in enumerate(asked):
        of.setdefault(places[one.places[0]].title, []).append(n)
    chunks = []
    rest = []
    for numbers in of.values():
        draw.shuffle(numbers)
        whole = len(numbers) - len(numbers) % GROUP
        chunks += [numbers[i : i + GROUP] for i in range(0, whole, GROUP)]
        rest += numbers[whole:]
    draw.shuffle(rest)
    return chunks + [rest[i : i + GROUP] for i in range(0, len(rest), GROUP)]


def by_likeness(
    asked: Sequence[Asked], proposed: Sequence[Sequence[int]], draw: random.Random
) -> list[list[int]]:
    """All questions in groups of :data:`GROUP` in which the places of some look like answers to
    others."""
    at_place: dict[int, list[int]] = {}
    for n, one in enumerate(asked):
        at_place.setdefault(one.places[0], []).append(n)
    left = set(range(len(asked)))
    order = list(left)
    draw.shuffle(order)
    chunks, rest = [], []
    for first in order:
        if first not in left:
            continue
        chunk = [first]
        for one in chunk:
            for place in proposed[one]:
                others = [n for n in at_place.get(place, ()) if n in left and n not in chunk]
                if others and len(chunk) < GROUP:
                    chunk.append(draw.choice(others))
        left.difference_update(chunk)
        if len(chunk) == GROUP:
            chunks.append(chunk)
        else:
            rest += chunk
    return chunks + [rest[i : i + GROUP] for i in range(0, len(rest), GROUP)]


def train(
    model: Encoder,
    tokenizer: Tokenizer,
    asked: Sequence[Asked],
    places: Sequence[Place],
    order: Sequence[int],
    minutes: float,
    whole: bool,
    work: Path,
) -> None:
    """Trains ``model`` once over ``order`` or for so many minutes, whichever is less, writing its
    state to ``work/encoder.pt`` now and then.

    :param whole: learn by whole vectors only, not by late interaction.
    """
    draw = random.Random(1)
    steps = len(order) // BATCH
    question_ids = as_ids(tokenizer, [QUERY + a.question for a in asked], QUESTION)
    place_ids = as_ids(tokenizer, [PASSAGE + p.text for p in places], PLACE)
    model.bert.embeddings.requires_grad_(False)
    bert = [p for p in model.bert.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": bert, "lr": RATE}, {"params": model.token.parameters(), "lr": TOKEN_RATE}],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    saved, began, losses = time.time(), time.time(), []
    for step in range(steps):
        share = max(step / steps, (time.time() - began) / (60 * minutes))
        if share >= 1:
            break
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min((step + 1) / 20, max(0.03, 1 - share))
        batch = [asked[n] for n in order[step * BATCH : (step + 1) * BATCH]]
        numbers = order[step * BATCH : (step + 1) * BATCH]
        chosen = [draw.choice(a.places) for a in batch]
        with torch.autocast("cpu", torch.bfloat16):
            of_places = encoded(model, [[BOS, *place_ids[n], EOS] for n in chosen])
            of_questions = encoded(model, [[BOS, *question_ids[n], EOS] for n in numbers])
        wrong = torch.tensor(
            [
                [i != j and place in one.places for j, place in enumerate(chosen)]
                for i, one in enumerate(batch)
            ]
        )
        target = torch.arange(len(batch))
        loss = torch.zeros(())
        alike = [of_questions[0] @ of_places[0].T]
        if not whole:
            alike.append(late(of_questions[1], of_places[1]))
        for score in alike:
            score = (score / TEMPERATURE).masked_fill(wrong, -1e4)
            loss = loss + nn.functional.cross_entropy(score, target)
            loss = loss + 0.3 * nn.functional.cross_entropy(score.T, target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if step % 5 == 4:
            spent = time.time() - began
            print(f"{step + 1}/{steps} loss {np.mean(losses[-5:]):.3f} {spent:.0f} s", flush=True)
        if time.time() - saved > 120:
            _save(model, work)
            saved = time.time()
    _save(model, work)


def _save(model: nn.Module, work: Path) -> None:
    torch.save(model.state_dict(), work / "encoder.partial")
    (work / "encoder.partial").replace(work / "encoder.pt")


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
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument(
        "--again",
        action="store_true",
        help="go on from the encoder of --work, among the places that it takes for answers",
    )
    parser.add_argument(
        "--weights", type=Path, help="the base's, if its packages are not installed"
    )
    parser.add_argument("--tokenizer", type=Path, help="likewise")
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
    draw = random.Random(0)
    if options.again:
        model.load_state_dict(torch.load(options.work / "encoder.pt"))
        found = proposed_places(options.work, model.eval(), tokenizer, asked, places)
        groups = by_likeness(asked, found, draw)
    else:
        groups = by_document(asked, places, draw)
    draw.shuffle(groups)
    order = [n for group in groups for n in group]
    train(
        model.train(), tokenizer, asked, places, order, options.minutes, options.again, options.work
    )


if __name__ == "__main__":
    main()
