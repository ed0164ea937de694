"""The reader's vocabulary: the base's, cut to Chinese, Latin letters and what the texts need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer

from training.base import cut_tokenizer

LATIN = 7_000
"""So many of the pieces of Latin letters, digits and signs are kept, the most frequent first."""

_HAN = re.compile(r"[\u4e00-\u9fff]")
_OTHER = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")


def vocabulary(whole: dict[str, Any], texts: Iterable[str]) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer for Chinese (Simplified) and English, and the base's number of each piece.

    Kept are the pieces that ``texts`` use, those of Han characters that are Simplified, and the
    :data:`LATIN` first of ASCII; the base's pieces are in order of frequency.
    """
    from ingest.cleaning.script import to_simplified

    pieces = [piece for piece, _ in whole["model"]["vocab"]]
    tokenizer = Tokenizer.from_str(json.dumps(whole))
    used = {i for e in tokenizer.encode_batch(list(texts)) for i in e.ids}
    chinese = {
        i
        for i, piece in enumerate(pieces)
        if _HAN.search(piece) and not _OTHER.search(piece) and to_simplified(piece) == piece
    }
    latin = [i for i, piece in enumerate(pieces) if piece.lstrip("▁").isascii()][:LATIN]
    return cut_tokenizer(whole, {*used, *chinese, *latin})


def as_ids(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> list[list[int]]:
    """The numbers of the pieces of each text, without special ones, cut to ``longest``."""
    encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [e.ids[:longest] for e in encoded]
