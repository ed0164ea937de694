"""How well the check of statements tells a rule from the same rule turned round.

    python benchmarks/verification.py --laws DIR [--side dev] [--misses 20]

makes altered sentences and faithful paraphrases from the articles of a folder of laws, by program
and always the same, adds those written by hand (``wording/altered.jsonl``) and puts each through
:func:`app.verify.judge` with the whole article as what is cited. Printed as JSON: how many of the
altered pass (should be ≤ 1 %) and of the faithful fail (≤ 10 %), kind by kind. ``blind`` are
sentences that were written before any of them was judged (``wording/blind.jsonl``), about articles
of the laws; ``unseen`` such in freer words, about other articles of the test side
(``wording/unseen.jsonl``), by which no rule was mended; ``turned`` false ones in the manner of a
language model (``wording/turned.jsonl``).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.verify import judge
from benchmarks.alterations import altered
from benchmarks.articles import Article, Side, read_articles
from benchmarks.paraphrases import paraphrased

BY_HAND = Path(__file__).parent / "wording" / "altered.jsonl"
BLIND = Path(__file__).parent / "wording" / "blind.jsonl"
UNSEEN = BLIND.with_name("unseen.jsonl")
TURNED = BLIND.with_name("turned.jsonl")
_SENTENCE = re.compile(r"[^。\n]+。")
_SHORTEST, _LONGEST = 15, 180
_SEED = 16


@dataclass(frozen=True)
class Case:
    """A sentence, the article that it is checked against, and whether it says what that says."""

    kind: str
    text: str
    evidence: str
    faithful: bool
    law: str = ""


def made(articles: Iterable[Article], of_a_kind: int, of_an_article: int = 6) -> list[Case]:
    """At most ``of_a_kind`` cases of each kind and ``of_an_article`` altered ones and as many
    faithful ones of each article, the same in every run."""
    rng = random.Random(_SEED)
    full: Counter[str] = Counter()
    cases: list[Case] = []
    shuffled = sorted(articles, key=lambda a: (a.law, a.label, a.text))
    rng.shuffle(shuffled)
    for article in shuffled:
        for faithful in (False, True):
            found = list(dict.fromkeys(_cases(article, faithful, rng)))
            rng.shuffle(found)
            taken: set[str] = set()
            for case in sorted(found, key=lambda c: full[c.kind]):
                if len(taken) == of_an_article or full[case.kind] >= of_a_kind:
                    break
                if case.kind not in taken:
                    taken.add(case.kind)
                    full[case.kind] += 1
                    cases.append(case)
    return cases


def by_hand(file: Path = BY_HAND) -> list[Case]:
    """The cases written by hand."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    return [Case(r["kind"], r["text"], r["evidence"], r["faithful"], "by hand") for r in rows]


def blind(laws: Path, file: Path = BLIND) -> list[Case]:
    """The cases written by hand about articles that stand in the folder ``laws``; those of other
    articles are left out."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    sides: tuple[Side, ...] = ("train", "dev", "test")
    there = {(a.law, a.label): a.text for side in sides for a in read_articles(laws, side)}
    return [
        Case(row["kind"], row["text"], text, row["faithful"], row["law"].split("(")[0])
        for row in rows
        if (text := there.get((row["law"], row["article"]))) is not None
    ]


def sentences_of(article: Article) -> list[str]:
    """The sentences of an article that are neither fragments nor long lists."""
    found = [m[0] for m in _SENTENCE.finditer(article.text)]
    return [sentence for sentence in found if _SHORTEST <= len(sentence) <= _LONGEST]


def _cases(article: Article, faithful: bool, rng: random.Random) -> Iterable[Case]:
    every = [m[0] for m in _SENTENCE.finditer(article.text)]
    whole = _letters(article.text)
    for sentence in sentences_of(article):
        place = every.index(sentence)
        before = every[place - 1] if place else ""
        pairs = paraphrased(sentence, before, rng) if faithful else altered(sentence, rng)
        for kind, text in pairs:
            # What is only left out may stand in the article word for word
            new = faithful or "left out" in kind or _letters(text) not in whole
            if text != sentence and new:
                yield Case(kind, text, article.text, faithful, article.law)


def measured(cases: Sequence[Case]) -> tuple[dict[str, Any], list[tuple[Case, tuple[str, ...]]]]:
    """The figures, and the cases judged wrongly with the problems seen in them."""
    counts: dict[tuple[bool, str], list[int]] = defaultdict(lambda: [0, 0])
    wrong = []
    began = time.perf_counter()
    for case in cases:
        verdict = judge(case.text, [case.evidence], [case.law])
        missed = verdict.holds != case.faithful
        count = counts[case.faithful, case.kind]
        count[0] += missed
        count[1] += 1
        if missed:
            wrong.append((case, verdict.problems))
    seconds = time.perf_counter() - began
    report: dict[str, Any] = {"cases": len(cases), "ms_each": round(seconds / len(cases) * 1000, 2)}
    for faithful, name in ((False, "altered passed"), (True, "faithful rejected")):
        kinds = {k: c for (f, k), c in sorted(counts.items()) if f == faithful}
        missed_all, all_of_it = (sum(c[i] for c in kinds.values()) for i in (0, 1))
        share = round(missed_all / all_of_it, 4) if all_of_it else None
        report[name] = {
            "share": share,
            "of": all_of_it,
            "articles": len({c.evidence for c in cases if c.faithful == faithful}),
            "kinds": {k: f"{c[0]}/{c[1]}" for k, c in kinds.items()},
        }
    return report, wrong


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--laws", type=Path, required=True)
    arguments.add_argument("--side", choices=["dev", "test"], default="test")
    arguments.add_argument("--of-a-kind", type=int, default=150)
    arguments.add_argument("--misses", type=int, default=0, help="show so many wrong ones")
    given = arguments.parse_args()
    side: Side = given.side
    program = made(read_articles(given.laws, side), given.of_a_kind)
    report = {}
    for name, cases in (
        ("by hand", by_hand()),
        ("blind", blind(given.laws)),
        ("unseen", blind(given.laws, UNSEEN)),
        ("turned", blind(given.laws, TURNED)),
        ("by program", program),
    ):
        report[name], wrong = measured(cases)
        for case, problems in random.Random(1).sample(wrong, min(given.misses, len(wrong))):
            print(json.dumps({"kind": case.kind, "faithful": case.faithful, "text": case.text,
                              "evidence": case.evidence, "problems": problems},
                             ensure_ascii=False), file=sys.stderr)  # fmt: skip
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
