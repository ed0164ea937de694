"""Questions for what the papers of a purchase state: its deadline, its budget, who to call.

A question is for an entry of a card if it names one as the papers or ``ingest/data/card.yaml``
do, says nothing else that the card does not, and means one purchase: by words of its title, by
its number, or because only one is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from app.answering.holdings import Holdings
from app.answering.sentences import Source
from app.answering.words import content_words, is_generic
from app.types import Hit
from ingest.card import names
from ingest.document import PURCHASE_KINDS, CardEntry

Stated = tuple[Source, CardEntry]

_LEAST_COMMON = 4
"""A question means a purchase by at least so many characters of its title, each with another."""
_CLEAR = re.compile(r"[《》〈〉“”\"'\s？?。，,]")
_COMMON = re.compile(r"政府采购|公开|竞争性|采购|招标|项目|服务|文件|公告|通知|中标|成交|合同")
"""What the titles of purchases have in common."""


def stated(
    question: str, hits: Sequence[Hit], holdings: Holdings, within: Collection[str] | None = None
) -> list[Stated]:
    """The entries of cards that answer ``question`` (Simplified); none where it is no such one.

    :param hits: best first; they decide where only one purchase may be looked at and the question
        does not name it.
    :param within: ids of the documents that may be quoted; ``None``: all.
    """
    cards = {i: c for i, c in holdings.cards.items() if within is None or i in within}
    wanted = _named(question) if cards else {}
    if not wanted:
        return []
    found: list[Stated] = []
    for id in _meant(question, cards, hits, holdings, within):
        source = holdings.source(id)
        entries = [e for e in cards[id] if e.name in wanted]
        if source is None or not entries or _says_more(question, source, entries, cards[id]):
            continue
        said = {(e.name, _plain(e.value)) for _, e in found}
        found += [(source, e) for e in entries if (e.name, _plain(e.value)) not in said]
    return found


def _named(question: str) -> set[str]:
    """Names of entries that the question calls by a word for them, the longest words first."""
    rest = question
    found: set[str] = set()
    words = sorted(((w, e.name) for e in names() for w in e.words), key=lambda x: -len(x[0]))
    for word, name in words:
        if word in rest:
            rest = rest.replace(word, "\n")
            found.add(name)
    return found


def _meant(
    question: str,
    cards: dict[str, tuple[CardEntry, ...]],
    hits: Sequence[Hit],
    holdings: Holdings,
    within: Collection[str] | None,
) -> list[str]:
    """The documents of the purchase that the question means: notices before long documents."""
    numbered = [
        id
        for id, card in cards.items()
        if any(e.name == "number" and e.value.strip("。") in question for e in card)
    ]
    if numbered:
        return _in_order(numbered, holdings)
    common = {id: _common(question, holdings.records[id].title) for id in cards}
    best = max(common.values())
    if best >= _LEAST_COMMON:
        return _in_order([id for id, n in common.items() if n == best], holdings)
    if within is not None and len(within) == 1:
        return list(cards)
    alone = len(cards) == 1 and bool(hits) and hits[0].passage.document in cards
    return list(cards) if alone and not holdings.named_in(question) else []


def _common(question: str, title: str) -> int:
    """How many characters the question has of a title, in runs, less what all titles have."""
    asked, named = _CLEAR.sub("", question), _CLEAR.sub("", title)
    blocks = SequenceMatcher(None, asked, named, autojunk=False).get_matching_blocks()
    shared = [_COMMON.sub("", asked[b.a : b.a + b.size]) for b in blocks]
    return sum(len(run) for run in shared if len(run) > 1)


def _in_order(ids: Sequence[str], holdings: Holdings) -> list[str]:
    """Notices first, later ones before those they correct."""

    def place(id: str) -> tuple[int, str]:
        metadata = holdings.records[id].metadata
        kind = metadata.kind if metadata.kind in PURCHASE_KINDS else PURCHASE_KINDS[-1]
        return PURCHASE_KINDS.index(kind), metadata.published or ""

    newest = sorted(ids, key=lambda id: place(id)[1], reverse=True)
    return sorted(newest, key=lambda id: place(id)[0])


def _says_more(
    question: str, source: Source, entries: Sequence[CardEntry], card: Sequence[CardEntry]
) -> bool:
    """Whether the question has a word that neither the title nor the entries do: 何时退还."""
    asked = {entry.name for entry in entries}
    called = [word for e in names() if e.name in asked for word in (*e.words, *e.beside)]
    held = "".join(called) + source.record.title
    held += "".join(entry.value for entry in card if entry.name == "number")
    held += "".join(source.text[e.start : e.end] for e in entries)
    return any(word not in held and not is_generic(word) for word in content_words(question))


def _plain(value: str) -> str:
    return re.sub(r"[\s，。；、（）()¥￥]", "", value)
