"""Train the weights by which the answerer chooses what to quote.

    python models/train_selector.py --corpus PATHS… --questions FILE.jsonl… --out models/selector

Questions with known places (see ``benchmarks/answers.py``) are put to the product up to the point
where units are ranked (``benchmarks/questions/choose.jsonl`` and
``models/questions/officers.jsonl`` made the committed weights). Weights of the signals are learned
such that units of a right place score above the others: pairwise logistic regression with a prior
(Burges et al. 2005, RankNet, with a linear model), the prior being weights set by hand, so that few
questions suffice. What is printed is measured by cross-validation: the share of questions whose
best unit is right, and of those that have a right unit in the first three articles.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.answering.find import Finder
from app.answering.select import Selector, as_a_sentence
from app.answering.signals import SIGNALS, article_of
from app.chat import standalone
from app.service import Assistant
from app.types import Filters, Turn
from benchmarks.answers import assistant_over, in_place, read_questions

PRIOR = {
    "coverage": 1.0, "own": 0.35, "meaning": 0.55, "fits": 0.95, "found": 0.35, "heading": 0.2,
    "figures": 0.55, "opening": 0.25, "density": 0.1, "elsewhere": -0.3, "local": -0.3,
    "off_subject": -0.08, "superseded": -0.08, "row": -0.04, "long": -0.02,
}  # fmt: skip
SCALE, STRENGTH, HARDEST, ROUNDS, FOLDS = 3.0, 30.0, 40, 2, 5
"""What the prior is multiplied by, how strongly weights are held to it, how many wrong units of a
question are looked at, how often these are chosen anew, and in how many parts is validated."""
WRITTEN = 0.05
"""What a question written for training counts: it names one place where several may be right, and
not which sentence of it."""


@dataclass(frozen=True)
class Ranking:
    """One question: a row of signals for each unit, how right the unit is (0: not; 3: right place
    and all facts), and the article it belongs to."""

    signals: np.ndarray
    right: np.ndarray
    articles: list[tuple[str, int]]
    weight: float = 1.0


def rankings(assistant: Assistant, questions: Sequence[dict[str, Any]]) -> list[Ranking]:
    """The units that the product looks at for each question that has an answer."""
    retriever, answerer = assistant.parts()
    titles = [record.title for record in assistant.index.documents()]
    finder = Finder(assistant.index)
    found: list[Ranking] = []
    for question in questions:
        if "sections" not in question:
            continue
        history: list[Turn] = []
        for earlier in question.get("history", ()):
            history.append(Turn(earlier, assistant.ask(earlier, history)))
        text = standalone(question["question"], history)
        hits = retriever.search(text, assistant.passages_read, Filters())
        asked = answerer.analysed(text)
        looked = finder.looked_up(asked, hits, answerer.holdings)
        selector = Selector(answerer.holdings.vocabulary, assistant.embedder.encode_few)
        query = as_a_sentence(asked.text, assistant.embedder)
        candidates, signals = selector.candidates(asked, looked, query)
        if candidates:
            right = np.array([_right(c, question, titles) for c in candidates])
            articles = [article_of(c.source, c.unit.section) for c in candidates]
            weight = WRITTEN if question.get("written") else 1.0
            if question.get("written"):  # names the document, not which version of it
                right[signals[:, SIGNALS.index("superseded")] > 0] = 0
            found.append(Ranking(signals, right, articles, weight))
    return found


def _right(candidate: Any, question: dict[str, Any], titles: Sequence[str]) -> int:
    record = candidate.source.record
    section = candidate.source.paths.citation(candidate.unit.section)
    if not in_place(record.title, section, record.source, question, titles):
        return 0
    wanted = question.get("contains", ())
    text = "".join(candidate.unit.text.split())
    held = [any("".join(f.split()) in text for f in w.split("|")) for w in wanted]
    return round(1 + 2 * sum(held) / len(held)) if held else 2


def read_both(files: Sequence[Path]) -> list[dict[str, Any]]:
    """The questions of ``benchmarks/answers.py``, and those written for training
    (``models/questions``) in the same form and marked ``written``."""
    found = []
    for question in read_questions(files):
        if "section" in question:
            place = {"document": question["document"], "section": question["section"]}
            question |= {"written": True, "sections": [place]}
        found.append(question | {"written": True} if "why" in question else question)
    return found


def learn(data: Sequence[Ranking]) -> np.ndarray:
    """The weight of each signal."""
    spread = np.vstack([r.signals for r in data]).std(axis=0) + 1e-3
    by_hand = np.array([PRIOR.get(name, 0.0) for name in SIGNALS])
    prior, weights = by_hand * spread * SCALE, by_hand
    for _ in range(ROUNDS):
        pairs, counts = _pairs(data, spread, weights)

        def loss(w: np.ndarray, x: np.ndarray = pairs, c: np.ndarray = counts) -> Any:
            margin = x @ w
            missed = 1 / (1 + np.exp(np.clip(margin, -30, 30)))
            value = (c * np.logaddexp(0, -margin)).sum() + STRENGTH / 2 * ((w - prior) ** 2).sum()
            return value, -(x.T @ (c * missed)) + STRENGTH * (w - prior)

        weights = minimize(loss, prior, jac=True, method="L-BFGS-B").x / spread
    return np.asarray(weights)


def _pairs(
    data: Sequence[Ranking], spread: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Differences between right and wrong units, and what each of them counts."""
    pairs, counts = [], []
    for ranking in data:
        right, score = ranking.right, ranking.signals @ weights
        if not right.max():
            continue
        scaled = ranking.signals / spread
        best = _highest(np.flatnonzero(right == right.max()), score, 2)
        wrong = _highest(np.flatnonzero(right == 0), score, HARDEST)
        lesser = np.flatnonzero((right > 0) & (right < right.max()))[:5]
        for one in best:
            pairs.append(scaled[one] - scaled[wrong])
            counts.append(np.full(len(wrong), ranking.weight / len(best)))
        pairs.append(scaled[best[0]] - scaled[lesser])
        counts.append(np.full(len(lesser), 0.3 * ranking.weight))
    return np.vstack(pairs), np.concatenate(counts)


def _highest(rows: np.ndarray, score: np.ndarray, count: int) -> np.ndarray:
    return rows[np.argsort(-score[rows], kind="stable")][:count]


def validated(data: Sequence[Ranking], seed: int = 0) -> tuple[float, float]:
    """The shares of questions with the right unit first, and among the first three articles,
    each ranked by weights learned from other questions. Written ones are only learned from."""
    written = [r for r in data if r.weight < 1]
    data = [r for r in data if r.weight == 1]
    fold = np.random.default_rng(seed).permutation(len(data)) % FOLDS
    first = third = 0
    for number in range(FOLDS):
        weights = learn([r for r, f in zip(data, fold, strict=True) if f != number] + written)
        for ranking in (r for r, f in zip(data, fold, strict=True) if f == number):
            order = np.argsort(-(ranking.signals @ weights), kind="stable")
            first += bool(ranking.right[order[0]])
            seen = list(dict.fromkeys(ranking.articles[i] for i in order))[:3]
            third += any(ranking.right[i] for i in order if ranking.articles[i] in seen)
    return first / len(data), third / len(data)


def options_of(description: str) -> argparse.Namespace:
    """The command line of a training on questions put to the product."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--out", type=Path, default=Path("models/selector"))
    return parser.parse_args()


def write(learned: dict[str, Any], file: Path) -> None:
    """Store what was learned, for :func:`app.answering.learned.read_learned`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Trains as the command line says."""
    options = options_of(__doc__ or "")
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        data = rankings(assistant, read_both(options.questions))
    first, third = validated(data)
    count = sum(ranking.weight == 1 for ranking in data)
    print(f"{count} questions: first {first:.3f}, among three articles {third:.3f}")
    weights = learn(data)
    learned = {
        n: round(float(w), 4) for n, w in zip(SIGNALS, weights, strict=True) if abs(w) > 1e-4
    }
    write({"questions": len(data), "weights": learned}, options.out / "selector.json")


if __name__ == "__main__":
    main()
