"""Numbers that open a line of a Chinese official text: 第二十二条, 一、, （三）, 1., ①, 1.2, 附件2.

:func:`read_mark` says whether a line opens with one and which; whether the number makes sense
where it stands is for :mod:`ingest.structure`, which sees the lines around it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Scheme = Literal[
    "part",  # 第一编, 第一部分
    "subpart",  # 第一分编
    "chapter",
    "section",
    "article",
    "cn",  # 一、
    "cnp",  # （一）
    "plain",  # "1 总则", only in texts that also count 1.1
    "dotted",  # 1.1, 6.4.1
    "ar",  # 1. 1、
    "arp",  # （1） 1）
    "circled",  # ①
    "annex",  # 附件1
]

RANK: dict[Scheme, int] = {
    "annex": 0,
    "part": 1,
    "subpart": 2,
    "chapter": 3,
    "section": 4,
    "article": 5,
    "plain": 6,
    "dotted": 7,
    "cn": 8,
    "cnp": 9,
    "ar": 10,
    "arp": 11,
    "circled": 12,
}
"""The customary nesting, outermost first; used where a text has not yet shown its own."""

LAW_DIVISIONS: frozenset[Scheme] = frozenset({"part", "subpart", "chapter", "section"})


@dataclass(frozen=True, slots=True)
class Mark:
    """The number that a line opens with.

    ``label`` is the number as printed without inner white space; ``body`` is where the text
    after it begins, counted from the line's first character. ``number`` is the label's value
    (its last component for 1.2.3), ``components`` all of them. ``spaced`` is true where white
    space or punctuation parts number and text, which is the weaker evidence for 第N条. ``sub`` is
    the second number of an article put in later: 第五条之一, 第85-1条.
    """

    scheme: Scheme
    label: str
    number: int
    body: int
    components: tuple[int, ...] = ()
    spaced: bool = True
    sub: int = 0


_HAN = "零〇○一二三四五六七八九十百千两"
_NUMERAL = rf"(?:[{_HAN}](?:\s*[{_HAN}])*|[0-9０-９]{{1,4}})"

_DIVISION = re.compile(
    rf"第\s*({_NUMERAL})\s*(分\s*编|编|篇|部\s*分|章|节)"
    rf"(?:\s*之\s*(?P<zhi>[{_HAN}]+|[0-9０-９]{{1,2}})(?=[\s:：]|$))?(?P<gap>[\s:：、.．]*)"
)
_ARTICLE = re.compile(
    rf"第\s*({_NUMERAL})\s*(?:[-－–—‑]\s*(?P<dash>{_NUMERAL})\s*条|"
    rf"条(?:\s*之\s*(?P<zhi>[{_HAN}]+|[0-9０-９]{{1,2}}))?)"
    r"(?P<gap>[\s:：、.．]*|(?=[【（(\[]))"
)
_ENGLISH_ARTICLE = re.compile(
    r"(?:Article|ARTICLE)\s+(\d{1,4})(?:\s*-\s*(?P<dash>\d{1,2}))?(?![\d-])[.:：]?(?P<gap>\s*[-–—]?\s*)"
)
_ENGLISH_REFERS = re.compile(r"[a-z(),;]")
_CN = re.compile(rf"([{_HAN}](?:\s?[{_HAN}])*)\s*[、.．]\s*")
_CNP = re.compile(rf"[（(]\s*([{_HAN}](?:\s?[{_HAN}])*)\s*[)）](\s*、?\s*)")
_AR = re.compile(r"([0-9０-９]{1,3})\s*(?:[.．](?![0-9０-９])|、)\s*")
_ARP = re.compile(r"(?:[（(]\s*([0-9０-９]{1,3})\s*[)）]|([0-9０-９]{1,3})[)）])\s*、?\s*")
_DOTTED = re.compile(r"((?:[0-9０-９]{1,3}[.．]){1,5}[0-9０-９]{1,3})(?![0-9０-９])[.．]?(\s*)")
_PLAIN = re.compile(r"([0-9０-９]{1,2})\s+(?=[\u4e00-\u9fff])")
_CIRCLED = re.compile(r"([①-⑳㉑-㉟㊱-㊿])\s*")
_ANNEX = re.compile(
    r"(附\s*(?:件|表|录|图))\s*([0-9０-９]{1,3}(?:[-－—][0-9０-９]{1,2})?|[A-Z]|"
    rf"[（(]?[{_HAN}]+[)）]?)?\s*(?:[:：.．、]|(?=\s)|$)\s*|(附)\s*[:：]\s*"
)

_REFERS = re.compile(
    r"规定(?:的|范围|情形|之|，|,|处|予|执行|办理|程序|条件|期限|$)|所称|所列|所指|所述|所规定|的|中的|之规定|"
    r"[、，,。；;）)》”]|和第|及第|至第|或者?第|与第|以及第|第\s*[零一二三四五六七八九十百\d]+\s*[款项目条]"
)
"""What follows a number that is a reference to another place and not the number of this one."""

_ITEM_REFERS = re.compile(
    r"(?:项(?!目)|款(?!项)|目(?![的标录前]))(?:[、，,）)。]|规定|所|的|中|至|和|或|及|以|情形|行为|第|$)|"
    r"[和及至或与]\s*[（(第]"
)
_COUNTED = re.compile(
    r"[级类等线期产季年月日楼次、届条款项章节]|[万亿]?元"  # 一、二级目录; 二、三产业
)
_UNIT = re.compile(
    r"\s*(?:[%％‰°℃×*/+=~～—-]|万|亿|元|倍|个|米|公里|千米|厘米|毫米|吨|千克|公斤|亩|公顷|平方|立方|"
    r"分(?!析|类|级|工|布|担|配|期)|小时|天|年|月|日|人|家|项|次|号|以上|以下|左右)"
)


@lru_cache(maxsize=4096)
def value(numeral: str) -> int | None:
    """The value of a Chinese, Arabic or full-width numeral, ``None`` where it is malformed."""
    text = unicodedata.normalize("NFKC", re.sub(r"\s", "", numeral)).replace("○", "零")
    if text.isdigit():
        return int(text) if text.isascii() else None
    import cn2an

    try:
        return int(cn2an.cn2an(text, "smart"))
    except (ValueError, KeyError, IndexError):
        return None


@lru_cache(maxsize=4096)
def chinese(number: int) -> str:
    """A number the way articles are cited.

    >>> chinese(22)
    '二十二'
    """
    import cn2an

    return str(cn2an.an2cn(number))


def read_mark(line: str) -> Mark | None:
    """The number that ``line`` (no white space at its start) opens with, or ``None``.

    Figures (2023年, 3.5%, 1.5万元) and references to other places (第十一条规定的, 11.5.14.2的试验,
    （三）项) are none.
    """
    first = line[:1]
    if first == "第":
        return _law_mark(line)
    if first == "A":
        return _english_mark(line)
    if first == "附":
        return _annex_mark(line)
    if first in "（(":
        return _bracketed_mark(line)
    if "①" <= first <= "㊿" and (found := _CIRCLED.match(line)):
        return Mark("circled", first, int(unicodedata.numeric(first)), found.end())
    if first and first in _HAN:
        return _cn_mark(line)
    if first.isdigit():
        return _figure_mark(line)
    return None


def _law_mark(line: str) -> Mark | None:
    if found := _ARTICLE.match(line):
        rest = line[found.end() :]
        number = value(found[1])
        if number is None or _REFERS.match(rest):
            return None
        label = re.sub(r"\s", "", found[0].rstrip(" \t\u3000:：、.．"))
        second = found["dash"] or found["zhi"]
        sub = value(second) if second else 0
        if sub is None:
            return None
        spaced = bool(found["gap"]) or not rest
        return Mark("article", label, number, found.end(), spaced=spaced, sub=sub)
    if found := _DIVISION.match(line):
        rest = line[found.end() :].strip()
        number = value(found[1])
        ends_like_text = rest.endswith(("。", "；", "，", "：", ";", ",", "、"))
        if number is None or _REFERS.match(rest) or ends_like_text or len(rest) > 50:
            return None
        unit = re.sub(r"\s", "", found[2])
        scheme: Scheme = {"分编": "subpart", "章": "chapter", "节": "section"}.get(unit, "part")  # type: ignore[assignment]
        label = re.sub(
            r"\s", "", f"第{found[1]}{unit}" + (f"之{found['zhi']}" if found["zhi"] else "")
        )
        spaced = bool(found["gap"]) or not rest
        sub = value(found["zhi"]) or 0 if found["zhi"] else 0
        return Mark(scheme, label, number, found.end(), spaced=spaced, sub=sub)
    return None


def _english_mark(line: str) -> Mark | None:
    found = _ENGLISH_ARTICLE.match(line)
    if not found or _ENGLISH_REFERS.match(line[found.end() :]):
        return None
    second = found["dash"]
    label = f"Article {found[1]}" + (f"-{second}" if second else "")
    return Mark("article", label, int(found[1]), found.end(), sub=int(second or 0))


def _annex_mark(line: str) -> Mark | None:
    found = _ANNEX.match(line)
    if not found or line[found.end() :].startswith(("下载", "：", ":")):
        return None
    printed = unicodedata.normalize("NFKC", found[2] or "").strip("()")
    label = re.sub(r"\s", "", found[1] or found[3] or "") + printed
    head = printed.split("-")[0]
    number = value(head) if (head and not head.isalpha()) or (head and head[0] in _HAN) else None
    return Mark("annex", label, number or 0, found.end())


def _bracketed_mark(line: str) -> Mark | None:
    if found := _CNP.match(line):
        rest = line[found.end() :]
        if _ITEM_REFERS.match(rest) or (rest.startswith(("（", "(")) and "、" in found[2]):
            return None
        number = value(found[1])
        label = "（" + re.sub(r"\s", "", found[1]) + "）"
        return None if number is None else Mark("cnp", label, number, found.end())
    if found := _ARP.match(line):
        label = found[0].strip(" \t\u3000、")
        return _arabic("arp", label, found[1] or found[2], found.end(), line)
    return None


def _cn_mark(line: str) -> Mark | None:
    found = _CN.match(line)
    if not found or (number := value(found[1])) is None:
        return None
    rest = line[found.end() :]
    if rest[:1] and rest[0] in _HAN and value(rest[0]) == number + 1 and _COUNTED.match(rest[1:]):
        return None
    return Mark("cn", re.sub(r"\s", "", found[0]), number, found.end())


def _figure_mark(line: str) -> Mark | None:
    if found := _DOTTED.match(line):
        return _dotted_mark(line, found)
    if found := _AR.match(line):
        label = re.sub(r"\s", "", found[0])
        return _arabic("ar", label, found[1], found.end(), line)
    if found := _ARP.match(line):
        return _arabic("arp", found[0].strip(), found[1] or found[2], found.end(), line)
    if (found := _PLAIN.match(line)) and not _UNIT.match(line[found.end() :]):
        return _arabic("plain", found[1], found[1], found.end(), line)
    return None


def _arabic(scheme: Scheme, label: str, digits: str, body: int, line: str) -> Mark | None:
    number = value(digits)
    if number is None or (scheme == "arp" and _ITEM_REFERS.match(line[body:])):
        return None
    return Mark(scheme, unicodedata.normalize("NFKC", label).translate(_WIDE), number, body)


_WIDE = str.maketrans("()", "（）")


def _dotted_mark(line: str, found: re.Match[str]) -> Mark | None:
    rest = line[found.end() :]
    components = tuple(int(part) for part in re.split(r"[.．]", found[1]))
    if not rest:
        return None if len(components) < 3 else _dotted(found, components)
    if _REFERS.match(rest) or _UNIT.match(rest) or rest[0] in ".．-－—~～/%）)":
        return None
    if not found[2] and (len(components) < 3 or not "\u4e00" <= rest[0] <= "\u9fff"):
        return None
    return _dotted(found, components)


def _dotted(found: re.Match[str], components: tuple[int, ...]) -> Mark:
    label = unicodedata.normalize("NFKC", found[1])
    return Mark("dotted", label, components[-1], found.end(), components)
