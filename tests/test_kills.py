"""The parts of ``make torture`` that take seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.torture.damages import damages
from benchmarks.torture.kills import kills
from benchmarks.torture.results import Case, Results


def test_killed_at_random_moments_nothing_is_half(tmp_path: Path) -> None:
    commands = ("replace", "remove", "restore")
    done = list(kills(tmp_path, 1, commands=commands))
    assert tuple(kill.kind for kill in done if not kill.kind.endswith("too late")) == commands
    assert not [kill for kill in done if kill.wrong], [kill.wrong for kill in done]


def test_damage_is_met_in_one_line_and_mended(tmp_path: Path) -> None:
    met = list(damages(tmp_path, 4))
    assert len(met) == 4
    assert not [one for one in met if one.wrong]


def test_a_run_that_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    began = []

    def cases(results: Results) -> Iterator[Case]:
        for name in ("一", "二", "三"):
            if name not in results.names("damages"):
                began.append(name)
                yield Case(name, "catalogue", ("半",) if name == "二" else ())

    first = Results(file)
    each = cases(first)
    assert first.gather("damages", (next(each) for _ in range(2)))  # then it is killed
    assert not Results(file, minutes=0).gather("damages", cases(first))
    again = Results(file)
    assert again.gather("damages", cases(again))
    assert began == ["一", "二", "三"]
    summed = again.summed()["damages"]
    assert (summed["cases"], summed["kinds"], summed["wrong"]) == (3, {"catalogue": 3}, ["二: 半"])
