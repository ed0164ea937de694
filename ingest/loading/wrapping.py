"""Plain text whose lines a program cut: the halves of a sentence become one line again.

A file is cut at a fixed width where most of its unfinished lines are about equally long. Besides,
the rule of an article that breaks off (第一条 采购人应当遵守) goes on in the next line, which a
title (第一条 立法目的) does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ingest.loading.reading import is_wide, join_lines

_ENDS = ("。", "；", "：", "！", "？", "”", "》", "…", ".", ";", ":", "!", "?", "）", ")", "|")
_OPENS = re.compile(
    r"\s{2}|\u3000|第\s*[零〇一二三四五六七八九十百千\d]+(?:\s*[-－—]\s*\d+)?\s*[编章节条部]"
    r"|[（(]?[一二三四五六七八九十百]+[）)、]|[（(]?\d{1,3}[)）.、．]|[①-⑳]|附\s*[件录表]?\s*\d*\s*[：:]"
    r"|附\s*[件录表]|目\s*录|[-*#|>•·●]|Article\s|\S{1,10}[：:]|(?:19|20)\d{2}\s*年[^，。]*$"
)
_ARTICLE = re.compile(
    r"第\s*[零〇一二三四五六七八九十百千\d]+\s*条(?:之[一二三四五六七八九十\d]+)?[\s\u3000]+\S"
)
_UNFINISHED = re.compile(
    r"(?:应当|可以|不得|必须|有权|负责|依法|按照|依照|根据|应|由|对|将|在|向|与|和|或者?|以及|及|(?<![目标])的|为|是|给|使|让|把|"
    r"被|并|且|但|不|以|于|经|自|从|[、，,])$|应当|可以|不得|必须|有权"
)
_ITEM = re.compile(r"[（(]?[一二三四五六七八九十\d]{1,3}[）)]\s*|\d{1,2}[.．、]\s*")
_BROKEN = re.compile(
    r"(?:下列|以下|任何|其他|各级|有关|相关|实行|进行|给予|予以|属于|采取|规避|违反|超过|达到|符合|具有|"
    r"提供|提出|作出|组织|参加|公开|应当|可以|不得|[对将在向与和或以及为是由从自于把被])$"
)
"""Words at the end of a line that go on to their object in the next."""
_LEAST_LINES = 6
_FULL = 0.9
"""A line of this part of the width is full."""
_NARROW, _WIDE = 30, 160
"""Columns, of which a Chinese character takes two, at which a program cuts."""
_MOSTLY = 0.8


def unwrapped(lines: Sequence[str]) -> list[str]:
    """``lines`` (blank ones and indents included) with those that belong together joined."""
    width = _width(lines)
    joined: list[str] = []
    full = False
    for line in lines:
        if joined and _goes_on(joined[-1], line, full):
            joined[-1] = join_lines(joined[-1].rstrip(), line.strip())
        else:
            joined.append(line)
        full = width is not None and _columns(line) >= _FULL * width
    return joined


def _goes_on(above: str, line: str, full: bool) -> bool:
    bare = above.strip()
    if not line.strip() or not bare:
        return False
    if _OPENS.match(line):
        led = line.strip().endswith("：") and _ARTICLE.match(bare)
        return bool(led and _BROKEN.search(bare))
    if full:
        return True
    if bare.endswith(_ENDS):
        return False
    if _ARTICLE.match(bare):
        return bool(_UNFINISHED.search(_ARTICLE.sub("", bare)) or _BROKEN.search(bare))
    item = _ITEM.match(bare)
    return bool(item and line.strip().endswith(("；", "。")) and _BROKEN.search(bare, item.end()))


def _width(lines: Sequence[str]) -> int | None:
    """The columns at which the text is cut; ``None`` where it is not."""
    if max(map(len, lines), default=0) > _WIDE:
        return None
    within = [
        _columns(line)
        for line, below in pairwise(lines)
        if line.strip() and below.strip() and not line.rstrip().endswith(_ENDS)
    ]
    longest = max(map(_columns, lines), default=0)
    if len(within) < _LEAST_LINES or not _NARROW <= longest <= _WIDE:
        return None
    full = sum(columns >= _FULL * longest for columns in within)
    return longest if full >= _MOSTLY * len(within) else None


def _columns(line: str) -> int:
    return sum(2 if is_wide(char) else 1 for char in line.rstrip())
