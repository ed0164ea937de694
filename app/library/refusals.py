"""What editors are told when a change cannot be made."""

from __future__ import annotations

from ingest.errors import IndexStateError, UserError
from ingest.storage.catalogue import DocumentRecord


def already_in(name: str, twin: DocumentRecord) -> UserError:
    """The very same file is in already."""
    return UserError(
        "already-in",
        name,
        f"the very same file is in already as “{twin.title}”",
        "Nothing needs to be added",
        (f"内容完全相同的文件已收录，标题为《{twin.title}》", "无需再添加"),
    )


def address_in(source: str) -> UserError:
    """A document from this address is in already."""
    return UserError(
        "already-in",
        source,
        "a document from this address is in already",
        "Replace that document instead",
        ("来自这个网址的文件已收录", "如内容有更新，请替换该文件"),
    )


def cannot_undo(change_id: int) -> UserError:
    """There is no such change, or a later one came after it."""
    return UserError(
        "cannot-undo",
        str(change_id),
        "the document was changed again since, or there is no such change",
        "Undo the later change first",
        ("没有这项更改，或该文件此后又有更改", "请先撤销较新的更改"),
    )


def no_document(document: str) -> IndexStateError:
    """There is no such document."""
    return IndexStateError(
        "no-document",
        document[:100],
        "there is no such document (any more)",
        "Reload the list",
        ("没有这份文件，或已被移除", "请刷新列表"),
    )


def gone(source: str) -> UserError:
    """The bytes of a document are not to be had."""
    return UserError(
        "file-gone",
        source,
        "its file is no longer where it was, or was altered",
        "Put the unaltered file back or add it again",
        ("原文件已不在原处，或已被改动", "请放回未经改动的文件，或重新添加"),
    )
