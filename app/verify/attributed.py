"""What a statement says that another text provides is that text's word only where it is so.

A document may say of a law what the law does not: its own citation does not prove it. Where the
law is here, its article is looked up; an article that it does not have, or words that it does not
bear out, are not shown. 本法第…条 is looked up in the texts that are cited or named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.content.facts import numeral
from app.verify.judging import coverage, judge
from ingest.document import Section
from ingest.storage.catalogue import DocumentRecord, StoredDocument

_AFTER = (
    r"》?(?:[（(][^（）()]{0,20}[）)])?"
    r"(?:第(?P<article>[零〇一二三四五六七八九十百千\d]{1,7})条(?:第[^条，。]{1,4}[款项]){0,2})?"
)
_SAYS = re.compile(
    r"(?:的?(?:有关|相关|最新|明确)*(?:规定|要求|明确|指出))?[，,：:]|(?:明确)?规定(?!的)"
)
_ITSELF = re.compile(
    r"[本该](?:法|条例|办法|规定|细则|规则|规程|通知|意见)第(?P<article>[零〇一二三四五六七八九十百千\d]{1,7})条"
)
_LEAD = re.compile(r"^\W*(?:根据|按照|依照|依据)?\s*《?(?:中华人民共和国)?$")
_LONGER = re.compile(r"》?(?:实施|施行|若干|修正|释义|典)")
_NEAREST = 3


class Held(Protocol):
    """The index: what is here."""

    def documents(self) -> list[DocumentRecord]: ...

    def document(self, document_id: str) -> StoredDocument | None: ...


@dataclass(frozen=True, slots=True)
class _Mention:
    work: str
    article: int | None
    start: int
    end: int


def misattributed(text: str, cited: Collection[str], held: Held) -> str:
    """What ``text`` says wrongly that a text which is here provides, in Chinese; ``""`` if nothing.

    :param cited: ids of the documents that the statement cites.
    """
    records = held.documents()
    own = {r.work for r in records if r.id in cited}
    mentions = list(_mentions(text, {r.work for r in records if len(r.work) > 2}))
    if number := _missing(text, own | {m.work for m in mentions}, records, held):
        return f"所引文件没有第{number}条"
    for mention in mentions:
        versions = [r for r in records if r.work == mention.work]
        texts = [stored for r in versions if (stored := held.document(r.id))]
        places = [place for stored in texts for place in _places(stored, mention.article)]
        if mention.article is not None and not places and any(_articles(s) for s in texts):
            return f"《{mention.work}》没有第{mention.article}条"
        said = _SAYS.match(text, mention.end)
        if mention.work in own or not said or not _LEAD.match(text[: mention.start]):
            continue
        rest = text[said.end() :]
        near = sorted(places, key=lambda place: -coverage(rest, place))[:_NEAREST]
        if not judge(rest, near, [f"《{mention.work}》"]).holds:
            return f"《{mention.work}》没有这样的规定"
    return ""


def _missing(
    text: str, works: Collection[str], records: Sequence[DocumentRecord], held: Held
) -> int:
    """The number of an article of 本法 that none of the texts meant has; 0 if there is none, or
    they have no articles."""
    numbers = [int(n) for m in _ITSELF.finditer(text) if (n := numeral(m["article"]))]
    if not numbers:
        return 0
    texts = [s for r in records if r.work in works and (s := held.document(r.id))]
    there = {section.number for stored in texts for section in _articles(stored)}
    return next((n for n in numbers if there and n not in there), 0)


def _mentions(text: str, works: Collection[str]) -> Iterator[_Mention]:
    taken = [False] * len(text)
    for work in sorted(works, key=len, reverse=True):
        for match in re.finditer(re.escape(work), text):
            if any(taken[match.start() : match.end()]) or _LONGER.match(text, match.end()):
                continue
            taken[match.start() : match.end()] = [True] * len(work)
            after = re.compile(_AFTER).match(text, match.end())
            number = numeral(after["article"]) if after and after["article"] else None
            end = after.end() if after else match.end()
            yield _Mention(work, int(number) if number else None, match.start(), end)


def _articles(stored: StoredDocument) -> list[Section]:
    return [s for s in stored.sections if s.kind == "article"]


def _places(stored: StoredDocument, article: int | None) -> list[str]:
    """The texts of an article; of all of them for ``None``; the whole where there are none."""
    articles = _articles(stored)
    if not articles:
        return [] if article is not None else [stored.document.text]
    found = [s for s in articles if article in (None, s.number)]
    whole = stored.document.text
    return [whole[s.start : s.end].removeprefix(s.label).strip() for s in found]
