"""What a reader sees of a place."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMERAL = r"[零〇一二三四五六七八九十百千\d]+"
_NUMBER_ONLY = re.compile(rf"(?:第{_NUMERAL}[条款项目](?:之{_NUMERAL})?)+|[（(]{_NUMERAL}[)）]")
_ARTICLE_NUMBER = re.compile(rf"^第{_NUMERAL}条(?:之{_NUMERAL})?[\s　]+", re.MULTILINE)
_COUNTRY = "中华人民共和国"


def place_text(title: str, path: Sequence[str], text: str) -> str:
    """A passage as it is read: short title, headings, text. Numbers of articles are left out:
    they mean nothing, and questions that name them are answered by looking them up."""
    headings = [part for part in path if not _NUMBER_ONLY.fullmatch(part)]
    body = _ARTICLE_NUMBER.sub("", text)
    head = " ".join([title.replace(_COUNTRY, ""), *(h for h in headings if h not in body)])
    return f"{head}\n{body}"
