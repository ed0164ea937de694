"""ASCII punctuation and stray spaces among Chinese characters.

For documents that a converter has damaged; a clean text keeps its own punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ingest.cleaning.edits import Edit
from ingest.cleaning.script import HAN

MIN_ASCII_MARKS = 4
MARKS_RATIO = 10
"""ASCII marks between Chinese characters that speak of a converter: so many at least, and so
many times as many as full-width ones."""

_CJK = rf"{HAN}《》〈〉「」『』“”‘’、。，：；？！（）【】〔〕…—"
_FULL = str.maketrans(",:;?!()", "，：；？！（）")

_BETWEEN = re.compile(rf"(?<=[{HAN}])[,:;?!](?=[{HAN}])")
_FULL_WIDTH = re.compile("[，：；？！]")
_COMMA = re.compile(
    rf"(?:(?<=[{_CJK}])[,:;](?=[{_CJK}0-9A-Za-z(\"'])|(?<=[{_CJK}])[,:;]$"
    rf"|(?<=[0-9A-Za-z%)\]])[,;:](?=[{_CJK}])|(?<=[{_CJK})])[,:;] (?=[{_CJK}]))",
    re.MULTILINE,
)
_ENDING = re.compile(rf"(?<=[{_CJK})])[?!](?=[{_CJK}\"')]|$)", re.MULTILINE)
_PARENTHESES = re.compile(r"\(([^()\n]*)\)")
_STOP = re.compile(
    rf"(?<=[{_CJK})%\"])(?<!附件|附表|附图)(?<![图表第号])\."
    rf"(?=[{HAN}“”‘’「」『』《(（\"\d]|[ \u3000]*$)",
    re.MULTILINE,
)
_NUMERAL_BEFORE = re.compile(r"(?:^|[\s。；])[（(]?[一二三四五六七八九十百]+[）)]?$")
_QUOTES = re.compile(r'"([^"\n]*)"')
_STRAY = re.compile(rf"(?<=[{HAN}])[ \u00a0](?=[{HAN}])")


def has_ascii_punctuation(text: str) -> bool:
    """Whether ``text`` uses ASCII marks between Chinese characters nearly throughout."""
    ascii_marks = len(_BETWEEN.findall(text))
    if ascii_marks < MIN_ASCII_MARKS:
        return False
    return ascii_marks >= MARKS_RATIO * len(_FULL_WIDTH.findall(text))


def punctuation_edits(text: str) -> list[Edit]:
    """The edits that make ASCII marks between Chinese characters full-width.

    Marks within numbers, addresses, Latin text and file numbers stay: a mark is changed only
    with a Chinese neighbour, parentheses only in pairs that hold Chinese text and follow it,
    ``.`` only at the end of a Chinese sentence, straight quotes only in pairs around Chinese.
    """
    found = {(edit.start, edit.end): edit for edit in _all_edits(text)}
    edits: list[Edit] = []
    for edit in sorted(found.values(), key=lambda e: (e.start, e.end)):
        if not edits or edit.start >= edits[-1].end:
            edits.append(edit)
    return edits


def space_edits(text: str, is_word: Callable[[str], bool]) -> list[Edit]:
    """The edits that take out a space that cuts a word in two.

    :param is_word: says of the two characters around the space whether they are a word; the
        space between the halves of a heading parts no word and stays.
    """
    return [
        Edit(match.start(), match.end(), "", "space")
        for match in _STRAY.finditer(text)
        if is_word(text[match.start() - 1] + text[match.end()])
    ]


def _all_edits(text: str) -> Iterator[Edit]:
    for match in _COMMA.finditer(text):
        yield _widened(match)
    for match in _ENDING.finditer(text):
        yield _widened(match)
    for match in _PARENTHESES.finditer(text):
        if _is_chinese_aside(text, match):
            yield Edit(match.start(), match.start() + 1, "（", "punctuation")
            yield Edit(match.end() - 1, match.end(), "）", "punctuation")
    for match in _STOP.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not _NUMERAL_BEFORE.search(line):
            yield Edit(match.start(), match.end(), "。", "punctuation")
    for match in _QUOTES.finditer(text):
        if re.search(f"[{HAN}]", match[1]):
            yield Edit(match.start(), match.start() + 1, "“", "punctuation")
            yield Edit(match.end() - 1, match.end(), "”", "punctuation")


def _widened(match: re.Match[str]) -> Edit:
    full = match[0].strip().translate(_FULL)
    return Edit(match.start(), match.end(), full, "punctuation")


def _is_chinese_aside(text: str, match: re.Match[str]) -> bool:
    before = text[max(match.start() - 2, 0) : match.start()]
    follows_chinese = bool(re.search(rf"(?:^|\n|[{_CJK}]\.?)$", before))
    return follows_chinese and bool(re.search(f"[{HAN}]", match[1]))
