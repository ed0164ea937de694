"""Train the estimate of whether the corpus answers, by which the answerer refuses.

    python models/train_evidence.py --corpus PATHS… --questions FILE.jsonl… --out models/selector

Questions with known places and questions without an answer (see ``benchmarks/answers.py`` and
``models/questions``) are put to the product up to the point where it judges its best unit. The
weights are those of a logistic regression on what the judgement looks at
(:data:`app.answering.abstain.FEATURES`): 1 where the corpus has an answer, 0 where it has none.
What the rules decide alone, contradictions, is left out. The bias is such that of the questions
with an answer :data:`REFUSED` are refused, by cross-validation, at an evidence of a half.
Train the selector before: the estimate is about its first choice.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.answering.abstain import FEATURES, contradiction, features
from app.service import Assistant
from benchmarks.answers import assistant_over
from benchmarks.risk_coverage import rankings
from models.train_selector import options_of, read_both, write

REFUSED = 0.06
"""The share, by weight, of the questions with an answer that may be refused, rules apart."""
WRITTEN = 0.5
"""What the questions written for training count beside the others, in sum."""


def read(
    assistant: Assistant, questions: Sequence[dict[str, Any]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features ``(n, len(FEATURES))``, whether there is an answer, and the weights ``(n,)``: in sum
    half of n for those with an answer, and half for those without."""
    retriever, answerer = assistant.parts()
    rows, kinds = [], []
    for question in questions:
        if "history" in question:
            continue
        text, read_at_most = question["question"], assistant.passages_read
        asked, ranked, _ = next(rankings(answerer, retriever, read_at_most, text, None))
        if ranked and not contradiction(asked, ranked[0], answerer.holdings):
            rows.append(features(asked, ranked, answerer.holdings))
            kinds.append(("sections" in question) + 2 * question.get("written", False))
    kind = np.array(kinds)
    share = np.where(kind >= 2, WRITTEN, 1.0) / np.bincount(kind, minlength=4)[kind]
    return np.array(rows), kind % 2 == 1, share * len(kind) / 3


def main() -> None:
    """Trains as the command line says."""
    options = options_of(__doc__ or "")
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        questions = read_both(options.questions)
        inputs, answered, weight = read(assistant, questions)
    curve = make_pipeline(StandardScaler(), LogisticRegression())
    told = {"logisticregression__sample_weight": weight}
    unseen = cross_val_predict(
        curve, inputs, answered, cv=5, method="decision_function", params=told
    )
    area = roc_auc_score(answered, unseen, sample_weight=weight)
    print(f"{len(answered)} judgements, AUC by cross-validation {area:.3f}")
    order = np.argsort(unseen[answered])
    refused = np.cumsum(weight[answered][order]) / weight[answered].sum()
    shift = unseen[answered][order][np.searchsorted(refused, REFUSED)]
    curve.fit(inputs, answered, **told)
    scale, regression = curve[0], curve[1]
    weights = regression.coef_[0] / scale.scale_
    bias = float(regression.intercept_[0] - weights @ scale.mean_ - shift)
    none = np.average(unseen[~answered] < shift, weights=weight[~answered])
    print(f"refused: {REFUSED} of those with an answer, {none:.3f} of those without")
    learned = {
        "bias": round(bias, 4),
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
    }
    write(learned, options.out / "evidence.json")


if __name__ == "__main__":
    main()
