"""One sentence against what it cites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from app.content.facts import bare_name, facts
from app.verify.finding import Finding
from app.verify.rules import findings
from app.verify.tokens import Token, tokens

Why = Literal["", "empty", "uncited", "contradicts", "uncovered"]
Entails = Callable[[str, str], float]
"""The probability that the second text bears the first out."""

ENTAILED = 0.9
"""From this probability on, words that the rules do not know to be the source's are taken to be."""
_CONTRADICTED = 0.1

_CITED = re.compile(r"\[\d+\]")
_DESCRIBED = re.compile(
    r"^([^，。；：]{3,40})的([^的，。；：\d应不可]{0,10}(?:人|者|商|员|单位|机关|机构|部门|企业|组织))，"
)
_PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``problems`` say in Chinese what failed; empty when the statement holds. ``score`` in [0, 1]
    is the share of checks passed. ``why`` it fails: it says nothing, cites nothing, says otherwise
    than what it cites, or what that does not say."""

    score: float
    problems: tuple[str, ...] = ()
    why: Why = ""

    @property
    def holds(self) -> bool:
        """Whether no check failed."""
        return not self.problems


def judge(
    text: str,
    evidence: Sequence[str],
    names: Sequence[str] = (),
    entails: Entails | None = None,
) -> Verdict:
    """Whether ``text`` says nothing that ``evidence`` does not.

    :param evidence: the slices cited for it.
    :param names: titles and section paths of these slices, in which names and article numbers
        that ``text`` mentions may stand instead.
    :param entails: a model that decides where the rules only miss words.
    """
    plain = _CITED.sub("", text).strip()
    if not letters(plain):
        return Verdict(0.0, ("没有内容",), "empty")
    if not any(letters(piece) for piece in evidence):
        return Verdict(0.0, ("没有引用依据",), "uncited")
    plain = _with_marks(plain, names)
    found = findings(plain, evidence, _Excuse(names))
    if found and (other := _described_first(plain)) != plain:
        found = findings(other, evidence, _Excuse(names)) and found
    whole = "\n".join(evidence)
    if entails is not None and not any(f.turned for f in found):
        probability = entails(plain, whole)
        if probability >= ENTAILED:
            found = []
        elif probability < _CONTRADICTED and not found:
            found = [Finding("与依据的意思不符")]
    if not found:
        return Verdict(1.0)
    lines = tuple(dict.fromkeys(f.line for f in found))
    checks = max(2, sum(t.critical for t in tokens(plain)) + 1)
    score = round(max(0.0, 1 - len(lines) / checks), 3)
    turned = any(f.turned for f in found) and coverage(plain, whole) >= 0.5
    return Verdict(score, lines, "contradicts" if turned else "uncovered")


def coverage(text: str, source: str) -> float:
    """The share of the character pairs of ``text`` that occur in ``source``, from 0 to 1."""
    pairs = list(pairwise(letters(text)))
    have = set(pairwise(letters(source)))
    return sum(pair in have for pair in pairs) / len(pairs) if pairs else 0.0


def letters(text: str) -> str:
    """``text`` without white space and punctuation, full-width characters made plain."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))


def _described_first(text: str) -> str:
    """``text`` with 甲有某事的， for 有某事的甲， at its head."""
    return _DESCRIBED.sub(r"\2\1的，", text, count=1)


def _with_marks(text: str, names: Sequence[str]) -> str:
    """``text`` with 《》 around a title of ``names`` that it names bare (政府采购法第五条); where
    the title stands for the text itself (违反政府采购法), as the text says it of itself."""
    titles = {bare_name(name.split("第")[0].strip("《》")) for name in names}
    for title in sorted(filter(None, titles), key=len, reverse=True):
        mention = rf"(?<!《)(?:中华人民共和国)?{re.escape(title)}(?=第|的?规定|[，,：:])"
        text = re.sub(mention, f"《{title}》", text)
        own = rf"(?:中华人民共和国)?{re.escape(title)}"
        further = r"(?!》|第|的?规定|[，,：:])"
        text = re.sub(rf"《{own}》{further}|(?<!《){own}{further}", "本法", text)
    return text


class _Excuse:
    """Knows the names and numbers that what is cited goes by."""

    def __init__(self, names: Sequence[str]) -> None:
        self._known = {fact.key for name in names for fact in facts(name)}
        self._around = bare_name("\n".join(names))

    def __call__(self, token: Token) -> bool:
        if token.kind != "name":
            return False
        kind, _, rest = token.key.partition(":")
        value, _, unit = rest.rpartition(":")
        if kind == "name":
            return value in self._around
        return (kind, value, unit) in self._known

    def names(self, words: str) -> bool:
        """Whether ``words`` stand in a title or path."""
        return words in self._around
