"""How sure encoder, cross-encoder and retriever are together, on questions none learned from.

    python training/calibrate.py --corpus DIR… --questions FILE… --out models/reader

Every question is searched and read as the product does. What each counts in the order
(:class:`app.reading.calibration.Calibration`) is chosen so that right places come first most
often; the judgement is a logistic regression of whether the first place answers on what the three
say of it (Platt 1999). ``weak`` is the threshold that refuses :data:`REFUSED` of the questions
with an answer, ``strong`` the least one above which :data:`RIGHT` of the answers are right; files
given with ``--choose`` have a say in these two, and nothing is fitted to them.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.answering.conflicts import contradiction
from app.reading.calibration import Calibration, Weights, probability
from app.reading.reader import CALIBRATION
from app.reading.reading import COMPARED, penalty
from app.types import Filters
from benchmarks.answers import assistant_over, in_place, read_questions

REFUSED, RIGHT = 0.045, 0.95
ENCODER_WEIGHT = 30.0
"""What a cosine counts in the order, which gives the others their scale."""
_ASKED = 48


@dataclass(frozen=True)
class Case:
    """One question's places: cosines, the retriever's probabilities, what version and region take
    off, which of them answer, ``(places,)``; the logits of those read, and which these are."""

    alike: np.ndarray
    held: np.ndarray
    lost: np.ndarray
    right: np.ndarray
    read: np.ndarray
    which: np.ndarray
    answerable: bool


def cases(assistant: Any, questions: Sequence[dict[str, Any]]) -> list[Case]:
    """What the product reads for each question, without those that are looked up by number."""
    retriever, answerer = assistant.parts()
    titles = [record.title for record in assistant.index.documents()]
    found = []
    for question in questions:
        if "history" in question:
            continue
        asked = answerer.analysed(question["question"])
        if any(fact.kind == "article" for fact in asked.facts):
            continue
        hits = retriever.search(question["question"], assistant.passages_read, Filters())
        holdings = answerer.holdings
        places = answerer.finder.looked_up(asked, hits, holdings)[:COMPARED]
        hits = [h for h, s in places if not contradiction(asked, (h, s), holdings)]
        if not hits:
            continue
        old, local = answerer.welcome(asked)
        alike, read, which = answerer.reading.said(asked.text, hits, old, local)
        answerable = not question.get("unanswerable")
        right = [
            answerable and in_place(h.title, h.passage.citation, h.source, question, titles)
            for h in hits
        ]
        held = np.array([h.probability for h in hits])
        lost = np.array([penalty(h, old, local) for h in hits])
        found.append(Case(alike, held, lost, np.array(right), read, which, answerable))
        if len(found) % _ASKED == 0:
            print(f"{len(found)} of {len(questions)} read", file=sys.stderr)
    return found


def ordering(found: Sequence[Case]) -> Weights:
    """What each counts in the order: right places first most often, ties by how near."""
    best, most = Weights(), -1.0
    asked = [c for c in found if c.right.any()]
    for retriever in np.arange(0.0, 0.85, 0.1):
        for reader in (0.0, 0.2, 0.5, 1.0, 1.5, 2.0):
            weights = Weights(ENCODER_WEIGHT, reader, float(retriever))
            first = np.mean([_first(weights, c) for c in asked])
            value = float(first + 0.5 * np.mean([_softly(weights, c) for c in asked]))
            if value > most:
                best, most = weights, value
    return best


def fitted(found: Sequence[Case], choosing: Sequence[Case] = ()) -> Calibration:
    """Order, judgement and the two thresholds."""
    from sklearn.linear_model import LogisticRegression

    order = ordering(found)
    told = np.array([_of_first(order, c) for c in found])
    good = np.array([_first(order, c) for c in found])
    model = LogisticRegression(C=1.0, max_iter=1000)
    scale = told.std(axis=0) + 1e-9
    model.fit(told / scale, good)
    encoder, reader, retriever = (float(w) for w in model.coef_[0] / scale)
    judge = Weights(encoder, reader, retriever, float(model.intercept_[0]))
    every = [*found, *choosing]
    sure = np.array([_sure(order, judge, c) for c in every])
    good = np.array([_first(order, c) for c in every])
    have = np.array([c.answerable for c in every])
    weak = float(np.quantile(sure[have], REFUSED))
    strong = next((t for t in np.arange(weak, 1, 0.005) if good[sure >= t].mean() >= RIGHT), 0.999)
    return Calibration(order, judge, round(weak, 4), round(float(strong), 4))


def report(curve: Calibration, found: Sequence[Case]) -> dict[str, float]:
    """What the calibration gives on some cases."""
    sure = np.array([_sure(curve.order, curve.judge, c) for c in found])
    good = np.array([_first(curve.order, c) for c in found])
    have = np.array([c.answerable for c in found])
    given, strong = sure >= curve.weak, sure >= curve.strong
    middle = given & ~strong
    return {
        "questions": len(found),
        "right_first": round(float(good[have].mean()), 4),
        "answerable_refused": round(float((~given[have]).mean()), 4),
        "unanswerable_refused": round(float((~given[~have]).mean()), 4) if (~have).any() else 1.0,
        "strong": round(float(strong.mean()), 4),
        "right_of_strong": round(float(good[strong].mean()), 4) if strong.any() else 1.0,
        "right_of_weak": round(float(good[middle].mean()), 4) if middle.any() else 1.0,
    }


def _order(weights: Weights, case: Case) -> np.ndarray:
    order = weights(case.alike, np.zeros_like(case.alike), case.held) + case.lost
    order[case.which] += weights.reader * case.read
    rest = np.setdiff1d(np.arange(len(order)), case.which)
    order[rest] = np.minimum(order[rest], order[case.which].min() - 1e-3)
    return order


def _best(weights: Weights, case: Case) -> int:
    """Which of those read comes first."""
    return int(np.argmax(_order(weights, case)[case.which]))


def _first(weights: Weights, case: Case) -> bool:
    return bool(case.right[case.which[_best(weights, case)]])


def _softly(weights: Weights, case: Case) -> float:
    order = _order(weights, case)
    heat = np.exp(order - order.max())
    return float(heat[case.right].sum() / heat.sum())


def _of_first(weights: Weights, case: Case) -> list[float]:
    """What encoder, cross-encoder and retriever say of the first place."""
    best = _best(weights, case)
    place = case.which[best]
    held = float(np.clip(case.held[place], 1e-4, 1 - 1e-4))
    return [float(case.alike[place]), float(case.read[best]), float(np.log(held / (1 - held)))]


def _sure(order: Weights, judge: Weights, case: Case) -> float:
    best = _best(order, case)
    place = case.which[best]
    told = judge(case.alike[[place]], case.read[[best]], case.held[[place]])
    return float(probability(told)[0])


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", type=Path, nargs="+", required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--choose", type=Path, nargs="*", default=[])
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    file = options.out / CALIBRATION
    if not file.exists():
        Calibration(Weights(ENCODER_WEIGHT, 0.2, 0.4), Weights()).write(file)
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        files = [*options.questions, *options.choose]
        by_file = {f: cases(assistant, read_questions([f])) for f in files}
    learned = [case for f in options.questions for case in by_file[f]]
    curve = fitted(learned, [case for f in options.choose for case in by_file[f]])
    curve.write(file)
    print(
        json.dumps(
            {"curve": curve.__repr__()}
            | {f.name: report(curve, some) for f, some in by_file.items()}
        )
    )


if __name__ == "__main__":
    main()
