"""Pinyin that a scraper or converter wrote behind characters: 創(chuàng )新, 購買[MǍI], 文件(jian).

An annotation is taken out only where it is a reading of the very characters before it, and only
in a document that is full of them, or where they tell what everybody knows; a text that teaches
how 行(háng) is read keeps it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from ingest.cleaning.edits import Edit
from ingest.cleaning.script import HAN
from ingest.cleaning.syllables import readings
from ingest.cleaning.words import lexicon

MIN_EVIDENCE = 6
"""Weight of annotations that makes a document an annotated one; see :func:`is_annotated`."""

MAX_CHARACTERS_PER_ANNOTATION = 100
"""An annotated document has on average one annotation at least for so many Han characters."""

_FEW, _FEW_BARE = 2, 4
"""So many notes on what everybody can read, with tones or without, make it an annotated one."""
_EVERYDAY = 3000
"""A character that the dictionary's words hold so often is one that everybody can read."""
_LONGEST_WORD = 4
_MOST_READINGS = 64

_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0306": "3", "\u0300": "4"}
_LETTER = (
    r"[a-zA-ZüÜɡāáǎăàēéěĕèêếềīíǐĭìōóǒŏòūúǔŭùǖǘǚǜńňǹḿĀÁǍĂÀĒÉĚĔÈĪÍǏĬÌŌÓǑŎÒŪÚǓŬÙǕǗǙǛ\u0300-\u030c]"
)
_SYLLABLE = rf"{_LETTER}{{1,8}}[1-5]?"
_TOKEN = re.compile(
    rf"(?<=[{HAN}])[(（\[【〔](?P<in>[ \u00a0]?)"
    rf"(?P<syllable>{_SYLLABLE}(?:['’ ]?{_SYLLABLE}){{0,3}})"
    rf"(?P<space>[ \u00a0]?)[)）\]】〕](?P<after>[ \u00a0](?=[{HAN}]))?"
)
_HAN = re.compile(f"[{HAN}]")

Sound = tuple[str, str]
"""Letters and tones."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """``text[start:end]`` is the annotation of ``characters``, parentheses included.

    ``toned`` says that it marks a tone, ``usual`` that they are mostly read so, ``inner`` that a
    space stands within the parentheses, ``after`` that one follows them.
    """

    characters: str
    toned: bool
    usual: bool
    start: int
    end: int
    inner: bool
    after: bool


def is_annotated(text: str) -> bool:
    """Whether ``text`` is a document into which pinyin was injected.

    Each annotation weighs 1, and more for what no teacher writes: 2 for a space inside the
    parentheses, 1 for annotating the same character again. Nor does anybody write how everyday
    characters are read as they always are, one of them never otherwise (實(shí)): a few of these
    are enough.
    """
    found = list(_annotations(text))
    if _tells_what_all_know(found):
        return True
    weight, spoilt, seen = 0, 0, set[str]()
    for one in found:
        if not one.toned:
            continue
        extra = 2 * one.inner + (one.characters in seen)
        weight += 1 + extra
        spoilt += extra > 0
        seen.add(one.characters)
    if weight < MIN_EVIDENCE or not (spoilt or len(seen) >= 2 * MIN_EVIDENCE):
        return False
    return weight * MAX_CHARACTERS_PER_ANNOTATION >= len(_HAN.findall(text))


def spaces_follow(text: str) -> bool:
    """Whether the annotations of ``text`` bring a space behind them as a rule."""
    found = list(_annotations(text))
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
        said = _sound(match["syllable"])
        characters, usual = _annotated(text, match.start(), said)
        if characters:
            after = match["after"] is not None
            yield Annotation(
                characters,
                bool(said[1]),
                usual,
                match.start(),
                match.end() - after,
                bool(match["in"] or match["space"]),
                after,
            )


def _annotated(text: str, at: int, said: Sound) -> tuple[str, bool]:
    """The characters before ``at`` that ``said`` is a reading of, and whether it is the usual one;
    empty where there are none.

    Without tones one syllable alone counts, and no letter alone: 北京(Beijing), 金额(E).
    """
    letters, tones = said
    if not tones and len(letters) == 1:
        return "", False
    for length in range(1, _LONGEST_WORD + 1 if tones else 2):
        word = text[max(at - length, 0) : at]
        if len(word) < length or not _HAN.match(word):
            break
        sounds = [_readings(char) for char in word]
        if math.prod(map(len, sounds)) > _MOST_READINGS:
            break
        for number, way in enumerate(product(*sounds)):
            spelt = "".join(part for part, _ in way), "".join(tone for _, tone in way)
            if said == spelt or (not tones and letters == spelt[0]):
                return word, number == 0
    return "", False


def _tells_what_all_know(found: list[Annotation]) -> bool:
    """Whether notes tell of everyday characters how they are always read."""
    from ingest.cleaning.script import to_simplified

    known = {a.characters: a.toned for a in found if a.usual and all(map(_everyday, a.characters))}
    plain = [c for c in known if all(len(_readings(to_simplified(char))) == 1 for char in c)]
    return bool(plain) and (sum(known.values()) >= _FEW or len(known) >= _FEW_BARE)


@lru_cache(maxsize=8192)
def _everyday(character: str) -> bool:
    from ingest.cleaning.script import to_simplified

    return lexicon().everywhere.get(to_simplified(character), 0) >= _EVERYDAY


def _sound(said: str) -> Sound:
    """The letters of a reading, small and without marks, and the tones in their order."""
    letters, tones = "", ""
    for mark in unicodedata.normalize("NFD", said.casefold().replace("ɡ", "g")):
        if mark == "\u0308":
            letters = letters[:-1] + "v"
        elif mark in _TONES:
            tones += _TONES[mark]
        elif mark in "1234":
            tones += mark
        elif mark.isalpha():
            letters += mark
    return letters, tones


@lru_cache(maxsize=8192)
def _readings(character: str) -> tuple[Sound, ...]:
    """All readings of ``character`` and of its Simplified form, the usual one first."""
    from ingest.cleaning.script import to_simplified

    forms = dict.fromkeys((to_simplified(character), character))
    return tuple(dict.fromkeys(_sound(reading) for form in forms for reading in readings(form)))
