"""Which places look like answers to a question and are none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from ingest.encoder import PASSAGE, QUERY
from training.examples import Asked, Place
from training.network import BOS, EOS, Encoder, encoded
from training.tokens import as_ids

MINED = 24
"""So many places a question are proposed as wrong ones."""
LONGEST = 160
"""Longest text, in pieces."""
NEARER = 0.03
"""What is by more than this nearer than a place that answers is not taken for wrong."""


def mine(
    model: Encoder, tokenizer: Tokenizer, asked: Sequence[Asked], places: Sequence[Place]
) -> list[list[int]]:
    """For each question the places that look most like answers and are none, best first.

    Places of the corpora are ranked by the encoder, articles of the statutes by the product's own
    embedding, which takes seconds for all of them. What is much nearer than the nearest place that
    answers is left out: it mostly answers too (Moreira et al. 2024, arXiv 2407.15831).
    """
    from ingest.embed import Embedder
    from ingest.settings import PROJECT, load_settings

    embedder = Embedder(load_settings(PROJECT / "config.yaml"))
    law = [n for n, p in enumerate(places) if not p.file]
    own = [n for n, p in enumerate(places) if p.file]
    of_law = [i for i, a in enumerate(asked) if a.places and not places[a.places[0]].file]
    of_own = [i for i, a in enumerate(asked) if not (a.places and not places[a.places[0]].file)]
    found: list[list[int]] = [[] for _ in asked]
    if of_own:
        near = vectors(model, as_ids(tokenizer, [PASSAGE + places[n].text for n in own], LONGEST))
        put = vectors(
            model, as_ids(tokenizer, [QUERY + asked[i].question for i in of_own], LONGEST)
        )
        _ranked(found, asked, of_own, own, put, near)
    if of_law:
        texts = embedder.encode_passages([places[n].text for n in law])
        put = np.stack([embedder.encode_query(asked[i].question) for i in of_law])
        _ranked(found, asked, of_law, law, put, texts)
    return found


def _ranked(
    found: list[list[int]],
    asked: Sequence[Asked],
    which: Sequence[int],
    numbers: Sequence[int],
    put: np.ndarray,
    texts: np.ndarray,
) -> None:
    row_of = {number: row for row, number in enumerate(numbers)}
    for at in range(0, len(which), 256):
        near = put[at : at + 256] @ texts.T
        best = np.argpartition(-near, MINED + 16, axis=1)[:, : MINED + 16]
        for row, i in enumerate(which[at : at + 256]):
            order = best[row][np.argsort(-near[row][best[row]])]
            right = {row_of[n] for n in asked[i].places if n in row_of}
            most = max((near[row][n] for n in right), default=1.0) + NEARER
            found[i] = [numbers[n] for n in order if n not in right and near[row][n] < most][:MINED]


def proposed_places(
    work: Path,
    model: Encoder,
    tokenizer: Tokenizer,
    asked: Sequence[Asked],
    places: Sequence[Place],
) -> list[list[int]]:
    """What :func:`mine` finds for each question, kept in ``work/mined.json`` by question and text
    so that only new questions are looked for when it is there."""
    file = work / "mined.json"
    known: dict[str, list[str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    names = [hashlib.blake2b(p.text.encode(), digest_size=8).hexdigest() for p in places]
    new = [i for i, a in enumerate(asked) if a.question not in known]
    if new:
        found = mine(model, tokenizer, [asked[i] for i in new], places)
        for i, wrong in zip(new, found, strict=True):
            known[asked[i].question] = [names[n] for n in wrong]
        file.write_text(json.dumps(known, ensure_ascii=False), "utf-8")
    number = {name: n for n, name in enumerate(names)}
    return [
        [number[w] for w in known[a.question] if w in number and number[w] not in a.places]
        for a in asked
    ]


@torch.no_grad()
def vectors(model: Encoder, rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Unit vectors of rows of pieces ``(n, hidden)``, float32."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out = np.empty((len(rows), model.bert.config.hidden_size), np.float32)
    for at in range(0, len(order), 64):
        chosen = order[at : at + 64]
        with torch.autocast("cpu", torch.bfloat16):
            found, _ = encoded(model, [[BOS, *rows[i], EOS] for i in chosen], 64)
        out[chosen] = found.numpy()
        if at % 3200 == 0:
            print(f"encoded {at} of {len(rows)}", flush=True)
    return out
