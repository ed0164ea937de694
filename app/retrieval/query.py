"""What a question asks for, beyond its words: places it names, years, regions, other wordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import compress

import yaml

from app.content.places import places, province
from app.retrieval.names import Mention, Names, half_width
from ingest.cleaning.script import to_simplified
from ingest.outline.numbering import value

_HAN = "零〇一二三四五六七八九十百千两"
_NUMERAL = rf"(?:[{_HAN}]+|\d{{1,4}})"
_FROM_ITS_START = rf"(?:(?<![{_HAN}])[{_HAN}]+|\d{{1,4}})"
_TO = r"\s*(?:[-—–~～至到]|直到)\s*第?\s*"
_ARTICLE = re.compile(
    rf"(?P<di>第\s*)?(?P<first>{_FROM_ITS_START})\s*(?:"
    rf"条(?:\s*之\s*(?P<of>[一二三四五六七八九十]+|\d{{1,2}})(?![般些切定样]))?(?:{_TO}(?P<last>{_NUMERAL})\s*条)?"
    rf"|{_TO}(?P<to>{_NUMERAL})\s*条)"
)
_UNITS = {"paragraph": "款", "item": "项", "subitem": "目"}
_UNIT = {
    name: re.compile(rf"第\s*[(（]?\s*(?P<n>{_NUMERAL})\s*[)）]?\s*{unit}")
    for name, unit in _UNITS.items()
}
_DIVISION = re.compile(rf"第\s*(?P<n>{_NUMERAL})\s*(?P<unit>编|章|节|部分)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d|\s*[〕\])】]?\s*\d+\s*号)")
_OF_A_TEXT = re.compile(
    rf"[\u4e00-\u9fff](?:法典|法|条例|办法|规定|细则|规则|解释|号令|号)[》〉]?的?第?\s*{_NUMERAL}\s*条"
)
_AGAINST_NAME = re.compile(r"^[》〉\s的之中,，]{0,3}$")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a question names.

    ``documents`` are ids of all versions of the texts meant. ``first`` and ``last`` bound a range
    of articles, or, in a text without articles, of its top headings; ``None`` where the question
    names the text only. ``of`` is 1 in 第二十条之一. ``division`` is ``("章", 3)`` for 第三章.
    """

    documents: tuple[str, ...]
    first: int | None = None
    last: int | None = None
    of: int | None = None
    paragraph: int | None = None
    item: int | None = None
    division: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question understood.

    ``text`` is it in Simplified characters and half-width digits, ``bare`` the same without the
    names of places. ``named`` are the ids of all documents it names. ``years`` and ``regions``
    (provinces by short name, for a city also the city) are those it states. ``wordings`` are
    synonyms of its words. ``names_unknown`` is true where it names an article of a text that is
    not in the index.
    """

    text: str
    bare: str
    places: tuple[Place, ...]
    named: tuple[str, ...]
    years: tuple[int, ...]
    regions: tuple[str, ...]
    wordings: tuple[str, ...]
    names_unknown: bool = False


def understand(question: str, names: Names) -> Query:
    """``question`` with what it names resolved against the documents of an index."""
    text = half_width(to_simplified(question)).strip()
    mentions = names.mentions(text)
    spans: list[tuple[int, int]] = [(m.start, m.end) for m in mentions]
    named_places = list(_places(text, mentions, spans))
    kept = bytearray(b"\1" * len(text))
    for start, end in spans:
        kept[start:end] = bytes(end - start)
    bare = "".join(compress(text, kept))
    named = dict.fromkeys(id for mention in mentions for id in mention.documents)
    return Query(
        text=text,
        bare=re.sub(r"[《》〈〉]", "", bare).strip(),
        places=tuple(named_places),
        named=tuple(named),
        years=stated_years(text),
        regions=stated_regions(text),
        wordings=other_wordings(text),
        names_unknown=not mentions and bool(_OF_A_TEXT.search(text)),
    )


def stated_years(text: str) -> tuple[int, ...]:
    """The years that ``text`` states, but not those of document numbers."""
    years = [int(year) for year in _YEAR.findall(text)]
    return tuple(dict.fromkeys(years))


def stated_regions(text: str) -> tuple[str, ...]:
    """Provinces that ``text`` names, by short name; for a city its province and itself."""
    named = [(province(place), place.removesuffix("市")) for place in places(text)]
    return tuple(dict.fromkeys(name for both in named for name in both))


def other_wordings(text: str) -> tuple[str, ...]:
    """Words that mean what words of ``text`` mean, from ``ingest/data/synonyms.yaml``."""
    found: dict[str, None] = {}
    for group in _synonyms():
        if any(word in text for word in group):
            found.update(dict.fromkeys(word for word in group if word not in text))
    return tuple(found)


def _places(
    text: str, mentions: Sequence[Mention], spans: list[tuple[int, int]]
) -> Iterable[Place]:
    """One place for each article named, of the document named last before it (else after it)."""
    used: set[Mention] = set()
    for match in _ARTICLE.finditer(text):
        before = [m for m in mentions if m.end <= match.start()]
        adjacent = bool(before) and bool(_AGAINST_NAME.match(text[before[-1].end : match.start()]))
        if not match["di"] and not adjacent:
            continue
        first = value(match["first"])
        end = match["last"] or match["to"]
        last = value(end) if end else first
        of = value(match["of"]) if match["of"] else None
        if match["to"] and first and last and last < first:  # 第85-1条 is no range
            last, of = first, last
        owner = before[-1] if before else next(iter(mentions), None)
        if first is None or last is None or any(a <= match.start() < b for a, b in spans):
            continue
        rest = _after(text, match.end())
        units = {name: _unit(pattern, rest) for name, pattern in _UNIT.items()}
        inner = [pattern.search(rest) for pattern in _UNIT.values()]
        end_of_place = match.end() + max((m.end() for m in inner if m), default=0)
        spans.append((match.start(), end_of_place))
        if owner is not None:
            used.add(owner)
        yield Place(
            owner.documents if owner else (),
            first,
            max(first, last),
            of,
            units["paragraph"],
            units["item"],
        )
    for mention in mentions:
        if mention not in used:
            found = _DIVISION.match(text[mention.end :].lstrip("》〉的 "))
            number = value(found["n"]) if found else None
            yield Place(
                mention.documents,
                division=(found["unit"], number) if found and number is not None else None,
            )


def _after(text: str, end: int) -> str:
    """What follows an article as part of the same reference."""
    return re.split(rf"[,，。;；?？、]|第\s*{_NUMERAL}\s*条", text[end : end + 24])[0]


def _unit(pattern: re.Pattern[str], rest: str) -> int | None:
    found = pattern.search(rest)
    return value(found["n"]) if found else None


@lru_cache(maxsize=1)
def _synonyms() -> list[list[str]]:
    text = files("ingest").joinpath("data", "synonyms.yaml").read_text(encoding="utf-8")
    return [[str(word) for word in group] for group in yaml.safe_load(text) or []]
