"""What of a new document an editor should look at twice: words that speak to a language model, and
a title that a text from a better source has already.

Neither keeps it out: laws come in new versions, and an article may be about language models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ingest.document import PURCHASE_KINDS, Document
from ingest.storage.catalogue import DocumentRecord, work_of

_TABLE = Path(__file__).parent / "data" / "addressed.txt"
_OFFICIAL = re.compile(r"(?:^|\.)(?:gov|npc|court|spp)(?:\.gov)?\.cn$")
_LONGEST = 60

FlagKind = Literal["addresses-model", "claims-name"]


@dataclass(frozen=True, slots=True)
class Flag:
    """``shown`` is the place of the text, or the title of the document that has the name;
    ``document`` is that one's id."""

    kind: FlagKind
    shown: str
    document: str = ""


def flags_of(document: Document, records: Iterable[DocumentRecord]) -> list[Flag]:
    """All that is suspicious in ``document``.

    :param records: the documents that are in.
    """
    found = [Flag("addresses-model", shown) for shown in addressed(document.text)]
    work, own = work_of(document.title), standing(document.metadata.url, document.metadata.kind)
    for record in records:
        better = standing(record.metadata.url, record.metadata.kind) > own
        if record.work == work and better:
            found.append(Flag("claims-name", record.title, record.id))
    return found


def addressed(text: str) -> list[str]:
    """The places of ``text`` that speak to a language model, with a few words around."""
    found: dict[int, str] = {}
    for pattern in _patterns():
        for match in pattern.finditer(text):
            line = text.rfind("\n", 0, match.start() + 1) + 1
            start = max(line, match.start() - 10)
            shown = text[start : start + _LONGEST].strip().partition("\n")[0]
            found.setdefault(line, shown)
    return [found[line] for line in sorted(found)]


def standing(url: str | None, kind: str | None) -> tuple[bool, bool]:
    """How good a source is: a page of the state goes before all others, a text that binds before
    news and the papers of a purchase."""
    host = (urlsplit(url).hostname or "") if url else ""
    return bool(_OFFICIAL.search(host)), kind not in (None, "news", *PURCHASE_KINDS)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return tuple(re.compile(line, re.IGNORECASE) for line in lines if line and line[0] != "#")
