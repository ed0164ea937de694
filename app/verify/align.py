"""Which tokens of a cited unit a clause repeats: the cheapest way from the one to the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.verify.clauses import Unit
from app.verify.tokens import Token

_ADDED = {True: 6.0, False: 2.0}
_SKIPPED = {True: 1.0, False: 0.25}
_FREE, _BORDER, _AGAIN = 0.1, 0.6, 0.2


@dataclass(frozen=True, slots=True)
class Alignment:
    """``pairs`` of tokens of the clause and of the unit, in order; ``added`` are those of the
    clause that have none. ``cost`` is 0 for a slice."""

    unit: Unit
    clause: tuple[Token, ...]
    pairs: tuple[tuple[int, int], ...]
    added: tuple[int, ...]
    cost: float

    @property
    def matched(self) -> frozenset[int]:
        """Tokens of the unit that are repeated."""
        return frozenset(there for _, there in self.pairs)


def same(mine: Token, other: Token) -> bool:
    """Whether a token says what another does; a date may leave out its day, and 需要 may stand for
    应当, not the reverse: what needs to be done is a condition as often as a duty."""
    if mine.key == other.key or (mine.key, other.key) == ("需要", "应当"):
        return True
    if mine.kind != "figure" or other.kind != "figure":
        return False
    one, two = mine.key.split(":"), other.key.split(":")
    return one[0] == two[0] == "date" and two[1].startswith(f"{one[1]}-")


def align(
    clause: Sequence[Token], unit: Unit, held: Collection[int] = (), after: int = 0
) -> Alignment:
    """The cheapest alignment of a clause with a run of a unit.

    :param held: tokens of the unit that other clauses repeat; to leap over them costs nothing, to
        repeat them again a little.
    :param after: of equally cheap runs the first one that ends beyond this token is taken.
    """
    row, there = [t for t in clause if t.kind != "mark"], unit.tokens
    width = len(there) + 1
    skip = [0.0 if i in held else _skipping(t) for i, t in enumerate(there)]
    again = [_repeating(t) if i in held else 0.0 for i, t in enumerate(there)]
    costs = [[0.0] * width]
    for token in row:
        before, current = costs[-1], [0.0] * width
        add = _adding(token)
        current[0] = before[0] + add
        for j, other in enumerate(there, 1):
            best = min(before[j] + add, current[j - 1] + skip[j - 1])
            if before[j - 1] + again[j - 1] < best and same(token, other):
                best = before[j - 1] + again[j - 1]
            current[j] = best
        costs.append(current)
    last = costs[-1]
    j = min(range(width), key=lambda end: (last[end], end <= after, end))
    pairs, added, i = [], [], len(row)
    while i:
        token, cost = row[i - 1], costs[i][j]
        add = _adding(token)
        if j and same(token, there[j - 1]) and cost == costs[i - 1][j - 1] + again[j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif cost == costs[i - 1][j] + add:
            i -= 1
            added.append(i)
        else:
            j -= 1
    return Alignment(unit, tuple(row), tuple(pairs[::-1]), tuple(added[::-1]), min(last))


def _adding(token: Token) -> float:
    if not token.content:
        return _FREE
    return _ADDED[token.critical] * (1 if token.critical else token.weight)


def _repeating(token: Token) -> float:
    """Two clauses may be about the same things, not bound by the same word."""
    thing = not token.critical or token.kind in ("who", "what", "figure", "name")
    return _AGAIN if thing else _ADDED[True]


def _skipping(token: Token) -> float:
    if token.kind == "mark":
        return _BORDER * (4 if token.key in "；;。\n" else 1)
    return _SKIPPED[token.critical] if token.content else _FREE / 2
