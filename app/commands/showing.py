"""Answers and sections on a terminal: colour only where somebody looks, text that pipes well."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from app.dated import Versioned, elsewhere_words, version_words
from app.i18n import text_in
from app.types import Answer, Citation
from ingest.language import pick, system_language

if TYPE_CHECKING:
    from app.sections import SectionText

_NUMBERS = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Style:
    """Marks on text that a terminal shows as bold, dim or coloured; nothing where it is off."""

    on: bool

    @classmethod
    def of_terminal(cls, stream: TextIO | None = None) -> Style:
        """On for a terminal that can, unless the user asks for none (https://no-color.org)."""
        stream = stream or sys.stdout
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return cls(stream.isatty() and not plain)

    def bold(self, text: str) -> str:
        """What matters."""
        return self._marked("1", text)

    def dim(self, text: str) -> str:
        """What is beside the matter."""
        return self._marked("2", text)

    def cited(self, text: str) -> str:
        """A text with its ``[n]`` coloured."""
        return _NUMBERS.sub(lambda found: self._marked("36", found[0]), text)

    def _marked(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


def print_json(value: dict[str, Any], *, one_line: bool) -> None:
    """Print JSON, on one line or to be read."""
    print(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2), flush=True)


def print_answer(answer: Answer, style: Style, shown: str = "") -> None:
    """Print an answer and its sources, or what comes nearest to a question that was refused.

    :param shown: the beginning of the answer that was printed before.
    """
    rest = answer.text.strip()
    if shown and rest.startswith(shown):
        rest = rest.removeprefix(shown)
    elif shown:
        print()
    print(style.cited(rest))
    if answer.evidence == "weak" and not answer.abstained:
        print(style.dim(text_in(system_language(), "evidence.weak")))
    if answer.notice:
        print(style.dim(answer.notice))
    if answer.citations:
        print()
    for citation in answer.citations:
        print_citation(citation, style)
    for hit in answer.nearest if answer.abstained else ():
        name = f"{hit.title}  {hit.passage.citation}{bracketed_version(hit)}"
        print(f"  · {name}: {one_line(hit.passage.text, 80)}")
    print(flush=True)


def print_citation(citation: Citation, style: Style) -> None:
    """Print number, reference, address, place and first words of a citation."""
    language = system_language()
    repaired = text_in(language, "repairedShort") if citation.repaired else ""
    also = elsewhere_words(citation, language)
    marks = [said for said in (version_words(citation, language), repaired, also) if said]
    said = f"  ({', '.join(marks)})" if marks else ""
    place = f"{citation.url or citation.source}  {citation.start}–{citation.end}"
    print(f"{style.cited(f'[{citation.n}]')} {style.bold(citation.official)}{said}  {place}")
    print(f"    {one_line(citation.text, 200)}")


def print_section(section: SectionText, style: Style) -> None:
    """Print a section with the text around it; the section itself stands behind a bar."""
    print(f"{style.bold(section.official)}{bracketed_version(section)}")
    for name, value in section.facts:
        print(style.dim(f"{text_in(system_language(), name)}{pick(': ', '：')}{value}"))
    print()
    for text, inside in ((section.before, False), (section.text, True), (section.after, False)):
        for line in text.splitlines():
            if line.strip():
                print(f"┃ {style.bold(line)}" if inside else style.dim(f"  {line}"))
    print(flush=True)


def bracketed_version(place: Versioned) -> str:
    """Which version a place is of and what took its place, in brackets; empty where unknown."""
    said = version_words(place, system_language())
    return f"  ({said})" if said else ""


def one_line(text: str, most: int) -> str:
    """``text`` without line breaks, cut to ``most`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
