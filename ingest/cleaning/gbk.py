"""The two bytes of a Chinese character in GBK, and back."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.cleaning.script import HAN, to_simplified

COMMON_MARKS = frozenset("，。、；：？！“”‘’（）《》〈〉【】〔〕…—·　％")
"""Punctuation that Chinese text is full of."""


@lru_cache(maxsize=4096)
def simple(char: str) -> str:
    """``char`` in its Simplified form."""
    return to_simplified(char)


@lru_cache(maxsize=4096)
def code(char: str) -> bytes | None:
    """The two bytes of ``char`` in GBK; ``None`` where it has not two."""
    try:
        found = char.encode("gb18030")
    except UnicodeEncodeError:
        return None
    return found if len(found) == 2 else None


@lru_cache(maxsize=4096)
def spellings(character: str) -> tuple[bytes, ...]:
    """The bytes that ``character`` may have come from: its own, and its Simplified form's."""
    codes = (code(character), code(simple(character)))
    return tuple(dict.fromkeys(c for c in codes if c))


@lru_cache(maxsize=65536)
def decode(lead: int, trail: int) -> str:
    """The Han character or Chinese mark of two bytes; empty where they are none."""
    try:
        char = bytes((lead, trail)).decode("gbk")
    except UnicodeDecodeError:
        return ""
    if len(char) != 1:
        return ""
    return char if char in COMMON_MARKS or re.match(f"[{HAN}０-９Ａ-Ｚａ-ｚ①-⑳]", char) else ""


@lru_cache(maxsize=4096)
def is_rare(character: str) -> bool:
    """Whether a character is unusual in Chinese text: not of GB 2312's first level."""
    found = code(simple(character))
    if found is None or character in COMMON_MARKS:
        return False
    return not (0xB0 <= found[0] <= 0xD7 and found[1] >= 0xA1) and found[0] != 0xA3
