"""What a sentence asserts that can be checked word for word: figures, dates, names, negation.

Numerals are brought to one form before they are compared: 三十日 is 30 日, ５个工作日 is 5 工作日,
百分之五 is 5%, 178亿元 is 17800000000 元. Texts may be Traditional or full-width; offsets count
characters of the text as given.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

FactKind = Literal["number", "ratio", "date", "article", "name", "document-number"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One checkable thing.

    ``value`` is its canonical form: digits with ``unit`` for a number, per cent for a ratio,
    ``2023-6-30`` (parts not given left out) for a date, the label for an article, the words
    between 《》 for a name. ``shown`` is how the text writes it, ``start:end`` where.
    """

    kind: FactKind
    value: str
    unit: str
    shown: str
    start: int
    end: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What has to be equal for two facts to be the same."""
        return self.kind, self.value, self.unit


_HAN = "零〇○一二三四五六七八九十百千万亿两"
_DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WHOLE = r"(?<!\d)"
"""A number is looked at from its first digit only: 2,000 digits from each would take seconds."""
_SCALE = "十百千万亿"

_UNITS = (
    "个工作日|工作日|个自然日|自然日|个交易日|个月|个年度|个季度|个小时|小时|分钟|周年|"
    "美元|欧元|港元|日元|元|公里|千米|平方米|平方公里|立方米|公顷|亩|米|吨|千克|公斤|克|"
    "日|天|年|月|周|岁|次|倍|家|名|人|位|个|项|类|批|期|件|户|所|座|台|套|辆|架|艘|条|款|章|节|编|种|级|成|分|"
    "处|例|起|场|门|届|号|份|笔|页|度|只|头|株|万"
)
_SAME_UNIT = {"天": "日", "自然日": "日", "位": "人", "名": "人", "周年": "年", "年度": "年"}

_NAME = re.compile(r"《([^《》]{2,80})》")
_DOCUMENT_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{0,12}?(?:[〔\[（(【]\s*(?:19|20)\d\d\s*[〕\]）)】]\s*第?\s*\d{1,5}\s*号|令第?\s*\d{1,5}\s*号|"
    rf"第\s*[\d{_HAN}]{{1,6}}\s*号)"
)
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d\d)\s*年(?:度)?(?:\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*日)?)?"
    r"|(?P<yh>[一二][〇零○九一二三四五六七八]{3})年(?:(?P<mh>[一二三四五六七八九十]{1,2})月"
    r"(?:(?P<dh>[一二三四五六七八九十]{1,3})日)?)?"
    r"|(?<!\d)(?P<m2>\d{1,2})\s*月\s*(?P<d2>\d{1,2})\s*日"
)
_RATIO = re.compile(
    rf"百分之(?P<hundred>[{_HAN}点\d.]+)|千分之(?P<thousand>[{_HAN}点\d.]+)|"
    rf"万分之(?P<myriad>[{_HAN}点\d.]+)|{_WHOLE}(?P<cent>{_DIGITS})\s*(?P<sign>[%‰])|"
    rf"{_WHOLE}(?P<points>{_DIGITS})\s*个百分点"
)
_FRACTION = re.compile(rf"((?<![{_HAN}])[{_HAN}]+|{_WHOLE}\d+)分之([{_HAN}]+|\d+)")
_ARTICLE = re.compile(
    rf"第\s*([{_HAN}\d]+)\s*(条|款|项|章|节|编)|第\s*[（(]\s*([{_HAN}\d]+)\s*[)）]\s*项"
)
_NUMBER = re.compile(
    rf"(?P<digits>{_DIGITS})\s*(?P<scale>[万亿千百]{{0,3}})\s*(?P<more>多|余)?\s*(?P<unit>{_UNITS})?"
    rf"|(?<![{_HAN}])(?P<han>[{_HAN}]+)(?P<hmore>多|余)?(?P<hunit>{_UNITS})(?![\u4e00-\u9fff]?分之)"
)

_NOT_COUNTED = re.compile(
    r"^(?:一[般些切并律旦致同经次性方面]|万一|百姓|千万不|万元?$|一项$|一个$|一方|一种$|一定|一级|二级|三级|一类|二类|三类)"
)


@lru_cache(maxsize=8192)
def numeral(text: str) -> str | None:
    """The value of a Chinese, Arabic or full-width numeral as plain digits, ``None`` if it is
    malformed.

    >>> numeral("三十"), numeral("1.5万"), numeral("十百")
    ('30', '15000', None)
    """
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("○", "零")
    plain = re.sub(r"\s", "", plain)
    found = re.fullmatch(rf"(\d+(?:\.\d+)?)([{_SCALE}]*)", plain)
    if found:
        value = Decimal(found[1])
        for scale in found[2]:
            value *= {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}[scale]
        return _plain(value)
    import cn2an

    try:
        return _plain(Decimal(str(cn2an.cn2an(plain, "smart"))))
    except (ValueError, KeyError, IndexError, ArithmeticError):
        return None


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=16_384)
def facts(text: str) -> tuple[Fact, ...]:
    """All checkable things in ``text``, in order; those inside a longer one are not repeated.

    >>> [(fact.kind, fact.value) for fact in facts("三十个工作日内缴纳五万元，占12.5%")]
    [('number', '30'), ('number', '50000'), ('ratio', '12.5')]
    """
    wide = _same_length(text)
    found: list[Fact] = []
    taken = bytearray(len(text))

    def add(kind: FactKind, value: str | None, unit: str, start: int, end: int) -> None:
        if value is not None and not any(taken[start:end]):
            found.append(Fact(kind, value, unit, text[start:end], start, end))
            taken[start:end] = b"\1" * (end - start)

    for match in _NAME.finditer(wide):
        add("name", bare_name(match[1]), "", match.start(), match.end())
    for match in _DOCUMENT_NUMBER.finditer(wide):
        add("document-number", _document_number(match[0]), "", match.start(), match.end())
    for match in _ARTICLE.finditer(wide):
        number = numeral(match[1] or match[3])
        add("article", number, match[2] or "项", match.start(), match.end())
    for match in _RATIO.finditer(wide):
        add("ratio", _per_cent(match), "", match.start(), match.end())
    for match in _FRACTION.finditer(wide):
        below, above = numeral(match[1]), numeral(match[2])
        value = f"{above}/{below}" if below and above else None
        add("ratio", value, "", match.start(), match.end())
    for match in _DATE.finditer(wide):
        add("date", _date(match), "", match.start(), match.end())
    for match in _NUMBER.finditer(wide):
        if not _NOT_COUNTED.match(match[0]):
            value = numeral((match["digits"] or "") + (match["scale"] or "") or match["han"])
            unit = (match["unit"] or match["hunit"] or "").removeprefix("个") or (
                "个" if (match["unit"] or match["hunit"]) else ""
            )
            if unit == "万":
                value, unit = (numeral(f"{value}万") if value else None), ""
            add("number", value, _SAME_UNIT.get(unit, unit), match.start(), match.end())
    return tuple(sorted(found, key=lambda fact: fact.start))


_HALF_WIDTH = {0x3000: " ", **{c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)}}


def _same_length(text: str) -> str:
    """``text`` with full-width digits, letters and signs made half-width, offsets kept."""
    return text.translate(_HALF_WIDTH)


def bare_name(name: str) -> str:
    """A title without marks, white space and the state's name, for comparison.

    >>> bare_name("《中华人民共和国政府采购法》")
    '政府采购法'
    """
    plain = re.sub(r"[《》〈〉<>\s]", "", unicodedata.normalize("NFKC", name))
    return plain.removeprefix("中华人民共和国")


def _document_number(shown: str) -> str:
    plain = re.sub(r"[〔\[（(【]", "(", re.sub(r"[〕\]）)】]", ")", re.sub(r"\s", "", shown)))
    digits = re.findall(rf"\d+|第[{_HAN}]+号", plain)
    kind = "令" if "令" in plain else "号"
    values = [numeral(d.strip("第号")) or d for d in digits]
    return kind + "-".join(values)


def _per_cent(match: re.Match[str]) -> str | None:
    for group, scale in (("hundred", 1), ("thousand", 10), ("myriad", 100)):
        if match[group]:
            value = numeral(match[group])
            return _plain(Decimal(value) / scale) if value else None
    value = numeral(match["cent"] or match["points"])
    if value is None:
        return None
    return _plain(Decimal(value) / 10) if match["sign"] == "‰" else value


def _date(match: re.Match[str]) -> str:
    if match["yh"]:
        year = "".join(
            str("〇一二三四五六七八九".index(c.replace("零", "〇").replace("○", "〇")))
            for c in match["yh"]
        )
        rest = [numeral(part) for part in (match["mh"], match["dh"]) if part]
        return "-".join([year, *(part for part in rest if part)])
    parts = [match["y"], match["m"] or match["m2"], match["d"] or match["d2"]]
    return "-".join(part.lstrip("0") for part in parts if part)


_LEXICAL = re.compile(
    r"不动产|不同|不良|不足|不断|不仅|不但|不论|不管|不限于|不可抗力|不可预见|不正当|不合理|不合格|不特定|不规则|不利|"
    r"不便|不平衡|不充分|不定期|不久|无论|无线|无人机|无障碍|无形|无偿|无限|无效|无记名|无因|未来|未成年|未遂|非常|非营利|"
    r"非公开|非招标|非公有|非物质|非税|非现金|非法|非歧视|非主体|非关键|除非|是否|能否|可否|免费|免疫"
)
_COMPARED = (
    (re.compile(r"不少于|不低于|不得少于|不得低于|至少|以上|不小于"), "≥"),
    (
        re.compile(
            r"不超过|不得超过|不多于|不高于|不大于|不得高于|至多|最多|最长不得|以下|以内|不迟于|不晚于"
        ),
        "≤",
    ),
)
_NEGATION = re.compile(r"不得|不予|不准|不许|禁止|严禁|没有|不能|不可|不应|不|未|无|非|勿|莫|免")


def negations(text: str) -> int:
    """How many words in ``text`` negate something; 不少于, 不超过 and lexical 不/无/非 do not."""
    return len(_NEGATION.findall(_without_lexical(text)))


def comparisons(text: str) -> Counter[str]:
    """How often ``text`` says at least (``≥``) and at most (``≤``)."""
    found: Counter[str] = Counter()
    for pattern, sign in _COMPARED:
        found[sign] += len(pattern.findall(text))
    return found


def _without_lexical(text: str) -> str:
    for pattern, _ in _COMPARED:
        text = pattern.sub("、", text)
    return _LEXICAL.sub("、", text)
