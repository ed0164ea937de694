"""Sentences of law made false, in twenty kinds, one change each.

:func:`altered` gives every change that a sentence admits; the words exchanged are a table
(``wording/exchanges.tsv``), what is done to figures, conditions and exceptions stands here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

_WORDING = Path(__file__).parent / "wording"
_FIGURE = re.compile(
    r"(?<![第〇零一二三四五六七八九十百千\d])([一二三四五六七八九十百千万]+|\d+)"
    r"(?=个?(?:工作日|日内|日前|日以|天|个月|月内|年内|年以|年以下|万元|倍|家|人以|%))"
)
_PER_CENT = re.compile(r"(?<=百分之)([一二三四五六七八九十]+)|(?<=分之)([一二三四五六七八九])")
_CONDITION = re.compile(r"^[^，。；：]{4,80}的，(?=.*(?:应当|可以|不得|予以|责令|由))")
_EXCEPTION = re.compile(r"[，；]但[^。]{4,60}?除外|，[^，。]{2,40}另有规定的除外")
_ARTICLE = re.compile(r"第([二三四五六七八九])(?=十?[一二三四五六七八九]?条)")
_NEXT = dict(zip("一二三四五六七八九十", "二五四六八七九三六二", strict=True))
_IN_LAW = ("本法", "本条例", "本办法")

KINDS = (
    "negation", "modal", "comparison", "actor", "actors exchanged", "object", "figure", "unit",
    "figures exchanged", "before-after", "antonym", "quantifier", "connective",
    "exception inverted", "exception left out", "condition left out", "consequence", "time",
    "authority", "scope", "article",
)  # fmt: skip


def altered(sentence: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Pairs of a kind and a sentence that says otherwise than ``sentence``."""
    for kind, word, others in table("exchanges.tsv"):
        for at in _places(sentence, word):
            other = rng.choice(others.split("|"))
            yield kind, sentence[:at] + other + sentence[at + len(word) :]
    yield from _actors(sentence, rng)
    yield from _figures(sentence)
    yield from _exceptions(sentence)
    condition = _CONDITION.match(sentence)
    if condition:
        actors = sorted((a for g in table("actors.tsv") for a in g), key=len, reverse=True)
        actor = next((a for a in actors if sentence.startswith(a)), "")
        rest = sentence[condition.end() :]
        yield "condition left out", ("" if rest.startswith(actor) else actor) + rest
    ending = rng.choice([text for kind, text in table("frames.tsv") if kind == "consequence"])
    yield "consequence", sentence.rstrip("。；") + ending + "。"
    for match in _ARTICLE.finditer(sentence):
        yield "article", sentence[: match.start(1)] + _NEXT[match[1]] + sentence[match.end(1) :]


@cache
def table(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a table of words, cut at tabs."""
    lines = (_WORDING / name).read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines if line and line[0] != "#")


def _places(sentence: str, word: str) -> list[int]:
    """Where ``word`` stands by itself: not as the end of a longer word of the same table."""
    longer, found = _longer(word), []
    for match in re.finditer(re.escape(word), sentence):
        around = sentence[max(0, match.start() - 6) : match.end() + 6]
        if not any(w in around for w in longer):
            found.append(match.start())
    return found[:2]


@cache
def _longer(word: str) -> frozenset[str]:
    return frozenset(w for _, w, _ in table("exchanges.tsv") if word in w and w != word)


def _actors(sentence: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    for group in table("actors.tsv"):
        there = [a for a in group if re.search(rf"{a}(?!代表|报价)", sentence)]
        there = [a for a in there if not any(a != b and a in b for b in there)]
        away = [a for a in group if not any(a in b or b in a for b in there)]
        if there and away:
            one = rng.choice(there)
            yield "actor", sentence.replace(one, rng.choice(away))
        if len(there) > 1 and not re.search("[和、或与]".join(there), sentence):
            one, two = there[:2]
            if re.search(rf"{one}[、和或与]者?{two}|{two}[、和或与]者?{one}", sentence):
                continue
            swapped = sentence.replace(one, "\0").replace(two, one).replace("\0", two)
            yield "actors exchanged", swapped


def _figures(sentence: str) -> Iterator[tuple[str, str]]:
    spots = [(m.start(), m.end()) for m in _FIGURE.finditer(sentence)]
    spots += [(m.start(), m.end()) for m in _PER_CENT.finditer(sentence)]
    for start, end in spots:
        shown = sentence[start:end]
        other = str(int(shown) + 2) if shown.isdigit() else _other(shown)
        if other != shown:
            yield "figure", sentence[:start] + other + sentence[end:]
    spots.sort()
    for (a, b), (c, d) in pairwise(spots):
        if sentence[a:b] != sentence[c:d] and b <= c:
            swapped = sentence[:a] + sentence[c:d] + sentence[b:c] + sentence[a:b] + sentence[d:]
            yield "figures exchanged", swapped


def _other(numeral: str) -> str:
    if numeral[-1] == "十":
        return numeral + "五"
    return numeral[:-1] + _NEXT.get(numeral[-1], "二十")


def _exceptions(sentence: str) -> Iterator[tuple[str, str]]:
    for match in _EXCEPTION.finditer(sentence):
        yield "exception left out", sentence[: match.start()] + sentence[match.end() :]
        inverted = match[0].replace("但是", "包括").replace("但", "包括").replace("除外", "情形")
        if "除外" in match[0]:
            yield (
                "exception inverted",
                sentence[: match.start()] + inverted + sentence[match.end() :],
            )
    if "除外" in sentence:
        yield "exception inverted", sentence.replace("除外", "同样适用")
