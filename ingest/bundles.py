"""Files that hold files: ZIP archives, and mail with its attachments.

Each file in them becomes a document of its own. They are taken apart in a process of its own
(:mod:`ingest.apart`), within the limits that hold for any file.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from ingest.errors import LoadError
from ingest.load import FORMATS, unknown_format
from ingest.mail import parts_of
from ingest.settings import Settings

BUNDLES: Final = (".zip", ".eml")
MOST_FILES = 500
_PIECE = 2**20
_SMALL = 10 * 2**20
_MAX_RATIO = 200
_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """A file in another: its path there and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files that can be read, and why others cannot."""

    members: tuple[Member, ...]
    left_out: tuple[LoadError, ...]


@dataclass(frozen=True, slots=True)
class BundleWanted:
    """Which bundle to take apart; ``source`` is what it is called, with its ending."""

    source: str
    file: Path


def is_bundle(name: str) -> bool:
    """Whether a file of that name holds files."""
    return PurePosixPath(name).suffix.lower() in BUNDLES


def unpacked(wanted: BundleWanted, settings: Settings) -> Bundle:
    """The files in a bundle, taken out in another process.

    :raises LoadError: if it is damaged, locked, too large, or holds nothing that can be read.
    """
    from ingest.apart import made_apart

    bundle = made_apart(wanted, settings)
    assert isinstance(bundle, Bundle)
    return bundle


def unpacked_here(wanted: BundleWanted, settings: Settings) -> Bundle:
    """The same, in this process."""
    where = wanted.source
    try:
        found = _members(wanted, settings)
    except LoadError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise LoadError(
            "unreadable-file",
            where,
            f"the file cannot be read: {reason}",
            "Check the path and the disk",
            (f"文件无法读取：{reason}", "请检查路径和磁盘"),
        ) from error
    except Exception as error:  # the parsers of archives and mail raise whatever damage leads to
        raise _damaged(where) from error
    members: list[Member] = []
    left_out: list[LoadError] = []
    for member in found:
        inside = f"{where}/{member.name}"
        ending = PurePosixPath(member.name).suffix.lower()
        if ending not in FORMATS:
            left_out.append(_nested(inside) if ending in BUNDLES else unknown_format(inside))
        elif len(member.data) > settings.load.max_file_bytes:
            left_out.append(_too_large(inside))
        else:
            members.append(member)
    if not members and not left_out:
        raise _nothing(where)
    return Bundle(tuple(members), tuple(left_out))


def _members(wanted: BundleWanted, settings: Settings) -> list[Member]:
    with wanted.file.open("rb") as file:
        data = file.read(settings.load.max_file_bytes + 1)
    if len(data) > settings.load.max_file_bytes:
        raise _too_large(wanted.source)
    if wanted.source.lower().endswith(".eml"):
        return [Member(_path(name) or "附件", content) for name, content in parts_of(data)]
    return list(_archive(data, wanted.source, int(settings.load.max_expanded_mb * 1_000_000)))


def _archive(data: bytes, where: str, most: int) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [part for part in archive.infolist() if not part.is_dir()]
        if len(parts) > MOST_FILES:
            raise _too_large(where)
        left = min(most, max(_SMALL, len(data) * _MAX_RATIO))
        for part in parts:
            if part.flag_bits & _ENCRYPTED:
                raise _locked(where)
            name = _path(_name_of(part))
            if not name:
                continue
            pieces: list[bytes] = []
            with archive.open(part) as stream:
                while piece := stream.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise _too_large(where)
                    pieces.append(piece)
            yield Member(name, b"".join(pieces))


def _name_of(part: zipfile.ZipInfo) -> str:
    """The name of a part. Archives made in China have GBK names without saying so."""
    if part.flag_bits & _UTF8:
        return part.filename
    try:
        raw = part.filename.encode("cp437")
    except UnicodeEncodeError:
        return part.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return part.filename


def _path(name: str) -> str:
    """A path without what leads elsewhere; empty for files that systems put there."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    hidden = any(part.startswith((".", "~$")) or part == "__MACOSX" for part in parts)
    return "" if hidden else "/".join(parts)


def _damaged(where: str) -> LoadError:
    return LoadError(
        "damaged-archive",
        where,
        "the archive or mail is damaged or incomplete",
        "Fetch it again, or add its files by themselves",
        ("压缩包或邮件已损坏或不完整", "请重新下载，或将其中的文件分别加入"),
    )


def _locked(where: str) -> LoadError:
    return LoadError(
        "encrypted-archive",
        where,
        "the archive is protected by a password",
        "Unpack it and add its files",
        ("压缩包有密码保护", "请解压后加入其中的文件"),
    )


def _too_large(where: str) -> LoadError:
    return LoadError(
        "too-large-expanded",
        where,
        f"it expands to too much, or holds more than {MOST_FILES} files",
        "Split it, or add its files by themselves",
        (f"展开后过大，或文件超过 {MOST_FILES} 个", "请拆分，或解压后分别加入"),
    )


def _nested(where: str) -> LoadError:
    return LoadError(
        "nested-archive",
        where,
        "an archive in an archive is not opened",
        "Unpack it and add its files",
        ("压缩包或邮件中的压缩包不予展开", "请解压后加入其中的文件"),
    )


def _nothing(where: str) -> LoadError:
    return LoadError(
        "no-text",
        where,
        "there is no file in it",
        "Give one that holds files",
        ("其中没有文件", "请提供含有文件的压缩包或邮件"),
    )
