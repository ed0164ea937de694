"""What the badge is worth: shares with their intervals, and the picture of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.types import Answer
from benchmarks.answers import Outcome, judged
from benchmarks.reliability import Judged, interval, levels, picture, tenths

ANSWERS = [
    *(Judged("strong", 0.95, True) for _ in range(19)),
    Judged("strong", 0.92, False),
    Judged("weak", 0.31, True),
    Judged("weak", 0.39, False),
    Judged("none", 0.02, True),
]


def test_each_level_has_its_share_and_how_sure_it_is() -> None:
    found = levels(ANSWERS)
    assert found["strong"]["answers"] == 20 and found["strong"]["right"] == 0.95
    low, high = found["strong"]["interval"]
    assert low == pytest.approx(0.764, abs=0.002) and high == pytest.approx(0.991, abs=0.002)
    assert found["weak"]["right"] == 0.5 and found["none"]["right"] == 1.0
    assert levels([])["weak"] == {"answers": 0, "right": None, "interval": [0.0, 1.0]}


def test_more_answers_make_a_share_surer() -> None:
    few, many = interval(9, 10), interval(900, 1000)
    assert few[0] < many[0] < 0.9 < many[1] < few[1] <= 1


def test_tenths_count_answers_given_only() -> None:
    weak, strong = tenths(ANSWERS)
    assert weak == (pytest.approx(0.35), 1, 2)
    assert strong == (pytest.approx(0.9485), 19, 20)


def test_a_greeting_has_no_badge_and_a_refusal_is_right_where_there_is_no_answer() -> None:
    def outcome(*misses: str, abstained: bool, aside: bool = False) -> Outcome:
        return Outcome({}, Answer("", "", abstained, aside=aside), misses)

    found = judged(
        [
            outcome("answered", abstained=False),
            outcome(abstained=True),
            outcome("refused", "first", abstained=True),
            outcome(abstained=True, aside=True),
        ]
    )
    assert [one.right for one in found] == [False, True, False]


def test_the_picture_is_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawn with the benchmark extra only")
    for name in ("one", "two"):
        picture(ANSWERS, tmp_path / f"{name}.svg")
    drawn = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert drawn == (tmp_path / "two.svg").read_text(encoding="utf-8") and "<svg" in drawn
