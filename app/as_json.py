"""Answers, citations and hits as plain JSON types: one form for every face."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.outward import outward_source
from app.types import Answer, Citation, Hit, Statement
from ingest.document import metadata_to_json
from ingest.validity import state_of

if TYPE_CHECKING:
    from ingest.document import Document
    from ingest.storage.catalogue import DocumentRecord, StoredDocument


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The answer as the ``--json`` option prints it."""
    return {
        "question": answer.question,
        "standalone": answer.standalone,
        "answer": answer.text,
        "abstained": answer.abstained,
        "aside": answer.aside,
        "statements": [
            {
                "text": s.text,
                "citations": list(s.citations),
                "verified": s.verified,
                "score": s.score,
                "further": s.further,
                "direct": s.direct,
                "about": s.about,
                "region": s.region,
                "named": s.named,
                "quotes": [asdict(quote) for quote in s.quotes],
            }
            for s in answer.statements
        ],
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "nearest": [hit_to_json(rank, hit) for rank, hit in enumerate(answer.nearest, 1)],
        "evidence": answer.evidence,
        "probability": answer.probability,
        "score": answer.score,
        "notice": answer.notice,
        "timings_ms": answer.timings_ms,
    }


def answer_from_json(values: dict[str, Any]) -> Answer:
    """The answer that :func:`answer_to_json` wrote, without ``nearest``; what it says more is
    left out, and of the fields only ``question`` must be there.

    :raises ValueError: if a field is missing or of another type (pydantic's ``ValidationError``).
    """
    from pydantic import TypeAdapter

    statements = TypeAdapter(tuple[Statement, ...]).validate_python(values.get("statements", ()))
    citations = TypeAdapter(tuple[Citation, ...]).validate_python(
        [{"passage": "", **citation} for citation in values.get("citations", ())]
    )
    return TypeAdapter(Answer).validate_python(
        {
            "question": values.get("question"),
            "standalone": values.get("standalone") or "",
            "text": values.get("answer") or "\n".join(s.text for s in statements),
            "abstained": values.get("abstained", False),
            "aside": values.get("aside", False),
            "statements": statements,
            "citations": citations,
            "evidence": values.get("evidence", "none"),
            "probability": values.get("probability", 0.0),
            "notice": values.get("notice", ""),
            "timings_ms": values.get("timings_ms", {}),
        }
    )


def citation_to_json(citation: Citation) -> dict[str, Any]:
    """One citation; its fields are those of :class:`app.types.Citation`."""
    return {
        "n": citation.n,
        "document": citation.document,
        "title": citation.title,
        "section": citation.section,
        "official": citation.official,
        "text": citation.text,
        "start": citation.start,
        "end": citation.end,
        "source": outward_source(citation.source),
        "url": citation.url,
        "content_hash": citation.content_hash,
        "passage": citation.passage,
        "superseded": citation.superseded,
        "repaired": citation.repaired,
        "basis": citation.basis,
        "dated": citation.dated,
        "replaced_by": citation.replaced_by,
        "outdated": [asdict(one) for one in citation.outdated],
        "page": citation.page,
        "recognised": citation.recognised,
        "also_at": [
            {**asdict(copy), "source": outward_source(copy.source)} for copy in citation.also_at
        ],
    }


def hit_to_json(rank: int, hit: Hit) -> dict[str, Any]:
    """A ranked passage as the ``--json`` option prints it."""
    passage = hit.passage
    return {
        "rank": rank,
        "score": round(hit.score, 6),
        "dense": round(hit.dense, 6),
        "lexical": round(hit.lexical, 6),
        "probability": round(hit.probability, 6),
        "passage": passage.id,
        "document": passage.document,
        "title": hit.title,
        "section": passage.citation,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "source": outward_source(hit.source),
        "dated": hit.dated or None,
        "superseded": hit.superseded,
        "replaced_by": hit.replaced_by,
    }


def record_to_json(record: DocumentRecord, replaced_by: str = "") -> dict[str, Any]:
    """What a list of documents says of one; ``replaced_by`` took a superseded one's place."""
    return {
        "id": record.id,
        "title": record.title,
        **{k: v for k, v in metadata_to_json(record.metadata).items() if k != "title"},
        "source": outward_source(record.source),
        "format": record.format,
        "content_hash": record.content_hash,
        "passages": record.passages,
        "repairs": record.repairs,
        "added": record.added,
        "superseded": record.superseded,
        "replaced_by": replaced_by,
        "state": state_of(record),
    }


def card_to_json(document: Document) -> list[dict[str, Any]]:
    """What the papers of a purchase state; empty for other documents."""
    return [asdict(entry) for entry in document.card]


def document_to_json(stored: StoredDocument, replaced_by: str = "") -> dict[str, Any]:
    """A document with its text, and its outline as paths with ``start`` and ``end``;
    ``replaced_by`` is as of :func:`record_to_json`."""
    from ingest.outline.citation import Paths

    paths = Paths(stored.sections)
    return {
        **record_to_json(stored.record, replaced_by),
        "text": stored.document.text,
        "card": card_to_json(stored.document),
        "outline": [
            {
                "section": paths.citation(section.index),
                "kind": section.kind,
                "start": section.start,
                "end": section.end,
            }
            for section in stored.sections
        ],
    }
