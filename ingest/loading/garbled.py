"""Text that a program decoded wrongly and saved so: ¹ØÓÚ for 关于, 鍏充簬 for 关于.

Encoding it again as it was decoded gives the bytes, and these the text. Where bytes fell out on
the way the rest cannot be read: such a file is refused rather than cited.
"""

from __future__ import annotations

import re

from ingest.loading.likeness import FREQUENT, SAMPLE, likeness, usual

_WAYS = (
    ("cp1252", ("utf-8", "gb18030", "big5")),
    ("gb18030", ("utf-8", "big5")),
    ("big5", ("gb18030", "utf-8")),
)
"""As which a text may have been decoded, and what it was in truth."""

_SOUND = 0.35
"""Text of this likeness is not looked at as a whole: Chinese has 0.6 and more."""
_RESTORED = 0.5
_WESTERN_RUN = re.compile(
    "[\x80-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]{4,}"
)
"""Letters that no language of Western Europe strings together so."""
_REPLACED = re.compile("(?:锟斤拷|\ufffd)+")
_HAN = re.compile("[\u3400-\u9fff]")
_LEAST = 10
"""So few characters tell nothing."""


def restored(text: str) -> str:
    """``text`` read in its true encoding, as a whole or line by line; itself where it is sound."""
    if likeness(text) < _SOUND and (whole := _read_again(text)):
        return whole
    if not _WESTERN_RUN.search(text):
        return text
    lines = text.splitlines(keepends=True)
    return "".join(
        (_read_again(line) or _between_tags(line)) if _WESTERN_RUN.search(line) else line
        for line in lines
    )


def _between_tags(line: str) -> str:
    """A line of markup, what stands between its tags read again."""
    pieces = re.split("(<[^>]*>)", line)
    if len(pieces) == 1:
        return line
    return "".join(
        (_read_again(piece) or piece) if _WESTERN_RUN.search(piece) else piece for piece in pieces
    )


def is_garbled(text: str) -> bool:
    """Whether ``text`` is mojibake: strung accents, or mostly characters that nobody uses."""
    sample = text[:SAMPLE]
    letters = sum(char.isalpha() for char in sample)
    if letters < _LEAST:
        return False
    strung = sum(len(run) for run in _WESTERN_RUN.findall(sample))
    lost = sum(len(run) for run in _REPLACED.findall(sample))
    if max(strung, lost) >= _LEAST and max(strung, lost) * 4 > letters:
        return True
    han = _HAN.findall(sample)
    if len(han) < 2 * _LEAST or len(han) * 4 < letters:
        return False
    rare = sum(char not in usual() for char in han)
    frequent = sum(char in FREQUENT for char in han)
    return rare * 2 > len(han) or (rare * 5 > len(han) and frequent * 7 < len(han))


def _read_again(text: str, times: int = 2) -> str | None:
    """The likeliest of what ``text`` may have been, if that is likely at all; it may have been
    decoded wrongly twice."""
    best, highest = None, max(_RESTORED, likeness(text) + 0.2)
    for wrong, rights in _WAYS:
        data = _bytes(text, wrong)
        for right in rights if data else ():
            try:
                found = data.decode(right)
            except UnicodeDecodeError:
                continue
            again = _read_again(found, times - 1) if times > 1 and right == "utf-8" else None
            if (score := likeness(again or found)) > highest:
                best, highest = again or found, score
    return best


def _bytes(text: str, encoding: str) -> bytes:
    """``text`` as it was before it was decoded; empty where it cannot have been."""
    try:
        if encoding == "cp1252":  # its five gaps are controls of Latin-1
            return b"".join(
                char.encode("latin-1") if char < "\u0100" else char.encode("cp1252")
                for char in text
            )
        return text.encode(encoding) if _HAN.search(text) else b""
    except UnicodeEncodeError:
        return b""
