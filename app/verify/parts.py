"""Whether what a statement puts together belongs together in what it cites: a consequence with its
own condition, a definition with what it defines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from app.verify.align import Alignment
from app.verify.clauses import Clause, Unit
from app.verify.finding import Finding
from app.verify.tokens import Token

_END = re.compile(r"[。；;！？!?\n]")
_PREDICATE = re.compile(r"^\s*(?:是指|系指|指的?是|包括|不包括|主要包括|具体包括)")


def mixed(text: str, aligned: Sequence[Alignment]) -> Iterator[Finding]:
    """Findings for the clauses of ``text``, in order, each aligned with what it repeats."""
    sentence, condition, before = -1, None, None
    pending: tuple[Unit, int | None] | None = None
    for one in aligned:
        place = _place(one)
        if place is None:
            continue
        clause = one.unit.clauses[place]
        now = len(_END.findall(text, 0, one.clause[0].start))
        if now != sentence:
            sentence, condition, before = now, None, None
            pending = None
        shown = clause.text.strip()[:20]
        listed = one.unit.listed(clause)
        if (clause.condition and not clause.exception) or (listed and _conditional(one.clause)):
            pending = (one.unit, None if listed else clause.part)
        elif pending is not None:
            if pending[0] is not one.unit or pending[1] not in (None, clause.part):
                yield Finding(f"依据中“{shown}”所附的条件与此不同")
            pending = None
        if clause.condition and not clause.exception:
            condition = (one.unit, clause.part)
        elif condition and condition != (one.unit, clause.part) and _own(one.unit, place):
            yield Finding(f"依据中“{shown}”所附的条件与此不同")
        elif condition and condition[0] is one.unit and condition[1] > clause.part:
            yield Finding(f"依据中“{shown}”没有这样的条件")
        if _PREDICATE.match(clause.text) and place and before:
            subject = one.unit.clauses[place - 1]
            if subject.part == clause.part and before != (one.unit, place - 1):
                yield Finding(f"依据中“{shown}”说的是“{subject.text.strip()[:20]}”")
        before = (one.unit, place)


def _conditional(clause: Sequence[Token]) -> bool:
    """Whether a statement's clause says when another holds."""
    return bool(clause) and clause[-1].key in ("的", "时")


def _place(one: Alignment) -> int | None:
    """The clause that most of an alignment lies in."""
    weights: Counter[int] = Counter()
    for _, there in one.pairs:
        weights[one.unit.clause_of(there)] += one.unit.tokens[there].weight
    return weights.most_common(1)[0][0] if weights else None


def _own(unit: Unit, place: int) -> list[Clause]:
    """The conditions that stand before a clause in its part; none for the lead-in of a list, whose
    items are its conditions."""
    part = unit.clauses[place].part
    own = [c for c in unit.clauses[:place] if c.part == part and c.condition and not c.exception]
    return [] if any(c.names_list for c in own) else own


def other_subject(aligned: Sequence[Alignment]) -> Iterator[Finding]:
    """Findings for clauses that name nobody and stand behind another subject than in the source.

    A clause's subject is who it begins with, else that of the clause before it.
    """
    subject = ""
    for one in aligned:
        own = _first([t for t in one.clause if t.content])
        place = _place(one)
        if own or place is None:
            subject = own or subject
            continue
        clause = one.unit.clauses[place]
        meant = _subject(one.unit, place)
        if subject and meant and subject != meant and not clause.exception:
            yield Finding(f"依据中“{clause.text.strip()[:20]}”说的是“{meant}”")


def _subject(unit: Unit, place: int) -> str:
    part = unit.clauses[place].part
    for clause in reversed(unit.clauses[: place + 1]):
        row = [t for t in unit.tokens[clause.first : clause.last] if t.content]
        if clause.part == part and (found := _first(row)):
            return found
    return ""


def _first(row: Sequence[Token]) -> str:
    """Who a row begins with; "" if it begins with anything else."""
    return row[0].key if row and row[0].kind == "who" else ""
