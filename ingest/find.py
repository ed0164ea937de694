"""One document by what a person calls it: id, title, file or part of the title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from ingest.errors import IndexStateError


class Named(Protocol):
    """What has the names of a document."""

    @property
    def id(self) -> str:
        """The document's id."""

    @property
    def source(self) -> str:
        """The name it goes by."""

    @property
    def title(self) -> str:
        """Its title."""


Record = TypeVar("Record", bound=Named)


def find_document(records: Sequence[Record], wanted: str) -> Record:
    """The one record that ``wanted`` names: its id or source, its whole title or file name, or
    the beginning of its id or a part of its title.

    :raises IndexStateError: if none or several are meant.
    """
    bare = wanted.strip()
    if bare.startswith("《") and bare.endswith("》"):
        bare = bare[1:-1]
    for matches in (
        [r for r in records if bare in (r.id, r.source)],
        [r for r in records if bare == r.title or r.source.endswith("/" + bare)],
        [r for r in records if bare and (r.id.startswith(bare) or bare in r.title)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(f"{r.id} {r.title} {_version(r)}".strip() for r in matches)
            raise IndexStateError(
                "ambiguous-document",
                wanted,
                f"several documents are meant ({ids})",
                "Give the id of one",
                (f"有多篇文档与之相符（{ids}）", "请给出其中一篇的编号"),
            )
    raise IndexStateError(
        "no-document",
        wanted,
        "there is no such document in the index",
        "`python -m ingest list` shows all",
        ("索引中没有这篇文档", "用 python -m ingest list 查看全部"),
    )


def _version(record: Named) -> str:
    return getattr(getattr(record, "metadata", None), "version", None) or ""
