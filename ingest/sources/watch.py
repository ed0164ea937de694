"""What official sites have that is not here: their list pages are read, and what is new is offered.

Nothing goes in: somebody looks at what is offered and adds it. What somebody does not want to be
offered again is noted in ``data/dismissed.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest.durable import written
from ingest.errors import LoadError, UserError
from ingest.index import Index, read_current
from ingest.settings import Settings
from ingest.sources.linked import Linked, linked
from ingest.sources.listing import ListPage, Sources, read_sources
from ingest.sources.manners import Sites
from ingest.storage.catalogue import work_of

FILE = "dismissed.json"
_ADDRESS = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)
_FORWARDED = re.compile(
    r"^[^《》]{0,40}(?:印发|发布|公布|修订|制定)?《([^《》]{4,})》(?:（[^（）]*）)?(?:的?(?:通知|公告|决定))?$"
)
"""A title that puts another text forward: 财政部关于印发《…》的通知."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that the page ``list`` links to and that is not here."""

    title: str
    url: str
    date: str
    list: str


@dataclass(slots=True)
class Found:
    """What is offered, the newest first, and which list pages could not be read."""

    offers: list[Offer] = field(default_factory=list)
    failed: list[UserError] = field(default_factory=list)


def watch(settings: Settings) -> Found:
    """Read the list pages of the list of sources; writes nothing.

    :raises UserError: if the list of sources cannot be read.
    """
    sources = read_sources(settings)
    here = _Here(settings, sources)
    sites, found = Sites(settings), Found()
    offers: dict[str, Offer] = {}
    for page in sources.lists:
        try:
            listed = _read(page, sites)
        except UserError as error:
            found.failed.append(error)
            continue
        for one in _wanted(listed, page.words):
            if not here.has(one):
                offers.setdefault(one.url, Offer(one.title, one.url, one.date, page.name))
    found.offers = sorted(offers.values(), key=lambda offer: offer.date, reverse=True)
    return found


def dismiss(settings: Settings, urls: Iterable[str]) -> None:
    """Do not offer the texts at these addresses again."""
    noted = _dismissed(settings)
    with written(settings.data_folder / FILE) as stream:
        stream.write(json.dumps(sorted(noted | set(urls)), indent=1).encode())


class _Here:
    """What is here, or listed, or not wanted."""

    def __init__(self, settings: Settings, sources: Sources) -> None:
        self._dismissed = {_bare(url) for url in _dismissed(settings)}
        self._addresses = {_bare(text.source.web) for text in sources.texts if text.source.web}
        # one whose address is not known yet is what somebody looks for
        known = (text for text in sources.texts if not text.source.unknown)
        self._works = {work_of(text.title) for text in known}
        if read_current(settings) is None:
            return
        index = Index.open(settings)
        try:
            for record in index.documents():
                self._works.add(record.work)
                for address in (record.source.partition("#")[0], record.metadata.url or ""):
                    self._addresses.add(_bare(address))
        finally:
            index.close()

    def has(self, one: Linked) -> bool:
        if _bare(one.url) in self._dismissed | self._addresses:
            return True
        forwarded = _FORWARDED.match(one.title)
        names = (one.title, forwarded[1]) if forwarded else (one.title,)
        return any(work_of(name) in self._works for name in names)


def _read(page: ListPage, sites: Sites) -> list[Linked]:
    fetched = sites.get(page.page)
    found = linked(fetched.data, fetched.url)
    if not found:
        raise LoadError(
            "no-list",
            page.page,
            f"no list of texts stands on the page “{page.name}”",
            "Open it in a browser; if it moved, correct `lists` in the list of sources",
            (
                f"网页“{page.name}”上没有文件目录",
                "请用浏览器打开查看；如已迁移，请更正来源清单中的 lists",
            ),
        )
    return found


def _wanted(listed: Sequence[Linked], words: Sequence[str]) -> list[Linked]:
    return [one for one in listed if not words or any(word in one.title for word in words)]


def _bare(url: str) -> str:
    """An address however it is written: http and https, with and without www."""
    return _ADDRESS.sub("", url).rstrip("/")


def _dismissed(settings: Settings) -> set[str]:
    try:
        noted = json.loads((settings.data_folder / FILE).read_bytes())
        return {str(url) for url in noted} if isinstance(noted, list) else set()
    except (OSError, ValueError):
        return set()
