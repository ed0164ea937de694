"""``sources.yaml``: the texts that belong to a corpus, facts only."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.document import DocumentKind
from ingest.errors import UserError
from ingest.settings import Settings

FILE = "sources.yaml"

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Address = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Package(_Model):
    """A package of the registry that carries texts as data; its code is never run.

    ``file`` lies in the installed package and has the hash ``sha256``; ``as_of`` is the day on
    which its data were made, ``home`` the address of its makers.
    """

    version: _Name
    file: _Name
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: _Name
    as_of: date
    home: _Address


Opened = date | Literal[False]
"""The day on which somebody opened an address; ``False``: nobody could from where the list was
written."""


class From(_Model):
    """Where a text comes from: exactly one of the three kinds, or ``unknown``.

    ``file`` is relative to the corpus folder, ``package`` a name under ``packages``; of a text
    whose source is ``unknown`` no address is known, it goes in as any file does.
    """

    file: str | None = None
    package: str | None = None
    web: _Address | None = None
    unknown: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> From:
        kinds = (self.file, self.package, self.web, self.unknown)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("a source is one of file, package, web; or unknown: true")
        return self


class Text(_Model):
    """One text. ``ask`` are questions that it answers, to be shown as examples; ``opened`` is of
    its web address."""

    title: _Name
    source: From
    issuer: _Name | None = None
    number: _Name | None = None
    kind: DocumentKind | None = None
    version: date | None = None
    effective: date | None = None
    replaces: tuple[_Name, ...] = ()
    under: tuple[_Name, ...] = ()
    opened: Opened = False
    ask: tuple[_Name, ...] = ()


class Replaced(_Model):
    """A text that was repealed on the day ``since``, and the title of the one in its place."""

    title: _Name
    by: _Name
    since: date


class ListPage(_Model):
    """A page of a site that lists its texts, the newest first; looked at for what is new.

    Of its links only those whose title holds one of ``words`` count; without words, all.
    """

    name: _Name
    page: _Address
    words: tuple[_Name, ...] = ()
    opened: Opened = False


class Sources(_Model):
    """The whole list. ``replaced`` are texts that none of ``texts`` says it replaces, ``lists``
    pages to find new texts by."""

    packages: dict[str, Package] = {}
    texts: tuple[Text, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    lists: tuple[ListPage, ...] = ()

    @model_validator(mode="after")
    def _known_packages(self) -> Sources:
        for text in self.texts:
            if text.source.package is not None and text.source.package not in self.packages:
                raise ValueError(f"{text.title}: no package '{text.source.package}' is described")
        return self


def sources_file(settings: Settings) -> Path:
    """Where the list lies."""
    return settings.corpus_folder / FILE


def read_sources(settings: Settings) -> Sources:
    """The list of the corpus folder.

    :raises UserError: ``no-sources`` if there is none, ``bad-sources`` if it cannot be read,
        naming the place.
    """
    return parse_sources(sources_file(settings))


def parse_sources(file: Path) -> Sources:
    """The list in ``file``.

    :raises UserError: as :func:`read_sources`.
    """
    if not file.is_file():
        raise UserError(
            "no-sources",
            str(file),
            "there is no list of sources",
            "Copy the corpus/sources.yaml that came with the program there",
            ("没有来源清单", "请将随程序提供的 corpus/sources.yaml 复制到此处"),
        )
    try:
        values: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        return Sources.model_validate(values or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the list"
        reason = f"{place}: {first['msg']}"
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
    raise UserError(
        "bad-sources",
        str(file),
        f"it cannot be used ({reason})",
        "Mend that place",
        (f"内容不合要求（{reason}）", "请改正该处"),
    )
