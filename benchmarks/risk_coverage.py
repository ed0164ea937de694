"""How the evidence at which the answerer refuses trades answers for errors, as a picture.

    python benchmarks/risk_coverage.py --corpus PATHS… --questions FILE.jsonl… \\
        [--statutes DIR --bench-data FOLDER] --out docs/risk-coverage.svg

Each question with an answer is put twice: as it is, and with all passages of its right places
taken out of what was found, so that the collection has no answer to it; questions without an
answer are put once. An answer is wrong if its first quotation is not of a right place. Over all
thresholds the picture shows the risk (the share of answers that are wrong, among questions that
have an answer) against the coverage (the share of these that are answered), and the share of
questions without an answer that are answered. ``--statutes`` adds the questions of ``dev.jsonl``
over its own collection. The figures at the threshold in use are printed as JSON.
Needs: pip install -e '.[benchmark]'
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.answer import QuotingAnswerer
from app.answering.abstain import fitting_first, founded_first, judge
from app.answering.intent import Question
from app.answering.select import Scored
from app.retrieve import Retriever
from app.types import Filters
from benchmarks.answers import assistant_over, in_place, read_questions

if TYPE_CHECKING:
    from ingest.settings import Settings

Right = Callable[[Scored], bool]


@dataclass(frozen=True)
class Case:
    """A question put once: the evidence found (0 where something contradicts it), whether the
    collection had an answer, and whether the first quotation is right."""

    evidence: float
    answerable: bool
    right: bool


def rankings(
    answerer: QuotingAnswerer, retriever: Retriever, count: int, question: str, right: Right | None
) -> Iterator[tuple[Question, list[Scored], bool]]:
    """The units for the question as it is, and without its right places: the question as read,
    the units best first, and whether the collection has an answer. ``right`` is ``None`` where the
    collection has none."""
    asked = answerer.analysed(question)
    hits = retriever.search(question, count, Filters())
    found = answerer.finder.looked_up(asked, hits, answerer.holdings) if hits else []
    removed: set[str] = set()
    for answerable in (True, False) if right else (False,):
        kept = [(h, s) for h, s in found if h.passage.id not in removed]
        ranked = answerer.rank(asked, kept, answerer.holdings) if kept else []
        ranked = fitting_first(asked, ranked, answerer.holdings)
        yield asked, ranked, answerable
        if right:
            removed = {s.hit.passage.id for s in ranked if right(s)}


def cases(
    answerer: QuotingAnswerer, retriever: Retriever, count: int, question: str, right: Right | None
) -> Iterator[Case]:
    """The question as it is, and without its right places; see :func:`rankings`."""
    for asked, ranked, answerable in rankings(answerer, retriever, count, question, right):
        enough = answerer.settings.answer.min_evidence
        ranked = founded_first(asked, ranked, answerer.holdings, enough)
        judgement = judge(asked, ranked, answerer.holdings)
        evidence = 0.0 if judgement.conflict else judgement.evidence
        first = bool(ranked and right and right(ranked[0]))
        yield Case(evidence, answerable, first and answerable)


def over_corpus(options: argparse.Namespace, data: Path) -> list[Case]:
    """The cases of the question files over the corpus; follow-ups are left out."""
    assistant = assistant_over(options.corpus, data)
    retriever, answerer = assistant.parts()
    titles = [record.title for record in assistant.index.documents()]
    found: list[Case] = []
    for question in read_questions(options.questions):
        if "history" in question:
            continue
        right = right_place(question, titles) if "sections" in question else None
        text = question["question"]
        found += cases(answerer, retriever, assistant.passages_read, text, right)
    return found


def right_place(question: dict[str, Any], titles: Sequence[str]) -> Right:
    """Whether a unit stands in one of a question's places."""

    def right(scored: Scored) -> bool:
        record, paths = scored.source.record, scored.source.paths
        section = paths.citation(scored.unit.section)
        return in_place(record.title, section, record.source, question, titles)

    return right


def over_statutes(folder: Path, data: Path, settings: Settings) -> list[Case]:
    """The cases of ``dev.jsonl`` over the articles of national law."""
    from benchmarks.collection import build, read_articles
    from benchmarks.collection import read_questions as read_lay
    from ingest.embed import Embedder

    embedder = Embedder(settings)
    settings = settings.model_copy(update={"data": data.resolve()})
    built = build(read_articles(folder / "passages.jsonl.gz"), settings, embedder)
    retriever = Retriever(built.index, embedder, settings)
    answerer = QuotingAnswerer(built.index, settings, embedder)
    count = max(settings.retrieval.top_k, settings.answer.passages)
    found: list[Case] = []
    for question in read_lay(folder / "dev.jsonl"):
        wanted = set(question.relevant)

        def right(scored: Scored, wanted: set[int] = wanted) -> bool:
            return built.article_of[scored.hit.passage.id] in wanted

        found += cases(answerer, retriever, count, question.query, right)
    return found


def figures(found: Sequence[Case], threshold: float) -> dict[str, Any]:
    """Coverage, risk and refusals at a threshold."""
    have = [c for c in found if c.answerable]
    none = [c for c in found if not c.answerable]
    given = [c for c in have if c.evidence >= threshold]
    return {
        "questions": len(found),
        "coverage": round(len(given) / max(len(have), 1), 3),
        "risk": round(sum(not c.right for c in given) / max(len(given), 1), 3),
        "without_answer_refused": round(
            sum(c.evidence < threshold for c in none) / max(len(none), 1), 3
        ),
    }


def picture(curves: dict[str, Sequence[Case]], threshold: float, out: Path) -> None:
    """Draws the curves into ``out``, with a mark at the threshold."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "risk-coverage"
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    thresholds = np.linspace(0, 1, 201)
    for name, found in curves.items():
        rows = [figures(found, t) for t in thresholds]
        here = figures(found, threshold)
        coverage = [r["coverage"] for r in rows]
        answered = [1 - r["without_answer_refused"] for r in rows]
        (line,) = left.plot(coverage, [r["risk"] for r in rows], label=name)
        left.plot(here["coverage"], here["risk"], "o", color=line.get_color())
        right.plot(coverage, answered, color=line.get_color(), label=name)
        marked = 1 - here["without_answer_refused"]
        right.plot(here["coverage"], marked, "o", color=line.get_color())
    left.set(xlabel="coverage: share answered", ylabel="risk: share of answers that are wrong")
    right.set(xlabel="coverage: share answered", ylabel="share answered that have no answer here")
    for axes in (left, right):
        axes.set(xlim=(0, 1.01), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.suptitle(f"Risk and coverage; dots: the threshold in use ({threshold:g})", fontsize=10)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)


def main() -> None:
    """Measures and draws as the command line says."""
    from ingest.settings import load_settings

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--statutes", type=Path, help="folder of passages.jsonl.gz and dev.jsonl")
    parser.add_argument("--data", type=Path, help="keeps the index of the corpus here")
    parser.add_argument("--bench-data", type=Path, help="keeps the index of the statutes here")
    parser.add_argument("--out", type=Path, default=Path("docs/risk-coverage.svg"))
    options = parser.parse_args()
    settings = load_settings(Path(__file__).resolve().parents[1] / "config.yaml")
    curves: dict[str, Sequence[Case]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        curves["product corpus"] = over_corpus(options, options.data or folder / "corpus")
        if options.statutes:
            data = options.bench_data or folder / "statutes"
            curves["lay questions over 58,596 articles"] = over_statutes(
                options.statutes, data, settings
            )
    threshold = settings.answer.min_evidence
    picture(curves, threshold, options.out)
    report = {name: figures(found, threshold) for name, found in curves.items()}
    print(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
