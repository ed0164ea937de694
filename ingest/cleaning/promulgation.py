"""What the lines of promulgation say: who adopted a text, when, under which number.

Laws print them below the title (2014年8月31日 第十二届全国人民代表大会常务委员会第十次会议…修正),
regulations name the order (中华人民共和国国务院令第722号公布), documents carry a number
(国办发〔2013〕96号) and a signature with a date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from ingest.cleaning.textdates import DATE, find_date, iso

HEAD = 25
"""Lines of promulgation are looked for in so many lines from the top."""

_ACT = re.compile(r"通过|修正|修订|公布|发布|批准|修改|颁布")
_NAMED_NUMBER = re.compile(
    r"(?<![\u4e00-\u9fff])(?P<code>[\u4e00-\u9fff]{2,6})(?P<year>20\d{2})-(?P<no>\d{1,5})号"
)
"""A number in the name of a file, where brackets are often written as a hyphen."""

_NUMBER_LABEL = re.compile(rf"^(?:{DATE}\s+|(?:发文字号|文号|文件编号|字号)\s*[：:]\s*)")
_DATED = re.compile(rf"(?:根据\s*)?{DATE}")
_EVENT = re.compile(rf"^[（(]?\s*(?:根据\s*)?{DATE}\s*(?P<what>\S.*)?$")
_TERM = re.compile(r"第[一二三四五六七八九十百\d]+届")
_CONGRESS = re.compile(
    r"(?P<place>[\u4e00-\u9fff]{2,12}?(?:省|市|自治区|自治州|自治县|县)|全国)?"
    r"(?:第[一二三四五六七八九十百\d]+届)?(?P<of>全国)?"
    r"(?P<body>人民代表大会(?:常务委员会)?)"
)
_ORDER = re.compile(
    r"(?P<issuer>(?:中华人民共和国)?[\u4e00-\u9fff]{2,24}?(?:[ 、　][\u4e00-\u9fff]{2,12}){0,4}?)令"
    r"\s*[（(]?(?:\d{4}年)?\s*第\s*"
    r"(?P<no>\d{1,4})\s*号"
)
_ORDER_ENDS = re.compile(r"[）)]?\s*(?:$|[-—–－_]+|[：:])")
"""An order's number stands alone or before the title of what it promulgates."""
_NUMBER = re.compile(
    r"(?P<code>[\u4e00-\u9fff]{1,10}?)\s*[〔\[（(［【﹝]\s*(?P<year>(?:19|20)\d{2})\s*[〕\]）)］】﹞]\s*"
    r"(?:第)?\s*(?P<no>\d{1,5})\s*号"
)
_NOTICE = re.compile(
    r"(?P<issuer>[\u4e00-\u9fff\s]{2,30}?)\s*公\s*告\s*(?P<year>(?:19|20)\d{2}年)?\s*"
    r"第\s*(?P<no>\d{1,4})\s*号"
)
"""The number of a notice, on its own line below the name of the body."""
_SUBJECT = (
    r"本(?:法|条例|办法|规定|规则|细则|解释|通知|意见|决定|方案|制度|规范|标准|目录|准则|章程"
    r"|实施\S{2,4})"
)
IN_FORCE = re.compile(
    rf"(?:{_SUBJECT}|现予(?:以)?(?:公布|发布)|公布|印发给?你?们?)[^。]{{0,30}}?自\s*(?P<when>{DATE}|"
    r"(?:公布|发布|印发|下发|颁布)之日)\s*起?(?:正式)?(?:施行|实施|执行|生效)"
)
"""Where a text says from which day on it is in force."""
_EXPIRES = re.compile(
    rf"(?:{_SUBJECT}|(?:施行|实施|执行)[，,；])[^。]{{0,30}}?有效期(?:限)?"
    rf"(?:[^。，]{{0,14}}?[至到]\s*(?P<until>{DATE})|为?\s*(?P<years>[一二三四五六七八九十\d]{{1,2}})\s*年)"
)
_YEARS = {c: i for i, c in enumerate("零一二三四五六七八九十")}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of promulgation: what was done on ``day`` (ISO)."""

    day: str
    what: str

    @property
    def is_act(self) -> bool:
        """Whether it adopts, changes or promulgates the text, rather than brings it into force."""
        return bool(_ACT.search(self.what))


def find_events(lines: Sequence[str]) -> list[Event]:
    """The lines of promulgation at the head of a text, in the order printed."""
    events: list[Event] = []
    for line in _joined(lines[:HEAD]):
        for part in _parts(line):
            match = _EVENT.match(part)
            what = (match["what"] or "").strip() if match else ""
            day = iso(match) if match else None
            if day and (_ACT.search(what) or what.startswith(("施行", "起施行"))):
                events.append(Event(day, what))
    return events


def _joined(lines: Sequence[str]) -> list[str]:
    """``lines``, those of a parenthesis that runs over several as one."""
    joined: list[str] = []
    for line in lines:
        if joined and joined[-1].startswith("（") and "）" not in joined[-1] and len(line) < 120:
            joined[-1] += line
        else:
            joined.append(line)
    return joined


def _parts(line: str) -> list[str]:
    """A parenthesised line of several events, taken apart at their dates."""
    if not line.startswith(("（", "(")):
        return [line]
    starts = [match.start() for match in _DATED.finditer(line)]
    bounds = [*starts, len(line)]
    return [line[a:b].strip("（()） 　") for a, b in pairwise(bounds)]


def adopting_body(events: Sequence[Event]) -> str | None:
    """The body that adopted the text, in its full name without the number of its term."""
    for event in reversed(events):
        if "批准" in event.what:
            continue
        if (order := _ORDER.search(event.what)) and "《" not in event.what[: order.start()]:
            return order["issuer"].removeprefix("中华人民共和国")
        if match := _CONGRESS.search(event.what.split("《")[0].replace(" ", "")):
            place = "全国" if match["of"] else match["place"]
            return f"{place}{match['body']}" if place else None
        if court := re.match(r"最高人民(?:法院|检察院)", event.what):
            return court[0]
        if event.what.startswith("国务院"):
            return "国务院"
    return None


def find_number(lines: Sequence[str], events: Sequence[Event], file_name: str) -> str | None:
    """The document's own number in its usual form; numbers of documents referred to are not it."""
    head = [line.strip(" 　（()）") for line in lines[:HEAD]]
    if len(head) > 1 and (notice := _NOTICE.fullmatch(f"{head[0]} {head[1]}")):
        issuer = "".join(notice["issuer"].split()).removeprefix("中华人民共和国")
        return f"{issuer}公告{notice['year'] or ''}第{notice['no']}号"
    for at, line in enumerate(head):
        bare = _NUMBER_LABEL.sub("", line)
        if match := _NUMBER.fullmatch(bare):
            return f"{match['code']}〔{match['year']}〕{match['no']}号"
        following = head[at + 1] if at + 1 < len(head) else ""
        if bare.endswith("令") and re.fullmatch(r"第\s*\d{1,4}\s*号", following):
            bare += following
        match = _ORDER.match(bare)
        if match and _ORDER_ENDS.match(bare, match.end()):
            return _order_number(match)
    for event in reversed(events):
        if "《" not in event.what and (order := _ORDER.search(event.what)):
            return _order_number(order)
    if order := _ORDER.search(_brackets(file_name)):
        return _order_number(order)
    if match := _NUMBER.search(file_name) or _NAMED_NUMBER.search(file_name):
        return f"{match['code']}〔{match['year']}〕{match['no']}号"
    return None


def _brackets(file_name: str) -> str:
    """What stands in the last parentheses of a file's name."""
    found = re.findall(r"[（(]([^（()）]*)[)）]", file_name)
    return found[-1] if found else ""


def _order_number(order: re.Match[str]) -> str:
    return f"{order['issuer'].removeprefix('中华人民共和国')}令第{order['no']}号"


def number_issuer(number: str | None) -> str | None:
    """The body in the number of an order: 财政部令第102号 → 财政部."""
    order = _ORDER.fullmatch(number or "")
    return order["issuer"] if order else None


def find_effective(lines: Sequence[str], published: str | None) -> str | None:
    """The day on which the text says that it comes into force, its last word on it first."""
    for line in reversed(lines):
        for match in reversed(list(IN_FORCE.finditer(line))):
            if match["y"]:
                return iso(match)
            return published
    return None


def find_expiry(lines: Sequence[str], effective: str | None) -> str | None:
    """The last day on which the text says that it holds.

    A term in years is counted from the day on which the text comes into force, where it is known.
    """
    for line in reversed(lines):
        match = _EXPIRES.search(line)
        if not match:
            continue
        if match["until"]:
            return find_date(match["until"])
        if effective:
            return _term_end(effective, match["years"])
    return None


def _term_end(effective: str, years: str) -> str | None:
    """The day before the anniversary: five years from 2021-07-01 end on 2026-06-30."""
    count = int(years) if years.isascii() else _YEARS.get(years)
    first = date.fromisoformat(effective)
    if not count or (first.month, first.day) == (2, 29):
        return None
    return (first.replace(year=first.year + count) - timedelta(days=1)).isoformat()
