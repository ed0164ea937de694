"""What the logit of the third head is worth beside what the rules see, and from where on a sentence
passes that they do not let pass.

    python training/weighing.py --pairs FILE.jsonl --laws DIR --work DIR --out models/reader

The rules' traits are weighed by logistic regression on the pairs that were learned from, that sum
and the logit on those that were not: a model is surer of what it has learned. ``passes`` is the
least threshold at which of the altered ones held out, people's and the program's, and of those of
the dev side of the benchmark no more than :data:`PASSED` pass, ``wrong`` the logit below which
:data:`LOST` of the faithful ones of the dev side lie that the rules let pass.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.verify.entailment import WEIGHING, Entailment
from app.verify.judging import by_rules
from app.verify.traits import NAMES, traits
from app.verify.weighing import Weighing, foreign, without_reference
from benchmarks.articles import read_articles
from benchmarks.verification import made
from training.entailment import Pair

PASSED, LOST = 0.01, 0.005
FREE = {"person": 4000, "both": 2500, "program": 1500}
"""So many pairs of each kind of writer are weighed at most of those learned from."""
OF_A_KIND = 60


@dataclass(frozen=True)
class Seen:
    """Sentences as the rules see them: traits ``(n, len(NAMES))``, whether they find anything and
    anything foreign, and whether the sentence is faithful; ``group`` is who wrote it, and
    ``free`` whether it was learned from."""

    traits: np.ndarray
    found: np.ndarray
    foreign: np.ndarray
    holds: np.ndarray
    free: np.ndarray
    group: np.ndarray
    logits: np.ndarray

    def odds(self, weighing: Weighing) -> np.ndarray:
        """The probability that each holds."""
        sure = [
            weighing.probability(x, t)
            for x, t in zip(self.logits, self.traits.tolist(), strict=True)
        ]
        return np.array(sure)


def chosen(pairs: Sequence[Pair], laws: Path) -> list[Pair]:
    """The pairs that are weighed: some of those learned from, those held out, and the cases of
    the benchmark's dev side (``kind`` begins with dev)."""
    draw = random.Random(0)
    rest = dict(FREE)
    found = []
    for pair in draw.sample(pairs, len(pairs)):
        if pair.kind == "itself" or not (pair.held or rest[pair.by]):
            continue
        rest[pair.by] -= not pair.held
        found.append(pair)
    dev = made(read_articles(laws, "dev"), OF_A_KIND)
    found += [
        Pair(c.text, c.evidence, "entailed" if c.faithful else "contradiction", f"dev {c.kind}",
             held=True)
        for c in dev
    ]  # fmt: skip
    return found


def seen(pairs: Sequence[Pair], keep: Path, folder: Path) -> Seen:
    """What rules and model see in the pairs.

    :param keep: a file of what the rules see; used again where it has as many rows.
    """
    if not keep.exists() or len(np.load(keep)["found"]) != len(pairs):
        rows, found, strange = [], [], []
        for pair in pairs:
            plain, findings, excused = by_rules(pair.sentence, [pair.cited], [])
            rows.append(traits(plain, pair.cited, findings, excused))
            found.append(bool(findings))
            strange.append(foreign(plain, pair.cited, excused))
        np.savez(keep, traits=np.array(rows), found=np.array(found), foreign=np.array(strange))
    known = np.load(keep)
    free = np.array([not pair.held for pair in pairs])
    model = Entailment(folder)
    logits = np.zeros(len(pairs))
    for i in np.flatnonzero(~free & ~(known["foreign"] & known["found"])):
        logits[i] = model(without_reference(pairs[i].sentence), pairs[i].cited)
    group = np.array(["dev" if pair.kind.startswith("dev ") else pair.by for pair in pairs])
    holds = np.array([pair.label == "entailed" for pair in pairs])
    return Seen(known["traits"], known["found"], known["foreign"], holds, free, group, logits)


def fitted(all_of_it: Seen) -> Weighing:
    """The weights and thresholds."""
    from sklearn.linear_model import LogisticRegression

    asked = all_of_it.found & ~all_of_it.foreign
    learned = all_of_it.free & asked
    first = LogisticRegression(C=0.3, max_iter=2000)
    first.fit(all_of_it.traits[learned], all_of_it.holds[learned])
    total = first.decision_function(all_of_it.traits)
    rest = ~all_of_it.free & asked
    both = np.stack([total, all_of_it.logits], 1)
    second = LogisticRegression(max_iter=2000).fit(both[rest], all_of_it.holds[rest])
    scale, reader = second.coef_[0]
    weights = dict(zip(NAMES, (first.coef_[0] * scale).tolist(), strict=True))
    bias = float(first.intercept_[0] * scale + second.intercept_[0])
    passing = all_of_it.logits[(all_of_it.group == "dev") & ~all_of_it.found & all_of_it.holds]
    plain = Weighing(weights, float(reader), bias, 1.0, float(np.quantile(passing, LOST)))
    return Weighing(weights, float(reader), bias, threshold(all_of_it, plain), plain.wrong)


def threshold(all_of_it: Seen, plain: Weighing) -> float:
    """The least probability from which on few enough of the altered pass, whoever wrote them."""
    odds, found = all_of_it.odds(plain), []
    for group in dict.fromkeys(all_of_it.group.tolist()):
        wrong = ~all_of_it.free & ~all_of_it.holds & (all_of_it.group == group)
        passed = wrong & ~all_of_it.found & (all_of_it.logits >= plain.wrong)
        allowed = max(0, int(PASSED * wrong.sum()) - int(passed.sum()))
        asked = np.sort(odds[wrong & all_of_it.found & ~all_of_it.foreign])[::-1]
        found.append(float(asked[allowed]) + 1e-6 if len(asked) > allowed else 0.5)
    return max(found)


def shown(all_of_it: Seen, weighing: Weighing) -> dict[str, str]:
    """Of those not learned from, by who wrote them: altered ones that pass, faithful ones that
    fail."""
    odds, out = all_of_it.odds(weighing), {}
    asked = (odds >= weighing.passes) & ~all_of_it.foreign
    passes = np.where(all_of_it.found, asked, all_of_it.logits >= weighing.wrong)
    for group in dict.fromkeys(all_of_it.group.tolist()):
        here = ~all_of_it.free & (all_of_it.group == group)
        wrong, right = here & ~all_of_it.holds, here & all_of_it.holds
        out[group] = (
            f"altered passed {passes[wrong].sum()}/{wrong.sum()} (rules "
            f"{(~all_of_it.found)[wrong].sum()}), faithful rejected {(~passes)[right].sum()}"
            f"/{right.sum()} (rules {all_of_it.found[right].sum()})"
        )
    return out


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--laws", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/reader"))
    options = parser.parse_args()
    lines = options.pairs.read_text(encoding="utf-8").splitlines()
    pairs = chosen([Pair(**json.loads(line)) for line in lines], options.laws)
    all_of_it = seen(pairs, options.work / "seen.npz", options.out)
    weighing = fitted(all_of_it)
    weighing.write(options.out / WEIGHING)
    report = {"passes": weighing.passes, "wrong": weighing.wrong, **shown(all_of_it, weighing)}
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
