"""One interface for all kinds of source: texts in, origins for the pipeline out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import UserError
from ingest.gather import source_name
from ingest.prepare import Origin
from ingest.settings import Settings
from ingest.sources.listing import Package, Text
from ingest.sources.package import Law, as_markdown, name_of, package_file, read_laws


@dataclass(frozen=True, slots=True)
class Missing:
    """Texts that could not be had, and why."""

    source: str
    error: UserError


Keep = Callable[[bytes, str], Path]
"""Where bytes that have no file yet are kept, given their ending."""

Obtain = Callable[[Sequence[Text]], Iterator[Origin | Missing]]
"""A kind of source: the file of each text, its bytes kept, or why it cannot be had."""


def from_files(settings: Settings) -> Obtain:
    """Texts that lie in the corpus folder."""

    def obtain(texts: Sequence[Text]) -> Iterator[Origin | Missing]:
        for text in texts:
            file = settings.corpus_folder / str(text.source.file)
            source = source_name(file, settings)
            if file.is_file():
                yield Origin(source, file)
            else:
                yield Missing(source, _no_file(source))

    return obtain


def from_package(name: str, package: Package, keep: Keep) -> Obtain:
    """Texts that a data package carries; one :class:`Missing` for all where it cannot be used."""

    def obtain(texts: Sequence[Text]) -> Iterator[Origin | Missing]:
        try:
            laws = {law.title: law for law in laws_of(name, package)}
        except UserError as error:
            yield Missing(name, _without(error, len(texts)))
            return
        for text in texts:
            law = laws.get(text.title)
            wanted = text.version.isoformat() if text.version else ""
            if law is None or (wanted and wanted != law.version):
                yield Missing(text.title, _other(text, law, name))
                continue
            data = as_markdown(law, name, package).encode()
            yield Origin(name_of(law, name), keep(data, ".md"))

    return obtain


def laws_of(name: str, package: Package) -> list[Law]:
    """What a data package holds in force.

    :raises UserError: see :func:`ingest.sources.package.package_file`.
    """
    return read_laws(package_file(name, package))


def _no_file(source: str) -> UserError:
    return UserError(
        "no-file",
        source,
        "the list of sources names this file, and it is not there",
        "Put it there or take it off the list",
        ("来源清单列有此文件，但文件不存在", "请放入该文件，或从清单中删去"),
    )


def _without(error: UserError, texts: int) -> UserError:
    """The error of a package, with how many texts are missing for it."""
    zh = error.zh or (error.what, error.remedy)
    return UserError(
        error.code,
        error.where,
        f"{error.what}; {texts} texts cannot be had from it",
        error.remedy,
        (f"{zh[0]}，{texts} 份文件无法从中取得", zh[1]),
    )


def _other(text: Text, law: Law | None, package: str) -> UserError:
    found, found_zh = ("no such text", "没有这份文件")
    if law is not None:
        found, found_zh = (f"the version of {law.version}", f"{law.version} 版本")
    return UserError(
        "other-text",
        text.title,
        f"the list wants the version of {text.version}, {package} has {found}",
        "Correct the list of sources",
        (f"清单要求 {text.version} 版本，{package} 中为{found_zh}", "请更正来源清单"),
    )
