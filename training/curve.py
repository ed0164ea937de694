"""How much the encoder learns from so many questions: its learning curve.

    python training/curve.py --work DIR [--shares 0.125 0.25 0.5 1]

From the base each time, once over a share of the questions that a passage of the corpora answers,
drawn at random; then how often a right place is first, and among eight, for the questions held
out. Reads what :mod:`training.collect` wrote; the articles of the statutes and the questions put to
them are left out, so that two cores do it in an hour.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from training.collect import Collection
from training.encoder import shown, train
from training.network import bare, device

SHARES = (0.125, 0.25, 0.5, 1.0)


def of_corpora(learned: Collection) -> Collection:
    """The places of the corpora, and the questions that they answer."""
    kept = np.flatnonzero(learned.own)
    number = np.full(len(learned.places), -1)
    number[kept] = np.arange(len(kept))

    def renumbered(places: np.ndarray) -> np.ndarray:
        return number[places][number[places] >= 0]

    asked = [i for i, right in enumerate(learned.right) if len(renumbered(right))]
    return Collection(
        [learned.places[n] for n in kept],
        learned.own[kept],
        [learned.questions[i] for i in asked],
        [renumbered(learned.right[i]) for i in asked],
        [renumbered(learned.worded[i]) for i in asked],
        [(name, ids, renumbered(right)) for name, ids, right in learned.held],
    )


def part_of(learned: Collection, share: float) -> Collection:
    """So many of its questions, the same each time; a larger share holds a smaller one."""
    order = list(range(len(learned.questions)))
    random.Random(0).shuffle(order)
    some = order[: round(share * len(order))]
    return Collection(
        learned.places,
        learned.own,
        [learned.questions[i] for i in some],
        [learned.right[i] for i in some],
        [learned.worded[i] for i in some],
        learned.held,
    )


def main() -> None:
    """Runs as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, required=True, help="what training/collect.py wrote")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    options = parser.parse_args()
    learned = of_corpora(Collection.read(options.work))
    for share in options.shares:
        torch.manual_seed(0)
        some = part_of(learned, share)
        model = bare(options.work).to(device()).train()
        with tempfile.TemporaryDirectory() as work:
            train(model, some, 1, 1e6, Path(work))
        print(f"{len(some.questions)} questions: {shown(model, some)}", flush=True)


if __name__ == "__main__":
    main()
