"""How good the answers are: right section, required facts, citations, refusals, time.

    python benchmarks/answers.py --corpus PATHS… --questions FILE.jsonl…

builds an index of the corpus in a temporary folder (``--data FOLDER`` keeps it for the next run)
and puts each question through the product's own ``ask()``. A line of a question file holds
``question``; ``history``, the questions asked before it; and either ``unanswerable`` or the
acceptable places: ``sections`` (``document``: a part of the title; ``section``: what the citation
begins with) or ``accept`` (``file``: a part of the file's name; ``section``; ``contains``, strings
that this place's wording must bring). ``contains`` are strings that the answer must hold (``a|b``:
either), ``version`` the year of the version that must be cited.

Printed as JSON. Citation recall is the share of statements that their citations support, citation
precision the share of citations that support their statement and without which it would not be
supported as well (ALCE, Gao et al. 2023, arXiv 2305.14627), support being that every quote is a
slice of what is cited and every figure, date, name and negation stands in it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.answering.citing import GAP
from app.content.facts import bare_name, facts
from app.types import Answer, Citation, Statement, Turn
from app.verify import Documents, judge_all
from benchmarks.reliability import Judged, levels, picture

if TYPE_CHECKING:
    from app.service import Assistant

Ask = Callable[[str, Sequence[Turn]], Answer]


@dataclass(frozen=True)
class Outcome:
    """One question with its answer and how it was judged; ``misses`` says what is wrong."""

    question: dict[str, Any]
    answer: Answer
    misses: tuple[str, ...]


def read_questions(files: Iterable[Path]) -> list[dict[str, Any]]:
    """All questions of JSONL files, in order."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines if line.strip()]


def run(ask: Ask, questions: Sequence[dict[str, Any]], titles: Sequence[str]) -> list[Outcome]:
    """Puts the questions; ``titles`` are all titles of the corpus."""
    return [_judged(question, _asked(ask, question), titles) for question in questions]


def _asked(ask: Ask, question: dict[str, Any]) -> Answer:
    history: list[Turn] = []
    for earlier in question.get("history", ()):
        history.append(Turn(earlier, ask(earlier, history)))
    return ask(question["question"], history)


def _judged(question: dict[str, Any], answer: Answer, titles: Sequence[str]) -> Outcome:
    misses = []
    if question.get("unanswerable"):
        if not answer.abstained:
            misses.append("answered")
    elif answer.abstained:
        misses += [
            "refused",
            "first",
            "anywhere",
            *(["facts", "told first"] if question.get("contains") else []),
        ]
    else:
        right = [is_right(c, question, titles) for c in answer.citations]
        misses += [] if right and right[0] else ["first"]
        misses += [] if any(right) else ["anywhere"]
        misses += [] if has_facts(answer, question) else ["facts"]
        misses += [] if told_first(answer, question) else ["told first"]
    return Outcome(question, answer, tuple(misses))


def is_right(citation: Citation, question: dict[str, Any], titles: Sequence[str]) -> bool:
    """Whether a citation is one of the acceptable places."""
    return in_place(citation.title, citation.section, citation.source, question, titles)


def in_place(
    title: str, section: str, source: str, question: dict[str, Any], titles: Sequence[str]
) -> bool:
    """Whether a section of a document, which came from ``source``, is an acceptable place."""
    version = question.get("version")
    if version and version not in source:
        return False
    if "accept" in question:
        return any(
            place["file"] in source and _begins(section, place["section"])
            for place in question["accept"]
        )
    return any(
        _is_document(title, place["document"], titles) and _begins(section, place["section"])
        for place in question["sections"]
    )


def _is_document(title: str, wanted: str, titles: Sequence[str]) -> bool:
    """Equal titles, or one that holds the words wanted where no title equals them."""
    if any(bare_name(t) == bare_name(wanted) for t in titles):
        return bare_name(title) == bare_name(wanted)
    return bare_name(wanted) in bare_name(title)


def _begins(section: str, wanted: str) -> bool:
    return any(part.startswith(wanted) for part in (section, *section.split(" › ")))


def has_facts(answer: Answer, question: dict[str, Any]) -> bool:
    """Whether the statements hold all required strings."""
    text = "".join("".join(s.text.split()) for s in answer.statements)
    return all(
        any("".join(form.split()) in text for form in wanted.split("|"))
        for wanted in question.get("contains", ())
    )


def told_first(answer: Answer, question: dict[str, Any]) -> bool:
    """Whether the line that answers with its cases, or the first statement where there is none,
    holds the strings required of the answer, or those of one of the acceptable places."""
    wanted = [question.get("contains", ())]
    wanted += [place["contains"] for place in question.get("accept", ()) if place.get("contains")]
    line = [s.text for s in answer.statements if s.direct] or [answer.statements[0].text]
    first = "".join("".join(line).split())
    return any(
        all(any("".join(form.split()) in first for form in one.split("|")) for one in strings)
        for strings in wanted
    )


def figures(outcomes: Sequence[Outcome], documents: Documents) -> dict[str, Any]:
    """The measures over all outcomes."""
    answerable = [o for o in outcomes if not o.question.get("unanswerable")]
    unanswerable = [o for o in outcomes if o.question.get("unanswerable")]
    answered = [o for o in outcomes if not o.answer.abstained]
    with_facts = [o for o in answerable if o.question.get("contains")]
    times = [o.answer.timings_ms.get("total", 0.0) for o in outcomes]
    recall, precision = citation_quality([o.answer for o in answered], documents)
    return {
        "questions": len(outcomes),
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
        "right_section_first": _share(answerable, "first"),
        "right_section_anywhere": _share(answerable, "anywhere"),
        "required_facts": _share(with_facts, "facts"),
        "required_fact_told_first": _share(with_facts, "told first"),
        "citation_recall": recall,
        "citation_precision": precision,
        "quoted_share_of_statements": _quoted([o.answer for o in answered]),
        "figures_not_in_citation": sum(_loose_figures(o.answer) for o in answered),
        "unanswerable_refused": _share(unanswerable, "answered"),
        "false_refusals": round(1 - (_share(answerable, "refused") or 0), 4),
        "levels": levels(judged(outcomes)),
        "statements_per_answer": round(
            sum(len(o.answer.statements) for o in answered) / max(len(answered), 1), 2
        ),
        "total_ms_p50": _percentile(times, 50),
        "total_ms_p95": _percentile(times, 95),
    }


def judged(outcomes: Sequence[Outcome]) -> list[Judged]:
    """Every outcome by the badge of its answer; greetings and questions asked back have none."""
    return [
        Judged(o.answer.evidence, o.answer.probability, not {"first", "answered"} & set(o.misses))
        for o in outcomes
        if not o.answer.aside
    ]


def _share(outcomes: Sequence[Outcome], miss: str) -> float | None:
    """The share of outcomes without the miss."""
    if not outcomes:
        return None
    return round(sum(miss not in o.misses for o in outcomes) / len(outcomes), 4)


def citation_quality(
    answers: Sequence[Answer], documents: Documents
) -> tuple[float | None, float | None]:
    """Citation recall and precision over the statements of all answers."""
    supported: list[bool] = []
    precise: list[bool] = []
    for answer in answers:
        for statement, verdict in zip(answer.statements, judge_all(answer, documents), strict=True):
            supported.append(verdict.holds)
            for n in statement.citations:
                precise.append(verdict.holds and _needed(answer, statement, n, documents))
    share = [round(sum(x) / len(x), 4) if x else None for x in (supported, precise)]
    return share[0], share[1]


def _needed(answer: Answer, statement: Statement, n: int, documents: Documents) -> bool:
    """Whether a citation supports the statement alone, or it fails without it."""

    def holds(numbers: tuple[int, ...]) -> bool:
        tried = replace(statement, citations=numbers)
        return judge_all(replace(answer, statements=(tried,)), documents)[0].holds

    others = tuple(m for m in statement.citations if m != n)
    return holds((n,)) or not holds(others)


def _quoted(answers: Sequence[Answer]) -> float | None:
    quoted = sum(q.end - q.start for a in answers for s in a.statements for q in s.quotes)
    shown = sum(len(s.text.replace(GAP, "")) for a in answers for s in a.statements)
    return round(min(quoted / shown, 1.0), 4) if shown else None


def _loose_figures(answer: Answer) -> int:
    """Figures and dates in statements that stand in none of their citations."""
    texts = {c.n: c.text for c in answer.citations}
    loose = 0
    for statement in answer.statements:
        known = {f.key for n in statement.citations for f in facts(texts.get(n, ""))}
        loose += sum(
            f.kind in ("number", "ratio", "date") and f.key not in known
            for f in facts(statement.text)
        )
    return loose


def _percentile(values: Sequence[float], percent: int) -> float | None:
    if len(values) < 2:
        return values[0] if values else None
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def show_misses(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What went wrong, question by question."""
    return [
        {
            "question": o.question["question"],
            **({"history": o.question["history"]} if "history" in o.question else {}),
            "standalone": o.answer.standalone,
            "misses": o.misses,
            "wanted": o.question.get("sections") or o.question.get("accept", []),
            "contains": o.question.get("contains", []),
            "evidence": o.answer.evidence,
            "cited": [c.official for c in o.answer.citations],
            "statements": [s.text[:160] for s in o.answer.statements],
        }
        for o in outcomes
        if o.misses
    ]


def assistant_over(paths: Sequence[Path], data: Path) -> Assistant:
    """The product over an index of ``paths`` that lies in ``data``, as users get it."""
    from app.service import Assistant
    from ingest.index import writing
    from ingest.meanings import fill
    from ingest.pipeline import add_paths
    from ingest.settings import load_settings

    project = Path(__file__).resolve().parents[1]
    settings = load_settings(project / "config.yaml").model_copy(update={"data": data.resolve()})
    assistant = Assistant(settings)
    with writing(settings):
        summary = add_paths([path.resolve() for path in paths], settings, assistant.embedder)
        fill(settings)
    for failure in summary.failures:
        print(failure.error.line() if failure.error else failure.source, file=sys.stderr)
    return assistant


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--reliability", type=Path, help="draws what the badge is worth here")
    parser.add_argument("--misses", action="store_true", help="prints what went wrong too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        assistant.warm()
        titles = [record.title for record in assistant.index.documents()]
        questions = read_questions(options.questions)
        outcomes = run(lambda q, h: assistant.ask(q, history=h), questions, titles)
        report = figures(outcomes, assistant.index)
        if options.reliability:
            picture(judged(outcomes), options.reliability)
        if options.misses:
            report["misses"] = show_misses(outcomes)
        print(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
