"""Questions that set two sources or two versions side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.answering.find import implementing
from app.answering.holdings import Holdings
from app.answering.question import Question
from app.reading.reading import Read

_VERSIONS = re.compile(
    r"新旧|修[订改正]前后|新版.{0,6}旧版|旧版.{0,6}新版|两个版本|前后.{0,4}变化|有[何什哪].{0,3}变化"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One thing compared: the documents that are it."""

    documents: frozenset[str]


def sides(question: Question, read: Sequence[Read], holdings: Holdings) -> list[Side]:
    """The things compared, in the question's order; fewer than two where nothing is."""
    named = holdings.named_in(question.text)
    if len(named) > 1:
        others = {i for n in named for i in n.documents}
        return [
            Side(frozenset({*n.documents, *(implementing(n.documents, holdings) - others)}))
            for n in named
        ]
    if not read or not _VERSIONS.search(question.text):
        return []
    work = read[0].source.record.work
    versions = {r.source.id: r.source.record for r in read if r.source.record.work == work}
    in_order = sorted(versions.values(), key=lambda r: r.metadata.version or "")
    return [Side(frozenset({r.id})) for r in in_order]
