"""Read the YAML between two ``---`` lines at the head of a text as metadata."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from typing import Any

from ingest.document import PURCHASE_KINDS, Metadata


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the head of a text declares, and the text under it.

    ``unread`` are ``key: value`` lines whose key is known and whose value has the wrong type:
    they stay text.
    """

    metadata: Metadata
    body: str
    unread: tuple[str, ...] = ()


def split_front_matter(text: str) -> FrontMatter:
    """Metadata and the rest of ``text``.

    The whole text is the body where it does not begin with a front matter, where the YAML is
    broken, or where no key of it is known: then it is part of what the author wrote.
    """
    nothing = FrontMatter(Metadata(), text)
    match = _FENCED.match(text)
    if not match or len(match["yaml"]) > _MAX_CHARS:
        return nothing
    import yaml

    try:
        data = yaml.safe_load(match["yaml"])
    except (yaml.YAMLError, ValueError, RecursionError):
        return nothing
    if not isinstance(data, dict):
        return nothing
    found: dict[str, Any] = {}
    unread: list[str] = []
    known = False
    for key, value in data.items():
        name = _KEYS.get(str(key).strip().lower())
        if name is None:
            continue
        known = True
        if value is None or value == "":
            continue
        read = _value(name, value)
        if read is None:
            unread.append(f"{key}: {value}")
        else:
            found.setdefault(name, read)
    if not known:
        return nothing
    return FrontMatter(replace(Metadata(), **found), text[match.end() :], tuple(unread))


def iso_date(value: Any) -> str | None:
    """``YYYY-MM-DD`` from a date, or from a string that begins with one; else ``None``."""
    if isinstance(value, datetime.date):
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    match = _DATE.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return datetime.date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return None


def first_url(value: Any) -> str | None:
    """The first http(s) address in a string; notes around it are left out."""
    match = _URL.search(value) if isinstance(value, str) else None
    return match.group().rstrip(".,;") if match else None


_FENCED = re.compile(
    r"\A[^\S\n]*\n*---[^\S\n]*\n(?P<yaml>.*?)(?<=\n)(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL
)
_MAX_CHARS = 64_000
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_URL = re.compile(r"https?://[^\s<>\"'()（），；。、]+")

_KEYS = {
    alias: name
    for name, aliases in {
        "title": "title 标题 名称",
        "issuer": "issuing_body issuer 发文机关 发布机构 制定机关",
        "number": "doc_number document_number number 文号 发文字号",
        "version": "version_date version 版本日期 版本",
        "effective": "effective_date effective 施行日期 生效日期",
        "published": "published published_date publish_date date 发布日期 公布日期",
        "expires": "expires expiry_date 失效日期 有效期至",
        "region": "region 地区 区域",
        "kind": "kind 类别",
        "level": "level",
        "url": "official_url url source 网址 链接",
        "source_name": "source_name 来源",
        "validity": "validity 时效性",
        "as_of": "as_of 截至",
    }.items()
    for alias in aliases.split()
}
_DATES = {"version", "effective", "published", "expires", "as_of"}
_KINDS = {
    "law": "law",
    "regulation": "regulation",
    "local-regulation": "local-regulation",
    "rule": "rule",
    "interpretation": "interpretation",
    "document": "document",
    "news": "news",
    **{kind: kind for kind in PURCHASE_KINDS},
    "法律": "law",
    "行政法规": "regulation",
    "地方性法规": "local-regulation",
    "部门规章": "rule",
    "司法解释": "interpretation",
    "规范性文件": "document",
    "新闻": "news",
    "采购公告": "tender-notice",
    "招标公告": "tender-notice",
    "中标公告": "award-notice",
    "成交公告": "award-notice",
    "采购文件": "tender-document",
    "招标文件": "tender-document",
    "投诉处理决定": "complaint-decision",
    "合同": "contract",
}
_VALIDITIES = {
    "in-force": "in-force",
    "amended": "amended",
    "repealed": "repealed",
    "现行有效": "in-force",
    "已被修改": "amended",
    "已废止": "repealed",
}
_LEVELS = {"central": "central", "local": "local", "中央": "central", "地方": "local"}


def _value(name: str, value: Any) -> str | None:
    if name in _DATES:
        return iso_date(value)
    if name == "url":
        return first_url(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime.date):
        return None
    said = str(value).strip()
    if name == "kind":
        return _KINDS.get(said.lower())
    if name == "validity":
        return _VALIDITIES.get(said.lower())
    if name == "level":
        return _LEVELS.get(said.lower())
    return " ".join(said.split()) or None
