"""What a statement, aligned with what it cites, adds or puts elsewhere; what it leaves out is told
by :mod:`app.verify.leaving`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from app.verify.align import Alignment, align, same
from app.verify.clauses import Unit, items_of, units
from app.verify.finding import Finding
from app.verify.leaving import binding, left_out
from app.verify.parts import mixed, other_subject
from app.verify.tokens import Token, tokens

_CLAUSE_END = frozenset("，,；;。！？!?：:\n")
_CANDIDATES = 4
_LONGEST_SAID = 6
ANYBODY = "公民、法人或者其他组织"
_PUNISHES = re.compile(r"罚款|警告|处分|责令|吊销|没收|追究|停止|列入|取消|禁止")
"""Of whom a clause speaks that has one of these and names nobody is not who acts in it."""
_FIXED = frozenset({"not", "logic", "except", "all"})
"""What never stands elsewhere than in the source."""


class Excuse(Protocol):
    """What a cited text goes by: its titles and section paths."""

    def __call__(self, token: Token) -> bool:
        """Whether a name or number stands there."""

    def names(self, words: str) -> bool:
        """Whether these words stand there."""


def findings(text: str, evidence: Sequence[str], excused: Excuse) -> list[Finding]:
    """All that is wrong with ``text`` as a statement of what ``evidence`` says.

    :param excused: what the evidence goes by.
    """
    there = [unit for piece in evidence for unit in units(piece)]
    found = _findings(text, there, excused)
    alone = (item for unit in there for item in items_of(unit))
    return found if not found or all(_findings(text, [item], excused) for item in alone) else []


def _findings(text: str, there: Sequence[Unit], excused: Excuse) -> list[Finding]:
    row = tokens(text)
    aligned: list[Alignment] = []
    found: list[Finding] = []
    clauses = list(_clauses(row))
    for at, clause in enumerate(clauses):
        if not any(t.content for t in _beyond_reference(clause, excused)):
            continue
        if not at and len(clauses) > 1 and (said := _bare_answer(clause)):
            if said != _binds_first(clauses[1:]):
                found.append(Finding(f"依据中没有“{_shown(text, clause)}”"))
            continue
        if not at and _places(text, clause, excused):
            continue
        best = _best(clause, there, aligned)
        if best is None:
            found.append(Finding(f"依据中没有“{_shown(text, clause)}”", _critical(clause)))
        else:
            aligned.append(best)
    elsewhere: set[str] = set()
    held: dict[Unit, set[int]] = {}
    for one in aligned:
        held.setdefault(one.unit, set()).update(one.matched)
    moved: dict[Unit, set[int]] = {}
    for one in aligned:
        left = _moved(one, held[one.unit])
        moved.setdefault(one.unit, set()).update(left.values())
        elsewhere.update(one.clause[i].key for i in one.added if one.clause[i].content)
        found += _added(text, one, left, excused, there)
    for unit, matched in held.items():
        own = [a for a in aligned if a.unit is unit]
        found += left_out(unit, matched | moved[unit], frozenset(elsewhere), own, aligned)
    found += mixed(text, aligned)
    found += other_subject(aligned)
    return found


def _bare_answer(clause: Sequence[Token]) -> str:
    """可以 or 不得 where a clause is nothing else; ""."""
    said = [t for t in clause if t.content]
    return said[0].key if len(said) == 1 and said[0].kind in ("duty", "not") else ""


def _binds_first(clauses: Sequence[Sequence[Token]]) -> str:
    """By what some clauses bind first; "" if they do not."""
    return next((t.key for c in clauses for t in c if t.kind in ("duty", "not")), "")


def _places(text: str, clause: Sequence[Token], excused: Excuse) -> bool:
    """Whether a clause only says where a rule holds, in words of its title (在某省，)."""
    said = [t for t in clause if t.content]
    binds = any(t.critical and t.kind not in ("level", "name") for t in said)
    return not binds and all(t.kind == "idle" or excused.names(text[t.start : t.end]) for t in said)


def _beyond_reference(clause: Sequence[Token], excused: Excuse) -> list[Token]:
    """A clause without the name of what is cited and what belongs to it (根据《…》第五条规定)."""
    if not any(excused(t) for t in clause):
        return list(clause)
    return [t for t in clause if not excused(t) and t.key not in ("按照", "规定")]


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
    last = before[-1] if before else None
    ends = {last.unit: max(last.matched, default=0)} if last else {}
    return min(
        (align(clause, unit, held[unit], ends.get(unit, 0)) for unit in near),
        key=lambda a: a.cost - 0.5 * (a.unit in used),
    )


def _moved(one: Alignment, held: set[int]) -> dict[int, int]:
    """Tokens of the clause that stand elsewhere in the clauses it repeats, with their places
    there: a run that keeps together, and whose actors keep their part; not two runs that change
    places."""
    found: list[tuple[list[int], list[int]]] = []
    if not one.pairs:
        return {}
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
                found.append((tokens_of_run, places))
                break
    return {
        i: p
        for mine, places in found
        if not any((mine < m) != (places < p) for m, p in found if m != mine)
        for i, p in zip(mine, places, strict=True)
    }


def _runs(one: Alignment) -> Iterator[list[int]]:
    added = set(one.added)
    run: list[int] = []
    for i, token in enumerate(one.clause):
        if token.kind in _FIXED and token.key != "和":
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
    if kinds == ["who"]:
        return _described(one, mine[0], places[0])
    if "who" in kinds:
        here = [_part(one.clause, i) for i in mine if one.clause[i].kind == "who"]
        clause = one.unit.clauses[one.unit.clause_of(places[0])]
        row = one.unit.tokens[clause.first : clause.last]
        parts = [_part(row, p - clause.first) for p in places if one.unit.tokens[p].kind == "who"]
        return here == parts
    if kinds == ["figure"] and one.clause[mine[0]].key.startswith("date:"):
        return sum(t.key.startswith("date:") for t in one.clause) == 1
    if kinds == ["bound"]:
        figures = [t for t in one.clause if t.kind in ("figure", "bound")]
        return len(figures) == 2
    return len(mine) > 1 and not (len(mine) == 2 and "figure" in kinds)


def _described(one: Alignment, mine: int, there: int) -> bool:
    """Whether 甲有某事的 became 有某事的甲."""
    clause = one.unit.clauses[one.unit.clause_of(there)]
    last = mine == len(one.clause) - 1 and mine > 0 and one.clause[mine - 1].key == "的"
    return last and clause.condition and clause.first == there and clause.text.endswith("的")


def _part(row: Sequence[Token], at: int) -> bool:
    """Whether an actor acts: it stands before the verb that binds and nothing is done to it."""
    before = row[at - 1] if at else None
    if before is not None and before.key in ("和", "或"):
        earlier = [i for i in range(at) if row[i].kind == "who"]
        if earlier:
            return _part(row, earlier[-1])
    binds = [i for i, t in enumerate(row) if t.kind in ("duty", "not")]
    towards = before is not None and before.kind == "free" and before.end - before.start == 1
    done_to = towards and before is not None and before.key != "的" and at > 1
    return not (binds and at > binds[0]) and not done_to


def _added(
    text: str,
    one: Alignment,
    moved: dict[int, int],
    excused: Excuse,
    there: Sequence[Unit],
) -> Iterator[Finding]:
    beyond = _beyond_reference(one.clause, excused)
    rest = [i for i in one.added if i not in moved and one.clause[i] in beyond]
    wrong = [i for i in rest if one.clause[i].content]
    wrong = [i for i in wrong if one.clause[i].kind != "idle" or _weighs(text, one.clause[i])]
    wrong = [i for i in wrong if not _names_actor(one, i, there)]
    wrong = [i for i in wrong if not _opens_exception(one, i)]
    wrong = [i for i in wrong if not _joins_actors(one, i)]
    wrong = [i for i in wrong if not _goes_on(one, i, text) and not _demanded(one, i)]
    exact = _said_there(text, one, wrong, there)
    wrong = [i for i in wrong if i not in exact]
    for i in wrong:
        token = one.clause[i]
        if token.critical:
            yield Finding(f"依据在此处没有“{text[token.start : token.end]}”")
    chars = [one.clause[i] for i in wrong if not one.clause[i].critical]
    if chars:
        shown = "".join(text[t.start : t.end] for t in chars)
        yield Finding(f"依据在此处没有“{shown[:20]}”", turned=False)


def _weighs(text: str, token: Token) -> bool:
    """Whether an idle word says something where it is added: everybody, or this law as what
    applies."""
    return token.key == ANYBODY or text[: token.start].endswith(("适用", "适用《"))


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
    if _PUNISHES.search(clause.text):
        return False
    if _subject_before(one.unit, place) == token.key:
        return True
    at_unit = there.index(one.unit)
    earlier = [u.tokens for u in reversed(there[max(at_unit - 2, 0) : at_unit])]
    for tokens_before in (one.unit.tokens[: clause.first], *earlier):
        actors = [t for t in tokens_before if t.kind == "who"]
        if actors:
            return {t.key for t in actors} == {token.key}
    return False


def _opens_exception(one: Alignment, at: int) -> bool:
    """Whether an added 但 stands before what is an exception in the source too."""
    opens = one.clause[at].key == "但" and not any(t.content for t in one.clause[:at])
    return (
        opens
        and bool(one.pairs)
        and (one.unit.clauses[one.unit.clause_of(one.pairs[0][1])].exception)
    )


def _subject_before(unit: Unit, place: int) -> str:
    """Who acts in the nearest clause before ``place`` that names one first; "" if none does."""
    for clause in reversed(unit.clauses[:place]):
        first = unit.tokens[clause.first]
        if first.kind == "who" and not clause.exception:
            return first.key
    return ""


def _joins_actors(one: Alignment, at: int) -> bool:
    """Whether an added 或 stands between two who are bound alike (A、B 应当)."""
    row = one.clause
    beside = 0 < at < len(row) - 1 and row[at - 1].kind == row[at + 1].kind == "who"
    if not (beside and row[at].key == "或"):
        return False
    where = {mine: there for mine, there in one.pairs}
    first, second = where.get(at - 1), where.get(at + 1)
    between = one.unit.tokens[first + 1 : second] if first is not None and second else ()
    return [one.unit.text[t.start : t.end] for t in between] == ["、"]


def _said_there(text: str, one: Alignment, wrong: Sequence[int], there: Sequence[Unit]) -> set[int]:
    """Which of the added words only say more exactly what is meant, in words of the source: a few
    letters before a word that is repeated (评标组长 for 组长 in an article on 评标)."""
    where = dict(one.pairs)
    found: set[int] = set()
    for at in wrong:
        if at in found or at - 1 in wrong:
            continue
        run = [at]
        while run[-1] + 1 in wrong:
            run.append(run[-1] + 1)
        row = [one.clause[i] for i in run]
        said = text[row[0].start : row[-1].end]
        plain = not any(t.critical for t in row) and 2 <= len(said) <= _LONGEST_SAID
        if not plain or run[-1] + 1 not in where or not any(said in u.text for u in there):
            continue
        spot = where[run[-1] + 1]
        clause = one.unit.clauses[one.unit.clause_of(spot)]
        before = [i for i in range(clause.first, spot) if one.unit.tokens[i].content]
        if before and before[-1] in one.matched:  # else it stands for another word
            found.update(run)
    return found


def _goes_on(one: Alignment, at: int, text: str) -> bool:
    """Whether an added 并 only opens a clause that follows another in the source too, or one whose
    subject the statement has named before."""
    opens = one.clause[at].key == "且" and not any(t.content for t in one.clause[:at])
    if not opens or not one.pairs:
        return False
    first = one.pairs[0][1]
    clause = one.unit.clauses[one.unit.clause_of(first)]
    if clause.condition:  # of conditions each may be enough
        return False
    subject = one.unit.text[one.unit.tokens[clause.first].start : one.unit.tokens[first].start]
    named = bool(subject) and text.startswith(subject)
    return one.unit.clause_of(first) > 0 or named


def _demanded(one: Alignment, at: int) -> bool:
    """Whether an added 应当 stands with a bound that the source demands (不得超过), or in a clause
    that the 应当 of an earlier one governs (应当甲，并乙)."""
    if one.clause[at].key != "应当":
        return False
    if one.pairs:
        unit = one.unit
        clause = unit.clauses[unit.clause_of(one.pairs[0][1])]
        carried = binding(unit, clause)
        own = any(clause.first <= i < clause.last for i in carried)
        if carried and not own and {unit.tokens[i].key for i in carried} == {"应当"}:
            return True
    bounds = [one.unit.tokens[p] for _, p in one.pairs if one.unit.tokens[p].kind == "bound"]
    return any(one.unit.text[t.start :].startswith(("不得", "不应")) for t in bounds)


def _critical(clause: Sequence[Token]) -> bool:
    return any(t.critical for t in clause)


def _shown(text: str, clause: Sequence[Token]) -> str:
    return text[clause[0].start : clause[-1].end].strip()[:30]
