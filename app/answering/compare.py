"""Questions that set two things side by side: two sources, two versions, two notions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.answering.find import implementing
from app.answering.holdings import Holdings, Named
from app.answering.intent import Question, content_words
from app.answering.select import Scored

_NOTION = r"[\u4e00-\u9fff]{2,10}?"
_PAIR = re.compile(
    rf"(?P<first>{_NOTION})(?:和|与|跟|同|及|、|还是)(?P<second>{_NOTION})"
    r"(?=有|的|之|在|各|分别|是|区别|不|哪|谁|应|可|付|最|怎|相|都|上限|$|[，,？?])"
)
_VERSIONS = re.compile(
    r"新旧|修[订改正]前后|新版.{0,6}旧版|旧版.{0,6}新版|两个版本|前后.{0,4}变化|有[何什哪].{0,3}变化"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One thing compared: the question as asked of it alone, its words, the word that names it
    (empty where a document is meant), and the documents to look in (``None``: all)."""

    text: str
    terms: tuple[str, ...] = ()
    subject: str = ""
    documents: frozenset[str] | None = None


def sides(question: Question, ranked: Sequence[Scored], holdings: Holdings) -> list[Side]:
    """The things compared, in the question's order; fewer than two where nothing is."""
    named = holdings.named_in(question.text)
    if len(named) > 1:
        return [_of_documents(question, n.documents, named, holdings) for n in named]
    if ranked and _VERSIONS.search(question.text):
        work = ranked[0].source.record.work
        versions = {s.source.id: s.source.record for s in ranked if s.source.record.work == work}
        if len(versions) > 1:
            in_order = sorted(versions.values(), key=lambda r: r.metadata.version or "")
            return [Side(question.text, documents=frozenset({r.id})) for r in in_order]
    pair = _PAIR.search(question.text)
    if pair is None:
        return []
    return [_alone(question.text, pair, pair[name]) for name in ("first", "second")]


def _of_documents(
    question: Question, documents: Sequence[str], named: Sequence[Named], holdings: Holdings
) -> Side:
    """One of several sources; with the regulation that implements it, if that is none of them."""
    others = {i for n in named for i in n.documents}
    own = {*documents, *(implementing(documents, holdings) - others)}
    return Side(question.text, documents=frozenset(own))


def _alone(text: str, pair: re.Match[str], name: str) -> Side:
    """The question with one of two notions in place of both: 货物项目 of 货物和服务项目."""
    alone = text[: pair.start()] + name + text[pair.end() :]
    return Side(alone, content_words(alone), name.rsplit("的", 1)[-1])
