"""Check a file that is a ZIP archive (Word, Excel, OFD) before anything in it is parsed."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from ingest.errors import LoadError
from ingest.loading.reading import LoadLimits


@dataclass(frozen=True, slots=True)
class PackageKind:
    """A format: the word for it in codes of errors, what such a file is called, the part that every
    one has, and the program of the old format with the same file."""

    code: str
    zh: str
    en: str
    part: str
    old: str = ""


DOCX = PackageKind("docx", "Word 文件", "Word file", "[Content_Types].xml", ".doc")
XLSX = PackageKind("xlsx", "Excel 文件", "Excel file", "[Content_Types].xml", ".xls")
OFD = PackageKind("ofd", "OFD 文件", "OFD file", "OFD.xml")


def check_package(data: bytes, where: str, limits: LoadLimits, kind: PackageKind = DOCX) -> None:
    """Refuse what is no file of that kind, or would do harm when opened.

    Sizes are checked as declared and again while every part is expanded in pieces, so that an
    archive that lies about them costs no more memory than one piece.

    :raises LoadError: ``not-docx``, ``damaged-docx``, ``encrypted-docx``, ``too-large-expanded``
        or ``unsafe-xml``; of another kind, with its word instead of ``docx``.
    """
    if kind.old and data.startswith(b"\xd0\xcf\x11\xe0"):
        raise LoadError(
            f"encrypted-{kind.code}",
            where,
            f"the file is protected by a password, or is an old {kind.old}",
            f"Remove the password or save it as .{kind.code}",
            (f"文件有密码保护，或是旧版 {kind.old} 格式", f"请去掉密码或另存为 .{kind.code}"),
        )
    if not data.startswith(b"PK"):
        raise LoadError(
            f"not-{kind.code}",
            where,
            f"this is not a {kind.en} (.{kind.code})",
            "Give it the ending of its real format",
            (f"这不是 {kind.zh}（.{kind.code}）", "请改用正确的扩展名"),
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_sizes(package, len(data), where, limits)
            _check_parts(package, where, limits)
            if kind.part not in package.namelist():
                raise LoadError(
                    f"not-{kind.code}",
                    where,
                    f"this is a ZIP archive, not a {kind.en}",
                    "Unpack it and give the files in it",
                    (f"这是压缩包，不是 {kind.zh}", "请解压后再提供其中的文件"),
                )
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError) as error:
        raise damaged(where, kind) from error
    except (RuntimeError, NotImplementedError, ValueError, zlib.error) as error:
        raise damaged(where, kind) from error


def damaged(where: str, kind: PackageKind = DOCX) -> LoadError:
    """The error for a file that is cut off or not put together as one of its kind."""
    return LoadError(
        f"damaged-{kind.code}",
        where,
        f"the {kind.en} is damaged or incomplete",
        "Fetch or save it again",
        (f"{kind.zh}已损坏或不完整", "请重新下载或另存"),
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
                            "the file declares XML entities, which no office program does",
                            "Open it in its program and save it again",
                            ("文件含有 XML 实体声明，可能有害", "请用原来的软件打开后重新保存"),
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
