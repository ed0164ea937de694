"""How many turns of conversations, and how many comparisons, are answered from a right place.

    python benchmarks/dialogues.py --corpus PATHS… --dialogues FILE.jsonl… --comparisons FILE.jsonl…

A line of a dialogue file holds ``turns`` of ``question`` and ``accept``, a list of acceptable
places, each a part of the file's name and the section; a turn without is asked but not counted.
Each turn is asked with what was asked and answered before it. It is right if its first citation
is an acceptable place; ``anywhere`` counts those where any is.

A line of a comparison file holds ``question`` and ``sides``, one list of acceptable places for
each thing compared; and ``missing``, the name of a thing that the corpus does not hold. It is
right if each side has a statement that cites one of its places first, and the answer names what
is missing.

Printed as JSON, with the milliseconds of a first turn and of a later one; ``--misses`` prints
what was wrong too.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.types import Answer, Citation, Turn
from benchmarks.answers import assistant_over, read_questions

Ask = Callable[[str, Sequence[Turn]], Answer]


@dataclass(frozen=True)
class Asked:
    """A turn with its answer; ``later`` where others were asked before it."""

    turn: dict[str, Any]
    answer: Answer
    later: bool

    @property
    def first(self) -> bool:
        """Whether the first citation is right."""
        return any(in_place(c, self.turn["accept"]) for c in self.answer.citations[:1])

    @property
    def anywhere(self) -> bool:
        """Whether one citation is."""
        return any(in_place(c, self.turn["accept"]) for c in self.answer.citations)


def in_place(citation: Citation, accept: Iterable[Sequence[str]]) -> bool:
    """Whether a citation is one of the places, each a part of a file's name and a section."""
    parts = (citation.section, *citation.section.split(" › "))
    return any(
        file in citation.source and any(part.startswith(section) for part in parts)
        for file, section in accept
    )


def converse(ask: Ask, dialogues: Iterable[dict[str, Any]]) -> list[Asked]:
    """Every turn asked in its conversation."""
    asked: list[Asked] = []
    for dialogue in dialogues:
        history: list[Turn] = []
        for turn in dialogue["turns"]:
            answer = ask(turn["question"], history)
            asked.append(Asked(turn, answer, bool(history)))
            history.append(Turn(turn["question"], answer))
    return asked


def compared_rightly(comparison: dict[str, Any], answer: Answer) -> bool:
    """Whether each side has its place, and what is missing is said to be."""
    if answer.abstained:
        return False
    cited = {c.n: c for c in answer.citations}
    leads = [cited[s.citations[0]] for s in answer.statements if s.citations and not s.further]
    told = f"{answer.notice}\n{answer.text}"
    return comparison.get("missing", "") in told and all(
        any(in_place(lead, side) for lead in leads) for side in comparison["sides"]
    )


def figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """The shares of turns with a right place, of all and of those after the first."""
    scored = [a for a in asked if a.turn["accept"]]
    later = [a for a in scored if a.later]
    return {
        "turns": len(scored),
        "right": sum(a.first for a in scored),
        "share_right": _share([a.first for a in scored]),
        "share_right_anywhere": _share([a.anywhere for a in scored]),
        "follow_ups": len(later),
        "follow_ups_right": sum(a.first for a in later),
        "ms_first_turn_p50": _median_ms([a.answer for a in asked if not a.later]),
        "ms_follow_up_p50": _median_ms([a.answer for a in asked if a.later]),
    }


def _share(right: Sequence[bool]) -> float | None:
    return round(sum(right) / len(right), 4) if right else None


def _median_ms(answers: Sequence[Answer]) -> float | None:
    return median(a.timings_ms.get("total", 0.0) for a in answers) if answers else None


def _shown(question: str, answer: Answer, wanted: object) -> dict[str, Any]:
    return {
        "question": question,
        "standalone": answer.standalone,
        "wanted": wanted,
        "evidence": answer.evidence,
        "notice": answer.notice,
        "cited": [c.official for c in answer.citations],
    }


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--corpus", nargs="*", type=Path, default=[])
    parser.add_argument("--dialogues", nargs="*", type=Path, default=[])
    parser.add_argument("--comparisons", nargs="*", type=Path, default=[])
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--misses", action="store_true", help="prints what went wrong too")
    options = parser.parse_args()
    report: dict[str, Any] = {}
    misses: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        assistant = assistant_over(options.corpus, options.data or Path(temporary))
        assistant.warm()
        for file in options.dialogues:
            asked = converse(lambda q, h: assistant.ask(q, history=h), read_questions([file]))
            report[file.stem] = figures(asked)
            misses += [
                _shown(a.turn["question"], a.answer, a.turn["accept"])
                for a in asked
                if a.turn["accept"] and not a.first
            ]
        for file in options.comparisons:
            outcomes = [(c, assistant.ask(c["question"])) for c in read_questions([file])]
            wrong = [(c, a) for c, a in outcomes if not compared_rightly(c, a)]
            right = len(outcomes) - len(wrong)
            report[file.stem] = {"comparisons": len(outcomes), "right": right}
            misses += [_shown(c["question"], a, c["sides"]) for c, a in wrong]
        if options.misses:
            report["misses"] = misses
        print(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
