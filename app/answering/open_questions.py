"""Questions that leave out what they are about, and the question that is put back.

那省级呢？, 第二点详细说说 and 依据是哪一条？ mean something after another question only. Where the
conversation did not complete them, no passage can be the answer to them.
"""

from __future__ import annotations

import re

from app.answering.holdings import Holdings, shown_title
from app.answering.outline_answers import asked_part, asks_outline
from app.answering.question import Question
from app.content.facts import facts
from app.content.words import is_generic
from app.retrieval.english import leaves_open_in_english

_LEADS = re.compile(
    r"^(?:那么?|如果是|要是|换成|换做|至于|另外|还有|再说|然后|以及|它们?|其(?!他|它|中|余)|该|这(?:个|项|条|种)?|"
    r"上面|上述|前面|前述|刚才|此)+(?:说的|提到的|讲的)?"
)
_POINTING = re.compile(r"^(?:它们?|其(?!他|它|中|余)|该(?!不该)|上面|上述|前面|前述|刚才)")
_ENDS = re.compile(r"呢[？?。！!\s]*$")
_FILLERS = re.compile(
    r"^(?:详细|具体|上面|上述|前面|前述|刚才|还有|换成|另外|例外|例外情况|有例外|施行|实施|生效|负责|第.+)$"
)
_PART = re.compile(r"第([一二三四五六七八九十]{1,3}|\d{1,2})(?=大?部分|大?点|方面|章|节|个|项)")
_TAIL = re.compile(r"[？?。！!\s]+$")
_LAW_FIRST = ("law", "regulation", "rule")


def leaves_open(asked: Question, holdings: Holdings) -> bool:
    """Whether a question does not say what it is about."""
    text = asked.text.strip()
    if leaves_open_in_english(text):
        return True
    if holdings.named_in(text) or any(fact.kind == "name" for fact in facts(text)):
        return False
    special = [w for w in asked.terms if not is_generic(w) and not _FILLERS.match(w)]
    if not special:
        outlined = asks_outline(asked) or asked_part(asked) is not None
        return not (outlined and len(holdings.records) == 1)
    if len(special) > 1:
        return False
    if _POINTING.match(text):
        return True
    only = len(asked.terms) == 1
    return bool(_ENDS.search(text)) and only and len(_bare(text)) <= 8


def completed(asked: Question, holdings: Holdings, count: int = 2) -> list[str]:
    """The question said in full, for a few documents that are here."""
    bare = _bare(asked.text)
    if leaves_open_in_english(asked.text):
        bare = ""
    special = [w for w in asked.terms if not _FILLERS.match(w)]
    if part := _PART.search(asked.text):
        ending = f"第{part[1]}部分讲了什么？"
    elif bare and not special:
        ending = f"：{bare}？"
    else:
        ending = f"对{(special and bare) or '采购人'}是怎么规定的？"
    return [title + ending for title in _titles(holdings, count)]


def _bare(text: str) -> str:
    return _LEADS.sub("", _TAIL.sub("", _ENDS.sub("", text.strip()))).strip("的，, ")


def _titles(holdings: Holdings, count: int) -> list[str]:
    """Laws and regulations first, those about procurement before the others."""
    current = [r for r in holdings.records.values() if not r.superseded]
    current.sort(key=lambda r: (r.metadata.kind not in _LAW_FIRST, "采购" not in r.title))
    return [shown_title(r.title) for r in current[:count]]
