"""The parts of ``make torture`` that take seconds."""

from __future__ import annotations

from pathlib import Path

from benchmarks.torture.damages import damages
from benchmarks.torture.kills import kills


def test_killed_at_random_moments_nothing_is_half(tmp_path: Path) -> None:
    commands = ("replace", "remove", "restore")
    done = list(kills(tmp_path, 1, commands=commands))
    assert tuple(kill.command for kill in done if not kill.ended) == commands
    assert not [kill for kill in done if kill.wrong], [kill.wrong for kill in done]


def test_damage_is_met_in_one_line_and_mended(tmp_path: Path) -> None:
    met = list(damages(tmp_path, 4))
    assert len(met) == 4
    assert not [one for one in met if one.wrong]
