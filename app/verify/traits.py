"""What tells, of a sentence that the rules do not know, whether it says what its source says: how
much they miss, and of which class. None of it grows with the sentence alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from app.verify.align import same
from app.verify.clauses import units
from app.verify.finding import Finding
from app.verify.likeness import coverage
from app.verify.tokens import CRITICAL, Token, tokens

_CLASSES = sorted(CRITICAL)
NEAR = 0.7
"""From so much in common on the rules read what changed, rather than miss what was reworded."""
_COMPARED = ("not", "duty", "turn", "bound", "logic", "all", "when", "except", "who")
NAMES = (
    *(f"foreign {kind}" for kind in _CLASSES),
    *(f"more {kind}" for kind in _COMPARED),
    *(f"less {kind}" for kind in _COMPARED),
    "odd negations",
    "added turned", "added", "left out turned", "left out", "like the text", "like a sentence",
    "turned beside the same words",
)  # fmt: skip
"""What :func:`traits` gives, in order."""


def traits(
    text: str, whole: str, found: Sequence[Finding], excused: Callable[[Token], bool]
) -> list[float]:
    """Numbers between 0 and 3: words of each class that stand nowhere in ``whole``; more and less
    of them than in the nearest of its sentences; findings of the rules by their kind; what
    ``text`` has in common with all of it and with that sentence."""
    row = [t for t in tokens(text) if t.critical and not excused(t)]
    there = tokens(whole)
    foreign = Counter(t.kind for t in row if not any(same(t, other) for other in there))
    sentences = [unit.text for unit in units(whole)] or [whole]
    nearest = max(sentences, key=lambda sentence: coverage(text, sentence))
    mine = Counter((t.kind, t.key) for t in row)
    theirs = Counter((t.kind, t.key) for t in tokens(nearest) if t.critical)
    more = Counter(kind for kind, _ in (mine - theirs).elements())
    less = Counter(kind for kind, _ in (theirs - mine).elements())
    negations = sum(n for (kind, _), n in mine.items() if kind == "not")
    negations += sum(n for (kind, _), n in theirs.items() if kind == "not")
    kinds = Counter((f.added, f.turned) for f in found)
    missed = [
        min(3.0, kinds[each])
        for each in ((True, True), (True, False), (False, True), (False, False))
    ]
    alike = coverage(text, whole)
    return [
        *(min(2.0, foreign[kind]) for kind in _CLASSES),
        *(min(2.0, more[kind]) for kind in _COMPARED),
        *(min(2.0, less[kind]) for kind in _COMPARED),
        float(negations % 2),
        *missed,
        alike,
        coverage(text, nearest),
        (missed[0] + missed[2]) * max(0.0, alike - NEAR) / (1 - NEAR),
    ]
