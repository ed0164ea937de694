"""Sentences, a text of law with each and whether it bears them out: for a head of the reader.

    python training/entailment.py --laws DIR --out FILE.jsonl

Made by the generators of ``benchmarks/verification.py`` from the articles that it leaves to
training: no version of an article of the benchmark is among them. ``contradiction`` are altered
sentences, ``entailed`` faithful paraphrases and the sentences themselves, ``neutral`` sentences
with another article of the same law. What a model trained on them says enters where
:func:`app.verify.judge`
takes ``entails``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.articles import Article, read_articles
from benchmarks.verification import made, sentences_of

Label = Literal["entailed", "neutral", "contradiction"]


@dataclass(frozen=True)
class Pair:
    """``kind`` says how ``sentence`` was made."""

    sentence: str
    cited: str
    label: Label
    kind: str


def pairs(articles: Sequence[Article], of_a_kind: int = 2000, of_an_article: int = 8) -> list[Pair]:
    """Pairs from articles, shuffled, the same in every run.

    :param of_a_kind: most pairs of each kind of change.
    :param of_an_article: most altered sentences of one article, and as many paraphrases.
    """
    rng = random.Random(0)
    found = [
        Pair(c.text, c.evidence, "entailed" if c.faithful else "contradiction", c.kind)
        for c in made(articles, of_a_kind, of_an_article)
    ]
    by_law: dict[str, list[Article]] = {}
    for article in articles:
        by_law.setdefault(article.law, []).append(article)
    for article in articles:
        for sentence in sentences_of(article)[:2]:
            found.append(Pair(sentence, article.text, "entailed", "itself"))
            other = rng.choice(by_law[article.law])
            if sentence not in other.text:
                found.append(Pair(sentence, other.text, "neutral", "another article"))
    rng.shuffle(found)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--laws", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    given = arguments.parse_args()
    made_pairs = pairs(read_articles(given.laws, "train"))
    with given.out.open("w", encoding="utf-8") as out:
        for pair in made_pairs:
            out.write(json.dumps(asdict(pair), ensure_ascii=False) + "\n")
    print(f"{len(made_pairs)} pairs in {given.out}")


if __name__ == "__main__":
    main()
