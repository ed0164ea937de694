"""How many quotes are half a rule, when every article of many laws is asked by its own words.

    python benchmarks/half_rules.py --corpus PATHS… --asked FOLDER [--part 1/4] [--whole]

puts one question for each article of the texts in a folder of the corpus through the product's own
``ask()``: the longest clause of one of its sentences, drawn by chance, and 有什么规定; with
``--whole`` the sentence as it stands. Every statement of every answer is looked at, whichever text
it quotes: by the outline of the text alone, not by what makes quotes. Half a rule is what ends in
the air (除外：, 下列情形之一的：) or begins there (但…, 其…), stands on 前款, 前两条 or 前项
without what that is, or leaves out the exception that follows in the same article.

Printed as JSON: how many statements of which part of an answer there were, how many are half a
rule, and each of these with the question. ``--part 2/4`` asks the second of four parts.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.content.sentences import Source, Span
from app.types import Statement
from benchmarks.answers import assistant_over
from ingest.document import Section
from ingest.index import Index

if TYPE_CHECKING:
    from app.service import Assistant

_BACK = re.compile(r"(?<![目以之])前(?P<count>[两二三四五]?)(?P<unit>[款条项])(?![项件例目])")
_COUNTS = {"": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5}
_KINDS = {"款": "paragraph", "项": "item", "条": "article"}
_OPEN = re.compile(r"[:：，]$|(?:除外|之一的)[:：]?$")
_EXCEPTION = re.compile(r"但|前款.{0,40}(?:除外|不适用)")
_GOES_ON = re.compile(r"但|其(?!他|余)|前述|上述|该|否则|逾期")
_CLAUSE = re.compile(r"[^，。；：、！？,;:!?\s]+")
_LONG = 300
"""Of a paragraph longer than this a part may stand for it."""
_SEED = 13


def faults(source: Source, within: Section, spans: Sequence[Span]) -> list[str]:
    """What is wrong with a quote of an article, by the outline alone.

    :param within: the article.
    """
    found, head = [], source.whole(within.index)[0]
    inside = [s for s in source.sections if within.start <= s.start and s.end <= within.end]
    paragraphs = [s for s in inside if s.kind == "paragraph"]
    for n, (start, end) in enumerate(spans):
        text = source.text[start:end]
        goes_on = n + 1 < len(spans) and spans[n + 1][0] > end
        if _OPEN.search(text) and not goes_on:
            found.append("ends in the air")
        last = source.trimmed(head, start)[1]
        if start > head and _GOES_ON.match(text) and not any(a < last <= b for a, b in spans):
            found.append("begins in the air")
        for back in _BACK.finditer(text):
            at, kind = start + back.start(), _KINDS[back["unit"]]
            own = source.articles if kind == "article" else [s for s in inside if s.kind == kind]
            before = [s for s in own if s.end <= at][-_COUNTS[back["count"]] :]
            found += [back[0] for s in before if not _held(source, s, spans)]
    for paragraph, following in pairwise(paragraphs):
        excepts = _EXCEPTION.match(source.text, following.start, following.end)
        if excepts and _held(source, paragraph, spans) and not _held(source, following, spans):
            found.append("the exception is left out")
    return found


def _held(source: Source, section: Section, spans: Sequence[Span]) -> bool:
    """Whether all of a section is quoted, or, of a long one, a part."""
    start, end = source.trimmed(section.start, section.end)
    if end - start > _LONG:
        return any(a < end and start < b for a, b in spans)
    label = len(section.label) + 1 if section.kind == "article" else 0
    return any(a <= start + label and end <= b for a, b in spans)


@dataclass(frozen=True)
class Asked:
    """One article with the question in its own words."""

    law: str
    article: str
    question: str


def questions(sources: Sequence[Source], whole: bool) -> Iterator[Asked]:
    """One question for each article.

    :param whole: the sentence drawn as it stands, not its longest clause.
    """
    draw = random.Random(_SEED)
    for source in sources:
        for article in source.articles:
            sentences = list(source.sentences(*source.whole(article.index)))
            if not sentences:
                continue
            sentence = source.text[slice(*draw.choice(sentences))]
            clause = max(_CLAUSE.findall(sentence), key=len, default=sentence)
            asked = sentence[:200] if whole else f"{clause[:60]}有什么规定？"
            yield Asked(source.record.title, article.label, asked)


def judged(statement: Statement, index: Index, known: dict[str, Source]) -> list[str]:
    """What is wrong with a statement of an answer that quotes an article."""
    if not statement.quotes:
        return []
    document = statement.quotes[0].document
    if document not in known:
        stored = index.document(document)
        if stored is None:
            return []
        known[document] = Source(stored)
    source = known[document]
    spans = [(quote.start, quote.end) for quote in statement.quotes]
    article = source.top(*spans[0])
    return faults(source, article, _joined(spans)) if article.kind == "article" else []


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Quotes that a border of passages parts, as one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and 0 <= start - joined[-1][1] <= 2:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--asked", type=Path, required=True, help="asks for the texts in here")
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--part", default="1/1", help="which of how many parts, e.g. 2/4")
    parser.add_argument("--whole", action="store_true", help="asks by whole sentences")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        print(json.dumps(_report(assistant, options), ensure_ascii=False, indent=2))


def _report(assistant: Assistant, options: argparse.Namespace) -> dict[str, Any]:
    index, known = assistant.index, dict[str, Source]()
    folder = options.asked.resolve()
    stored = [
        index.document(record.id)
        for record in index.documents()
        if Path(record.source).is_relative_to(folder)
    ]
    part, parts = map(int, options.part.split("/"))
    sources = [Source(one) for one in stored if one is not None]
    asked = list(questions(sources, options.whole))[part - 1 :: parts]
    counted: Counter[str] = Counter()
    wrong: list[dict[str, Any]] = []
    for one in asked:
        answer = assistant.ask(one.question)
        counted["refused"] += answer.abstained
        for statement in answer.statements:
            kind = "line" if statement.direct else "beside" if statement.further else "provision"
            counted[kind] += 1
            if found := judged(statement, index, known):
                cited = [c.official for c in answer.citations if c.n in statement.citations]
                wrong.append({"question": one.question, "part": kind, "faults": found,
                              "cited": cited, "text": statement.text})  # fmt: skip
    return {"articles": len(asked), **counted, "half_a_rule": len(wrong), "wrong": wrong}


if __name__ == "__main__":
    main()
