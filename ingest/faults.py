"""What the operating system, SQLite and Chroma say went wrong, in one line."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

from ingest.errors import IndexStateError, UserError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM}
_LITTLE = 1_000_000


def explained(error: BaseException, where: str | Path) -> UserError | None:
    """``error`` as one line, ``None`` if it is a fault of the program.

    :param where: what was worked on, if the error does not know it itself.
    """
    if isinstance(error, UserError):
        return error
    if isinstance(error, sqlite3.DatabaseError):
        return _of_text(str(error), str(where))
    if isinstance(error, OSError):
        return _of_system(error, str(error.filename or where))
    if isinstance(error, MemoryError):
        return UserError(
            "no-memory",
            str(where),
            "the memory does not suffice",
            "End other programs or use a machine with more",
            ("内存不足", "请关闭其他程序，或换用内存更大的机器"),
        )
    return None


def reason(error: BaseException, where: str | Path) -> str:
    """What went wrong in a few words, to stand within another line; see :func:`explained`."""
    known = explained(error, where)
    return known.what if known else type(error).__name__


def damaged(where: str | Path, what: str = "", zh: str = "") -> IndexStateError:
    """The error of an index that is not whole; ``what`` says which part."""
    return IndexStateError(
        "damaged-index",
        str(where),
        what or "the index is damaged",
        "Run `python -m ingest check --repair`, or restore a backup",
        (zh or "索引已损坏", "请运行 python -m ingest check --repair，或从备份恢复"),
    )


def of_vectors(error: BaseException, where: str | Path) -> UserError:
    """What Chroma raised, which may be of any kind, as one line."""
    text = str(error)
    known = explained(error, where) or _of_text(text, str(where), otherwise=False)
    if known:
        return known
    reason = " ".join(text.split())[:200] or type(error).__name__
    return damaged(where, f"the vectors cannot be read ({reason})", f"向量数据无法读取（{reason}）")


def full(where: str) -> UserError:
    """The error of a full disk."""
    return UserError(
        "disk-full",
        where,
        "the disk is full",
        "Free some space and do it again; nothing was changed by half",
        ("磁盘已满", "请腾出空间后重试；没有留下只完成一半的更改"),
    )


def read_only(where: str) -> UserError:
    """The error of a place that may only be read."""
    return UserError(
        "read-only",
        where,
        "it may not be written to",
        "Make it writable; asking works all the same",
        ("没有写入权限", "请开放写入权限；查询不受影响"),
    )


def _of_text(text: str, where: str, otherwise: bool = True) -> UserError | None:
    lower = text.lower()
    if ("full" in lower and "disk" in lower) or "no space left" in lower:
        return full(where)
    if "readonly" in lower or "read-only" in lower or "permission denied" in lower:
        return read_only(where)
    if "disk i/o error" in lower or "unable to open" in lower:
        place = _place(where)  # SQLite does not say why
        if shutil.disk_usage(place).free < _LITTLE:
            return full(where)
        if not os.access(place, os.W_OK):
            return read_only(where)
    if "locked" in lower:
        return IndexStateError(
            "busy",
            where,
            "another process is changing it",
            "Wait until it has ended",
            ("另一个进程正在更改", "请等它结束后再试"),
        )
    if not otherwise:
        return None
    return damaged(where, f"it cannot be read ({text})", f"无法读取（{text}）")


def _place(where: str) -> Path:
    """The nearest folder that is there."""
    place = Path(where).absolute()
    while not place.is_dir() and place != place.parent:
        place = place.parent
    return place


def _of_system(error: OSError, where: str) -> UserError | None:
    if isinstance(error, BrokenPipeError):
        return None
    if error.errno in _NO_SPACE:
        return full(where)
    if error.errno == errno.EROFS:
        return read_only(where)
    reason = error.strerror or str(error)
    if error.errno in _NOT_ALLOWED:
        return UserError(
            "no-permission",
            where,
            f"this is not allowed ({reason})",
            "Change the permissions of the file or folder",
            (f"没有权限（{reason}）", "请修改文件或文件夹的权限"),
        )
    return UserError(
        "system-error",
        where,
        f"the operating system says: {reason}",
        "Mend that and do it again",
        (f"操作系统报告：{reason}", "请排除后重试"),
    )
