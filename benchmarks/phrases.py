"""Whether what stands in the corpus is found: strings drawn from it at random, searched for.

    python benchmarks/phrases.py --corpus PATHS… [--answers]

draws phrases of six and of ten characters, figures with their unit, and codes (A02101500, 1+2+N)
from the passages, a hundred of each, puts each as a question, and prints as JSON the share of them
for which a passage that holds it word for word is first, among three, among ten. Several passages
may hold one; any of them counts. ``--answers`` asks too, and reports how often the first statement
quotes such a passage and how often the question is refused.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.content.facts import facts
from app.retrieval.verbatim import squeezed
from benchmarks.answers import assistant_over

if TYPE_CHECKING:
    from app.service import Assistant

_RUN = re.compile(r"[\u4e00-\u9fff]+")
_CODE = re.compile(r"(?=[A-Za-z0-9+\-/.]*[0-9])(?=[A-Za-z0-9+\-/.]*[A-Za-z])[A-Za-z0-9+\-/.]{3,}")


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="*", type=Path, default=[])
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--each", type=int, default=100, help="so many strings of each kind")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--answers", action="store_true", help="asks too")
    parser.add_argument("--misses", action="store_true", help="prints what was not found")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        assistant.search("政府采购")
        rows = assistant.index.catalogue.connection.execute("select text from passages order by id")
        texts = [text for (text,) in rows]
        report = {}
        for kind, strings_of in KINDS.items():
            drawn = draw(texts, strings_of, options.each, random.Random(options.seed))
            report[kind] = _searched(assistant, drawn, options.misses)
            if options.answers:
                report[kind] |= _asked(assistant, drawn, options.misses)
    print(json.dumps(report, ensure_ascii=False, indent=2))


def draw(
    texts: Sequence[str],
    strings_of: Callable[[str, random.Random], list[str]],
    count: int,
    chance: random.Random,
) -> list[str]:
    """``count`` strings, each out of a passage taken at random; no string twice."""
    found: dict[str, None] = {}
    order = list(texts)
    chance.shuffle(order)
    for text in order:
        strings = strings_of(text, chance)
        if strings:
            found.setdefault(chance.choice(strings))
        if len(found) == count:
            break
    return list(found)


def _phrases(length: int) -> Callable[[str, random.Random], list[str]]:
    def of(text: str, chance: random.Random) -> list[str]:
        runs = [run for run in _RUN.findall(text) if len(run) >= length]
        starts = [chance.randrange(len(run) - length + 1) for run in runs]
        return [run[at : at + length] for run, at in zip(runs, starts, strict=True)]

    return of


def _figures(text: str, chance: random.Random) -> list[str]:
    counted = [f for f in facts(text) if f.kind in ("number", "ratio") and f.shown[0].isdigit()]
    return [f.shown for f in counted if f.unit or f.kind == "ratio"]


def _codes(text: str, chance: random.Random) -> list[str]:
    return [code.strip("+-/.") for code in _CODE.findall(text)]


KINDS: dict[str, Callable[[str, random.Random], list[str]]] = {
    "phrases of 6": _phrases(6),
    "phrases of 10": _phrases(10),
    "figures with unit": _figures,
    "codes": _codes,
}
"""What is drawn, and how it is taken from a passage."""


def _searched(assistant: Assistant, drawn: Sequence[str], misses: bool) -> dict[str, Any]:
    ranks, times = [], []
    for string in drawn:
        began = time.perf_counter()
        hits = assistant.search(string, 10)
        times.append(time.perf_counter() - began)
        holds = [squeezed(string) in squeezed(hit.passage.text) for hit in hits]
        ranks.append(holds.index(True) if True in holds else 99)
    report: dict[str, Any] = {
        "drawn": len(drawn),
        "first": _share([rank < 1 for rank in ranks]),
        "among three": _share([rank < 3 for rank in ranks]),
        "among ten": _share([rank < 10 for rank in ranks]),
        "ms": round(1000 * median(times), 1),
    }
    if misses:
        report["not first"] = [s for s, rank in zip(drawn, ranks, strict=True) if rank]
    return report


def _asked(assistant: Assistant, drawn: Sequence[str], misses: bool) -> dict[str, Any]:
    answers = [assistant.quote(string) for string in drawn]
    quoted = [
        _quotes(assistant, answer.citations, s) for answer, s in zip(answers, drawn, strict=True)
    ]
    report: dict[str, Any] = {
        "answered with it": _share(quoted),
        "refused": _share([answer.abstained for answer in answers]),
    }
    if misses:
        report["not answered with it"] = [s for s, q in zip(drawn, quoted, strict=True) if not q]
    return report


def _quotes(assistant: Assistant, citations: Sequence[Any], string: str) -> bool:
    """Whether the first citation is of a passage that holds ``string``."""
    if not citations:
        return False
    passages = assistant.index.passages([citations[0].passage])
    return any(squeezed(string) in squeezed(passage.text) for passage in passages.values())


def _share(outcomes: Sequence[bool]) -> float:
    return round(sum(outcomes) / len(outcomes), 3) if outcomes else 0.0


if __name__ == "__main__":
    main()
