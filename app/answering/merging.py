"""Several answers as one, such as the sides of a comparison, each under its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.holdings import Holdings
from app.answering.wording import answer_text
from app.types import Answer, Citation, Statement
from ingest.language import Language


def joined_answers(
    question: str, parts: Sequence[tuple[str, Answer]], holdings: Holdings, language: Language
) -> Answer:
    """One answer of several, none of them an abstention: their statements, each ``about`` its
    part's name, with citations numbered anew.

    :param parts: what each answer is about, and the answer.
    """
    statements: list[Statement] = []
    citations: list[Citation] = []
    for name, answer in parts:
        numbers: dict[int, int] = {}
        of_part = {c.n: c for c in answer.citations}
        for statement in answer.statements:
            for n in statement.citations:
                if n not in numbers:
                    numbers[n] = len(citations) + 1
                    citations.append(replace(of_part[n], n=numbers[n]))
            cited = tuple(numbers[n] for n in statement.citations)
            statements.append(replace(statement, citations=cited, about=name, region="", named=""))
    weak = any(answer.evidence != "strong" for _, answer in parts)
    records = holdings.records
    kinds = {c.document: records[c.document].metadata.kind for c in citations}
    return Answer(
        question=question,
        text=answer_text(statements, citations, kinds, language),
        abstained=False,
        statements=tuple(statements),
        citations=tuple(citations),
        evidence="weak" if weak else "strong",
        probability=min(answer.probability for _, answer in parts),
        standalone=question,
        score=sum(s.score for s in statements) / len(statements),
    )
