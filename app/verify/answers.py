"""The statements of an answer against what they cite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.content.facts import negations
from app.types import Answer, Citation, Statement
from app.verify.judging import Verdict, Why, judge, letters

if TYPE_CHECKING:
    from ingest.storage.catalogue import StoredDocument

_CLAUSE_END = "，,；;。！？!?：:\n"
_SENTENCE_END = "；;。！？!?\n"
_EXCEPTION = re.compile(r"^[，,]?(?:但是?(?!不限于)|[^，,]{0,40}除外)")
_CITED = re.compile(r"\[\d+\]")


class Documents(Protocol):
    """Where documents are looked up: the index."""

    def document(self, document_id: str) -> StoredDocument | None: ...


def verify(answer: Answer, index: Documents) -> Answer:
    """``answer`` with ``verified`` and ``score`` of each statement set by :func:`judge_all`, and
    its own score, their mean."""
    verdicts = judge_all(answer, index)
    statements = tuple(
        replace(statement, verified=verdict.holds, score=verdict.score)
        for statement, verdict in zip(answer.statements, verdicts, strict=True)
    )
    scores = [verdict.score for verdict in verdicts]
    return replace(answer, statements=statements, score=round(sum(scores) / max(len(scores), 1), 3))


def judge_all(answer: Answer, index: Documents) -> list[Verdict]:
    """One verdict for each statement of ``answer``, in order."""
    cited = {citation.n: citation for citation in answer.citations}
    texts = {c.document: _text(index, c.document) for c in answer.citations}
    return [_judge(statement, cited, texts) for statement in answer.statements]


def _judge(
    statement: Statement, cited: dict[int, Citation], texts: dict[str, str | None]
) -> Verdict:
    citations = [cited[n] for n in statement.citations if n in cited]
    missing = [f"没有编号为[{n}]的引用" for n in statement.citations if n not in cited]
    if not citations:
        return Verdict(0.0, ("没有引用依据", *missing), "uncited")
    wrong = [
        f"引用[{c.n}]与原文不符"
        for c in citations
        if (text := texts.get(c.document)) is None or text[c.start : c.end] != c.text
    ]
    problems = missing + wrong
    why: Why = ""
    passed = len(citations) - len(wrong)
    if statement.quotes:
        found = [
            _quote_problem(statement, q.document, q.start, q.end, citations, texts)
            for q in statement.quotes
        ]
        problems += [problem for problem in found if problem]
        passed += found.count("")
        rest = _beyond_quotes(statement, texts)
        if rest:
            problems.append(f"引文之外的文字“{rest[:20]}”")
    else:
        names = [c.title for c in citations] + [c.official for c in citations]
        verdict = judge(statement.text, [c.text for c in citations], names)
        problems += verdict.problems
        why = verdict.why
        passed += round(verdict.score * 4)
    total = passed + len(problems)
    score = round(passed / total, 3) if total else 0.0
    return Verdict(score, tuple(problems), why or ("uncovered" if problems else ""))


def _quote_problem(
    statement: Statement,
    document: str,
    start: int,
    end: int,
    citations: Sequence[Citation],
    texts: dict[str, str | None],
) -> str:
    text = texts.get(document)
    quoted = (text or "")[start:end]
    if not quoted or letters(quoted) not in letters(statement.text):
        return "引文与原文不符"
    if not any(c.document == document and c.start <= start and end <= c.end for c in citations):
        return "引文不在所引条款之内"
    return _torn_slice(text or "", start, end)


def _torn_slice(text: str, start: int, end: int) -> str:
    """What is wrong with quoting ``text[start:end]`` without what stands around it."""
    begin = max(text.rfind(mark, 0, start) for mark in _CLAUSE_END) + 1
    if negations(text[begin:start]):
        return "引文脱离了原文的否定"
    if text[end - 1] not in _SENTENCE_END:
        ends = [at for mark in _SENTENCE_END if (at := text.find(mark, end)) >= 0]
        if _EXCEPTION.match(text[end : min(ends, default=len(text))]):
            return "引文截去了例外"
    return ""


def _beyond_quotes(statement: Statement, texts: dict[str, str | None]) -> str:
    """Letters of the statement that none of its quotes accounts for."""
    rest = letters(_CITED.sub("", statement.text))
    for quote in statement.quotes:
        rest = rest.replace(
            letters((texts.get(quote.document) or "")[quote.start : quote.end]), "", 1
        )
    return rest


def _text(index: Documents, document_id: str) -> str | None:
    stored = index.document(document_id)
    return stored.document.text if stored else None
