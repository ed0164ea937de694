"""Questions for what the papers of a purchase state: its deadline, its budget, who to call.

A question is for an entry of a card if it names one as the papers or ``ingest/data/card.yaml``
do, says nothing else that the card does not, and means one purchase: by words of its title that
are not words of every rule, by its number, or because no other document is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from app.answering.holdings import Holdings
from app.content.sentences import Source
from app.content.words import asked_away, content_words, is_generic, is_stop_word, tokenizer
from ingest.card import names
from ingest.document import PURCHASE_KINDS, CardEntry

Stated = tuple[Source, CardEntry]

_LEAST_COMMON = 4
"""A question means a purchase by at least so many characters of its title, each with another."""
_LEAST_NUMBER = 6
"""A shorter number may be any number: a year, a sum."""
_CLEAR = re.compile(r"[《》〈〉“”\"'\s？?。，,]")
_COMMON = re.compile(r"政府采购|公开|竞争性|采购|招标|项目|服务|文件|公告|通知|中标|成交|合同")
"""What the titles of purchases have in common."""


def stated(
    question: str, holdings: Holdings, within: Collection[str] | None = None
) -> list[Stated]:
    """The entries of cards that answer ``question`` (Simplified); none where it is no such one.

    :param within: ids of the documents that may be quoted; ``None``: all.
    """
    looked_at = holdings.records.keys() if within is None else within
    cards = {i: c for i, c in holdings.cards.items() if i in looked_at}
    wanted, rest = _named(question) if cards else (set(), "")
    if not wanted:
        return []
    found: list[Stated] = []
    meant = _meant(rest, cards, holdings)
    for id in meant or (list(cards) if len(looked_at) == 1 else []):
        source = holdings.source(id)
        entries = [e for e in cards[id] if e.name in wanted]
        if source is None or not entries or _says_more(question, source, entries, cards[id]):
            continue
        said = {(e.name, _plain(e.value)) for _, e in found}
        found += [(source, e) for e in entries if (e.name, _plain(e.value)) not in said]
    return found


def _named(question: str) -> tuple[set[str], str]:
    """Names of entries that the question calls by a word for them, the longest words first, and
    what else it says."""
    rest = question
    found: set[str] = set()
    words = sorted(((w, e.name) for e in names() for w in e.words), key=lambda x: -len(x[0]))
    for word, name in words:
        if word in rest:
            rest = rest.replace(word, "\n")
            found.add(name)
    return found, rest


def _meant(question: str, cards: dict[str, tuple[CardEntry, ...]], holdings: Holdings) -> list[str]:
    """The documents of the purchase that the question names: notices before long documents."""
    numbered = [
        id
        for id, card in cards.items()
        if any(
            e.name == "number"
            and len(number := e.value.strip("。")) >= _LEAST_NUMBER
            and number in question
            for e in card
        )
    ]
    if numbered:
        return _in_order(numbered, holdings)
    shared = {id: _shared(question, holdings.records[id].title) for id in cards}
    common = {id: sum(map(len, runs)) for id, runs in shared.items()}
    best = max(common.values())
    named = [id for id, n in common.items() if n == best >= _LEAST_COMMON]
    return _in_order([id for id in named if not _said_elsewhere(shared[id], holdings)], holdings)


def _shared(question: str, title: str) -> list[str]:
    """What the question has of a title, in runs, less what all titles have."""
    asked, named = _CLEAR.sub("", question), _CLEAR.sub("", title)
    blocks = SequenceMatcher(None, asked, named, autojunk=False).get_matching_blocks()
    runs = [_COMMON.sub("\n", asked[b.a : b.a + b.size]) for b in blocks]
    return [part for run in runs for part in run.split("\n") if len(part) > 1]


def _said_elsewhere(runs: Sequence[str], holdings: Holdings) -> bool:
    """Whether texts other than papers of purchases say each of ``runs``, which then name none."""
    records = holdings.records
    others = {i for i, r in records.items() if r.metadata.kind not in PURCHASE_KINDS}
    passages = holdings.index.catalogue.connection
    saying = "select document from passages where instr(text, ?) > 0"
    return all(any(i in others for (i,) in passages.execute(saying, (run,))) for run in runs)


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
    words = [*content_words(question), *_single(question)]
    return any(word not in held and not is_generic(word) for word in words)


def _single(question: str) -> list[str]:
    """Words of one character that say something: 退 in 保证金怎么退."""
    pieces = tokenizer().cut(asked_away(question), HMM=False)
    return [p for p in pieces if len(p) == 1 and p.isalnum() and not is_stop_word(p)]


def _plain(value: str) -> str:
    return re.sub(r"[\s，。；、（）()¥￥]", "", value)
