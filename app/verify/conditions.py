"""Conditions and exceptions of a rule that a statement leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def without_condition(
    unit: Unit, place: int, touched: set[int], matched: set[int], said: frozenset[str]
) -> Iterator[Finding]:
    clause = unit.clauses[place]
    lead = unit.text.find("\n")
    listed = 0 <= lead < unit.tokens[clause.first].start
    run: list[int] = []
    for i in range(place - 1, -1, -1):
        other = unit.clauses[i]
        if other.part != clause.part:
            break
        if listed and unit.tokens[other.first].start < lead and not other.names_list:
            continue  # of the lead-in, what names the list governs its items
        if other.condition and not other.exception:
            run.append(i)
        elif run:
            break
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
