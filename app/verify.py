"""The check that every statement passes, whoever wrote it, before a reader sees it.

A statement that quotes must repeat slices of the document, each inside a cited slice, none torn
out of a clause that negates it or from the exception that follows it. Of any statement every
figure, date, ratio, document number, article and 《name》 has to stand in what it cites, each
clause has to negate, permit and demand as the clause it rests on does, and most of its words
have to be the source's. The score is the share of its checks that a statement passes; it is
verified if it passes all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from app.answering.facts import Fact, bare_name, comparisons, facts, negations
from app.types import Answer, Citation, Statement
from ingest.storage.catalogue import StoredDocument

MIN_COVERAGE = 0.55
"""A statement that shares fewer of its character pairs with what it cites does not restate it."""

_ALIGNED = 0.5
_CLAUSE_END = "，,；;。！？!?：:\n"
_CLAUSE = re.compile(rf"[^{_CLAUSE_END}]+")
_SENTENCE_END = "；;。！？!?\n"
_EXCEPTION = re.compile(r"^[，,]?(?:但是?(?!不限于)|[^，,]{0,40}除外)")
_MUST = re.compile(r"应当|必须|务必|(?<!无)须(?!知)")
_MAY = re.compile(r"可以|有权|可(?=自行|自主|由|按|在|以下列)")
_CITED = re.compile(r"\[\d+\]")
_PUNCTUATION = re.compile(r"[\W_]+")


class Documents(Protocol):
    """Where documents are looked up: the index."""

    def document(self, document_id: str) -> StoredDocument | None: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """``problems`` say in Chinese what failed; empty when the statement holds. ``score`` in [0, 1]
    is the share of checks passed."""

    score: float
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.problems


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


def judge(text: str, evidence: Sequence[str], names: Sequence[str] = ()) -> Verdict:
    """Whether ``text`` says nothing that ``evidence`` does not.

    :param evidence: the slices cited for it.
    :param names: titles and section paths of these slices, in which names and article numbers
        that ``text`` mentions may stand instead.
    """
    plain = _CITED.sub("", text).strip()
    if not plain:
        return Verdict(0.0, ("没有内容",))
    whole = "\n".join(evidence)
    if not whole.strip():
        return Verdict(0.0, ("没有引用依据",))
    passed, problems = 1, []
    if torn_from_negation(plain, whole):
        problems.append("引文脱离了原文的否定")
    if _letters(plain) in _letters(whole):
        return Verdict(round(1 / (1 + len(problems)), 3), tuple(problems))
    if changes_duty(plain, whole):
        problems.append("“应当”与“可以”与依据相反")
    known = {fact.key for fact in facts(whole)}
    named = {fact.key for name in names for fact in facts(name)}
    around = bare_name(whole + "\n".join(names))
    for fact in facts(plain):
        if _stands(fact, known, named, around):
            passed += 1
        else:
            problems.append(f"依据中没有“{fact.shown}”")
    for problem in _negation_problems(plain, whole):
        problems.append(problem)
    shared = coverage(plain, whole)
    if shared < MIN_COVERAGE:
        problems.append(f"只有{shared:.0%}的文字见于依据")
    return Verdict(round(passed / (passed + len(problems)), 3), tuple(problems))


def torn_from_negation(text: str, source: str) -> bool:
    """Whether each clause of the source that ``text`` repeats begins before it and negates it."""
    clauses = _CLAUSE.findall(text)
    if negations(text) or not _letters(text) or not clauses:
        return False
    befores = []
    for clause in _CLAUSE.findall(source):
        plain = _letters(clause)
        # The first clause of `text` may end where the source's clause goes on, or the reverse.
        head = _letters(clauses[0])
        at = plain.find(head)
        if at >= 0:
            befores.append(bool(negations(plain[:at])))
    return bool(befores) and all(befores)


def changes_duty(text: str, source: str) -> bool:
    """Whether a clause permits what its source demands, or demands what it permits."""
    sources = _CLAUSE.findall(source)
    for clause in _CLAUSE.findall(text):
        must, may = bool(_MUST.search(clause)), bool(_MAY.search(clause))
        if must == may or not sources:
            continue
        shares = [(coverage(clause, s), s) for s in sources]
        most = max(share for share, _ in shares)
        near = [s for share, s in shares if share >= max(_ALIGNED, most - 0.1)]
        opposite, same = (_MAY, _MUST) if must else (_MUST, _MAY)
        if near and all(opposite.search(s) and not same.search(s) for s in near):
            return True
    return False


def coverage(text: str, source: str) -> float:
    """The share of the character pairs of ``text`` that occur in ``source``, from 0 to 1."""
    pairs = list(pairwise(_letters(text)))
    have = set(pairwise(_letters(source)))
    return sum(pair in have for pair in pairs) / len(pairs) if pairs else 0.0


def _judge(
    statement: Statement, cited: dict[int, Citation], texts: dict[str, str | None]
) -> Verdict:
    citations = [cited[n] for n in statement.citations if n in cited]
    missing = [f"没有编号为[{n}]的引用" for n in statement.citations if n not in cited]
    if not citations:
        return Verdict(0.0, ("没有引用依据", *missing))
    wrong = [
        f"引用[{c.n}]与原文不符"
        for c in citations
        if (text := texts.get(c.document)) is None or text[c.start : c.end] != c.text
    ]
    problems = missing + wrong
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
        passed += round(verdict.score * 4)
    total = passed + len(problems)
    return Verdict(round(passed / total, 3) if total else 0.0, tuple(problems))


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
    if not quoted or _letters(quoted) not in _letters(statement.text):
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
    rest = _letters(_CITED.sub("", statement.text))
    for quote in statement.quotes:
        rest = rest.replace(
            _letters((texts.get(quote.document) or "")[quote.start : quote.end]), "", 1
        )
    return rest


def _stands(
    fact: Fact,
    known: set[tuple[str, str, str]],
    named: set[tuple[str, str, str]],
    around: str,
) -> bool:
    if fact.key in known:
        return True
    if fact.kind == "name":
        return fact.value in around
    if fact.kind in ("article", "document-number"):
        return fact.key in named
    if fact.kind == "date":
        return any(
            kind == "date"
            and (value.startswith(fact.value + "-") or value.endswith("-" + fact.value))
            for kind, value, _ in known | named
        )
    return False


def _negation_problems(text: str, source: str) -> list[str]:
    """Clauses of ``text`` that negate, or bound, where the clause they restate does not."""
    sources = [m[0] for m in _CLAUSE.finditer(source)]
    problems = []
    for match in _CLAUSE.finditer(text):
        clause = match[0]
        if len(_letters(clause)) < 3:
            continue
        ranked = sorted(((coverage(clause, s), s) for s in sources), reverse=True)[:3]
        best = [s for share, s in ranked if share >= max(_ALIGNED, ranked[0][0] - 0.1)]
        if not best:
            if negations(clause) and not negations(source):
                problems.append(f"依据中没有“{clause.strip()}”的否定")
            continue
        if all(bool(negations(s)) != bool(negations(clause)) for s in best):
            problems.append(f"“{clause.strip()}”与依据的肯定、否定不一致")
        mine = comparisons(clause)
        for sign, opposite in (("≥", "≤"), ("≤", "≥")):
            if mine[sign] and all(
                comparisons(s)[opposite] and not comparisons(s)[sign] for s in best
            ):
                problems.append(f"“{clause.strip()}”的上下限与依据相反")
    return problems


def _letters(text: str) -> str:
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))


def _text(index: Documents, document_id: str) -> str | None:
    stored = index.document(document_id)
    return stored.document.text if stored else None
