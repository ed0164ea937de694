"""A follow-up made standalone by the language model, where what it writes can be trusted.

The rewriting is used only if it keeps every figure, name, place, actor, negation and content word
of the question, and brings none that the conversation does not have; to say the question again is
no rewriting. Otherwise, and on any fault
of the model, the product's own way is used (:mod:`app.conversation`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from app.content.facts import bare_name, facts
from app.content.places import places
from app.content.words import content_words
from app.conversation.asked import Asked
from app.language_model.client import LanguageModel
from app.language_model.faults import ModelFault
from app.language_model.prompt import rewriting
from app.types import Turn
from app.verify import letters
from app.verify.tokens import tokens

_LONGEST = 300
_MAX_TOKENS = 256
_SECONDS = 20.0


def rewritten(
    asked: Asked,
    history: Sequence[Turn],
    model: LanguageModel,
    left: threading.Event | None = None,
) -> Asked:
    """A question that can be searched without the conversation: the model's rewriting, or
    ``asked`` as it is.

    :param left: set when nobody waits any more; ends the model's work.
    """
    if not history:
        return asked
    question = asked.question
    seconds = min(_SECONDS, model.settings.total_timeout)
    try:
        text = model.complete(rewriting(question, history), _MAX_TOKENS, seconds, left)
    except ModelFault:
        return asked
    text = _plain(text)
    echo = letters(text) == letters(question)
    return Asked(text) if not echo and faithful(text, question, history) else asked


def faithful(text: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether ``text`` asks what ``question`` asks in this conversation, as far as figures, names,
    places and words can tell."""
    if not text or len(text) > _LONGEST or "\n" in text:
        return False
    before = _short("\n".join(_said(turn) for turn in history))
    asked, mine = _short(question), _short(text)
    said = f"{before}\n{asked}"
    return (
        _marks(asked) <= _marks(mine) <= _marks(said)
        and _binding(asked) <= _binding(mine) <= _binding(f"{_last(history)}\n{asked}")
        and all(word in mine for word in content_words(asked))
        and all(word in said for word in content_words(mine))
    )


def _binding(text: str) -> set[tuple[str, str]]:
    """Who acts, on what, and what negates, permits and bounds it."""
    kinds = ("not", "duty", "bound", "who", "what")
    return {(t.kind, t.key) for t in tokens(text) if t.kind in kinds}


def _last(history: Sequence[Turn]) -> str:
    turn = history[-1]
    cited = (c.official for c in turn.answer.citations)
    return "\n".join([turn.question, turn.answer.standalone, turn.answer.text, *cited])


def _marks(text: str) -> set[tuple[str, ...]]:
    """Figures, dates, 《names》, articles and places."""
    found: set[tuple[str, ...]] = {("place", place) for place in places(text)}
    return found | {fact.key for fact in facts(text)}


def _short(text: str) -> str:
    """``text`` with 四川 for 四川省, so that either names the other."""
    for place in places(text):
        text = re.sub(rf"{place}[省市州县区]", place, text)
    return text


def _said(turn: Turn) -> str:
    """All that a turn put into words, titles of what it cites among them."""
    answer = turn.answer
    cited = [part for c in answer.citations for part in (f"《{bare_name(c.title)}》", c.official)]
    return "\n".join([turn.question, answer.standalone, answer.text, *cited])


def _plain(text: str) -> str:
    """Without thinking aloud, quotation marks around the whole, or a label before it."""
    text = text.rpartition("</think>")[2].strip()
    text = text.removeprefix("改写后的问题：").removeprefix("问题：").strip()
    return text.strip("“”\"'`").strip()
