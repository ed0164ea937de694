"""A cited text as units (sentences, lists with their lead-in) of clauses, each with its part in the
rule: what it depends on, what is excepted from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from app.verify.tokens import Token, tokens

_UNIT_END = re.compile(r"[。！？!?]")
_ITEM = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十\d]{1,3}[、.．])"
)
_IS_CONDITION = re.compile(
    r"(?:的|时|情况下|情形下|期间|[前后])$|^\s*(?:如果|如(?!实|期|下|.*等$)|若|凡)|^\s*(?:经|未经).{2,20}(?:批准|同意)$"
)
_IS_EXCEPTION = re.compile(
    r"^\s*(?:但是?(?!不限于)|除[^，]{2,60}外)|除外|不受(?:前|此|上)|不在此限|(?:从|依照)其(?:规定|约定)|^\s*(?:法律|合同|当事人|双方).{0,20}另有(?:规定|约定)"
)
_EXCEPTS_BEFORE = re.compile(r"\s*(?:但|[^，。；]{0,60}除外[。：:])")
"""A sentence that is the exception of the one before it."""
_AIM = re.compile(r"^\s*(?:为了?[^，]{2,}|(?:根据|依照|按照|依据)[^，]{2,30})$")
_LISTS = re.compile(
    r"(?P<verb>符合|具备|含有|有)?(?:下列|以下)[^，。：:]{0,20}?"
    r"(?P<noun>内容|行为|条件|情形|义务|职责|规定|要求|(?=之一))(?P<one>之一)?(?P<after>的?)"
)
"""Where the items of a list belong in its lead-in."""
_DEMANDS = re.compile(r"不得|禁止|应当")
_ONE_OF = re.compile(r"(?:下列|以下).{0,12}(?:之一|情形|行为)")


@dataclass(frozen=True, slots=True)
class Clause:
    """``first:last`` are its tokens in the unit. ``part`` counts the unit's parts (；), ``item`` is
    true for the last clause of an item of a list."""

    text: str
    first: int
    last: int
    part: int
    item: bool

    @property
    def condition(self) -> bool:
        """Whether it says when another clause holds."""
        return not self.item and bool(_IS_CONDITION.search(self.text)) and not self.aim

    @property
    def exception(self) -> bool:
        """Whether it says when another clause does not hold."""
        return bool(_IS_EXCEPTION.search(self.text))

    @property
    def aim(self) -> bool:
        """Whether it names an aim or a basis, which adds nothing to the rule."""
        return bool(_AIM.match(self.text))

    @property
    def names_list(self) -> bool:
        """Whether it speaks of one of the items that follow."""
        return bool(_ONE_OF.search(self.text))


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One sentence, or a list with its lead-in."""

    text: str
    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]

    @property
    def lead(self) -> int:
        """Where the lead-in of a list ends; the length of the text where there is no list."""
        end = self.text.find("\n")
        return end if 0 <= end < len(self.text.rstrip()) else len(self.text)

    def listed(self, clause: Clause) -> bool:
        """Whether a clause stands in an item of a list."""
        return self.tokens[clause.first].start > self.lead

    def clause_of(self, token: int) -> int:
        """The number of the clause that a token stands in."""
        return next(i for i, c in enumerate(self.clauses) if c.first <= token < c.last)


@lru_cache(maxsize=512)
def units(text: str) -> tuple[Unit, ...]:
    """The units of a cited text, in order."""
    found, pending = [], ""
    for line in text.splitlines():
        if not line.strip():
            continue
        if pending and not (_ITEM.match(line) or re.search(r"[：:；;]\s*$", pending)):
            found.append(pending)
            pending = ""
        *whole, rest = re.split(r"(?<=[。！？!?])", line)
        if whole and not _ITEM.match(line):
            found += [pending + whole[0], *whole[1:]]
            pending = rest
        else:
            pending += "".join([*whole, rest]) + "\n"
    joined: list[str] = []
    for piece in [*found, pending]:
        if joined and _EXCEPTS_BEFORE.match(piece):
            joined[-1] += piece
        elif piece.strip():
            joined.append(piece)
    return tuple(_unit(piece) for piece in joined)


@lru_cache(maxsize=512)
def items_of(unit: Unit) -> tuple[Unit, ...]:
    """A list read item by item, each with its lead-in, where each stands for itself: one of them is
    enough, or each is demanded or banned."""
    return tuple(_unit(text) for text in _each(unit.text))


def _each(text: str) -> list[str]:
    lead, *items = text.splitlines() or [""]
    listed = _LISTS.search(lead)
    alike = listed and (listed["one"] or _DEMANDS.search(lead[: listed.start()]))
    if not listed or not alike:
        return []
    if listed["one"] and not listed["after"] and _DEMANDS.search(lead[: listed.start()]):
        return []  # 应当符合下列条件之一: none of them is demanded
    bare = [_ITEM.sub("", item).strip().rstrip("；;。") for item in items if _ITEM.match(item)]
    head, tail = lead[: listed.start()], lead[listed.end() :].strip().rstrip("：:")
    said = [head + item + listed["after"] * (not item.endswith("的")) + tail for item in bare]
    if listed["one"]:  # each is a condition, which is not left out
        said = [f"{head}{item.removesuffix('的')}的，{tail.lstrip('，')}" for item in bare]
    if listed["verb"] and listed["noun"] and not listed["one"]:
        kept = head + listed["verb"]
        said += [f"{kept}{item.removesuffix('的')}的{listed['noun']}{tail}" for item in bare]
    return [f"{text}。" for text in said]


def _unit(text: str) -> Unit:
    row = tokens(text)
    clauses: list[Clause] = []
    first, part, item = 0, 0, False
    for i, token in enumerate((*row, None)):
        if token is not None and not (token.kind == "mark" and token.key in "，,；;。！？!?：:\n"):
            continue
        if i > first:
            piece = text[row[first].start : row[i - 1].end]
            line = text.rfind("\n", 0, row[first].start)
            item = item or bool(line >= 0 and _ITEM.match(text[line + 1 :]))
            clauses.append(Clause(piece, first, i, part, item))
        if token is not None and token.key in "；;。！？!?":
            part += 1
        first = i + 1
    ends = {c.part: i for i, c in enumerate(clauses)}
    listed = [replace(c, item=c.item and ends[c.part] == i) for i, c in enumerate(clauses)]
    return Unit(text, row, tuple(listed))
