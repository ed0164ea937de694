"""What the findings of the rules are worth once a model has read both texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from app.verify.align import same
from app.verify.finding import Finding
from app.verify.likeness import coverage
from app.verify.tokens import Token, tokens

_REFERENCE = re.compile(
    r"^(?:根据|按照|依照|依据)?《[^》]+》(?:第[^条，。]{1,8}条(?:第[^条，。]{1,4}[款项]){0,2})?的?(?:规定|要求)?[，,：:]?"
)
_FOREIGN = frozenset({"figure", "name", "who", "what", "level", "turn", "bound"})
_MEASURES = re.compile(r"[亿万]?元|日|天|工作日|周|月|年|小时|家|倍|%|米|岁")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a logit of the model is worth. From ``passes`` on, a sentence passes that the rules do
    not let pass, unless they take it for turned round and more than ``near`` of its pairs of
    letters are the source's; below ``wrong`` one fails that they let pass."""

    near: float
    passes: float
    wrong: float

    @classmethod
    def read(cls, file: Path) -> Thresholds:
        """What :meth:`write` wrote.

        :raises ValueError: if it is not that; ``OSError``, ``KeyError``, ``TypeError`` likewise.
        """
        known = json.loads(file.read_text(encoding="utf-8"))
        return cls(*(float(known[name]) for name in cls.__slots__))

    def write(self, file: Path) -> None:
        """Store it as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


class Entails(Protocol):
    """A model that tells whether one text bears another out."""

    @property
    def thresholds(self) -> Thresholds:
        """What its logits are worth."""
        ...

    def __call__(self, sentence: str, text: str) -> float:
        """Logit that ``text`` bears ``sentence`` out."""
        ...


def weighed(
    text: str, whole: str, found: list[Finding], excused: Callable[[Token], bool], entails: Entails
) -> list[Finding]:
    """What is left of the findings of the rules when a model has read both texts. It knows other
    words for the same, not other figures or other people; and what stays near the words of its
    source the rules read better."""
    if found and (foreign(text, whole, excused) or settled(text, whole, found, entails.thresholds)):
        return found
    logit = entails(without_reference(text), whole)
    if not found:
        return [Finding("与依据的意思不符")] if logit < entails.thresholds.wrong else []
    return [] if logit >= entails.thresholds.passes else found


def settled(text: str, whole: str, found: Sequence[Finding], at: Thresholds) -> bool:
    """Whether the rules have the last word: they see a change where the words are the same."""
    return any(f.turned for f in found) and coverage(text, whole) > at.near


def without_reference(text: str) -> str:
    """``text`` without 根据《…》第…条规定 at its head, which no article says of itself."""
    return _REFERENCE.sub("", text)


def foreign(text: str, whole: str, excused: Callable[[Token], bool]) -> bool:
    """Whether ``text`` has an actor, a thing, a level, a name or a figure that stands nowhere in
    what it cites."""
    there = tokens(whole)
    values = {t.key.split(":")[1] for t in there if ":" in t.key}
    for token in tokens(text):
        if token.kind not in _FOREIGN or not token.critical or excused(token):
            continue
        if any(same(token, other) for other in there):
            continue
        kind, _, rest = token.key.partition(":")
        value, _, unit = rest.rpartition(":")
        # 一个, 三种, 前两项 count what others enumerate
        counts = kind == "number" and (value in values or not _MEASURES.fullmatch(unit))
        if not (token.kind == "figure" and counts):
            return True
    return False
