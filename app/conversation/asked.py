"""A question with what it needs of the conversation, small enough to hand to another process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.types import Quote, Turn

_LOOKED_BACK = 4
"""So many turns back the last one that was answered is looked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``question`` as it was put; ``before`` the question that the conversation is about, ``whole``
    the same as it was answered, completed from those before it, and ``told`` what each statement
    that answered it quotes; ``opening`` the last one before it that was answered as it stands. All
    empty where there is none."""

    question: str
    before: str = ""
    whole: str = ""
    told: tuple[tuple[Quote, ...], ...] = ()
    opening: str = ""


def asked_in(question: str, history: Sequence[Turn]) -> Asked:
    """A question as it is asked after ``history``, the conversation so far, oldest first. A
    refusal does not end what the conversation is about."""
    text = question.strip()
    if not history or not text:
        return Asked(text)
    recent = history[-_LOOKED_BACK:]
    last = next((turn for turn in reversed(recent) if not turn.answer.abstained), recent[-1])
    direct = [s for s in last.answer.statements if not (s.further or s.direct)]
    cited = {c.n: Quote(c.document, c.start, c.end) for c in last.answer.citations}
    told = [s.quotes or tuple(cited[n] for n in s.citations if n in cited) for s in direct]
    # what was told again stands for the question that it answered first
    stood_for = last.answer.standalone.strip()
    matter = next((turn for turn in recent if turn.question.strip() == stood_for), last)
    before = matter.question.strip()
    whole = matter.answer.standalone.strip() or before
    alone = (turn.question.strip() for turn in reversed(recent) if _stood_alone(turn))
    opening = next((asked for asked in alone if asked != before), "")
    return Asked(text, before, whole, tuple(quotes for quotes in told if quotes), opening)


def _stood_alone(turn: Turn) -> bool:
    """Whether a question was answered without those before it."""
    answer = turn.answer
    return not answer.abstained and answer.standalone.strip() == turn.question.strip()
