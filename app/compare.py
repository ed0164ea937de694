"""Questions that set two things side by side: two sources, two versions, two notions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.holdings import Holdings
from app.intent import Question
from app.select import Scored
from app.vocabulary import plain

_PAIR = re.compile(
    r"([\u4e00-\u9fff]{2,12}?)(?:和|与|跟|同|及|、|还是)([\u4e00-\u9fff]{2,12}?)"
    r"(?=有|的|之|在|各|分|是|区|不|哪|谁|应|可|期|金|都|怎|相|$|[，,？?])"
)


def sides(question: Question, ranked: Sequence[Scored], holdings: Holdings) -> list[Scored]:
    """The best unit for each thing compared, in the question's order; fewer than two where the
    question compares nothing that was found."""
    works = [work for work, _ in holdings.named_in(question.text)]
    if len(works) > 1:
        ids = {i: work for work, found in holdings.named_in(question.text) for i in found}
        in_order = sorted(works, key=lambda w: plain(question.text).find(w))
        return _first_of_each(in_order, ranked, lambda s: ids.get(s.source.id, ""))
    if re.search(r"新旧|修订前后|修改前后|新版.{0,4}旧版|两个版本|变化", question.text):
        best = ranked[0].source.record.work
        versions = sorted(
            {s.source.id: s.source for s in ranked if s.source.record.work == best}.values(),
            key=lambda s: s.record.metadata.version or s.record.metadata.published or "",
        )
        if len(versions) > 1:
            return _first_of_each([s.id for s in versions], ranked, lambda s: s.source.id)
    pair = _PAIR.search(question.text)
    if pair:
        names = [pair[1], pair[2]]
        return _distinct([_best_holding(name, ranked) for name in names])
    return []


def _first_of_each(
    keys: Sequence[str], ranked: Sequence[Scored], key: Callable[[Scored], str]
) -> list[Scored]:
    found: dict[str, Scored] = {}
    for scored in ranked:
        found.setdefault(key(scored), scored)
    return [found[k] for k in keys if k in found]


def _best_holding(name: str, ranked: Sequence[Scored]) -> Scored | None:
    for scored in ranked:
        if name in plain(scored.unit.text):
            return scored
    return None


def _distinct(found: Sequence[Scored | None]) -> list[Scored]:
    kept: list[Scored] = []
    for scored in found:
        if scored is not None and all(scored.unit.spans != k.unit.spans for k in kept):
            kept.append(scored)
    return kept
