"""One section of a document by its name or offsets: exact text, reference, what stands around it.

A name is matched the way people write it: 第22条, 第二十二条第一款第(三)项, 三、, a heading or the
beginning of one, a whole path as answers cite it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.outward import outward_source
from ingest.document import Section
from ingest.errors import UserError
from ingest.outline.citation import Paths
from ingest.outline.numbering import chinese
from ingest.storage.catalogue import StoredDocument
from ingest.validity import date_of

AROUND = 300
_MOST_NAMED = 8
_LONGEST_BEGINNING = 80
_MARKS = re.compile(r"[\s“”\"'‘’›>》《]+")
_COUNTED = re.compile(r"第\(?(\d+)\)?")
_BRACKETED = re.compile(r"第\(([^()\d]+)\)(?=[项目])")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The section before or after: its path, where it is, its first words."""

    section: str
    start: int
    end: int
    begins: str


@dataclass(frozen=True, slots=True)
class SectionText:
    """A run ``start:end`` of a document, ``text == document.text[start:end]``.

    ``section`` is its path without the title and ``official`` the whole reference; ``dated``,
    ``superseded`` and ``replaced_by`` are as a citation has them. ``before`` and
    ``after`` are whole lines of about :data:`AROUND` characters. ``facts`` are keys of
    :mod:`app.i18n` and values. ``cut`` says that the section goes on after ``end``.
    """

    document: str
    title: str
    section: str
    official: str
    text: str
    start: int
    end: int
    content_hash: str
    source: str
    url: str | None
    dated: str
    superseded: bool
    before: str
    after: str
    previous: Neighbour | None
    next: Neighbour | None
    facts: tuple[tuple[str, str], ...]
    cut: bool = False
    replaced_by: str = ""


def section_named(stored: StoredDocument, name: str, most: int | None = None) -> SectionText:
    """The section that ``name`` means.

    :param most: cut the text after so many characters.
    :raises UserError: if no section, or more than one, has that name.
    """
    paths = Paths(stored.sections)
    section = _resolve(stored, paths, name)
    return _read(stored, paths, section.start, section.end, most)


def section_at(
    stored: StoredDocument, start: int, end: int, most: int | None = None
) -> SectionText:
    """The run ``start:end`` of the document's text.

    :raises UserError: if the text has no such run.
    """
    length = len(stored.document.text)
    if not 0 <= start < end <= length:
        raise UserError(
            "no-such-run",
            f"{stored.record.title} {start}:{end}",
            f"the text has {length} characters, and a run is 0 <= start < end <= {length}",
            "Take start and end from a citation of this document",
            (
                f"正文共 {length} 字，起止位置应满足 0 ≤ start < end ≤ {length}",
                "请使用该文件引文中的 start 和 end",
            ),
        )
    return _read(stored, Paths(stored.sections), start, end, most)


def _read(
    stored: StoredDocument, paths: Paths, start: int, end: int, most: int | None
) -> SectionText:
    text, record = stored.document.text, stored.record
    cut = most is not None and end - start > most
    if most is not None:
        end = min(end, start + most)
    before = text[_line_start(text, start - AROUND) if start > AROUND else 0 : start]
    after = text[end : _line_end(text, end + AROUND)]
    at = paths.find(start, end) if stored.sections else None
    metadata = record.metadata
    facts = {
        "fact.issuer": metadata.issuer,
        "fact.number": metadata.number,
        "fact.published": metadata.published,
        "fact.effective": metadata.effective,
    }
    return SectionText(
        document=record.id,
        title=record.title,
        section=paths.citation_of_span(start, end) if stored.sections else "",
        official=paths.official_of_span(record.title, start, end) if stored.sections else "",
        text=text[start:end],
        start=start,
        end=end,
        content_hash=record.content_hash,
        source=outward_source(record.source),
        url=metadata.url,
        dated=date_of(record) or "",
        superseded=record.superseded,
        before=before,
        after=after,
        previous=_neighbour(stored, paths, at, -1),
        next=_neighbour(stored, paths, at, +1),
        facts=tuple((key, value) for key, value in facts.items() if value),
        cut=cut,
    )


def _neighbour(stored: StoredDocument, paths: Paths, at: int | None, step: int) -> Neighbour | None:
    """The section beside ``at`` on its own level, else beside what holds it."""
    while at is not None:
        parent = stored.sections[at].parent
        siblings = paths.children(parent)
        place = siblings.index(at) + step
        if 0 <= place < len(siblings):
            section = stored.sections[siblings[place]]
            stop = min(section.end, section.start + _LONGEST_BEGINNING)
            begins = " ".join(stored.document.text[section.start : stop].split())
            name = paths.citation(section.index)
            return Neighbour(name, section.start, section.end, begins)
        at = parent
    return None


def _line_start(text: str, at: int) -> int:
    return text.find("\n", max(at, 0)) + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _resolve(stored: StoredDocument, paths: Paths, name: str) -> Section:
    wanted = _normal(name).removeprefix(_normal(stored.record.title))
    names = [(section, _names(paths, section)) for section in stored.sections]
    for fits in (
        lambda known: wanted == known[0],
        lambda known: wanted in known,
        lambda known: known[0].endswith(wanted) or any(k.startswith(wanted) for k in known if k),
        lambda known: any(wanted in k for k in known),
    ):
        found = _outermost(section for section, known in names if wanted and fits(known))
        if len(found) == 1:
            return found[0]
        if found:
            shown = "、".join(paths.citation(section.index) for section in found[:_MOST_NAMED])
            more = " …" if len(found) > _MOST_NAMED else ""
            raise UserError(
                "ambiguous-section",
                name,
                f"several sections are meant ({shown}{more})",
                "Give the whole path of one, or start and end",
                (f"有多处与之相符（{shown}{more}）", "请给出完整的条款路径，或给出 start 和 end"),
            )
    raise UserError(
        "no-section",
        name,
        f"{stored.record.title} has no such section",
        "Look at the document's outline for the names of its sections",
        (f"《{stored.record.title}》中没有这一部分", "请先查看该文件的目录"),
    )


def _names(paths: Paths, section: Section) -> list[str]:
    """What a section may be called, its path first."""
    said = [
        paths.citation(section.index),
        section.label + section.heading,
        section.label,
        section.heading,
    ]
    return [_normal(name) for name in said]


def _outermost(sections: Iterable[Section]) -> list[Section]:
    """``sections`` without those that lie within one before them."""
    return list(_not_within(sections))


def _not_within(sections: Iterable[Section]) -> Iterator[Section]:
    end = -1
    for section in sections:
        if section.end > end:
            end = section.end
            yield section


def _normal(name: str) -> str:
    """A name with Chinese numerals after 第 and without spaces, brackets and quotation marks."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", name))
    plain = _COUNTED.sub(lambda found: f"第{chinese(int(found[1]))}", plain)
    return _BRACKETED.sub(r"第\1", plain).rstrip("、.。:,;")
