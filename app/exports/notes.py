"""What exports say of a conversation, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.answering.wording import frame, shown_statement
from app.dated import elsewhere_words, outdated_words, version_words
from app.i18n import text_in
from app.outward import outward_source
from app.types import Answer, Citation, Turn
from ingest.language import Language

_MARKERS = re.compile(r"(?:\[\d+\])+")
_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of an answer and the citations that stand at its end."""

    text: str
    citations: tuple[Citation, ...] = ()
    warning: str = ""


def title_of(turns: Sequence[Turn], title: str, language: Language) -> str:
    """``title``, else the first question, else the product's name."""
    return title.strip() or (turns[0].question if turns else text_in(language, "title"))


def lines_of(answer: Answer, language: Language) -> Iterator[Line]:
    """The paragraphs of an answer. A number without a citation is left out."""
    if answer.refused:
        yield Line(text_in(language, "abstained"))
    if answer.abstained or not answer.statements:
        for text in answer.text.splitlines():
            if text.strip():
                yield Line(_MARKERS.sub("", text) if answer.citations else text)
        return
    known = {citation.n: citation for citation in answer.citations}
    beside, about = False, ""
    for place, statement in enumerate(answer.statements):
        if statement.about != about:
            about = statement.about
            yield Line(about)
        if statement.further and not beside:
            beside = True
            yield Line(text_in(language, "seeAlso"))
        if place and answer.statements[place - 1].direct and not statement.direct:
            yield Line(text_in(language, "provisions"))
        cited = tuple(known[n] for n in statement.citations if n in known)
        doubt = "" if statement.verified else text_in(language, "unverified")
        said = (doubt, outdated_words(statement.text, cited, language))
        warning = text_in(language, "listComma").join(filter(None, said))
        case = frame("case", language) if place and statement.direct else ""
        yield Line(f"{case}{shown_statement(statement, language)}", cited, warning)


def note_of(citation: Citation, language: Language) -> str:
    """A footnote: official reference, version and what replaced it, whether it was repaired,
    where else it stands, words, address."""
    repaired = text_in(language, "repairedShort") if citation.repaired else ""
    also = elsewhere_words(citation, language)
    remarks = [said for said in (version_words(citation, language), repaired, also) if said]
    remark = bracketed(text_in(language, "listComma").join(remarks), language)
    colon = "：" if language == "zh" else ": "
    where = bracketed(citation.url or outward_source(citation.source), language)
    return f"{citation.official}{remark}{colon}{one_line(citation.text)}{where}"


def bracketed(text: str, language: Language) -> str:
    """``text`` in the brackets of the language; nothing for nothing."""
    brackets = "（{}）" if language == "zh" else " ({})"
    return brackets.format(text) if text else ""


def evidence_of(answer: Answer, language: Language) -> str:
    """How well the answer is founded, in words; empty for a refusal, which says so itself."""
    known = answer.evidence in ("strong", "weak") and not answer.abstained
    return text_in(language, f"evidence.{answer.evidence}") if known else ""


def one_line(text: str) -> str:
    """``text`` on one line, without what a file format could not hold."""
    return " ".join(clean(text).split())


def clean(text: str) -> str:
    """``text`` without control characters and lone surrogates."""
    return _NOT_IN_XML.sub("", text)
