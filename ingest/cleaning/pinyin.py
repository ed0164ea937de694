"""Pinyin that a scraper or converter wrote behind characters: 創(chuàng )新, 購買(mǎi).

An annotation is taken out only where it is a reading of the very character before it, and only
in a document that is full of them; a text that teaches how 行(háng) is read keeps it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ingest.cleaning.edits import Edit
from ingest.cleaning.script import HAN
from ingest.cleaning.syllables import readings
from ingest.loading.likeness import FREQUENT

MIN_EVIDENCE = 6
"""Weight of annotations that makes a document an annotated one; see :func:`is_annotated`."""

MAX_CHARACTERS_PER_ANNOTATION = 100
"""An annotated document has on average one annotation at least for so many Han characters."""

_FEW = 2
_SYLLABLE = r"[a-züɡāáǎăàēéěĕèêếềīíǐĭìōóǒŏòūúǔŭùǖǘǚǜńňǹḿ\u0300-\u030c]{1,8}"
_TOKEN = re.compile(
    rf"(?<=[{HAN}])[(（](?P<in>[ \u00a0]?)(?P<syllable>{_SYLLABLE})(?P<space>[ \u00a0]?)[)）]"
    rf"(?P<after>[ \u00a0](?=[{HAN}]))?"
)
_HAN = re.compile(f"[{HAN}]")
_SAME_LETTERS = str.maketrans("ɡăĕĭŏŭ", "gǎěǐǒǔ")


@dataclass(frozen=True, slots=True)
class Annotation:
    """``text[start:end]`` is the annotation of ``character``, parentheses included.

    ``inner`` says that a space stands within the parentheses, ``after`` that one follows them.
    """

    character: str
    start: int
    end: int
    inner: bool
    after: bool


def find_annotations(text: str) -> list[Annotation]:
    """Every parenthesised reading of the character just before it, in reading order."""
    return list(_annotations(text))


def is_annotated(text: str) -> bool:
    """Whether ``text`` is a document into which pinyin was injected.

    Each annotation weighs 1, and more for what no teacher writes: 2 for a space inside the
    parentheses, 1 for annotating the same character again. Nor does anybody write how two of the
    commonest characters are read that have but one reading (實(shí)): a few of these are enough.
    """
    if len({a.character for a in _annotations(text) if _needs_no_reading(a.character)}) >= _FEW:
        return True
    weight, spoilt, seen = 0, 0, set[str]()
    for found in _annotations(text):
        extra = 2 * found.inner + (found.character in seen)
        weight += 1 + extra
        spoilt += extra > 0
        seen.add(found.character)
    if weight < MIN_EVIDENCE or not (spoilt or len(seen) >= 2 * MIN_EVIDENCE):
        return False
    return weight * MAX_CHARACTERS_PER_ANNOTATION >= len(_HAN.findall(text))


def spaces_follow(text: str) -> bool:
    """Whether the annotations of ``text`` bring a space behind them as a rule."""
    found = find_annotations(text)
    return 2 * sum(a.after for a in found) > len(found)


def pinyin_edits(text: str, with_space_after: bool) -> list[Edit]:
    """The edits that take the annotations out, with the spaces they bring.

    :param with_space_after: take out a space behind the parentheses too.
    """
    return [
        Edit(a.start, a.end + (with_space_after and a.after), "", "pinyin")
        for a in _annotations(text)
    ]


def _annotations(text: str) -> Iterator[Annotation]:
    for match in _TOKEN.finditer(text):
        character = text[match.start() - 1]
        if _normal(match["syllable"]) in _readings(character):
            after = match["after"] is not None
            yield Annotation(
                character,
                match.start(),
                match.end() - after,
                bool(match["in"] or match["space"]),
                after,
            )


def _needs_no_reading(character: str) -> bool:
    from ingest.cleaning.script import to_simplified

    return to_simplified(character) in FREQUENT and len(_readings(character)) == 1


def _normal(syllable: str) -> str:
    return unicodedata.normalize("NFC", syllable).translate(_SAME_LETTERS)


@lru_cache(maxsize=8192)
def _readings(character: str) -> frozenset[str]:
    """All readings of ``character`` and of its Simplified form, tones marked."""
    from ingest.cleaning.script import to_simplified

    forms = {character, to_simplified(character)}
    return frozenset(_normal(reading) for form in forms for reading in readings(form))
