"""How single characters are pronounced."""

from __future__ import annotations

import os
from functools import lru_cache


@lru_cache(maxsize=16_384)
def toneless(character: str) -> str:
    """The reading of one character that is the most usual, without its tone (``zhi``)."""
    _without_phrases()
    from pypinyin import Style, lazy_pinyin

    return str(lazy_pinyin(character, style=Style.NORMAL)[0])


def readings(character: str) -> tuple[str, ...]:
    """All readings of one character, with marks of tone (``zhì``)."""
    _without_phrases()
    from pypinyin import Style, pinyin

    return tuple(pinyin(character, style=Style.TONE, heteronym=True)[0])


def _without_phrases() -> None:
    """The library's table of phrases is of no use for single characters and takes 80 MB."""
    for name in ("PYPINYIN_NO_PHRASES", "PYPINYIN_NO_DICT_COPY"):
        os.environ.setdefault(name, "1")
