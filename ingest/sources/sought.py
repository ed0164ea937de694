"""Texts of the list of which no address is known: they go in as files, when somebody has them."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.errors import UserError
from ingest.index import Index, read_current
from ingest.settings import Settings
from ingest.sources.listing import Text
from ingest.sources.obtain import Missing
from ingest.storage.catalogue import work_of


def not_in(texts: Sequence[Text], settings: Settings) -> list[str]:
    """Title and number of those that no document goes by."""
    known: set[str | None] = set()
    if texts and read_current(settings) is not None:
        index = Index.open(settings)
        try:
            for record in index.documents():
                known |= {record.work, record.metadata.number}
        finally:
            index.close()
    return [
        _named(one) for one in texts if not known & {work_of(one.title), one.number or one.title}
    ]


def no_address(text: Text) -> Missing:
    """Why one that is asked for by name cannot be had."""
    return Missing(
        text.title,
        UserError(
            "no-address",
            _named(text),
            "the list of sources knows no address of it",
            "Save it from an official site and `ingest add` the file",
            ("来源清单中没有它的网址", "请从官方网站保存该文件，再用 ingest add 加入"),
        ),
    )


def _named(text: Text) -> str:
    return f"{text.title}（{text.number}）" if text.number else text.title
