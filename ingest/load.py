"""Load a file: bytes of any known format become a :class:`RawDocument`.

Each format has a reader in a module of its own (``load_html``, ``load_docx``, …), imported when
a file needs it: starting the program does not pay for parsers it may not use.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from ingest.document import Format, RawDocument
from ingest.errors import LoadError
from ingest.loading.reading import LoadLimits, Reading, Scanning

__all__ = ["FORMATS", "LoadLimits", "Scanning", "load", "load_bytes"]


FORMATS: Final[dict[str, Format]] = {
    ".txt": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".pdf": "pdf",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".et": "xls",
    ".ods": "xls",
    ".ofd": "ofd",
    ".doc": "office",
    ".wps": "office",
    ".wpt": "office",
    ".rtf": "office",
    ".odt": "office",
    ".ppt": "slides",
    ".pptx": "slides",
    ".dps": "slides",
    ".odp": "slides",
    ".jpg": "image",
    ".jpeg": "image",
    ".png": "image",
    ".tif": "image",
    ".tiff": "image",
}
"""Endings of file names that can be loaded, and the format that each means."""

_DEFAULT_LIMITS = LoadLimits()
_DEFAULT_SCANNING = Scanning()


def load(
    path: Path,
    source: str | None = None,
    limits: LoadLimits = _DEFAULT_LIMITS,
    scanning: Scanning = _DEFAULT_SCANNING,
) -> RawDocument:
    """Read a file.

    :param path: a file whose ending is one of :data:`FORMATS`.
    :param source: the path or address as the user knows it; by default ``str(path)``.
    :param limits: what is refused as too large.
    :param scanning: how text in pictures is read.
    :raises LoadError: where the file is missing, not readable, empty, of an unknown format, too
        large, damaged, or holds no text. The message says which and how to mend it.
    """
    where = source or str(path)
    try:
        if path.is_dir():
            raise LoadError(
                "is-a-folder",
                where,
                "this is a folder, not a file",
                "Name the files in it",
                ("这是文件夹，不是文件", "请指定其中的文件"),
            )
        _format_of(path.name, where)
        if path.exists() and not path.is_file():
            raise LoadError(
                "unreadable-file",
                where,
                "this is a device or a pipe, not a file",
                "Name a file",
                ("这是设备或管道，不是文件", "请指定文件"),
            )
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise LoadError(
            "missing-file",
            where,
            "there is no such file",
            "Check the path",
            ("文件不存在", "请检查路径"),
        ) from None
    except PermissionError:
        raise LoadError(
            "no-permission",
            where,
            "the file may not be read",
            "Change its permissions",
            ("没有读取权限", "请修改文件权限"),
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LoadError(
            "unreadable-file",
            where,
            f"the file cannot be read: {reason}",
            "Check the path and the disk",
            (f"文件无法读取：{reason}", "请检查路径和磁盘"),
        ) from None
    return load_bytes(data, path.name, where, limits, scanning)


def load_bytes(
    data: bytes,
    name: str,
    source: str | None = None,
    limits: LoadLimits = _DEFAULT_LIMITS,
    scanning: Scanning = _DEFAULT_SCANNING,
) -> RawDocument:
    """Read the bytes of a file, e.g. of an upload.

    :param data: the file's bytes.
    :param name: its name, whose ending tells the format.
    :param source: the path or address as the user knows it; by default ``name``.
    :param limits: what is refused as too large.
    :param scanning: how text in pictures is read.
    :raises LoadError: as :func:`load` does.
    """
    where = source or name
    format = _format_of(name, where)
    if len(data) > limits.max_bytes:
        raise LoadError(
            "too-large",
            where,
            f"the file is larger than {_megabytes(limits.max_bytes)}",
            "Split it, or raise the limit",
            (f"文件超过 {_megabytes(limits.max_bytes)}", "请拆分文件或调高上限"),
        )
    if not data.strip(b" \t\r\n\f\v\0"):
        raise LoadError(
            "empty-file",
            where,
            "the file is empty",
            "Give a file that holds text",
            ("文件为空", "请提供有内容的文件"),
        )
    reading = _read(data, format, name, where, limits, scanning)
    if not any(block.text.strip() for block in reading.blocks):
        raise LoadError(
            "no-text",
            where,
            "the file holds no text",
            "Give a file that holds text",
            ("文件中没有文字", "请提供有文字的文件"),
        )
    return RawDocument(
        source=where,
        format=format,
        content_hash=hashlib.sha256(data).hexdigest(),
        blocks=reading.blocks,
        metadata=reading.metadata,
        encoding=reading.encoding,
        hidden=reading.hidden,
        scanned=reading.scanned,
    )


def _format_of(name: str, where: str) -> Format:
    suffix = Path(name).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    raise unknown_format(where, suffix)


def unknown_format(where: str, suffix: str | None = None) -> LoadError:
    """Why a file cannot be read for its ending, and what to do: of formats that offices have, how
    such a file becomes one that can be read."""
    suffix = Path(where).suffix.lower() if suffix is None else suffix
    other = _other_formats().get(suffix)
    if other is not None:
        (zh, zh_mend), (en, en_mend) = other["zh"], other["en"]
        return LoadError("unknown-format", where, f"{suffix}: {en}", en_mend, (zh, zh_mend))
    known = ", ".join(FORMATS)
    return LoadError(
        "unknown-format",
        where,
        f"files ending in {suffix!r} cannot be read" if suffix else "the name has no ending",
        f"Known are {known}",
        (f"不支持扩展名“{suffix}”" if suffix else "文件名没有扩展名", f"支持的扩展名：{known}"),
    )


@cache
def _other_formats() -> dict[str, dict[str, list[str]]]:
    import yaml

    file = files("ingest") / "data" / "other-formats.yaml"
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {ending: entry for entry in entries for ending in entry["endings"]}


def _read(
    data: bytes, format: Format, name: str, where: str, limits: LoadLimits, scanning: Scanning
) -> Reading:
    if format == "txt":
        from ingest.loading.text import read_text

        return read_text(data, where)
    if format == "md":
        from ingest.loading.markdown import read_markdown

        return read_markdown(data, where)
    if format == "html":
        from ingest.loading.html import read_html

        return read_html(data, where)
    if format in ("csv", "xlsx", "xls"):
        return _read_sheets(data, format, where, limits)
    if format == "ofd":
        from ingest.loading.ofd import read_ofd

        return read_ofd(data, where, limits)
    if format == "image":
        from ingest.loading.images import read_image

        return read_image(data, where, limits, scanning)
    if format in ("office", "slides"):
        from ingest.loading.office import converted

        to = "docx" if format == "office" else "pdf"
        data = converted(data, Path(name).suffix.lower(), to, where, limits.max_seconds)
    if format in ("docx", "office"):
        from ingest.loading.docx import read_docx

        return read_docx(data, where, limits)
    from ingest.loading.pdf import read_pdf

    return read_pdf(data, where, limits, scanning, flowing=format != "slides")


def _read_sheets(data: bytes, format: Format, where: str, limits: LoadLimits) -> Reading:
    from ingest.loading import sheets

    if format == "csv":
        return sheets.read_csv(data, where)
    read = sheets.read_xlsx if format == "xlsx" else sheets.read_xls
    return read(data, where, limits)


def _megabytes(size: int) -> str:
    return f"{size / 2**20:g} MB"
