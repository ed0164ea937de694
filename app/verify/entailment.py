"""Whether a text of law bears a sentence out, as the third head of the reader sees it: it knows
other words for the same, which the rules do not.

It is loaded when the first sentence of a language model is judged: quoting needs none of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from app.verify.likeness import letters
from app.verify.weighing import Thresholds
from ingest.encoder import (
    BOS,
    ENTAILMENT,
    EOS,
    OWN,
    PASSAGE,
    QUERY,
    missing,
    session_of,
    tokenizer_of,
)
from ingest.settings import PROJECT

ROOM = 240
"""Characters of law that are read with a sentence."""
SENTENCE, PAIR = 112, 256
"""Longest sentence, and longest pair, in pieces."""
THRESHOLDS = "entailment.json"
"""A file below a reader's folder."""
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?\n]?")
_ITEM = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十\d]{1,3}[、.．])"
)


class Entailment:
    """The head of a reader's folder.

    :raises SettingsError: on first use, if a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def thresholds(self) -> Thresholds:
        """What its logits are worth."""
        return _thresholds(self._folder)

    def __call__(self, sentence: str, text: str) -> float:
        """The logit that ``text`` bears ``sentence`` out, by what in it is nearest."""
        return _logit(self._folder, sentence, near(sentence, text))


@lru_cache(maxsize=1)
def own() -> Entailment | None:
    """The project's own; ``None`` where a copy of the program has none."""
    folder = PROJECT / OWN
    return Entailment(folder) if (folder / ENTAILMENT).is_file() else None


@lru_cache(maxsize=2)
def _thresholds(folder: Path) -> Thresholds:
    try:
        return Thresholds.read(folder / THRESHOLDS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise missing(folder) from error


@lru_cache(maxsize=2048)
def _logit(folder: Path, sentence: str, text: str) -> float:
    tokenizer = tokenizer_of(folder)
    ids, start = pair_row(
        tokenizer.encode(QUERY + sentence, add_special_tokens=False).ids,
        tokenizer.encode(PASSAGE + text, add_special_tokens=False).ids,
    )
    second = np.zeros((1, len(ids)), np.int64)
    second[0, start:] = 1
    given = {"ids": np.array([ids], np.int64), "second": second}
    (logit,) = session_of(folder / ENTAILMENT).run(["holds"], given)
    return float(logit[0])


def pair_row(sentence: list[int], text: list[int]) -> tuple[list[int], int]:
    """A pair as one row of pieces and where the text begins in it."""
    head = [BOS, *sentence[:SENTENCE], EOS]
    return [*head, *text[: PAIR - len(head) - 1], EOS], len(head)


def near(sentence: str, text: str, room: int = ROOM) -> str:
    """The sentences of ``text`` that have most in common with ``sentence``, in their order, as
    many as there is room for; items of a list with its lead-in."""
    if len(text) <= room:
        return text
    pieces = [m[0] for m in _SENTENCE.finditer(text) if m[0].strip()]
    leads: list[int | None] = []
    lead = None
    for i, piece in enumerate(pieces):
        leads.append(lead if _ITEM.match(piece) else None)
        lead = i if piece.rstrip().endswith(("：", ":")) else lead
    have = set(pairwise(letters(sentence)))
    common = [sum(pair in have for pair in set(pairwise(letters(p)))) for p in pieces]
    taken: set[int] = set()
    for i in sorted(range(len(pieces)), key=lambda i: -common[i]):
        above = leads[i]
        more = {i} if above is None else {i, above}
        if taken and sum(len(pieces[j]) for j in taken | more) > room:
            continue
        taken |= more
    return "".join(pieces[i] for i in sorted(taken))[: 2 * room]
