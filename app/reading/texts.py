"""What a reader sees of a place."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.prepare import unnumbered

_COUNTRY = "中华人民共和国"


def place_text(title: str, path: Sequence[str], text: str) -> str:
    """A passage as it is read: short title, headings, text, without the numbers of articles."""
    headings, body = unnumbered(path, text)
    head = " ".join([title.replace(_COUNTRY, ""), *(h for h in headings if h not in body)])
    return f"{head}\n{body}"
