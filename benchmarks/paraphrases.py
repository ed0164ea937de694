"""Sentences of law in other words that say the same: order, synonyms, numerals, connecting words,
what was understood said, what adds nothing left out."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from benchmarks.alterations import table

_TIME = re.compile(
    r"^(?P<actor>[^，。；：的]{2,20}?)(?P<must>应当|可以|必须)(?P<time>(?:自|在|于)[^，。；：]{2,40}?"
    r"(?:日内|工作日内|个月内|年内|前))，?(?P<rest>[^，。；：]{2,})"
)
_CONDITION = re.compile(
    r"^(?P<what>[^，。；：]{4,60})的，(?P<rest>.*(?:应当|可以|不得|予以|责令|由).*)$", re.S
)
_BASIS = re.compile(r"(?:根据|依照|按照)[^，。；：、]{2,30}?(?:的)?规定，")
_PURPOSE = re.compile(r"^为了?[^。；]{4,60}?，(?=[^，。]{2,16}(?:应当|可以|不得))")
_DUTY = re.compile(
    r"^(?P<actor>[^，。；：的、和或]{2,12})(?P<must>应当|可以|不得)(?P<rest>[^。；：]{4,60})[。；]$"
)
_LATER = re.compile(r"(?P<head>[^。；]*)；(?P<tail>[^。；：]{8,})。$")
_HAN = re.compile(
    r"(?<![第分〇零一二三四五六七八九十百千])[一二三四五六七八九十百]{1,4}(?=个?(?:工作日|日内|日前|日以|个月|年内|家|人以))"
)
_PER_CENT = re.compile(r"百分之([一二三四五六七八九十]+)")
_EMPTY = re.compile(r"依法(?=[^应可不得])|及时(?=[^，。])|切实(?=[^，。])")

KINDS = (
    "order", "synonym", "synonyms", "numerals", "connecting words", "condition reworded",
    "basis left out", "purpose left out", "sentence shortened", "actor named", "two sentences",
    "mixed",
)  # fmt: skip


def paraphrased(sentence: str, before: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Pairs of a kind and a sentence that says what ``sentence`` does.

    :param before: the sentence before it in its article, for what it takes from there.
    """
    one = list(_single(sentence, before, rng))
    yield from one
    for kind, text in one:
        if kind == "connecting words":
            continue
        again = [t for k, t in _single(text, before, rng) if k != kind]
        if again:
            yield "mixed", rng.choice(again)


def _single(sentence: str, before: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    timed = _TIME.match(sentence)
    if timed:
        head = f"{timed['time']}，{timed['actor']}{timed['must']}{timed['rest']}"
        yield "order", head + sentence[timed.end() :]
    every = sentence
    for row in rng.sample(table("synonyms.tsv"), len(table("synonyms.tsv"))):
        for old, new in (row, row[::-1]) if rng.random() < 0.5 else (row,):
            if _fits(old, new, sentence):
                yield "synonym", sentence.replace(old, new, 1)
                every = every.replace(old, new, 1) if _fits(old, new, every) else every
                break
    if every != sentence:
        yield "synonyms", every
    arabic = _HAN.sub(lambda m: _arabic(m[0]), sentence)
    arabic = _PER_CENT.sub(lambda m: f"{_arabic(m[1])}%", arabic)
    if arabic != sentence:
        yield "numerals", arabic
    lead = rng.choice([text for kind, text in table("frames.tsv") if kind == "lead"])
    if not sentence.startswith("（"):
        yield "connecting words", lead + sentence
    condition = _CONDITION.match(sentence)
    if condition and "之一" not in condition["what"]:
        form = rng.choice(["如果{what}，{rest}", "{what}的情况下，{rest}", "{what}时，{rest}"])
        yield "condition reworded", form.format(**condition.groupdict())
    for kind, pattern in (("basis left out", _BASIS), ("purpose left out", _PURPOSE)):
        if pattern.search(sentence) and len(shorter := pattern.sub("", sentence, count=1)) > 12:
            yield kind, shorter
    if _EMPTY.search(sentence):
        yield "sentence shortened", _EMPTY.sub("", sentence, count=1)
    later = _LATER.match(sentence)
    if later:
        yield "two sentences", f"{later['head']}。{later['tail']}。"
    actor, bare = _DUTY.match(before), re.match(r"(?:并)?(?:应当|可以|不得)", sentence)
    if actor and bare:
        yield "actor named", actor["actor"] + sentence.removeprefix("并")


def _fits(old: str, new: str, sentence: str) -> bool:
    """Whether ``old`` stands in the sentence, and ``new`` not yet; single characters are parts of
    other words."""
    return len(old) > 1 and old in sentence and new not in sentence.replace(old, "")


def _arabic(numeral: str) -> str:
    from app.content.facts import numeral as value

    return value(numeral) or numeral
