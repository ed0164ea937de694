"""Check the ZIP archive of a Word file before anything in it is parsed."""

from __future__ import annotations

import io
import zipfile
import zlib

from ingest.errors import LoadError
from ingest.loading.reading import LoadLimits


def check_package(data: bytes, where: str, limits: LoadLimits) -> None:
    """Refuse what is no Word file, or would do harm when opened.

    Sizes are checked as declared and again while every part is expanded in pieces, so that an
    archive that lies about them costs no more memory than one piece.

    :raises LoadError: ``not-docx``, ``damaged-docx``, ``encrypted-docx``, ``too-large-expanded``
        or ``unsafe-xml``.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise LoadError(
            "encrypted-docx",
            where,
            "the file is protected by a password, or is an old .doc",
            "Remove the password or save it as .docx",
            ("文件有密码保护，或是旧版 .doc 格式", "请去掉密码或另存为 .docx"),
        )
    if not data.startswith(b"PK"):
        raise LoadError(
            "not-docx",
            where,
            "this is not a Word file (.docx)",
            "Give it the ending of its real format",
            ("这不是 Word 文件（.docx）", "请改用正确的扩展名"),
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_sizes(package, len(data), where, limits)
            _check_parts(package, where, limits)
            if "[Content_Types].xml" not in package.namelist():
                raise LoadError(
                    "not-docx",
                    where,
                    "this is a ZIP archive, not a Word file",
                    "Unpack it and give the files in it",
                    ("这是压缩包，不是 Word 文件", "请解压后再提供其中的文件"),
                )
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
        raise damaged(where) from error
    except (RuntimeError, NotImplementedError, ValueError, zlib.error) as error:
        raise damaged(where) from error


def damaged(where: str) -> LoadError:
    """The error for a Word file that is cut off or not put together as one."""
    return LoadError(
        "damaged-docx",
        where,
        "the Word file is damaged or incomplete",
        "Fetch or save it again",
        ("Word 文件已损坏或不完整", "请重新下载或另存"),
    )


_PIECE = 2**20
_MAX_PARTS = 10_000
_SMALL = 10 * 2**20
"""Expanded size below which any ratio is harmless."""


def _check_sizes(package: zipfile.ZipFile, packed: int, where: str, limits: LoadLimits) -> None:
    parts = package.infolist()
    expanded = sum(part.file_size for part in parts)
    allowed = min(limits.max_expanded_bytes, max(_SMALL, packed * limits.max_ratio))
    if expanded > allowed or len(parts) > _MAX_PARTS:
        raise _too_large(where)


def _check_parts(package: zipfile.ZipFile, where: str, limits: LoadLimits) -> None:
    total = 0
    for part in package.infolist():
        is_xml = part.filename.lower().endswith((".xml", ".rels"))
        tail = b""
        with package.open(part) as stream:
            while piece := stream.read(_PIECE):
                total += len(piece)
                if total > limits.max_expanded_bytes:
                    raise _too_large(where)
                if is_xml:
                    seen = tail + piece.replace(b"\0", b"").upper()  # UTF-16 as well
                    if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                        raise LoadError(
                            "unsafe-xml",
                            where,
                            "the file declares XML entities, which no Word file does",
                            "Open it in Word and save it again",
                            ("文件含有 XML 实体声明，可能有害", "请用 Word 打开后重新保存"),
                        )
                    tail = seen[-16:]


def _too_large(where: str) -> LoadError:
    return LoadError(
        "too-large-expanded",
        where,
        "the file expands to far more than a document holds",
        "Check where it comes from, or raise the limit",
        ("文件解压后过大", "请检查来源或调高上限"),
    )
