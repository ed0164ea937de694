"""Contradictions that no score outweighs: a question about a place, a year, a law or a figure is
not answered by text about another. They are rules of official writing, few and general; whether a
text answers is read (:mod:`app.reading`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.holdings import Holdings
from app.answering.question import Question
from app.content.facts import Fact, bare_name, facts
from app.content.places import named_regions, places, province
from app.content.sentences import Source
from app.reading.reading import Read
from app.types import Hit
from ingest.storage.catalogue import DocumentRecord

_HYPOTHETICAL = re.compile(
    r"如果|假如|假设|若|比如|例如|譬如|万一|要是|一旦|的话|以上|以下|超过|不足|不到|以内|之内|起步|左右|能不能|可不可以|"
    r"吗|是否|能否|可否|是不是|有没有|要不要|会不会|多少|几|多久|的(?:项目|合同|采购|货物|服务|工程|标)"
)
_CASE = frozenset({"", "年", "个", "家", "人", "名", "位", "次"})
"""Units in which questions tell a case (只有两家投标) rather than what they take for the rule."""
_COUNTRY = re.compile(
    r"美国|英国|法国|德国|日本|韩国|俄罗斯|印度|加拿大|意大利|西班牙|澳大利亚|新西兰|新加坡|巴西|欧盟|瑞士|瑞典|荷兰|越南|泰国"
)


Place = tuple[Hit, Source]


def contradiction(question: Question, place: Place, holdings: Holdings) -> str:
    """What rules a place out whatever its score: it is of another place, name or year than the
    question asks for; ``""`` if nothing."""
    return (
        _place_conflict(question, place)
        or _name_conflict(question, place, holdings)
        or _year_conflict(question, place)
        or _number_conflict(question, place, holdings)
    )


def agreeing(question: Question, read: Sequence[Read], holdings: Holdings) -> list[Read]:
    """``read`` without what contradicts the question; all of it if nothing is left."""
    left = [one for one in read if not contradiction(question, one.place, holdings)]
    return left or list(read)


def names_unknown_law(question: Question, holdings: Holdings) -> bool:
    """Whether the question names an article of a law in 《》 that is not here."""
    articles = any(f.kind == "article" and f.unit == "条" for f in question.facts)
    return articles and bool(question.names) and not holdings.named_in(question.text)


def wrong_premise(question: Question, best: Read) -> bool:
    """Whether the place gives another figure where the question takes one for granted."""
    taken = [
        f
        for f in question.facts
        if (f.kind in ("number", "ratio") and f.unit not in _CASE) or f.kind == "ratio"
    ]
    if not taken or _HYPOTHETICAL.search(_without(question.text, taken)):
        return False
    here = facts(best.hit.passage.text)
    told = {f.key for f in here}
    return any(
        fact.key not in told and any((f.kind, f.unit) == (fact.kind, fact.unit) for f in here)
        for fact in taken
    )


def figure_sentence(question: Question, read: Read) -> str:
    """The sentence of the place that gives a figure of the kind the question takes for granted."""
    kinds = {(f.kind, f.unit) for f in question.facts if f.kind in ("number", "ratio")}
    passage, source = read.hit.passage, read.source
    sentences = [source.text[s:e] for s, e in source.sentences(passage.start, passage.end)]
    return next(
        (s for s in sentences if kinds & {(f.kind, f.unit) for f in facts(s)}), sentences[0]
    )


def _place_conflict(question: Question, place: Place) -> str:
    hit, source = place
    text = hit.passage.text
    abroad = _COUNTRY.search(question.text)
    if abroad and abroad[0] not in text:
        return "place"
    asked = places(question.text)
    unknown = [name for name in named_regions(question.text) if not places(name)]
    if not asked and not unknown:
        return ""
    record = source.record
    around = record.title + (record.metadata.region or "") + (record.metadata.issuer or "")
    around += record.source + text + " ".join(hit.passage.path)
    if any(name not in around for name in unknown):
        return "place"
    here = set(places(around))
    missing = [p for p in asked if p not in here]
    if not missing or (len(missing) < len(asked) and _nested(asked)):
        return ""
    return "place"


def _nested(asked: Sequence[str]) -> bool:
    """四川成都: a province and a city in it are one place."""
    return len({province(p) for p in asked}) == 1


def _name_conflict(question: Question, place: Place, holdings: Holdings) -> str:
    """A title in 《》 that neither is the document nor stands in the passage."""
    if not question.names:
        return ""
    hit, source = place
    record = source.record
    text = bare_name(hit.passage.text + record.title + record.work)
    held = holdings.named_in(question.text)
    among = any(source.id in name.documents for name in held)
    others = {bare_name(name.shown.strip("《》")) for name in held} if among else set()
    for name in question.names:
        if name in text or text.startswith(name) or name in others:
            continue
        if bare_name(record.work) in name or _abbreviates(name, source):
            continue
        return "name"
    return ""


def _abbreviates(name: str, source: Source) -> bool:
    """《条例》 for a document whose title ends so."""
    work = source.record.work
    return len(name) <= 4 and (work.endswith(name) or f"《{name}》" in source.text)


def _year_conflict(question: Question, place: Place) -> str:
    if not question.years:
        return ""
    record, passage = place[1].record, place[0].passage
    m = record.metadata
    dates = " ".join(d for d in (m.published, m.effective, m.version) if d)
    near = f"{passage.text} {' '.join(passage.path)} {record.title} {record.source} {dates}"
    return "" if all(year in near for year in question.years) else "year"


def _number_conflict(question: Question, place: Place, holdings: Holdings) -> str:
    """Another number in the name (第3号) than the question asks for and a document has."""
    wanted = {f.value for f in question.facts if f.kind == "document-number"}
    if not wanted or wanted & _numbers(place[1].record):
        return ""
    if not any(wanted & _numbers(record) for record in holdings.records.values()):
        return ""
    return "" if wanted & {f.value for f in facts(place[0].passage.text)} else "number"


def _numbers(record: DocumentRecord) -> set[str]:
    """The numbers that a document goes by."""
    named = f"{record.title} {record.metadata.number or ''}"
    return {f.value for f in facts(named) if f.kind == "document-number"}


def _without(text: str, found: Sequence[Fact]) -> str:
    for fact in found:
        text = text.replace(fact.shown, "")
    return text
