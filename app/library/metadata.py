"""What an editor may correct of a document's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from ingest.changed import FIELDS
from ingest.document import KINDS, Metadata
from ingest.errors import UserError
from ingest.storage.decisions import Edits, edits_of

DATES = ("published", "effective", "expires", "version")
LONGEST = 300


def values_of(metadata: Metadata) -> dict[str, str | None]:
    """The values that can be corrected."""
    return {name: getattr(metadata, name) for name in FIELDS}


def edits_from(given: Mapping[str, str | None], found: Metadata) -> Edits:
    """Those of ``given`` that differ from what was ``found``, checked; an empty value takes out.

    :raises UserError: ``bad-metadata`` naming the field.
    """
    edits: dict[str, str | None] = {}
    for name, value in given.items():
        if name not in FIELDS:
            raise _bad(name, "there is no such field", "没有这个字段")
        wanted = " ".join(str(value or "").split()) or None
        _check(name, wanted)
        if wanted != getattr(found, name):
            edits[name] = wanted
    return edits_of(edits)


def _check(name: str, value: str | None) -> None:
    if value is None:
        if name == "title":
            raise _bad(name, "a document needs a title", "标题不能为空")
        return
    if len(value) > LONGEST:
        raise _bad(name, f"it is longer than {LONGEST} characters", f"超过 {LONGEST} 个字符")
    if name in DATES:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise _bad(name, "write dates as 2024-05-01", "日期请写成 2024-05-01") from None
    if name == "kind" and value not in KINDS:
        raise _bad(name, f"it is one of {', '.join(KINDS)}", "没有这种文件类型")
    if name == "url":
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _bad(name, "write it as https://…", "网址应以 http:// 或 https:// 开头")


def _bad(name: str, what: str, zh: str) -> UserError:
    return UserError("bad-metadata", name, what, "Correct it", (zh, "请更正"))
