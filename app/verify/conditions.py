"""Conditions and exceptions of a rule that a statement leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.verify.align import Alignment
from app.verify.clauses import Clause, Unit
from app.verify.finding import Finding

_LEAST_OF_CONDITION = 0.5


def without_list(unit: Unit, matched: set[int], touched: set[int]) -> Iterator[Finding]:
    """符合下列情形之一的甲 said as 甲, without any of the list."""
    if any(unit.clauses[place].item for place in touched):
        return
    for clause in unit.clauses:
        row = [i for i in range(clause.first, clause.last) if unit.tokens[i].content]
        named = [i for i in row if unit.tokens[i].key == "之一"]
        if named and named[0] not in matched and any(i in matched for i in row[-1:]):
            yield Finding(f"略去了条件“{clause.text.strip()[:20]}”")


def alone(unit: Unit, touched: set[int], aligned: Sequence[Alignment]) -> Iterator[Finding]:
    """A condition said as if it were so; what ends with 的 says nothing."""
    said = [unit.clauses[place] for place in sorted(touched)]
    ends = [one.clause[-1].key for one in aligned if one.clause]
    if said and "的" not in ends[-1:] and all(c.condition and not unit.listed(c) for c in said):
        yield Finding(f"只是依据中的条件“{said[0].text.strip()[:20]}”")


def without_condition(
    unit: Unit, place: int, touched: set[int], matched: set[int], said: frozenset[str]
) -> Iterator[Finding]:
    clause = unit.clauses[place]
    run: list[int] = []
    for i in range(place - 1, -1, -1):
        other = unit.clauses[i]
        if other.part != clause.part or unit.listed(other) != unit.listed(clause):
            break
        if (other.condition and not other.exception) or _topic(unit, i):
            run.append(i)
        elif run:
            break
    if unit.listed(clause):
        whole = any(not unit.listed(unit.clauses[i]) for i in touched)
        run += [*(_of_lead(unit) if whole else ()), *_of_item(unit, place)]
    missing = [i for i in run if not _mentioned(unit, unit.clauses[i], matched, said)]
    if not missing:
        return
    if any(unit.clauses[i].names_list for i in missing) and any(
        unit.clauses[t].item for t in touched
    ):
        return
    texts = [unit.clauses[i].text for i in run]
    either = any(re.search(r"^\s*(?:或者|或)", text) for text in texts)
    if either and len(missing) < len(run):
        return
    yield Finding(f"略去了条件“{unit.clauses[missing[0]].text.strip()[:20]}”")


def _of_lead(unit: Unit) -> list[int]:
    """The conditions of a list's lead-in, up to where it names the list."""
    lead = [i for i, c in enumerate(unit.clauses) if not unit.listed(c)]
    names = [i for i in lead if "下列" in unit.clauses[i].text or "以下" in unit.clauses[i].text]
    if not names:
        return []
    part = unit.clauses[names[0]].part
    before = [i for i in lead if i <= names[0] and unit.clauses[i].part == part]
    return [i for i in before if unit.clauses[i].condition and not unit.clauses[i].exception]


def _of_item(unit: Unit, place: int) -> list[int]:
    """The other clauses of a list's item, where the item is one condition."""
    one_of = any("之一" in c.text for c in unit.clauses if not unit.listed(c))
    part = unit.clauses[place].part
    same = [i for i, c in enumerate(unit.clauses) if unit.listed(c) and c.part == part]
    return [i for i in same if i != place] if one_of else []


def _topic(unit: Unit, place: int) -> bool:
    """Whether a clause only says what a rule is about, more narrowly than a word would
    (属于中央预算的政府采购项目，)."""
    clause = unit.clauses[place]
    row = unit.tokens[clause.first : clause.last]
    binds = any(t.kind in ("duty", "not", "bound") for t in row)
    before = [c for c in unit.clauses[:place] if c.part == clause.part]
    opens = not before or (len(before) == 1 and "的" not in before[0].text)
    return opens and not binds and not clause.aim and not clause.exception and "的" in clause.text


def _mentioned(unit: Unit, clause: Clause, matched: set[int], said: frozenset[str]) -> bool:
    row = [i for i in range(clause.first, clause.last) if unit.tokens[i].content]
    row = [i for i in row if unit.tokens[i].kind not in ("who", "idle")]
    whole = sum(unit.tokens[i].weight for i in row)
    kept = sum(unit.tokens[i].weight for i in row if i in matched)
    other = sum(unit.tokens[i].weight for i in row if i in matched or unit.tokens[i].key in said)
    return not whole or kept >= _LEAST_OF_CONDITION * whole or other >= 0.65 * whole


def without_exception(unit: Unit, place: int, matched: set[int]) -> Iterator[Finding]:
    part = unit.clauses[place].part
    follows = unit.clauses[place + 1 :]
    run: list[Clause] = []
    for clause in follows:
        if not run and not clause.exception and _has_own_actor(unit, clause):
            break
        if clause.part > part + 1 or (clause.part > part and not run and not clause.exception):
            break
        if clause.exception or (run and clause.part == run[-1].part):
            run.append(clause)
    for before in unit.clauses[:place]:
        if before.exception and before.part == part:
            run.append(before)
    for clause in run:
        if clause.exception and not _mentioned(unit, clause, matched, frozenset()):
            yield Finding(f"略去了例外“{clause.text.strip()[:20]}”")
            return


def _has_own_actor(unit: Unit, clause: Clause) -> bool:
    return unit.tokens[clause.first].kind == "who"
