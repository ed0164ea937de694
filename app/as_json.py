"""Answers, citations and hits as plain JSON types: one form for every face."""

from __future__ import annotations

from typing import Any

from app.types import Answer, Citation, Hit


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The answer as the ``--json`` option prints it."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "statements": [
            {"text": s.text, "citations": list(s.citations), "verified": s.verified}
            for s in answer.statements
        ],
        "citations": [citation_to_json(citation) for citation in answer.citations],
        "nearest": [hit_to_json(rank, hit) for rank, hit in enumerate(answer.nearest, 1)],
        "evidence": answer.evidence,
        "notice": answer.notice,
        "timings_ms": answer.timings_ms,
    }


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
        "source": citation.source,
        "url": citation.url,
        "content_hash": citation.content_hash,
        "superseded": citation.superseded,
        "repaired": citation.repaired,
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
        "source": hit.source,
        "superseded": hit.superseded,
    }
