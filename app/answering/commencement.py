"""When a text that the question names takes effect: the sentence in which that text says so.

Laws say it in their last article (本法自…起施行), rules and notices also where they are published;
the words of the question are those of all such sentences, so its name alone tells which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.citing import Span
from app.answering.holdings import Holdings
from app.answering.intent import Question
from app.answering.sentences import Source
from app.answering.signals import asks_for_old
from app.types import Hit
from ingest.cleaning.promulgation import IN_FORCE

_EFFECT = r"(?:施行|实施|生效|执行|适用)"
_WHEN = r"(?:什么时[候间]|何时|何日|哪一?[年天日月]|几[年月号]|啥时候)"
_ASKED = re.compile(
    rf"{_WHEN}.{{0,6}}{_EFFECT}|{_EFFECT}(?:的)?(?:日期|时间|之日)|{_EFFECT}(?:是|的|于|在)*{_WHEN}"
)
_SAME = re.compile(
    r"何时|何日|开始|正式|现行|现在|目前|最新|新版?|旧版?|原来|原先|以前|修订|修改|修正|版本?|日期|"
    rf"时间|起|分别|各自|国家|全国|{_EFFECT}"
)
"""Words that a question for the day may hold beside the name."""
_NAME = re.compile(
    r"(?P<name>[^《》的，,。？?\s]{2,}(?:法|条例|办法|规定|细则|规则|解释|意见|通知|方案))[》的是从自在于]*"
    rf"(?:{_WHEN}|{_EFFECT})"
)


def asks_commencement(question: Question, holdings: Holdings) -> bool:
    """Whether it asks for nothing but the day on which a text takes effect."""
    if not _ASKED.search(question.text) or question.years:
        return False
    if holdings.named_in(question.text):
        return all(map(_SAME.fullmatch, question.terms))
    return bool(_NAME.search(question.text))


def commencements(question: Question, holdings: Holdings) -> list[tuple[Source, list[Span]]]:
    """For each text named, in the version in force unless an older one is meant, the sentence that
    gives the day; empty where a text does not say."""
    chosen = []
    for name in holdings.named_in(question.text):
        sources = [s for id in name.documents if (s := holdings.source(id)) is not None]
        old = asks_for_old(question)
        sources = [s for s in sources if s.record.superseded == old] or sources
        if sources and (span := _said(sources[0])):
            chosen.append((sources[0], [span]))
    return chosen


def said_elsewhere(
    question: Question, found: Sequence[tuple[Hit, Source]]
) -> list[tuple[Hit, Source]]:
    """Of the passages found those that say when a text takes effect that is not in the collection:
    its day is not that of a text which is."""
    named = _NAME.search(question.text)
    name = re.escape(named["name"]) if named else ""
    told = re.compile(rf"{name}(?!》?的?(?:实施|施行))[^。]{{0,40}}{_EFFECT}")
    return [(hit, source) for hit, source in found if told.search(hit.passage.text)]


def _said(source: Source) -> Span | None:
    """The last sentence that says when the text takes effect."""
    for match in reversed(list(IN_FORCE.finditer(source.text))):
        section = source.sections[source.paths.find(*match.span())]
        for start, end in source.sentences(section.start, section.end):
            if start <= match.start() < end:
                return start, end
    return None
