"""What a document says of itself: title, issuer, number, dates, place and kind.

Only what is printed counts: in the text's own title, lines of promulgation, signature and
closing article, and, where these are silent, in the name of its file. What the file's markup or
front matter declares is taken before anything found here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from ingest.cleaning.places import is_central, labelled_place, place_at_start
from ingest.cleaning.promulgation import (
    Event,
    adopting_body,
    find_effective,
    find_events,
    find_expiry,
    find_number,
    number_issuer,
)
from ingest.cleaning.textdates import DATE, find_date, find_dates
from ingest.document import Metadata

MAX_TITLE = 60
TITLE_LINES = 4
"""A title is at most so many characters long, each of its lines, and on so many lines."""

_TYPE = (
    r"(?:法|条例|办法|规定|规则|细则|解释|通知|意见|决定|决议|命令|方案|制度|规范|标准|目录|准则|章程|公告|"
    r"通告|通报|函|批复|报告|纲要|规划|计划|指南|清单|公报|要点|措施|预案|名单|说明|答复|请示|纪要)"
)
_TITLE_END = re.compile(
    rf"{_TYPE}(?:[（(〔][^（）()]{{1,20}}[）)〕])?$|{_TYPE}》(?:办法|细则|规定|通知)$"
)
_NO_TITLE = re.compile(
    r"[。；！？，：:]$|^第[一二三四五六七八九十百\d]+[编章节条]|^[一二三四五六七八九十]+、"
)
_RED_HEAD = re.compile(
    r"^(?:附件\s*[\d一二三四五六七八九十]*\s*[：:]?|(?!.*关于)[\u4e00-\u9fff]{2,20}(?:文件|令|公告)"
    r"|第\s*\d+\s*号|.{0,12}〔\d{4}〕.{0,8}号)$"
)
_PROMULGATED = re.compile(
    r"^(?:现(?:将|发布|公布))?《(?P<title>[^《》]{4,60})》(?:已经?|业经|经)[^。]*公布"
)
_ORGAN = re.compile(
    r"(?:[部委局厅院府会办署行室社]|办公厅|办公室|中心|法院|检察院|兵团|总局|领导小组|财政|公司)$"
)
_ISSUED = re.compile(r"(?P<issuer>[^《》]{2,40}?)\s*(?:关于|转发|批转|印发)")
_NEWS = re.compile(
    r"[（(]\s*(?:本报)?(?:记者|通讯员|宗禾|作者|来源)|本报讯|本网讯|记者(?:从|获悉|了解)|记者\S{2,4}报道"
    r"|近日|日前|据了解|据悉|今年以来"
)
_NAMED_DATE = re.compile(
    r"[（(](?P<date>(?:19|20)\d{2}-\d{2}-\d{2})[)）]|_(?P<digits>(?:19|20)\d{6})(?!\d)"
)
_SITE_LABEL = re.compile(r"^【[^】]*】")


def find_metadata(lines: Sequence[str], declared: Metadata, source: str) -> Metadata:
    """``declared``, completed from the clean ``lines`` of a document and the name in ``source``.

    :param lines: the text's lines in reading order.
    :param declared: what the file declares of itself; its values stay.
    :param source: the document's path or address.
    """
    lines = [line.strip() for line in lines if line.strip()]
    name = PurePath(source.rstrip("/")).stem if "://" not in source else ""
    title = declared.title or _find_title(lines) or _title_of(name)
    events = find_events(lines)
    number = declared.number or find_number(lines, events, name)
    issuer = (
        declared.issuer
        or adopting_body(events)
        or number_issuer(number)
        or _issuer_in_title(title or "")
        or _signature(lines)[0]
    )
    found = Metadata(title=title, issuer=issuer, number=number, source_name=declared.source_name)
    kind = declared.kind or _kind(found, events, lines)
    published = declared.published or _published(events, lines, kind)
    effective = declared.effective or _in_force(events, lines, published)
    found = replace(
        found,
        kind=kind,
        published=published,
        effective=effective,
        expires=find_expiry(lines, effective),
        version=_version(events, name, kind, published),
    )
    return _placed(found, labelled_place(name)).merged_under(declared)


def _find_title(lines: Sequence[str]) -> str | None:
    """The title at the head of the text, its lines joined."""
    for at, line in enumerate(lines[:TITLE_LINES]):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if _RED_HEAD.match(line) or (_ORGAN.search(line) and _RED_HEAD.match(below)):
            continue
        if promulgated := _PROMULGATED.match(line):
            return promulgated["title"]
        if len(line) > MAX_TITLE or _NO_TITLE.search(line):
            return None
        title = ""
        for part in lines[at : at + TITLE_LINES]:
            if title and not _continues(part):
                break
            title += _unspaced(part)
            if _is_whole(title):
                return title
        return _unspaced(line)
    return None


def _is_whole(title: str) -> bool:
    """Whether ``title`` ends as titles do; 关于…制度 goes on to …的通知, and 《 to 》."""
    if not _TITLE_END.search(title) or title.count("《") != title.count("》"):
        return False
    return "关于" not in title or "的" in title[title.index("关于") :]


def _unspaced(line: str) -> str:
    """A line printed with a space between all its characters (通 知) without them."""
    characters = line.split()
    return "".join(characters) if max(map(len, characters), default=0) == 1 else line


def _continues(line: str) -> bool:
    """Whether ``line`` may be the next line of a title that is not complete."""
    return len(line) <= MAX_TITLE and not (
        _NO_TITLE.search(line) or find_dates(line) or _RED_HEAD.match(line)
    )


def _title_of(file_name: str) -> str | None:
    """The title in the name of a file, without labels and dates."""
    title = _NAMED_DATE.sub("", _SITE_LABEL.sub("", file_name)).strip(" _-")
    return title if len(re.findall(r"[\u4e00-\u9fff]", title)) >= 4 else None


def _issuer_in_title(title: str) -> str | None:
    """The body that a title names before 关于: 国务院办公厅关于…的通知."""
    named = _ISSUED.match(title)
    return named["issuer"] if named and _ORGAN.search(named["issuer"]) else None


def _signature(lines: Sequence[str]) -> tuple[str | None, str | None]:
    """Who signed the text, and when: the first line with a date alone and the body above it."""
    for at, line in enumerate(lines):
        if at < 2 or len(line) > 24:
            continue
        match = re.fullmatch(rf"[（(]?{DATE}\s*[)）]?(?:印发|发布)?", line.replace(" ", ""))
        if not match:
            continue
        above = lines[at - 1]
        signer = above if len(above) <= 30 and _ORGAN.search(above) else None
        return signer, find_date(line.replace(" ", ""))
    return None, None


def _kind(found: Metadata, events: Sequence[Event], lines: Sequence[str]) -> str | None:
    title, issuer = found.title or "", found.issuer or ""
    is_text = bool(_TITLE_END.search(title))
    if issuer.startswith("最高人民") and re.search(r"解释|规定|规则|批复|决定$", title):
        return "interpretation"
    if issuer.startswith("全国人民代表大会") or re.match(r"中华人民共和国\S+法$", title):
        return "law"
    if "人民代表大会" in issuer and is_text:
        return "local-regulation"
    if "〔" in (found.number or ""):
        return "document"
    order = number_issuer(found.number)
    if issuer == "国务院" and (order or events or (found.number and "令" in found.number)):
        return "regulation"
    if order and is_text:
        return "rule"
    if re.search(r"条例$", title) and has_articles(lines):
        return "local-regulation" if place_at_start(title) else "regulation"
    if found.number or (is_text and (issuer or has_articles(lines))):
        return "document"
    if any(_NEWS.search(line) for line in lines) or found.source_name:
        return "news"
    return "document" if is_text else None


def has_articles(lines: Sequence[str]) -> bool:
    """Whether a line begins with 第一条."""
    return any(line.startswith(("第一条", "第1条")) for line in lines)


def _published(events: Sequence[Event], lines: Sequence[str], kind: str | None) -> str | None:
    promulgated = [e.day for e in events if re.search(r"公布|发布|令第\d+号", e.what)]
    if kind in (None, "news", "law", "local-regulation"):
        return promulgated[-1] if promulgated else None
    signed = _signature(lines)[1]
    return max([*promulgated, *([signed] if signed else [])], default=None)


def _in_force(events: Sequence[Event], lines: Sequence[str], published: str | None) -> str | None:
    printed = [e.day for e in events if e.what.startswith(("施行", "起施行"))]
    return printed[-1] if printed else find_effective(lines, published)


def _version(
    events: Sequence[Event], file_name: str, kind: str | None, published: str | None
) -> str | None:
    """The day of the last act printed, or the date in the file's name where that is later.

    A local regulation is promulgated days after its approval, and a copy may lack the line of
    the last revision; a name with an earlier date is of an older copy.
    """
    if kind in ("news", "document"):
        return None
    days = [event.day for event in events if event.is_act]
    if published and kind in ("regulation", "rule", "interpretation"):
        days.append(published)
    if named := _NAMED_DATE.search(file_name):
        digits = named["digits"] or ""
        day = find_date(named["date"] or f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
        days += [day] if day else []
    return max(days, default=None)


def _placed(found: Metadata, label: str | None) -> Metadata:
    """``found`` with region and level."""
    issuer, title = found.issuer or "", found.title or ""
    if label == "中央" or is_central(issuer) or title.startswith("中华人民共和国"):
        return replace(found, level="central")
    region = label or place_at_start(issuer) or place_at_start(title)
    if region:
        return replace(found, region=region, level="local")
    central = found.kind in ("law", "regulation", "interpretation")
    return replace(found, level="central" if central else None)
