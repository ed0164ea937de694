"""What a statement leaves out of what it cites.

It may leave out what adds nothing to a rule: its aim and basis, one of several who are bound alike,
how a duty is to be fulfilled, a second duty. It may not leave out who is meant, on what condition,
with what exception, nor anything that a ban or a permission is narrowed by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.verify.align import Alignment
from app.verify.clauses import Clause, Unit
from app.verify.conditions import alone, without_condition, without_exception, without_list
from app.verify.finding import Finding
from app.verify.tokens import Token

_LONGEST_MANNER = 14
_LONGEST_DEED = 4
_IS_SO = ("起算", "计算")
"""What ends with these tells how something is, whether or not it says that it should be so."""
_TOGETHER = re.compile(r"组成|分为|相结合")
_ALIKE = re.compile(r"组成|分为|共同|结合|且")
"""What is joined in a clause with one of these belongs together."""
_THINGS = frozenset({"who", "what"})


def left_out(
    unit: Unit,
    matched: set[int],
    said: frozenset[str],
    aligned: Sequence[Alignment],
    every: Sequence[Alignment],
) -> Iterator[Finding]:
    """What the clauses of a statement leave out of a unit that they repeat, and leap over.

    :param matched: the tokens of ``unit`` that they repeat.
    :param said: what those of the statement's tokens are compared as that repeat nothing in order.
    :param aligned: the clauses, aligned with it; ``every``: all clauses of the statement.
    """
    touched = _touched(unit, matched)
    put = frozenset(one.clause[i].kind for one in aligned for i in one.added)
    spread = [places for one in aligned if len(places := _places(one)) > 1]
    for place in sorted(touched):
        clause = unit.clauses[place]
        moved = put | _THINGS if any(place in places for places in spread) else put
        subject = _subject_of(every, unit, place)
        yield from _narrowed(unit, clause, matched, moved, every, subject)
        if clause.condition or clause.exception:
            continue
        yield from without_condition(unit, place, touched, matched, said)
        yield from without_exception(unit, place, matched)
    yield from without_list(unit, matched, touched)
    yield from alone(unit, touched, aligned)
    for one in aligned:
        yield from _across(one, matched, touched)
    yield from _interleaved(aligned)
    yield from _other_part(aligned)


def _places(one: Alignment) -> set[int]:
    """The clauses in which what a statement's clause repeats stands."""
    return {one.unit.clause_of(there) for mine, there in one.pairs if one.clause[mine].content}


def _subject_of(every: Sequence[Alignment], unit: Unit, place: int) -> list[Token]:
    """What the statement's clause before the one that repeats a clause of ``unit`` consists of;
    nothing if that is the statement's first."""
    for at, one in enumerate(every):
        if one.unit is unit and place in _places(one):
            before = every[at - 1].clause if at else ()
            return [t for t in before if t.content]
    return []


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


def _narrowed(
    unit: Unit,
    clause: Clause,
    matched: set[int],
    put: frozenset[str],
    every: Sequence[Alignment],
    subject: Sequence[Token],
) -> Iterator[Finding]:
    """What a repeated clause is left without.

    :param put: the kinds of tokens that the statement has and the source has elsewhere or not.
    :param every: all clauses of the statement.
    :param subject: what the statement's clause before begins with, which is then its subject too.
    """
    row = list(range(clause.first, clause.last))
    kept = [i for i in row if i in matched and unit.tokens[i].content]
    duty = binding(unit, clause)
    demands = duty and all(
        unit.tokens[i].key == "应当" for i in duty if unit.tokens[i].kind != "bound"
    )
    bans = bool(duty) and unit.tokens[duty[0]].key == "不得"
    allows = bool(duty) and unit.tokens[duty[0]].key == "可以"
    for run in _missing(unit, row, matched):
        run = run[1:] if _heads(unit, run[0]) else run
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
        if [t.key for t in inside] == ["应当"] and clause.text.endswith(_IS_SO):
            continue
        if [t.key for t in inside if t.content] == ["但"] and run[0] <= kept[0]:
            continue  # an exception is a rule of its own
        after = run[0] > kept[-1]
        inner = kept[0] < run[0] < kept[-1]
        if _is_basis(unit, run) or _aside(unit, run) or _said_again(unit, run, matched, inner):
            continue
        if _understood(unit, run, put) or _about(unit, run, put, kept[0], every):
            continue
        if _named_in(subject, [t for t in inside if t.content]):
            continue
        whole = bool(_TOGETHER.search(clause.text))
        if after and not whole and _second(unit, run, bans):
            continue
        before = bool(duty) and run[-1] < duty[0]
        each = bans or allows or before
        if not _ALIKE.search(clause.text) and _sibling(unit, run, each, clause.condition):
            continue
        critical = [t for t in inside if t.critical]
        shown = unit.text[inside[0].start : inside[-1].end]
        if critical:
            yield Finding(f"略去了依据中的“{shown[:20]}”")
        elif whole or not (demands and run[0] > duty[0] and not after and _modifies(unit, run)):
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


def _heads(unit: Unit, at: int) -> bool:
    """Whether a token is the number of the article itself, at the head of its line."""
    token, text = unit.tokens[at], unit.text
    alone = not text[: token.start].rpartition("\n")[2].strip() and text[token.end :][:1].isspace()
    return alone and token.key.startswith("article:")


def _is_basis(unit: Unit, run: Sequence[int]) -> bool:
    first, last = unit.tokens[run[0]], unit.tokens[run[-1]]
    inside = [unit.tokens[i] for i in run]
    plain = not any(t.critical and t.kind not in ("name", "level", *_THINGS) for t in inside)
    said = unit.text[: last.end]
    if first.key == "按照" and said.endswith(("约定", "事项")):
        return not any(t.critical and t.kind not in ("name", *_THINGS) for t in inside)
    opens = first.key in ("按照", "依法", "前款", "前条", "前述")
    return opens and plain and said.endswith(("规定", "规定的", "要求"))


def _about(
    unit: Unit, run: Sequence[int], put: frozenset[str], first: int, every: Sequence[Alignment]
) -> bool:
    """Whether a run only names whose thing is meant (供应商的投诉): not who is bound, nor who is to
    do something for another, and the statement names nobody else before."""
    inside = [unit.tokens[i] for i in run if unit.tokens[i].content]
    others = "".join(unit.text[t.start : t.end] for t in inside if t.kind not in _THINGS)
    kinds = {t.kind for t in inside}
    if not kinds & _THINGS or others not in ("", "成员") or kinds & put:
        return False
    before = unit.tokens[run[0] - 1] if run[0] else None
    if before is not None and before.kind != "mark" and before.key != "的":
        return False
    after = next((t for t in unit.tokens[run[-1] + 1 :] if t.content or t.kind == "mark"), None)
    if after is None or after.kind in ("duty", "not", "mark"):
        return False
    named = [one.clause[m] for one in every for m, there in one.pairs if one.unit is not unit]
    own = [unit.tokens[t] for one in every if one.unit is unit for _, t in one.pairs if t < first]
    keys = {t.key for t in inside}
    return all(t.key in keys for t in (*named, *own) if t.kind == "who")


def _named_in(subject: Sequence[Token], inside: Sequence[Token]) -> bool:
    """Whether a clause begins with some tokens, or names them somewhere if they bind nobody."""
    keys, row = [t.key for t in inside], [t.key for t in subject]
    last = 0 if any(t.critical for t in inside) else max(len(row) - len(keys), 0)
    return any(row[at : at + len(keys)] == keys for at in range(last + 1))


def _understood(unit: Unit, run: Sequence[int], put: frozenset[str]) -> bool:
    """Whether a run is what a reader of the article knows anyhow: that this law is meant (本法所称,
    依照本法), or that something has to be done, where no other verb binds."""
    inside = [unit.tokens[i] for i in run if unit.tokens[i].content]
    keys = {t.key for t in inside}
    if keys <= {"按照", "称", "规定", "要求", "本法"} | {t.key for t in inside if t.kind == "name"}:
        return "本法" in keys
    return keys == {"应当"} and not put & {"duty", "not"}


def _aside(unit: Unit, run: Sequence[int]) -> bool:
    """Whether a run stands in brackets of its own and binds nothing (以下统称…)."""
    inside = [unit.tokens[i] for i in run if unit.tokens[i].content]
    before = unit.text[: inside[0].start].rstrip()
    end = re.match(r"[^（）()]*[）)]", unit.text[inside[0].start :])
    closed = end is not None and inside[-1].end <= inside[0].start + end.end()
    kinds = ("not", "bound", "figure", "except", "duty", "when", "level")
    return before.endswith(("（", "(")) and closed and not any(t.kind in kinds for t in inside)


def _said_again(unit: Unit, run: Sequence[int], matched: set[int], inner: bool) -> bool:
    """Whether a run only says again what the statement has from elsewhere: the same words within
    a clause (自该信息形成之日起), or a thing with what is done to it (提交投标文件截止时间 of a
    投标文件).

    :param inner: whether the clause is repeated before and after the run.
    """
    inside = [unit.tokens[i] for i in run if unit.tokens[i].content]
    if any(t.critical and t.kind not in _THINGS for t in inside):
        return False
    elsewhere = [i for i in sorted(matched) if unit.tokens[i].content]
    row = [i for i, token in enumerate(unit.tokens) if token.content]
    keys, width = [t.key for t in inside], len(inside)
    for at in range(len(row) - width + 1):
        same = row[at : at + width]
        alike = [unit.tokens[i].key for i in same] == keys and matched.issuperset(same)
        if inner and alike and width > 1:
            return True
    things = {t.key for t in inside if t.kind in _THINGS}
    kinds = {t.kind for t in inside if t.kind in _THINGS}
    named = {unit.tokens[i].key for i in elsewhere if unit.tokens[i].kind in kinds}
    rest = sum(t.weight for t in inside if t.kind not in _THINGS)
    return bool(things) and things <= named and rest <= _LONGEST_DEED


def binding(unit: Unit, clause: Clause) -> list[int]:
    """The tokens that bind in a clause, or in the nearest before it that has one (应当 A，B)."""
    earlier = [c for c in unit.clauses if c.part == clause.part and c.first <= clause.first]
    for here in reversed(earlier):
        if here is not clause and (here.condition or here.exception):
            break
        row = range(here.first, here.last)
        if found := [i for i in row if unit.tokens[i].kind in ("duty", "not", "bound")]:
            return found
    return []


def _modifies(unit: Unit, run: Sequence[int]) -> bool:
    """Whether a run only says how a duty is fulfilled, or what kind of thing is meant."""
    inside = [unit.tokens[i] for i in run]
    return sum(t.weight for t in inside) > 1 and inside[-1].end - inside[0].start <= _LONGEST_MANNER


def _second(unit: Unit, run: Sequence[int], bans: bool) -> bool:
    """Whether what is left out at the end is a further thing, not a part of what is kept."""
    head = unit.tokens[run[0]].key
    inside = [unit.tokens[i] for i in run]
    if any(t.kind in ("except", "when", "bound") for t in inside):
        return False
    return head in ("和", "且") or (bans and head == "或")


def _sibling(unit: Unit, run: Sequence[int], each: bool, condition: bool) -> bool:
    """Whether what is left out is one of several of whom the same is said.

    :param each: whether 或 joins things of which each is meant: what is banned or allowed, or what
        a rule is about.
    """
    inside = [unit.tokens[i] for i in run]
    around = [unit.tokens[i].key for i in (run[0] - 1, run[-1] + 1) if 0 <= i < len(unit.tokens)]
    joined = {t.key for t in inside} | set(around)
    if not joined & {"和", "或"} or ("或" in joined and not (each or condition)):
        only_actors = all(t.kind == "who" for t in inside if t.content and t.key != "或")
        if not (only_actors or _other_actor(inside)) or not joined & {"和", "或"}:
            return False
    rest = [t for t in inside if t.content and t.key != "或"]
    return all(t.kind in ("who", "char", "same", "word", "what", "idle") for t in rest)


def _other_actor(inside: Sequence[Token]) -> bool:
    """Whether what is left out is 或者 with one who is told by what he is (或者其委托的丙)."""
    actors = [t for t in inside if t.kind == "who"]
    if len(actors) != 1 or inside[0].key != "或" or inside[-1] is not actors[0]:
        return False
    return len(inside) > 2 and inside[-2].key == "的"


def _across(one: Alignment, matched: set[int], touched: set[int]) -> Iterator[Finding]:
    """Critical words that the clause leaps over: its parts stand in different clauses there. What
    it leaves out of the clauses that it repeats itself is no leap."""
    if not one.pairs:
        return
    repeated: dict[int, int] = {}
    for _, there in one.pairs:
        place = one.unit.clause_of(there)
        repeated[place] = repeated.get(place, 0) + one.unit.tokens[there].weight
    own = {place for place, weight in repeated.items() if weight > 1}
    first, last = one.pairs[0][1], one.pairs[-1][1]
    skipped = [i for i in range(first, last) if i not in matched]
    kinds = ("figure", "not", "duty", "bound", *_THINGS)
    leapt = [i for i in skipped if one.unit.tokens[i].kind in kinds]
    outside = [i for i in leapt if one.unit.clause_of(i) not in touched | own]
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
    """Actors who do what is done to them in the source, or the reverse; what is done by somebody
    there, and to him here."""
    for one in aligned:
        for mine, there in one.pairs:
            said, meant = _side(one.clause, mine), _side(one.unit.tokens, there)
            if one.clause[mine].content and said and meant and said != meant:
                shown = one.unit.tokens[there]
                yield Finding(f"“{one.unit.text[shown.start : shown.end]}”的位置与依据不同")
            if one.clause[mine].kind == "who":
                here = one.clause[mine - 1].key if mine else ""
                source = one.unit.tokens[there - 1].key if there else ""
                if (here == "向") != (source == "向") or (here == "由" and source == "向"):
                    shown = one.unit.tokens[there]
                    yield Finding(f"“{one.unit.text[shown.start : shown.end]}”的位置与依据不同")


def _side(row: Sequence[Token], at: int) -> str:
    """Whether it is done by, to or with what a token names; "" if no such word is there."""
    before = row[at - 1].key if at else ""
    return {"由": "by", "向": "to", "对": "to", "为": "to", "和": "with"}.get(before, "")
