"""How far the probability that a place answers can be trusted, as a picture.

    python benchmarks/risk_coverage.py --corpus PATHS… --questions FILE.jsonl… \\
        [--statutes DIR --bench-data FOLDER] --out docs/risk-coverage.svg

Each question is read with the passages found; the best of these counts as its answer, which is
right if the passage is one of the acceptable places, and always wrong where the collection has no
answer. Over all thresholds of the probability the picture shows the risk (the share of the answers
given that are wrong) against the coverage (the share of questions answered), with dots at the
thresholds in use; beside it, in ten bins, the probability against the share that is right.
``--statutes`` adds the questions of ``dev.jsonl`` over its own collection. For each of the levels
``none``, ``weak`` and ``strong`` figures are printed as JSON. Needs: pip install -e '.[benchmark]'
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.answer import QuotingAnswerer
from app.reading.reading import Read
from app.retrieve import Retriever
from benchmarks import collection
from benchmarks.answers import assistant_over, in_place, read_questions
from ingest.embed import Embedder
from ingest.settings import PROJECT, load_settings

BINS = 10
Right = Callable[[Read], bool]


@dataclass(frozen=True)
class Cases:
    """Of each question put to a collection the probability of the best place, 0 where nothing was
    found, and whether it is right, ``(n,)``; and the thresholds in use."""

    probability: np.ndarray
    right: np.ndarray
    weak: float
    strong: float


def read(
    retriever: Retriever, answerer: QuotingAnswerer, questions: Sequence[tuple[str, Right]]
) -> Cases:
    """Puts the questions, each with what tells whether a place is right."""
    found, count = [], answerer.settings.answer.passages
    for question, is_right in questions:
        asked = answerer.analysed(question)
        hits = retriever.search(question, count)
        places = answerer.read(asked, answerer.finder.looked_up(asked, hits, answerer.holdings))
        found.append((places[0].probability, is_right(places[0])) if places else (0.0, False))
    probability, right = np.array(found, float).reshape(-1, 2).T
    calibration = answerer.reading.calibration
    return Cases(probability, right > 0, calibration.weak, calibration.strong)


def over_corpus(corpus: Sequence[Path], files: Sequence[Path], data: Path) -> Cases:
    """The questions of the files over the corpus; follow-ups are left out."""
    assistant = assistant_over(corpus, data)
    titles = [record.title for record in assistant.index.documents()]
    questions = [
        (question["question"], _in_places(question, titles))
        for question in read_questions(files)
        if not question.get("history")
    ]
    return read(*assistant.parts(), questions)


def _in_places(question: dict[str, Any], titles: Sequence[str]) -> Right:
    """Tells whether a passage stands in one of a question's places."""

    def right(place: Read) -> bool:
        record, section = place.source.record, place.hit.passage.citation
        return in_place(record.title, section, record.source, question, titles)

    return right if not question.get("unanswerable") else lambda _: False


def over_statutes(folder: Path, data: Path) -> Cases:
    """The questions of ``dev.jsonl`` over the articles of national law."""
    settings = load_settings(PROJECT / "config.yaml").model_copy(update={"data": data.resolve()})
    embedder = Embedder(settings)
    articles = collection.read_articles(folder / "passages.jsonl.gz")
    built = collection.build(articles, settings, embedder)

    def one_of(wanted: Sequence[int]) -> Right:
        return lambda place: built.article_of[place.hit.passage.id] in wanted

    asked = collection.read_questions(folder / "dev.jsonl")
    questions = [(question.query, one_of(question.relevant)) for question in asked]
    retriever = Retriever(built.index, embedder, settings)
    return read(retriever, QuotingAnswerer(built.index, settings), questions)


def levels(cases: Cases) -> dict[str, Any]:
    """How many questions there are at each level, and the share whose best place is right."""
    level = np.digitize(cases.probability, [cases.weak, cases.strong])
    held = {name: cases.right[level == at] for at, name in enumerate(("none", "weak", "strong"))}
    return {
        name: {"questions": len(own), "right": round(float(own.mean()), 3) if len(own) else None}
        for name, own in held.items()
    }


def picture(measured: dict[str, Cases], out: Path) -> None:
    """Draws risk over coverage and the reliability of the probability into ``out``."""
    from matplotlib import pyplot

    pyplot.switch_backend("Agg")
    pyplot.rcParams["svg.hashsalt"] = "risk-coverage"
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    right.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1)
    for name, cases in measured.items():
        in_order = cases.right[np.argsort(-cases.probability, kind="stable")]
        given = np.arange(1, len(in_order) + 1)
        coverage, risk = given / len(given), np.cumsum(~in_order) / given
        (line,) = left.plot(coverage, risk, label=name)
        for threshold in (cases.weak, cases.strong):
            last = max(int((cases.probability >= threshold).sum()) - 1, 0)
            left.plot(coverage[last], risk[last], "o", color=line.get_color())
        bin_of = np.minimum((cases.probability * BINS).astype(int), BINS - 1)
        held = [bin_of == at for at in range(BINS) if (bin_of == at).any()]
        said, true = ([v[own].mean() for own in held] for v in (cases.probability, cases.right))
        right.plot(said, true, "o-", color=line.get_color(), label=name)
    left.set(xlabel="coverage: share answered", ylabel="risk: share of answers that are wrong")
    right.set(xlabel="probability, mean of its tenth", ylabel="share that is right")
    for axes in (left, right):
        axes.set(xlim=(0, 1.01), ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.suptitle("Risk and coverage (dots: strong answers, all answers); reliability")
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)


def main() -> None:
    """Measures and draws as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--statutes", type=Path, help="folder of passages.jsonl.gz and dev.jsonl")
    parser.add_argument("--data", type=Path, help="keeps the index of the corpus here")
    parser.add_argument("--bench-data", type=Path, help="keeps the index of the statutes here")
    parser.add_argument("--out", type=Path, default=Path("docs/risk-coverage.svg"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data = options.data or Path(temporary, "corpus")
        measured = {"product corpus": over_corpus(options.corpus, options.questions, data)}
        if options.statutes:
            data = options.bench_data or Path(temporary, "statutes")
            measured["lay questions"] = over_statutes(options.statutes, data)
    picture(measured, options.out)
    report = {name: levels(cases) for name, cases in measured.items()}
    print(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
