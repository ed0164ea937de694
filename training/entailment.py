"""Sentences, a text of law with each and whether it bears them out: for a head of the reader.

    python training/entailment.py --laws DIR --out FILE.jsonl

Made by the generators of ``benchmarks/verification.py`` from the articles that it leaves to
training: no version of an article of the benchmark is among them. ``contradiction`` are altered
sentences, ``entailed`` faithful paraphrases and the sentences themselves, ``neutral`` sentences
with another article of the same law. To them come sentences that people wrote about such articles
(``wording/people.jsonl``), half of them wrong in one thing, and what the generators make of these:
a change turns a faithful one, other words and a lead-in leave it so. What a model trained on them
says enters where :func:`app.verify.judge` takes ``entails``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.alterations import altered
from benchmarks.articles import Article, read_articles
from benchmarks.paraphrases import paraphrased
from benchmarks.verification import made, sentences_of

Label = Literal["entailed", "neutral", "contradiction"]
PEOPLE = Path(__file__).parent / "wording" / "people.jsonl"
OF_A_SENTENCE = 4
"""Most changes of one sentence that a person wrote."""
HELD_OUT = 0.1
_TOO_FREE = ("left out", "consequence", "article")


@dataclass(frozen=True)
class Pair:
    """``kind`` says how ``sentence`` was made, ``origin`` from what, where that is known; ``by`` is
    who wrote it: a program, a person, or a program from what a person wrote. ``held`` is not
    learned from."""

    sentence: str
    cited: str
    label: Label
    kind: str
    origin: str = ""
    by: Literal["program", "person", "both"] = "program"
    held: bool = False


def pairs(articles: Sequence[Article], of_a_kind: int = 400, of_an_article: int = 6) -> list[Pair]:
    """Pairs from articles, shuffled, the same in every run.

    :param of_a_kind: most pairs of each kind of change.
    :param of_an_article: most altered sentences of one article, and as many paraphrases.
    """
    rng = random.Random(0)
    found = [
        Pair(c.text, c.evidence, "entailed" if c.faithful else "contradiction", c.kind)
        for c in made(articles, of_a_kind, of_an_article)
    ]
    held = {article.text for article in articles if _held(article)}
    by_law = _by_law(articles)
    for article in articles:
        for sentence in sentences_of(article)[:2]:
            found.append(Pair(sentence, article.text, "entailed", "itself"))
            other = rng.choice(by_law[article.law])
            if sentence not in other.text:
                found.append(Pair(sentence, other.text, "neutral", "another article"))
    rng.shuffle(found)
    return [replace(pair, held=pair.cited in held) for pair in found]


def of_people(articles: Sequence[Article], file: Path = PEOPLE) -> list[Pair]:
    """What people wrote about these articles and what is made of it, the same in every run."""
    there = {(a.law, a.label): a for a in articles}
    by_law = _by_law(articles)
    rng = random.Random(0)
    found: list[Pair] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        article = there.get((row["law"], row["article"]))
        if article is None:
            continue
        text, cited, held = row["text"], article.text, _held(article)
        label: Label = "entailed" if row["faithful"] else "contradiction"
        found.append(Pair(text, cited, label, row["kind"], by="person", held=held))
        for kind, other in _some(paraphrased(text, "", rng), rng, 1):
            found.append(Pair(other, cited, label, kind, by="both", held=held))
        if not row["faithful"]:
            continue
        for kind, other in _some(altered(text, rng), rng, OF_A_SENTENCE):
            found.append(Pair(other, cited, "contradiction", kind, text, "both", held))
        elsewhere = rng.choice(by_law[article.law])
        if elsewhere is not article:
            found.append(
                Pair(text, elsewhere.text, "neutral", "another article", by="both", held=held)
            )
    return found


def _some(found: Iterator[tuple[str, str]], rng: random.Random, most: int) -> list[tuple[str, str]]:
    """At most so many of the changes, of different kinds; none that may leave a free sentence
    true."""
    by_kind: dict[str, list[str]] = {}
    for kind, text in found:
        if not any(word in kind for word in _TOO_FREE):
            by_kind.setdefault(kind, []).append(text)
    kinds = rng.sample(sorted(by_kind), min(most, len(by_kind)))
    return [(kind, rng.choice(by_kind[kind])) for kind in kinds]


def _by_law(articles: Sequence[Article]) -> dict[str, list[Article]]:
    found: dict[str, list[Article]] = {}
    for article in articles:
        found.setdefault(article.law, []).append(article)
    return found


def _held(article: Article) -> bool:
    drawn = hashlib.sha256(f"held {article.law} {article.label}".encode()).digest()[0] / 256
    return drawn < HELD_OUT


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--laws", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    given = arguments.parse_args()
    articles = read_articles(given.laws, "train")
    made_pairs = [*pairs(articles), *of_people(articles)]
    with given.out.open("w", encoding="utf-8") as out:
        for pair in made_pairs:
            out.write(json.dumps(asdict(pair), ensure_ascii=False) + "\n")
    print(f"{len(made_pairs)} pairs in {given.out}")


if __name__ == "__main__":
    main()
