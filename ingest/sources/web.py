"""Texts from pages on the web, asked for politely and taken only if they are what the list says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ingest.document import Document
from ingest.errors import UserError
from ingest.index import Index, read_current
from ingest.loading.fetch import Fetched
from ingest.originals import content_hash, located
from ingest.prepare import Origin, prepare
from ingest.settings import Settings
from ingest.sources.listing import Text
from ingest.sources.manners import Sites
from ingest.sources.obtain import Keep, Missing, Obtain
from ingest.sources.seen import Seen
from ingest.storage.catalogue import StoredDocument

_HEAD = 2000
"""A page names its text within so many characters."""


def from_web(settings: Settings, keep: Keep, remember: bool = True) -> Obtain:
    """Texts of web pages, one request at a time.

    A page that says what it said before is left alone. One whose text has changed becomes a new
    document if it is of a later version; else it is refused, for somebody to look at it.

    :param remember: note in which state each page was seen, so that it need not be sent again.
    """

    def obtain(texts: Sequence[Text]) -> Iterator[Origin | Missing]:
        if not texts:
            return
        site, seen = Sites(settings), Seen(settings)
        known = _known(settings)
        hashes = {stored.record.source: stored.record.content_hash for stored in known}
        for text in texts:
            url = str(text.source.web)
            before = [one for one in known if one.record.source.partition("#")[0] == url]
            source, marks = seen.same(text, hashes)
            try:
                page = site.get(url, marks)
                if page.unchanged:
                    same = next(one.record for one in before if one.record.source == source)
                    yield Origin(source, located(same.file, settings))
                    continue
                origin = _obtained(text, url, page, before, settings, keep)
                if remember:
                    seen.note(text, origin.source, content_hash(origin.file), page.marks)
                yield origin
            except UserError as error:
                gone = before and re.search(r"status 4(?:04|10)", error.what)
                untried = not before and not text.opened
                yield Missing(
                    url, _gone(text, url) if gone else _untried(error) if untried else error
                )

    return obtain


def addresses_in(settings: Settings) -> set[str]:
    """The addresses whose pages are in."""
    return {stored.record.source.partition("#")[0] for stored in _known(settings)}


def _known(settings: Settings) -> list[StoredDocument]:
    """The documents that came from the web."""
    if read_current(settings) is None:
        return []
    index = Index.open(settings)
    try:
        sources = (r for r in index.documents() if r.source.startswith(("http://", "https://")))
        return [stored for r in sources if (stored := index.document(r.id))]
    finally:
        index.close()


def _obtained(
    text: Text,
    url: str,
    page: Fetched,
    before: Sequence[StoredDocument],
    settings: Settings,
    keep: Keep,
) -> Origin:
    file = keep(page.data, PurePosixPath(page.name).suffix.lower())
    document = prepare(Origin(url, file), settings).document
    _check(text, url, document)
    for stored in before:
        if stored.document.text == document.text:
            return Origin(stored.record.source, located(stored.record.file, settings))
    if not before:
        return Origin(url, file)
    newest = max(stored.record.metadata.version or "" for stored in before)
    version = document.metadata.version or ""
    if version > newest:
        return Origin(f"{url}#{version}", file)
    raise UserError(
        "changed-page",
        url,
        f"the page of “{text.title}” says something else than it did, and names no later version",
        "Compare the two and replace the document in the library if the page is right",
        (
            f"《{text.title}》所在网页的文字有变动，但没有注明新的版本",
            "请对照两者；如以网页为准，请在资料库中替换该文件",
        ),
    )


def _untried(error: UserError) -> UserError:
    """The error, with what the list says of the address."""
    zh = error.zh or (error.what, error.remedy)
    return UserError(
        error.code,
        error.where,
        f"{error.what} (nobody could open this address when the list was written)",
        error.remedy,
        (f"{zh[0]}（编写清单时未能打开过此网址）", zh[1]),
    )


def _gone(text: Text, url: str) -> UserError:
    return UserError(
        "gone-page",
        url,
        f"the page of “{text.title}” is gone; the document stays in as it is",
        "Look for its new address and correct the list of sources",
        (f"《{text.title}》所在网页已不存在，已入库的文件仍予保留", "请查找新网址并更正来源清单"),
    )


def _check(text: Text, url: str, document: Document) -> None:
    """The page must name the title and, where the list has one, the number.

    :raises UserError: ``other-text``, with what was found instead.
    """
    head = _bare(f"{document.metadata.title or ''}\n{document.text[:_HEAD]}")
    number = _bare(f"{document.metadata.number or ''}\n{document.text[:_HEAD]}")
    titled = _bare(text.title) in head
    if titled and (text.number is None or _bare(text.number) in number):
        return
    wanted = f"{text.title} {text.number or ''}".strip()
    found = f"{document.metadata.title or document.text[:40]} {document.metadata.number or ''}"
    found = " ".join(found.split())
    raise UserError(
        "other-text",
        url,
        f"the list wants “{wanted}” there, the page has “{found}”",
        "Open the address and correct the list of sources",
        (f"清单要求的是“{wanted}”，网页上却是“{found}”", "请打开该网址核对，并更正来源清单"),
    )


def _bare(text: str) -> str:
    """Without white space, the state's name, and differences of brackets."""
    brackets = str.maketrans("[]［］【】﹝﹞()", "〔〕〔〕〔〕〔〕（）")
    return re.sub(r"\s", "", text).replace("中华人民共和国", "").translate(brackets)
