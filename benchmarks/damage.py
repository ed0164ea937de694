"""Damages a text as scraped pages are damaged: script, pinyin, punctuation, furniture, encoding."""

from __future__ import annotations

import random
import re

HEAD = "當前位置:首頁 » 綜合信息 » 地方\n"
TAIL = "\n【打印】 【關閉】\n版權所有 ICP備00000000號\n"
_HALF = str.maketrans("，；：（）？！", ",;:()?!")
_MARKED = re.compile("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]")


def damaged(
    text: str, density: float, seed: int = 1, furniture: bool = True, stops: bool = False
) -> str:
    """``text`` in the Traditional script with half-width punctuation, and with readings in brackets
    behind the share ``density`` of its characters; with ``stops`` its full stops are points."""
    from opencc import OpenCC
    from pypinyin import Style, lazy_pinyin

    draw = random.Random(seed)
    traditional = OpenCC("s2t").convert(text)
    readings = lazy_pinyin(traditional, style=Style.TONE, errors=lambda run: [""] * len(run))
    if len(readings) != len(traditional):
        raise ValueError("one reading a character")
    parts = []
    for char, reading in zip(traditional, readings, strict=True):
        parts.append(char.translate(_HALF))
        if _MARKED.search(reading) and "\u4e00" <= char <= "\u9fff" and draw.random() < density:
            parts.append(f"({reading}{draw.choice(['', '', ' '])})")
    whole = "".join(parts)
    if stops:
        whole = whole.replace("。", ".")
    return HEAD + whole + TAIL if furniture else whole


def error_rate(found: str, wanted: str) -> float:
    """Insertions, deletions and replacements, white space aside, a character of ``wanted``."""
    import numpy as np

    found, wanted = "".join(found.split()), "".join(wanted.split())
    codes = np.array([ord(char) for char in wanted])
    row = np.arange(len(wanted) + 1)
    columns = np.arange(len(wanted) + 1)
    for number, char in enumerate(found, 1):
        replaced = row[:-1] + (codes != ord(char))
        best = np.concatenate([[number], np.minimum(replaced, row[1:] + 1)])
        row = np.minimum.accumulate(best - columns) + columns
    return float(row[-1]) / max(len(wanted), 1)
