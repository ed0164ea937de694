"""Characters that a font lends to radicals of dictionaries: ⼀ (U+2F00) where 一 is meant.

A PDF whose font draws both with one glyph names whichever the producer met first, and text copied
from it carries them on: 第⼀条 is then no article and ⽂件 no word. Nobody writes them on purpose.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

RADICALS: Final = re.compile("[\u2e80-\u2fd5]")
"""A CJK or Kangxi radical."""

_TABLE = Path(__file__).resolve().parents[1] / "data" / "radicals.txt"


def fold_radicals(text: str) -> str:
    """``text`` with each radical replaced by the character it looks like, of equal length."""
    return RADICALS.sub(lambda match: folded(match[0]), text)


def folded(radical: str) -> str:
    """The character that ``radical`` stands for; itself where there is none."""
    return _supplement().get(radical) or unicodedata.normalize("NFKC", radical)


@cache
def _supplement() -> dict[str, str]:
    """The radicals that Unicode has no compatibility mapping for."""
    pairs: dict[str, str] = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, character = line.split()
            pairs[chr(int(code, 16))] = character
    return pairs
