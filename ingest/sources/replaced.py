"""Which texts were repealed and by what they were replaced, as the list of sources and the texts
themselves say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from ingest.errors import UserError
from ingest.settings import Settings
from ingest.sources.ended import ended_in
from ingest.sources.listing import Sources, parse_sources, sources_file
from ingest.storage.catalogue import DocumentRecord, work_of

_STATE = "中华人民共和国"
_NUMBER = re.compile(r"第?\d+号$")
_BEFORE = "依照|按照|依据|根据|适用|违反|符合|执行|和|与|及|或者|、|，"
"""What stands before a law's name that is cited without brackets; 劳动合同法 is no 合同法."""
_RANK = re.compile(r"((?<!办)法|条例)(?:[（(][^（）()]*[）)])?$")
_ANY = frozenset({"law", "regulation", "local-regulation", "rule", "interpretation", "document"})
_ENDING = {
    "法": frozenset({"law"}),
    "条例": frozenset({"law", "regulation", "local-regulation"}),
}
"""The kinds of text that can end one whose title ends so; whatever binds can end others."""
_NO_MORE = "(?!实施|司法解释|解释|草案|修正案|学)"


@dataclass(frozen=True, slots=True)
class Replacement:
    """``title`` was repealed; ``by`` took its place on the day ``since`` (ISO, empty where it is
    not known)."""

    title: str
    by: str
    since: str


class Replacements:
    """The replacements that have taken effect."""

    def __init__(self, found: list[Replacement]) -> None:
        self._by_name = {work_of(one.title): one for one in found}
        self._cited = _pattern(list(self._by_name))

    def of(self, *names: str | None) -> Replacement | None:
        """What replaced the text that goes by any of these names or numbers."""
        found = (self._by_name.get(work_of(name)) for name in names if name)
        return next((one for one in found if one), None)

    def ended(self, record: DocumentRecord) -> Replacement | None:
        """What replaced a document; ``None`` where it is later than the end of its namesake."""
        found = self.of(record.title, record.metadata.number)
        said = record.metadata
        own = said.version or said.published or said.effective or ""
        return None if found and found.since and own >= found.since else found

    def cited_in(self, text: str) -> Iterator[tuple[int, int, Replacement]]:
        """Where ``text`` cites one: start and end of its name, and what replaced it."""
        for found in self._cited.finditer(text) if self._cited else ():
            name = found.lastgroup
            assert name is not None
            start, end = found.span(name)
            yield start, end, self._by_name[work_of(text[start:end])]


def replacements(settings: Settings, stated: tuple[Replacement, ...] = ()) -> Replacements:
    """Those of the list of sources, none where it cannot be read, which ``sync`` says; and those
    that are ``stated`` by texts, where the list has nothing of the same name."""
    file = sources_file(settings)
    try:
        changed = file.stat().st_mtime_ns
    except OSError:
        changed = 0
    return _read(file, changed, date.today(), stated)


def stated_by(record: DocumentRecord, passages: Iterable[str]) -> Iterator[Replacement]:
    """What a document says in its ``passages`` that it ends, if such a text can end such a one."""
    said = record.metadata
    since = said.effective or said.version or said.published or ""
    for title, number in (found for text in passages for found in ended_in(text)):
        if said.kind in _ENDING.get(_rank(title), _ANY):
            names = [number] if work_of(title) == record.work else [title, number]
            for name in names:
                if name and name != said.number:
                    yield Replacement(name, record.title, since)


@lru_cache(maxsize=8)
def _read(file: Path, changed: int, today: date, stated: tuple[Replacement, ...]) -> Replacements:
    """``changed`` is the file's time, so that a changed list is read again."""
    held = [one for one in stated if one.since <= today.isoformat()]
    try:
        listed = list(_effective(parse_sources(file), today)) if changed else []
    except UserError:
        listed = []
    return Replacements([*held, *listed])


def _effective(sources: Sources, today: date) -> Iterator[Replacement]:
    for text in sources.texts:
        since = text.effective or text.version
        if since is None or since <= today:
            for title in text.replaces:
                yield Replacement(title, text.title, since.isoformat() if since else "")
    for one in sources.replaced:
        if one.since <= today:
            yield Replacement(one.title, one.by, one.since.isoformat())


def _pattern(names: list[str]) -> re.Pattern[str] | None:
    numbers = [re.escape(name) for name in names if _NUMBER.search(name)]
    titles = [re.escape(name) for name in names if not _NUMBER.search(name)]
    titles.sort(key=len, reverse=True)
    forms = []
    if titles:
        some = f"(?:{'|'.join(titles)})"
        forms.append(f"《(?P<bracketed>(?:{_STATE})?{some})》")
        forms.append(f"(?P<whole>{_STATE}{some}){_NO_MORE}")
        forms.append(f"(?:^|{_BEFORE})(?P<bare>{some}){_NO_MORE}")
    if numbers:
        forms.append(f"(?P<number>{'|'.join(numbers)})")
    return re.compile("|".join(forms)) if forms else None


def _rank(title: str) -> str:
    """法 or 条例, where a title ends so (but for what stands in brackets)."""
    found = _RANK.search(title)
    return found[1] if found else ""
