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

from ingest.card import kind_of_purchase
from ingest.cleaning.index_table import index_table, is_index_table
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
from ingest.cleaning.textdates import DATE, find_date, find_dates, iso
from ingest.document import PURCHASE_KINDS, Metadata

MAX_TITLE = 60
TITLE_LINES = 4
HEAD_LINES = 16
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
    r"^(?:附件\s*[\d一二三四五六七八九十]*\s*[：:]?|(?:\d{4}\s*年\s*)?第\s*\d+\s*号|.{0,12}〔\d{4}〕.{0,8}号"
    r"|(?!.*关于)[\u4e00-\u9fff\s]{1,20}(?:部|委|局|厅|院|府|委员会|常务委员会|办公室|中心|法院|检察院"
    r"|银行|兵团|总局|总署|审计署|中央|主席|公司|集团|学院|大学|协会)\s*(?:文\s*件|令|公\s*告))$"
)
_COVER = re.compile(
    r"^(?:[^：:]{0,6}(?:编号|编码|代码|字号|(?:计划|备案|登记|合同|批次)号|标段|包号|密级|份号|日期|时间|单位|采购人|招标人|代理机构|"
    r"紧急程度|签发人|版本)[^：:]{0,4}[：:]|目\s*[录次]$|第?\s*\d+\s*页?$|[-—\s\d]+$|共\s*\d+\s*页|"
    r"[A-Z]{2,}[-_A-Z0-9（）()〔〕\[\]]*\d[-_A-Z0-9]*$|\d{4}\s*年\s*\d{1,2}\s*月|"
    r"(?:机密|秘密|绝密|特急|加急|急件)|.{0,8}(?:首页|位置[：:]))"
)
"""Lines of a cover or head that are no title: 项目编号：…, 目录, a page number, a date."""
_LABELLED = re.compile(
    r"^(?:法规|法律|文件|规章|公告|标准|资料)?(?:名称|标题|题目)\s*[：:]\s*(?P<title>\S.{2,})$"
)
_ORDER_BEFORE = re.compile(
    r"^(?:中华人民共和国)?[\u4e00-\u9fff]{2,24}令\s*[（(]?(?:\d{4}年)?\s*第\s*[\d一二三四五六七八九十百]+\s*号"
    r"[）)]?\s*(?:[-—–－_]+|[：:]|\s)\s*(?P<title>[《\u4e00-\u9fff].{3,})$"
)
"""An order's number before the title of what it promulgates."""
_PURCHASE_BEFORE = re.compile(
    r"[（(\[【]?[A-Z]{2,}[-_A-Z0-9（）()〔〕\[\]]*\d[-_A-Z0-9]*号?[）)\]】]?[\s:：—]+"
    r"(?P<title>[\u4e00-\u9fff].{5,})$"
)
_NUMBERED_NOTICE = re.compile(
    r"(?:中华人民共和国)?[\u4e00-\u9fff\s]{2,24}(?:公\s*告|通\s*告|公\s*报)"
)
_NOTICE_NUMBER = re.compile(r"[（(]?(?:(?:19|20)\d{2}\s*年\s*)?第\s*\d+\s*号[）)]?")
"""A notice that has no other name than its number: 财政部公告 2023年第16号."""
_FORM_ALONE = re.compile(
    r"(?:政府采购)?(?:公开|邀请|竞争性|单一来源|国内|国际)*(?:招标|采购|磋商|谈判|询价|比选|竞价)*"
    r"(?:文件|公告|邀请函|邀请书|通知书|合同)"
)
_PURCHASE_NAME = re.compile(
    r"(?:\d[.、]\s*)?(?:采购|招标)?(?:项目|工程)名称\s*[：:]\s*(?P<name>[^，。；：:\s]{4,50})$"
)
"""A form without its purchase, and the line that names this."""
_CONTENTS = re.compile(r"目\s*[录次]")
_CONTENTS_LINE = re.compile(
    r"第[一二三四五六七八九十百\d]+[编章节部]|附\s*[件录]|.*(?:[.…·]{3,}|\t)\s*\d*$"
)
_CHAPTER = re.compile(r"第[一二三四五六七八九十\d]+(?:[章节卷]|部\s*分)")
_REVISED = re.compile(
    rf"^(?:最新|最近)?(?:修正|修订|公布|公?发布|发文|颁布|制定|订定)日期\s*[：:]\s*{DATE}"
)
_TENDER = re.compile(
    r"(?:(?:招标|采购|磋商|谈判|询价|比选|竞价|遴选|投标|响应|资格预审)文件|采购需求(?:书)?|采购意向|公示|"
    r"合同(?:书|范本)?|通知书|决定书|邀请(?:书|函)|答疑(?:纪要)?)(?:[（(][^（）()]{1,20}[）)])?$"
)
"""How the papers of one purchase are called, beside those of the state."""
_PROMULGATED = re.compile(
    r"^(?:现(?:将|发布|公布))?《(?P<title>[^《》]{4,60})》(?:已经?|业经|经)[^。]*公布"
    r"|^现(?:予|将)?(?:公布|发布)(?:修订后的|修改后的|修正后的)?《(?P<said>[^《》]{4,60})》"
)
_ORGAN = re.compile(
    r"(?:[部委局厅院府会办署行室社]|办公厅|办公室|中心|法院|检察院|兵团|总局|领导小组|财政|公司)$"
)
_ISSUED = re.compile(r"(?P<issuer>[^《》]{2,40}?)\s*(?:关于|转发|批转|印发)")
_CAPTION = re.compile(
    rf"[（(](?P<by>[\u4e00-\u9fff]{{2,30}})?{DATE}(?:印发|发布|公布|制定|颁布)[)）]"
)
"""Who issued a text and when, below its title: （云川市财政局2024年6月10日印发）."""
_NEWS = re.compile(
    r"[（(]\s*(?:本报)?(?:记者|通讯员|宗禾|作者|来源)|本报讯|本网讯|记者(?:从|获悉|了解)|记者\S{2,4}报道"
    r"|近日(?!期)|(?:^|[，。；“”\s]|[部委局厅府院会署省市县区司处])日前|据了解|据悉|今年以来"
)
_NAMED_DATE = re.compile(
    r"[（(](?P<date>(?:19|20)\d{2}-\d{2}-\d{2})[)）]|_(?P<digits>(?:19|20)\d{6})(?!\d)"
)
_IN_ENGLISH = re.compile(r"\s*[/／|｜]?\s*[A-Za-z][A-Za-z\s,.'’()-]{9,}$")
"""A title in English after the one in Chinese."""
_SITE_LABEL = re.compile(r"^【[^】]*】")


def find_metadata(
    lines: Sequence[str], declared: Metadata, source: str, paged: bool = False
) -> Metadata:
    """``declared``, completed from the clean ``lines`` of a document and the name in ``source``.

    :param lines: the text's lines in reading order.
    :param declared: what the file declares of itself; its values stay.
    :param source: the document's path or address.
    :param paged: whether the date declared is that of a web page, which counts less than the day
        on which the text says it was promulgated.
    """
    lines = [line.strip() for line in lines if line.strip()]
    name = PurePath(source.rstrip("/")).stem if "://" not in source else ""
    listed = index_table(lines)
    lines = [line for line in lines if not is_index_table(line)]
    title = listed.title or declared.title or _find_title(lines) or _title_of(name)
    title = _without_order(title) if title else None
    whole, lines = lines, _own(lines, title or "")
    events = find_events(lines)
    number = declared.number or listed.number or find_number(lines, events, name)
    issuer = (
        declared.issuer
        or adopting_body(events)
        or listed.issuer
        or number_issuer(number)
        or _issuer_in_title(title or "")
        or _signature(lines)[0]
    )
    found = Metadata(title=title, issuer=issuer, number=number, source_name=declared.source_name)
    kind = declared.kind or _kind(found, events, lines)
    printed = _published(events, lines, kind) or _labelled_date(lines) or listed.published
    published = declared.published or printed
    if paged and any("公布" in event.what for event in events):
        published = printed or published
    effective = declared.effective or _in_force(events, whole, published)
    found = replace(
        found,
        kind=kind,
        published=published,
        effective=effective,
        expires=find_expiry(whole, effective),
        version=_version(events, name, kind, published),
    )
    said = replace(declared, published=None, title=None)
    return _placed(found, labelled_place(name)).merged_under(said)


def _without_order(title: str) -> str:
    """``title`` without the number of an order or purchase before it: 财政部令第87号--…办法."""
    named = _ORDER_BEFORE.match(title) or _PURCHASE_BEFORE.match(title)
    return named["title"].strip("《》") if named else title


_ANNEXED = re.compile(r"^附\s*[件录表]?\s*[\d一二三四五六七八九十]*\s*(?:[：:]|$)")
_OWN_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{1,12}[〔\[（(]\d{4}[〕\]）)]\s*\d+\s*号|.*令\s*第\s*\d+\s*号"
)


def _labelled_date(lines: Sequence[str]) -> str | None:
    """The day that a collection of laws prints above the text: 修正日期：民國98年8月31日."""
    found = (_REVISED.match(line) for line in lines[:TITLE_LINES])
    return next((iso(match) for match in found if match), None)


def _own(lines: Sequence[str], title: str) -> Sequence[str]:
    """``lines`` without the text of an annex, whose number, signature and date are its own.

    A list of annexes above the signature is none; a line 附件 begins one where a document number
    or an addressee follows, or once the text is signed. Of a tender document or contract only what
    stands before its first chapter speaks of it: its chapters hold notices and orders that apply.
    """
    if kind_of_purchase(title) in ("tender-document", "contract"):
        first = next((n for n, line in enumerate(lines) if n and _CHAPTER.match(line)), len(lines))
        lines = lines[:first]
    signed = False
    for at, line in enumerate(lines):
        signed = signed or bool(at and re.fullmatch(rf"[（(]?{DATE}[）)]?", line.replace(" ", "")))
        if not at or not _ANNEXED.match(line):
            continue
        following = lines[at + 1 : at + 5]
        bare = _ANNEXED.sub("", line) == ""
        if (signed and bare) or any(_OWN_NUMBER.fullmatch(below) for below in following):
            return lines[:at]
    return lines


def _find_title(lines: Sequence[str]) -> str | None:
    """The title at the head of the text, its lines joined."""
    for line in lines[:TITLE_LINES]:
        if labelled := _LABELLED.match(line):
            return labelled["title"]
    if (
        len(lines) > 1
        and _NUMBERED_NOTICE.fullmatch(lines[0])
        and _NOTICE_NUMBER.fullmatch(lines[1])
    ):
        named = _find_title(lines[2:])
        return named or "".join((lines[0] + lines[1].strip("（）()")).split())
    if named := _named_below(lines):
        return named
    lines = [line for line in _without_contents(lines)[:HEAD_LINES] if not _COVER.match(line)]
    for at, line in enumerate(lines[:TITLE_LINES]):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if _RED_HEAD.match(line) or (_ORGAN.search(line) and _RED_HEAD.match(below)):
            continue
        if ordered := _ORDER_BEFORE.match(line):
            line = ordered["title"]
            if _is_whole(line):
                return line
        if promulgated := _PROMULGATED.match(line):
            return promulgated["title"] or promulgated["said"]
        if len(line) > MAX_TITLE or "\n" in line or _NO_TITLE.search(line):
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


def _named_below(lines: Sequence[str]) -> str | None:
    """The title of a paper that prints its form first: 竞争性谈判文件, 项目名称：…."""
    head = [_unspaced(line) for line in lines[:HEAD_LINES] if not _COVER.match(line)]
    if not head or not _FORM_ALONE.fullmatch(head[0]):
        return None
    said = (_PURCHASE_NAME.match(line) for line in lines[:HEAD_LINES])
    name = next((match["name"] for match in said if match), None)
    return f"{name}{head[0]}" if name else None


def _without_contents(lines: Sequence[str]) -> Sequence[str]:
    """``lines`` without a list of contents among the first of them, before the title."""
    at = next((n for n, line in enumerate(lines[:TITLE_LINES]) if _CONTENTS.fullmatch(line)), None)
    if at is None:
        return lines
    end = at + 1
    while end < len(lines) and _CONTENTS_LINE.match(lines[end]):
        end += 1
    return [*lines[:at], *lines[end:]]


def _is_whole(title: str) -> bool:
    """Whether ``title`` ends as titles do; 关于…制度 goes on to …的通知, and 《 to 》."""
    if not (_TITLE_END.search(title) or _TENDER.search(title)) or title.count("《") != title.count(
        "》"
    ):
        return False
    return "关于" not in title or "的" in title[title.index("关于") :]


def _unspaced(line: str) -> str:
    """A line printed with a space between all its characters (通 知) without them."""
    characters = line.split()
    return "".join(characters) if max(map(len, characters), default=0) == 1 else line


def _continues(line: str) -> bool:
    """Whether ``line`` may be the next line of a title that is not complete."""
    return (
        len(line) <= MAX_TITLE
        and "\n" not in line
        and not (_NO_TITLE.search(line) or find_dates(line) or _RED_HEAD.match(line))
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
    """Who signed the text, and when: the first line with a date alone and the body above it, or
    the line below the title that says it."""
    for line in lines[1:TITLE_LINES]:
        if issued := _CAPTION.fullmatch(line.replace(" ", "")):
            by = issued["by"] or ""
            return by if _ORGAN.search(by) else None, iso(issued)
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
    title, issuer = _IN_ENGLISH.sub("", found.title or ""), found.issuer or ""
    is_text = bool(_TITLE_END.search(title))
    if issuer.startswith("最高人民") and re.search(r"解释|规定|规则|批复|决定$", title):
        return "interpretation"
    if issuer.startswith("全国人民代表大会") or re.match(r"中华人民共和国\S+法$", title):
        return "law"
    if "人民代表大会" in issuer and is_text:
        return "local-regulation"
    if "〔" in (found.number or ""):
        return kind_of_purchase(title) or "document"
    order = number_issuer(found.number)
    if issuer == "国务院" and (order or events or (found.number and "令" in found.number)):
        return "regulation"
    if order and is_text:
        return "rule"
    if re.search(r"条例$", title) and has_articles(lines):
        return "local-regulation" if place_at_start(title) else "regulation"
    if purchase := kind_of_purchase(title):
        return purchase
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
    if kind in ("news", "document", *PURCHASE_KINDS):
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
