"""The names by which questions call the documents of an index.

A document is known by its title with and without 中华人民共和国, by its number in any spelling
(财政部令第87号, 87号令; 国办发〔2013〕96号 with any brackets), by what another document calls it
(《…》（以下简称…）), by the entries of ``ingest/data/abbreviations.yaml``, and by its title cut
short (招投标法, 采购法实施条例), as long as only one work can be meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from ingest.cleaning.places import PROVINCES
from ingest.outline.numbering import value
from ingest.storage.catalogue import DocumentRecord, work_of

_KIND = (
    r"(?:法典|法|条例|办法|规定|细则|规则|解释|决定|意见|通知|目录|准则|规范|标准|方案|批复|公告)"
)
_TITLE = re.compile(r"《([^《》]{3,120})》")
_CLEAR = re.compile(r"[《》〈〉“”\"'\s]")
_GENERIC = re.compile(
    r"^(?:本|该|原|新|旧|总体|实施|工作|试点|暂行|管理|若干|指导|规范性|补充|重要|发展|改革)*"
    rf"(?:{_KIND}|规划|计划|纲要|清单|措施|举措|汇报|报告|文件|制度|项目|协议|合同|系统|平台)?$"
)
_CONTINUES = re.compile(
    r"^(?:[》〉]?)(?:的?(?:实施|施行)(?:条例|细则|办法|规定)|的?(?:若干|司法)?解释|典|修正案|释义)"
)
"""What makes a name the beginning of another text's name."""

_DEFINED = re.compile(
    r"《(?P<title>[^《》]{3,60})》[^《》。（(]{0,12}[（(][^（）()]{0,20}?(?:以下|下文)(?:统称|简称|称)为?[：:]?"
    r"[“\"《]?(?P<short>[^”\"》（）()，。；]{2,20})"
)
_ORDER_NUMBER = re.compile(r"令\s*(?:第|[〔(\[]\d{4}[〕)\]]第?)?\s*(?P<no>\d{1,4})\s*号")
_YEARLY = re.compile(
    r"(?P<letters>[\u4e00-\u9fff]{0,8}?)\s*[〔\[(【﹝<〈]?\s*(?P<year>(?:19|20)\d{2})\s*[〕\])】﹞>〉]?\s*年?"
    r"第?\s*(?P<no>\d{1,4})\s*号"
)
_NUMERAL = r"(?:\d{1,4}|[零〇一二三四五六七八九十百]{1,7})"
_ASKED_ORDER = re.compile(
    rf"(?P<issuer>[\u4e00-\u9fff]{{2,10}}?)?(?:令)?\s*第?\s*(?P<no>{_NUMERAL})\s*号令"
    rf"|(?P<of>国|[\u4e00-\u9fff]{{2,10}}?)令\s*第?\s*(?P<nr>{_NUMERAL})\s*号"
)
_SHORT_MENTION = re.compile(rf"[\u4e00-\u9fff]{{2,20}}?{_KIND}(?:(?:实施|施行){_KIND})?")
_REGION_BEFORE = re.compile(
    rf"(?P<name>{'|'.join(PROVINCES)}|[\u4e00-\u9fff]{{2}}(?=[省市州]$))[省市州]?$"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A place of a question that names documents: ``question[start:end]``; ids of all versions."""

    start: int
    end: int
    documents: tuple[str, ...]


class Names:
    """Finds mentions of ``records`` in questions.

    :param defined: pairs (title, short name) as the documents define them, see
        :func:`defined_names`.
    """

    def __init__(
        self, records: Sequence[DocumentRecord], defined: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._by_name: dict[str, tuple[str, ...]] = {}
        self._by_title: dict[str, tuple[str, ...]] = {}
        self._works: dict[str, tuple[str, ...]] = {}
        self._orders: dict[int, list[tuple[str, str]]] = {}
        self._yearly: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for record in records:
            self._works[record.work] = (*self._works.get(record.work, ()), record.id)
            self._note_number(record)
        for record in records:
            self._by_title[clear(record.title)] = self._works[record.work]
            bare = record.work.replace("中华人民共和国", "")
            for name in {record.work, clear(record.title), bare}:
                if len(name) >= 2 and not _GENERIC.match(name):
                    self._by_name[name] = self._works[record.work]
        shorts = [(short, title) for title, short in defined]
        for short, name in [*shorts, *_abbreviations().items()]:
            self._add_short(clear(short), clear(name))
        self._by_ends: dict[str, list[str]] = {}
        for work in self._works:
            for ends in {work[:1] + work[-1:], work[-3:]}:
                self._by_ends.setdefault(ends, []).append(work)
        self._by_beginning: dict[str, list[tuple[int, str]]] = {}
        for at, name in enumerate(sorted(self._by_name, key=len, reverse=True)):
            self._by_beginning.setdefault(name[:2], []).append((at, name))

    def mentions(self, question: str) -> list[Mention]:
        """Where ``question`` (Simplified, half-width) names documents, in reading order."""
        taken = bytearray(len(question))
        found = [*self._titled(question, taken), *self._numbers(question, taken)]
        found += self._known(question, taken)
        found += self._cut_short(question, taken)
        return sorted(found, key=lambda mention: mention.start)

    def _titled(self, question: str, taken: bytearray) -> Iterable[Mention]:
        """Whole titles in 《》, with whatever spaces and signs headlines have."""
        for match in _TITLE.finditer(question):
            if ids := self._by_title.get(clear(match[1])):
                yield _take(taken, match.start(1), match.end(1), ids)

    def _add_short(self, short: str, name: str) -> None:
        documents = self._works.get(work_of(name)) or self._named_by_number(name)
        if documents and len(short) >= 3 and not _GENERIC.match(short):
            self._by_name.setdefault(short, documents)

    def _note_number(self, record: DocumentRecord) -> None:
        printed = half_width(f"{record.metadata.number or ''} {record.title}")
        for order in _ORDER_NUMBER.finditer(printed):
            issuer = printed[: order.start()].strip().split(" ")[-1]
            self._orders.setdefault(int(order["no"]), []).append((issuer, record.id))
        for dated in _YEARLY.finditer(printed):
            key = int(dated["year"]), int(dated["no"])
            self._yearly.setdefault(key, []).append((dated["letters"], record.id))

    def _named_by_number(self, name: str) -> tuple[str, ...]:
        mentions = list(self._numbers(half_width(name), bytearray(len(name))))
        return mentions[0].documents if len(mentions) == 1 else ()

    def _numbers(self, question: str, taken: bytearray) -> Iterable[Mention]:
        for match in _YEARLY.finditer(question):
            known = self._yearly.get((int(match["year"]), int(match["no"])), [])
            ids, issuer = _of_issuer(known, match["letters"])
            if ids:
                start = match.end("letters") - len(issuer)
                yield _take(taken, start, match.end(), ids)
        for match in _ASKED_ORDER.finditer(question):
            no = value(match["no"] or match["nr"])
            known = self._orders.get(no, []) if no is not None else []
            before = match["issuer"] or match["of"] or ""
            ids, issuer = _of_issuer(known, before)
            start = match.start() + len(before) - len(issuer)
            if ids and not any(taken[start : match.end()]):
                yield _take(taken, start, match.end(), ids)

    def _known(self, question: str, taken: bytearray) -> Iterable[Mention]:
        beginnings = {question[at : at + 2] for at in range(len(question) - 1)}
        may_be = [name for two in beginnings for name in self._by_beginning.get(two, [])]
        for _, name in sorted(may_be):  # the longest first
            at = question.find(name)
            while at >= 0:
                end = at + len(name)
                if not any(taken[at:end]) and not _CONTINUES.match(question[end:]):
                    yield from self._of_region(question, at, end, taken)
                at = question.find(name, end)

    def _of_region(self, question: str, at: int, end: int, taken: bytearray) -> Iterable[Mention]:
        """The mention ``question[at:end]``; after a region's name it means that region's text of
        the name, or none that is here: 贵州省招标投标条例 is not the national one."""
        name = question[at:end]
        region = _REGION_BEFORE.search(question[:at].rstrip("《〈的"))
        if region is None or name.endswith(("法", "法典")) or name.startswith(region["name"]):
            yield _take(taken, at, end, self._by_name[name])
            return
        works = [w for w in self._works if w.startswith(region["name"]) and w.endswith(name)]
        ids = tuple(id for work in works for id in self._works[work])
        start = region.start() if works else at
        if ids or name in _abbreviations():
            yield _take(taken, start, end, ids or self._by_name[name])
        else:
            taken[at:end] = b"\1" * (end - at)

    def _cut_short(self, question: str, taken: bytearray) -> Iterable[Mention]:
        """Names that leave out characters of one work's title: 招投标法 for 招标投标法."""
        for match in _SHORT_MENTION.finditer(question):
            for start in range(match.start(), match.end() - 2):
                short = question[start : match.end()]
                if any(taken[start : match.end()]) or _GENERIC.match(short):
                    continue
                if _CONTINUES.match(question[match.end() :]):
                    break
                works = self._cut_to(short)
                if len(works) == 1:
                    yield _take(taken, start, match.end(), self._works[works.pop()])
                    break

    def _cut_to(self, short: str) -> set[str]:
        """The works that ``short`` may be short for: they end like it, or begin and end like it."""
        alike = [short[-3:], short[0] + short[-1]]
        works = (work for ends in alike for work in self._by_ends.get(ends, []))
        return {work for work in works if _is_short_for(short, work)}


def defined_names(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs (title, short name) from wordings such as 《…法》（以下简称…法）."""
    return [(m["title"], m["short"]) for text in texts for m in _DEFINED.finditer(text)]


def clear(name: str) -> str:
    """``name`` half-width, without title marks, quotation marks and spaces."""
    return _CLEAR.sub("", half_width(name))


def half_width(text: str) -> str:
    """``text`` with full-width digits, letters and brackets made half-width."""
    return unicodedata.normalize("NFKC", text)


def _take(taken: bytearray, start: int, end: int, documents: tuple[str, ...]) -> Mention:
    taken[start:end] = b"\1" * (end - start)
    return Mention(start, end, documents)


def _of_issuer(known: list[tuple[str, str]], before: str) -> tuple[tuple[str, ...], str]:
    """Those of ``known`` whose issuer the words before a number end with, and the issuer as it is
    written there; else all of them, named by the number alone. 国令 is an order of the State
    Council."""
    if before.endswith("国"):
        ids = tuple(id for who, id in known if who == "国务院")
        return ids or tuple(id for _, id in known), "国"
    exact = [(who, id) for who, id in known if who and before.endswith(who)]
    if exact:
        return tuple(id for _, id in exact), max((who for who, _ in exact), key=len)
    for start in range(len(before)):
        alike = tuple(id for who, id in known if who and _is_short_for(before[start:], who))
        if alike:
            return alike, before[start:]
    return tuple(id for _, id in known), ""


def _is_short_for(short: str, work: str) -> bool:
    """Whether ``short`` is ``work`` with characters left out, but not its first or last ones: it
    begins and ends like it, or is its end, and keeps at least two fifths of it."""
    if len(short) < 3 or len(short) >= len(work) or short[-1] != work[-1]:
        return False
    if len(short) * 5 < len(work) * 2:
        return False
    if work.endswith(short):
        return True
    if short[0] != work[0]:
        return False
    rest = iter(work)
    return all(char in rest for char in short)


@lru_cache(maxsize=1)
def _abbreviations() -> dict[str, str]:
    text = files("ingest").joinpath("data", "abbreviations.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text) or {})
