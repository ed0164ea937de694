"""What came of each case, a line of JSON each in a file, so that a run that ended goes on where it
was; and the sum of all."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was done to the product.

    :param name: what it was.
    :param kind: under which it is counted.
    :param wrong: what came of it that may not be; empty if nothing.
    :param figures: what was measured.
    """

    name: str
    kind: str
    wrong: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


class Results:
    """The cases that were done.

    :param file: where they are kept; those in it count as done. ``None``: nowhere.
    :param minutes: after so many no further case is begun.
    """

    def __init__(self, file: Path | None = None, minutes: float | None = None) -> None:
        self._file = file
        self._until = float("inf") if minutes is None else time.monotonic() + 60 * minutes
        lines = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
        self._rows: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def names(self, part: str) -> set[str]:
        """The cases of a part that are done."""
        return {row["name"] for row in self._rows if row["part"] == part}

    def kinds(self, part: str) -> Counter[str]:
        """How many cases of each kind are done."""
        return Counter(row["kind"] for row in self._rows if row["part"] == part)

    def gather(self, part: str, cases: Iterable[Case]) -> bool:
        """Do the cases one by one and note each; whether the time was enough for all of them."""
        each = iter(cases)
        while (began := time.monotonic()) < self._until:
            case = next(each, None)
            if case is None:
                return True
            took = round(time.monotonic() - began, 2)
            self._add({"part": part, **_plain(case), "took": took})
        return False

    def _add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        line = json.dumps(row, ensure_ascii=False)
        print(line, file=sys.stderr, flush=True)
        if self._file:
            with self._file.open("a", encoding="utf-8") as out:
                out.write(line + "\n")

    def summed(self) -> dict[str, Any]:
        """Of each part: cases, the seconds that they took together, how many of each kind, what
        was wrong; and the last figures of each case that has any."""
        found: dict[str, Any] = {}
        for part in dict.fromkeys(row["part"] for row in self._rows):
            rows = [row for row in self._rows if row["part"] == part]
            found[part] = {
                "cases": len(rows),
                "took, s": round(sum(row["took"] for row in rows)),
                "kinds": dict(sorted(self.kinds(part).items())),
                "figures": {row["name"]: row["figures"] for row in rows if row["figures"]},
                "wrong": [f"{row['name']}: {one}" for row in rows for one in row["wrong"]],
            }
        return found


def _plain(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "kind": case.kind,
        "wrong": list(case.wrong),
        "figures": dict(case.figures),
    }
