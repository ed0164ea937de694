"""Answers as the browser gets and keeps them, and back.

A message in the browser carries its own citations, so that ``[n]`` means the same after further
questions and after a reload. What the browser sends back as history is checked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.as_json import citation_to_json
from app.types import Answer, Citation, Filters, Hit, Quote, Statement, Turn

MOST_TURNS = 6
_CITATIONS = TypeAdapter(tuple[Citation, ...])
_FILTERS = TypeAdapter(Filters)


def message_of(answer: Answer, final: bool = True) -> dict[str, Any]:
    """``answer`` as JSON types.

    While it streams (``final`` false), ``statements`` are those that ``answer.text`` already
    holds whole; ``rest`` is the text of an answer without statements, cut before a bracket that
    is still open.
    """
    statements, rest = (answer.statements, "") if final else _so_far(answer)
    known = {citation.n for citation in answer.citations}
    shown = {n for statement in statements for n in statement.citations}
    plain = answer.text if answer.abstained or (final and not statements) else ""
    return {
        "question": answer.question,
        "standalone": answer.standalone,
        "abstained": answer.abstained,
        "aside": answer.aside,
        "text": plain,
        "statements": [
            {
                "text": statement.text,
                "citations": [n for n in statement.citations if n in known],
                "verified": statement.verified,
                "further": statement.further,
                "direct": statement.direct,
                "about": statement.about,
                "region": statement.region,
                "named": statement.named,
                "quotes": [[q.document, q.start, q.end] for q in statement.quotes],
            }
            for statement in statements
        ],
        "rest": "" if answer.abstained else rest,
        "citations": [
            _citation(citation) for citation in answer.citations if final or citation.n in shown
        ],
        "nearest": [_nearest(hit) for hit in answer.nearest] if answer.abstained else [],
        "evidence": answer.evidence,
        "notice": answer.notice,
        "timings_ms": answer.timings_ms,
        "final": final,
    }


def turns_of(history: Sequence[Any], most: int = MOST_TURNS) -> list[Turn]:
    """The last turns of a conversation that the browser sent; what is no message is left out."""
    turns = []
    for message in history[-most:]:
        try:
            turns.append(_turn(message))
        except (ValidationError, KeyError, TypeError, ValueError, AttributeError):
            continue
    return turns


def filters_of(values: Any) -> Filters:
    """The filters that the browser sent; none where they make no sense."""
    try:
        return _FILTERS.validate_python(values or {})
    except ValidationError:
        return Filters()


def scope_of(filters: Filters) -> dict[str, Any]:
    """The filters that limit anything, as JSON types."""
    given = {name: value for name, value in asdict(filters).items() if value}
    return {**given, "documents": list(filters.documents)} if filters.documents else given


def cut_open_bracket(text: str) -> str:
    """``text`` without a ``[`` or ``[12`` at its end that may become a citation."""
    at = text.rfind("[")
    return text[:at] if at >= 0 and text[at + 1 :].strip("0123456789, ") == "" else text


def _so_far(answer: Answer) -> tuple[tuple[Statement, ...], str]:
    if not answer.statements:
        return (), cut_open_bracket(answer.text)
    at = 0
    whole: list[Statement] = []
    for statement in answer.statements:
        found = answer.text.find(statement.text, at)
        if found < 0:
            break
        at = found + len(statement.text)
        whole.append(statement)
    return tuple(whole), ""


def _citation(citation: Citation) -> dict[str, Any]:
    return {**citation_to_json(citation), "passage": citation.passage}


def _nearest(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "document": passage.document,
        "title": hit.title,
        "section": passage.citation,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "dated": hit.dated or None,
        "superseded": hit.superseded,
        "replaced_by": hit.replaced_by,
    }


def _turn(message: dict[str, Any]) -> Turn:
    statements = tuple(
        Statement(
            str(s["text"]),
            tuple(int(n) for n in s["citations"]),
            tuple(Quote(str(d), int(a), int(b)) for d, a, b in s.get("quotes", ())),
            bool(s.get("verified", True)),
            further=bool(s.get("further", False)),
            direct=bool(s.get("direct", False)),
            about=str(s.get("about", "")),
            region=str(s.get("region", "")),
            named=str(s.get("named", "")),
        )
        for s in message["statements"]
    )
    answer = Answer(
        question=str(message["question"]),
        text=str(message.get("text") or "\n".join(s.text for s in statements)),
        abstained=bool(message["abstained"]),
        statements=statements,
        citations=_CITATIONS.validate_python(message["citations"]),
        evidence=str(message.get("evidence", "none")),
        standalone=str(message.get("standalone", "")),
        aside=bool(message.get("aside", False)),
    )
    return Turn(answer.question, answer)
