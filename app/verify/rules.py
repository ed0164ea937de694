"""What a statement, aligned with what it cites, adds, leaves out or puts elsewhere.

A statement may leave out what adds nothing to a rule: its aim and basis, one of several who are
bound alike, how a duty is to be fulfilled, a second duty. It may not leave out who is meant, on
what condition, with what exception, nor anything that a ban or a permission is narrowed by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.verify.align import Alignment, align, same
from app.verify.clauses import Clause, Unit, units
from app.verify.tokens import Token, tokens

_LEAST_OF_CONDITION = 0.5
_CLAUSE_END = frozenset("，,；;。！？!?：:\n")
_CANDIDATES = 4
_THINGS = frozenset({"who", "what"})
_FIXED = frozenset({"not", "logic", "except", "all"})
"""What never stands elsewhere than in the source."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a statement. ``turned`` is true where it says otherwise than its source;
    otherwise words of it are merely not there, and a model may know them to be the same."""

    line: str
    turned: bool = True


def findings(
    text: str, evidence: Sequence[str], excused: Callable[[Token], bool]
) -> list[Finding]:
    """All that is wrong with ``text`` as a statement of what ``evidence`` says.

    :param excused: whether a name or number that the evidence does not hold stands in what the
        evidence goes by.
    """
    there = [unit for piece in evidence for unit in units(piece)]
    row = tokens(text)
    aligned: list[Alignment] = []
    found: list[Finding] = []
    for clause in _clauses(row):
        if not any(t.content and not excused(t) for t in clause):
            continue
        best = _best(clause, there, aligned)
        if best is None:
            found.append(Finding(f"依据中没有“{_shown(text, clause)}”", _critical(clause)))
        else:
            aligned.append(best)
    said = frozenset(token.key for token in row if token.content)
    held: dict[Unit, set[int]] = {}
    for one in aligned:
        held.setdefault(one.unit, set()).update(one.matched)
    moved: dict[Unit, set[int]] = {}
    for one in aligned:
        left = _moved(one, held[one.unit])
        moved.setdefault(one.unit, set()).update(left.values())
        found += _added(text, one, left, excused, there)
    for unit, matched in held.items():
        found += _left_out(unit, matched | moved[unit], said, [a for a in aligned if a.unit is unit])
    return found


def _clauses(row: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    clause: list[Token] = []
    for token in row:
        if token.kind == "mark" and token.key in _CLAUSE_END:
            if clause:
                yield tuple(clause)
            clause = []
        elif token.kind != "mark":
            clause.append(token)
    if clause:
        yield tuple(clause)


def _best(
    clause: tuple[Token, ...], there: Sequence[Unit], before: Sequence[Alignment]
) -> Alignment | None:
    """The alignment with the unit that repeats it best; of equals the one in use already."""
    keys = {t.key for t in clause if t.content}
    shares = {
        unit: len(keys & {t.key for t in unit.tokens}) / len(keys) if keys else 0.0
        for unit in there
    }
    near = sorted(shares, key=lambda unit: -shares[unit])[:_CANDIDATES]
    near = [unit for unit in near if shares[unit] >= 0.5]
    if not near:
        return None
    held = {unit: {i for a in before if a.unit is unit for i in a.matched} for unit in near}
    used = {a.unit for a in before}
    return min(
        (align(clause, unit, held[unit]) for unit in near),
        key=lambda a: a.cost - 0.5 * (a.unit in used),
    )


def _moved(one: Alignment, held: set[int]) -> dict[int, int]:
    """Tokens of the clause that stand elsewhere in the clauses it repeats, with their places
    there: a run that keeps together, and whose actors keep their part."""
    found: dict[int, int] = {}
    if not one.pairs:
        return found
    touched = {one.unit.clause_of(there) for _, there in one.pairs}
    spots = [
        i
        for c in sorted(touched)
        for i in range(one.unit.clauses[c].first, one.unit.clauses[c].last)
        if i not in held and one.unit.tokens[i].content
    ]
    for run in _runs(one):
        tokens_of_run = [i for i in run if one.clause[i].content]
        if not tokens_of_run:
            continue
        for at in range(len(spots) - len(tokens_of_run) + 1):
            places = spots[at : at + len(tokens_of_run)]
            whole = all(
                same(one.clause[i], one.unit.tokens[p])
                for i, p in zip(tokens_of_run, places, strict=True)
            )
            if whole and _may_move(one, tokens_of_run, places):
                found.update(zip(tokens_of_run, places, strict=True))
                break
    return found


def _runs(one: Alignment) -> Iterator[list[int]]:
    added = set(one.added)
    run: list[int] = []
    for i, token in enumerate(one.clause):
        if token.kind in _FIXED:
            yield run
            run = []
        elif i in added or (run and not token.content):
            run.append(i)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _may_move(one: Alignment, mine: Sequence[int], places: Sequence[int]) -> bool:
    kinds = [one.clause[i].kind for i in mine]
    content = [p for p in range(places[0], places[-1] + 1) if one.unit.tokens[p].content]
    if "duty" in kinds:  # with the one who is bound, all of it
        return "who" in kinds and len(content) == len(places)
    if "who" in kinds:
        here = [_part(one.clause, i) for i in mine if one.clause[i].kind == "who"]
        clause = one.unit.clauses[one.unit.clause_of(places[0])]
        row = one.unit.tokens[clause.first : clause.last]
        parts = [
            _part(row, p - clause.first) for p in places if one.unit.tokens[p].kind == "who"
        ]
        return here == parts
    if kinds == ["figure"] and one.clause[mine[0]].key.startswith("date:"):
        return sum(t.key.startswith("date:") for t in one.clause) == 1
    if kinds == ["bound"]:
        figures = [t for t in one.clause if t.kind in ("figure", "bound")]
        return len(figures) == 2
    return len(mine) > 1 and not (len(mine) == 2 and "figure" in kinds)


def _part(row: Sequence[Token], at: int) -> bool:
    """Whether an actor acts: it stands before the verb that binds and nothing is done to it."""
    before = row[at - 1] if at else None
    if before is not None and before.key in ("和", "或"):
        earlier = [i for i in range(at) if row[i].kind == "who"]
        if earlier:
            return _part(row, earlier[-1])
    binds = [i for i, t in enumerate(row) if t.kind in ("duty", "not")]
    towards = before is not None and before.kind == "free" and before.end - before.start == 1
    return not (binds and at > binds[0]) and not (towards and before.key != "的" and at > 1)


def _added(
    text: str,
    one: Alignment,
    moved: dict[int, int],
    excused: Callable[[Token], bool],
    there: Sequence[Unit],
) -> Iterator[Finding]:
    rest = [i for i in one.added if i not in moved]
    wrong = [i for i in rest if one.clause[i].content and not excused(one.clause[i])]
    wrong = [i for i in wrong if one.clause[i].kind != "idle"]
    wrong = [i for i in wrong if not _names_actor(one, i, there)]
    wrong = [i for i in wrong if not _joins_actors(one, i)]
    wrong = [i for i in wrong if not _goes_on(one, i) and not _demanded(one, i)]
    for i in wrong:
        token = one.clause[i]
        if token.critical:
            yield Finding(f"依据在此处没有“{text[token.start : token.end]}”")
    chars = [one.clause[i] for i in wrong if not one.clause[i].critical]
    if chars:
        shown = "".join(text[t.start : t.end] for t in chars)
        yield Finding(f"依据在此处没有“{shown[:20]}”", turned=False)


def _names_actor(one: Alignment, at: int, there: Sequence[Unit]) -> bool:
    """Whether an added actor is the one that the source leaves to be understood."""
    token = one.clause[at]
    if token.kind != "who" or not one.pairs or at > one.pairs[0][0]:
        return False
    place = one.unit.clause_of(one.pairs[0][1])
    clause = one.unit.clauses[place]
    row = one.unit.tokens[clause.first : clause.last]
    if any(t.kind == "who" and _part(row, i) for i, t in enumerate(row)):
        return False
    at_unit = there.index(one.unit)
    earlier = [u.tokens for u in there[:at_unit]][-1:]
    for tokens_before in (one.unit.tokens[: clause.first], *earlier):
        actors = [t for t in tokens_before if t.kind == "who"]
        if actors:
            return {t.key for t in actors} == {token.key}
    return False


def _joins_actors(one: Alignment, at: int) -> bool:
    """Whether an added 或 stands between two who are bound alike (A、B 应当)."""
    row = one.clause
    beside = 0 < at < len(row) - 1 and row[at - 1].kind == row[at + 1].kind == "who"
    if not (beside and row[at].key == "或"):
        return False
    where = {mine: there for mine, there in one.pairs}
    first, second = where.get(at - 1), where.get(at + 1)
    between = one.unit.tokens[first + 1 : second] if first is not None and second else ()
    return [t.key for t in between] == ["和"]


def _goes_on(one: Alignment, at: int) -> bool:
    """Whether an added 并 only opens a clause that follows another in the source too."""
    opens = one.clause[at].key == "且" and not any(t.content for t in one.clause[:at])
    return opens and bool(one.pairs) and one.unit.clause_of(one.pairs[0][1]) > 0


def _demanded(one: Alignment, at: int) -> bool:
    """Whether an added 应当 stands with a bound that the source demands (不得超过)."""
    if one.clause[at].key != "应当":
        return False
    bounds = [one.unit.tokens[p] for _, p in one.pairs if one.unit.tokens[p].kind == "bound"]
    left = [t for t in one.unit.tokens if t.kind == "bound"] if not bounds else bounds
    return any(one.unit.text[t.start :].startswith(("不得", "不应")) for t in left)


def _left_out(
    unit: Unit, matched: set[int], said: frozenset[str], aligned: Sequence[Alignment]
) -> Iterator[Finding]:
    touched = _touched(unit, matched)
    for place in sorted(touched):
        clause = unit.clauses[place]
        yield from _narrowed(unit, clause, matched)
        if clause.condition or clause.exception:
            continue
        yield from _without_condition(unit, place, touched, matched, said)
        yield from _without_exception(unit, place, matched)
    for one in aligned:
        yield from _across(one, matched, touched)
    yield from _interleaved(aligned)
    yield from _other_part(aligned)


def _touched(unit: Unit, matched: set[int]) -> set[int]:
    """The clauses that are repeated for more than a word in passing."""
    found = set()
    for place, clause in enumerate(unit.clauses):
        row = range(clause.first, clause.last)
        content = [i for i in row if unit.tokens[i].content]
        kept = [i for i in content if i in matched]
        if sum(unit.tokens[i].weight for i in kept) > 1 and (
            len(kept) * 3 >= len(content)
            or any(unit.tokens[i].critical and unit.tokens[i].kind not in _THINGS for i in kept)
        ):
            found.add(place)
    return found


def _narrowed(unit: Unit, clause: Clause, matched: set[int]) -> Iterator[Finding]:
    """What a repeated clause is left without."""
    row = [i for i in range(clause.first, clause.last)]
    kept = [i for i in row if i in matched and unit.tokens[i].content]
    duty = [i for i in row if unit.tokens[i].kind in ("duty", "not", "bound")]
    demands = duty and all(unit.tokens[i].key == "应当" for i in duty if unit.tokens[i].kind != "bound")
    bans = bool(duty) and unit.tokens[duty[0]].key == "不得"
    for run in _missing(unit, row, matched):
        inside = [unit.tokens[i] for i in run]
        if not any(t.content and t.kind != "idle" for t in inside):
            continue
        if inside[0].key == "且" and run[0] == clause.first:
            run, inside = run[1:], inside[1:]
            if not any(t.content for t in inside):
                continue
        if all(t.kind == "logic" for t in inside if t.content):
            yield Finding(f"略去了依据中的“{unit.text[inside[0].start : inside[-1].end]}”")
            continue
        if _is_basis(unit, run):
            continue
        after = run[0] > kept[-1]
        if after and _second(unit, run, bans):
            continue
        if _sibling(unit, run, bans, clause.condition):
            continue
        critical = [t for t in inside if t.critical]
        shown = unit.text[inside[0].start : inside[-1].end]
        if critical:
            yield Finding(f"略去了依据中的“{shown[:20]}”")
        elif not (demands and duty and run[0] > duty[0] and not after and _modifies(unit, run)):
            yield Finding(f"略去了依据中的“{shown[:20]}”", turned=False)


def _missing(unit: Unit, row: Sequence[int], matched: set[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for i in row:
        gone = i not in matched
        if gone and (unit.tokens[i].content or unit.tokens[i].key == "和" or run):
            run.append(i)
        elif not gone and unit.tokens[i].content and run:
            yield run
            run = []
    if run:
        yield run


def _is_basis(unit: Unit, run: Sequence[int]) -> bool:
    first, last = unit.tokens[run[0]], unit.tokens[run[-1]]
    inside = [unit.tokens[i] for i in run]
    plain = not any(t.critical and t.kind not in ("name", "level") for t in inside)
    return first.key in ("按照", "依法") and plain and unit.text[: last.end].endswith(("规定", "要求"))


def _modifies(unit: Unit, run: Sequence[int]) -> bool:
    """Whether a run only says how a duty is fulfilled, or what kind of thing is meant."""
    first, last = run[0], run[-1]
    after = unit.tokens[last + 1].key if last + 1 < len(unit.tokens) else ""
    before = unit.tokens[first - 1] if first else None
    led = before is not None and before.kind == "free" and before.key == "在"
    return sum(unit.tokens[i].weight for i in run) > 1 and (after == "的" or led)


def _second(unit: Unit, run: Sequence[int], bans: bool) -> bool:
    """Whether what is left out at the end is a further thing, not a part of what is kept."""
    head = unit.tokens[run[0]].key
    inside = [unit.tokens[i] for i in run]
    if any(t.kind in ("except", "when", "bound") for t in inside):
        return False
    return head in ("和", "且") or (bans and head == "或")


def _sibling(unit: Unit, run: Sequence[int], bans: bool, condition: bool) -> bool:
    """Whether what is left out is one of several of whom the same is said."""
    inside = [unit.tokens[i] for i in run]
    around = [unit.tokens[i].key for i in (run[0] - 1, run[-1] + 1) if 0 <= i < len(unit.tokens)]
    joined = {t.key for t in inside} | set(around)
    if not joined & {"和", "或"} or ("或" in joined and not (bans or condition)):
        only_actors = all(t.kind == "who" for t in inside if t.content and t.key != "或")
        if not only_actors or not joined & {"和", "或"}:
            return False
    rest = [t for t in inside if t.content and t.key != "或"]
    return all(t.kind in ("who", "char", "same", "word", "what") for t in rest)


def _without_condition(
    unit: Unit, place: int, touched: set[int], matched: set[int], said: frozenset[str]
) -> Iterator[Finding]:
    clause = unit.clauses[place]
    run: list[int] = []
    for i in range(place - 1, -1, -1):
        other = unit.clauses[i]
        if other.part != clause.part:
            break
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


def _without_exception(unit: Unit, place: int, matched: set[int]) -> Iterator[Finding]:
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


def _across(one: Alignment, matched: set[int], touched: set[int]) -> Iterator[Finding]:
    """Critical words that the clause leaps over: its parts stand in different clauses there."""
    if not one.pairs:
        return
    first, last = one.pairs[0][1], one.pairs[-1][1]
    skipped = [i for i in range(first, last) if i not in matched]
    kinds = ("figure", "not", "duty", "bound", *_THINGS)
    leapt = [i for i in skipped if one.unit.tokens[i].kind in kinds]
    outside = [i for i in leapt if one.unit.clause_of(i) not in touched]
    if outside:
        token = one.unit.tokens[outside[0]]
        yield Finding(f"越过了依据中的“{one.unit.text[token.start : token.end]}”")


def _interleaved(aligned: Sequence[Alignment]) -> Iterator[Finding]:
    """Clauses that took words from one another's places."""
    rows = [sorted(i for i in a.matched if a.unit.tokens[i].content) for a in aligned]
    for at, mine in enumerate(rows):
        for other in rows[:at]:
            one, two = [i for i in mine if i not in other], [i for i in other if i not in mine]
            if one and two and not (_within(one, two) or _within(two, one)):
                yield Finding("与依据各处的对应交错")
                return


def _within(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether ``one`` lies before, after or in one gap of ``other``."""
    return len({sum(i <= place for i in other) for place in one}) == 1


def _other_part(aligned: Sequence[Alignment]) -> Iterator[Finding]:
    """Actors who do what is done to them in the source, or the reverse."""
    for one in aligned:
        for mine, there in one.pairs:
            if one.clause[mine].kind == "who":
                here = one.clause[mine - 1].key if mine else ""
                source = one.unit.tokens[there - 1].key if there else ""
                if (here == "向") != (source == "向") or (here == "由" and source == "向"):
                    shown = one.unit.tokens[there]
                    yield Finding(f"“{one.unit.text[shown.start : shown.end]}”的位置与依据不同")


def _critical(clause: Sequence[Token]) -> bool:
    return any(t.critical for t in clause)


def _shown(text: str, clause: Sequence[Token]) -> str:
    return text[clause[0].start : clause[-1].end].strip()[:30]
