"""From which logit of the third head on a sentence passes that the rules do not let pass.

    python training/thresholds.py --pairs FILE.jsonl --laws DIR --out models/reader

On what was not learned from: the sentences of people and of the program that were held out, and
the dev side of the benchmark. ``passes`` is the least logit at which no more than :data:`PASSED` of
all altered ones pass, ``wrong`` the one below which :data:`LOST` of the faithful ones lie that the
rules let pass.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.verify.entailment import THRESHOLDS, Entailment
from app.verify.judging import by_rules
from app.verify.weighing import Thresholds, foreign, settled, without_reference
from benchmarks.articles import read_articles
from benchmarks.verification import made
from training.entailment import Pair

NEAR = 0.85
PASSED, LOST = 0.01, 0.005
OF_A_KIND = 60


@dataclass(frozen=True)
class Seen:
    """Sentences as rules and model see them: whether the rules find anything, whether they have
    the last word then, whether the sentence holds, who wrote it, and the model's logit."""

    found: np.ndarray
    settled: np.ndarray
    holds: np.ndarray
    group: np.ndarray
    logits: np.ndarray

    def passes(self, at: Thresholds) -> np.ndarray:
        """Which of them pass."""
        asked = ~self.settled & (self.logits >= at.passes)
        return np.where(self.found, asked, self.logits >= at.wrong)


def held_out(pairs: Sequence[Pair], laws: Path) -> list[tuple[str, Pair]]:
    """The pairs held out, by who wrote them, and the cases of the dev side."""
    dev = made(read_articles(laws, "dev"), OF_A_KIND)
    return [
        *((pair.by, pair) for pair in pairs if pair.held),
        *(
            ("dev", Pair(c.text, c.evidence, "entailed" if c.faithful else "contradiction", c.kind))
            for c in dev
        ),
    ]


def seen(pairs: Sequence[tuple[str, Pair]], folder: Path) -> Seen:
    """What rules and model see in the pairs."""
    model, at = Entailment(folder), Thresholds(NEAR, 0.0, 0.0)
    rows = []
    for group, pair in pairs:
        plain, found, excused = by_rules(pair.sentence, [pair.cited], [])
        last = bool(found) and (
            foreign(plain, pair.cited, excused) or settled(plain, pair.cited, found, at)
        )
        logit = -100.0 if last else model(without_reference(plain), pair.cited)
        rows.append((bool(found), last, pair.label == "entailed", group, logit))
    return Seen(*(np.array(column) for column in zip(*rows, strict=True)))


def chosen(all_of_it: Seen) -> Thresholds:
    """The thresholds, see above."""
    sure = all_of_it.logits[~all_of_it.found & all_of_it.holds]
    wrong = float(np.quantile(sure, LOST))
    passed = ~all_of_it.found & ~all_of_it.holds & (all_of_it.logits >= wrong)
    room = max(0, int(PASSED * (~all_of_it.holds).sum()) - int(passed.sum()))
    asked = np.sort(all_of_it.logits[all_of_it.found & ~all_of_it.settled & ~all_of_it.holds])[::-1]
    passes = float(asked[room]) + 1e-3 if len(asked) > room else 0.0
    return Thresholds(NEAR, round(max(passes, 0.0), 3), round(wrong, 3))


def shown(all_of_it: Seen, at: Thresholds) -> dict[str, str]:
    """By who wrote them: altered ones that pass, faithful ones that fail; and by rules alone."""
    passes, out = all_of_it.passes(at), {}
    for group in dict.fromkeys(all_of_it.group.tolist()):
        here = all_of_it.group == group
        wrong, right = here & ~all_of_it.holds, here & all_of_it.holds
        out[group] = (
            f"altered passed {passes[wrong].sum()} of {wrong.sum()} (rules: "
            f"{(~all_of_it.found)[wrong].sum()}), faithful rejected {(~passes)[right].sum()} of "
            f"{right.sum()} (rules: {all_of_it.found[right].sum()})"
        )
    return out


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--laws", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/reader"))
    options = parser.parse_args()
    lines = options.pairs.read_text(encoding="utf-8").splitlines()
    pairs = held_out([Pair(**json.loads(line)) for line in lines], options.laws)
    all_of_it = seen(pairs, options.out)
    at = chosen(all_of_it)
    at.write(options.out / THRESHOLDS)
    print(json.dumps({"passes": at.passes, "wrong": at.wrong, **shown(all_of_it, at)}, indent=1))
    for logit in np.arange(at.passes - 2, at.passes + 2.01, 0.5):
        there = Thresholds(NEAR, float(logit), at.wrong)
        print(f"from {logit:.2f}: {shown(all_of_it, there)}")


if __name__ == "__main__":
    main()
