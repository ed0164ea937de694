"""Which documents the files and folders mean that somebody names, as editors decided about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ingest.bundles import BundleWanted, is_bundle, unpacked
from ingest.errors import LoadError
from ingest.gather import gather, link_elsewhere, source_name
from ingest.known import as_decided
from ingest.originals import keep_bytes
from ingest.prepare import Origin
from ingest.settings import Settings
from ingest.storage.decisions import Decisions


def origins_in(paths: Iterable[Path], settings: Settings) -> Iterator[Origin]:
    """Where the bytes of each document lie; one that cannot be read has an origin with a fault."""
    decided = Decisions(settings).all()
    for path in paths:
        for file in gather(path):
            origin = Origin(source_name(file, settings), file)
            if file != path and link_elsewhere(file, path):
                yield replace(origin, fault=_link(origin.source))
                continue
            ones: Iterable[Origin] = (origin,)
            if is_bundle(file.name):
                ones = _in_bundle(origin, settings)
            for one in ones:
                yield from as_decided(one, decided, settings)


def let_come_back(paths: Iterable[Path], settings: Settings) -> None:
    """Nothing of what editors decided stands against the very files among ``paths``, or against
    what is in them."""
    decisions = Decisions(settings)
    for source in (source_name(path, settings) for path in paths if path.is_file()):
        inside = [one for one in decisions.all() if one.startswith(f"{source}/")]
        for one in (source, *(inside if is_bundle(source) else ())):
            decisions.forget(one)


def _in_bundle(origin: Origin, settings: Settings) -> Iterator[Origin]:
    """The files in an archive or a mail, kept as originals, and why others are not read."""
    try:
        bundle = unpacked(BundleWanted(origin.source, origin.file), settings)
    except LoadError as error:
        yield replace(origin, fault=error)
        return
    for member in bundle.members:
        file = keep_bytes(member.data, PurePosixPath(member.name).suffix, settings)
        yield Origin(f"{origin.source}/{member.name}", file)
    for fault in bundle.left_out:
        yield Origin(fault.where, origin.file, fault=fault)


def _link(source: str) -> LoadError:
    return LoadError(
        "link-elsewhere",
        source,
        "this is a link to a file outside the folder and is not followed",
        "Put the file itself there, or add it by its own path",
        ("这是指向文件夹之外的链接，不予跟随", "请放入文件本身，或按其自身路径添加"),
    )
