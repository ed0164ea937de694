"""A question is held to 4 KB at every door, and what is asked in 2,000 digits costs little."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from app.content.facts import facts
from app.question import LONGEST
from app.reading.reader import OnnxReader
from app.service import Assistant
from app.types import Turn
from app.web.sealing import Seals
from ingest import encoder
from ingest.errors import UserError
from ingest.index import writing
from ingest.meanings import fill
from tests.projects import Project, answering, law, messages

LONG = "采" * (LONGEST // 3 + 1)
ORDINARY = ("采购意向应当多久公开?", "供应商什么时候提交履约保证金?", "谁答复质疑?")
DIGITS = "31415926535897932384" * 100


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "project")
    made.write("甲办法.txt", law("甲省政府采购管理办法", 40))
    return made


def test_a_longer_one_is_refused_in_one_line(project: Project) -> None:
    with answering(project) as assistant:
        answer = assistant.quote(ORDINARY[0])
        doors: list[Callable[[], object]] = [
            lambda: assistant.ask(LONG),
            lambda: assistant.ask("为什么?", [Turn(LONG, answer)]),
            lambda: assistant.search(LONG),
            lambda: assistant.quote(LONG),
            lambda: list(assistant.stream(LONG)),
        ]
        for door in doors:
            with pytest.raises(UserError, match="4 KB"):
                door()
        seals = Seals(assistant.settings)
        (said,) = messages(assistant, seals, LONG)
        assert "4 KB" in said["error"] and said["final"]
        assert assistant.ask(LONG[: LONGEST // 3]).text
    for command in ("ask", "search"):
        done = project.run("app", command, LONG, language="zh")
        assert done.returncode == 1 and "超过 4 KB" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_two_thousand_digits_cost_no_more_than_three_ordinary_questions(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what is done: functions called, and pieces that the models read."""
    with answering(project) as assistant:
        with writing(project.settings):
            fill(project.settings)
        assistant.warm()
        assistant.ask("评审专家应当做什么?")  # what is read once only is read now
        ordinary = [work(assistant, question, monkeypatch) for question in ORDINARY]
        digits = work(assistant, DIGITS, monkeypatch)
    assert digits[0] <= sum(calls for calls, _ in ordinary)
    assert digits[1] <= sum(pieces for _, pieces in ordinary)


def work(assistant: Assistant, question: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How many functions answering calls, and how many pieces encoder and reader read."""
    calls = pieces = 0
    vector, score = encoder._vector, OnnxReader._score

    def counted(folder: Path, row: list[int]) -> np.ndarray:
        nonlocal pieces
        pieces += len(row)
        return vector(folder, row)

    def scored(self: OnnxReader, row: tuple[list[int], int]) -> float:
        nonlocal pieces
        pieces += len(row[0])
        return score(self, row)

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    with monkeypatch.context() as patched:
        patched.setattr(encoder, "_vector", counted)
        patched.setattr(OnnxReader, "_score", scored)
        sys.setprofile(called)
        try:
            assistant.ask(question)
        finally:
            sys.setprofile(None)
    return calls, pieces


@pytest.mark.parametrize("char", ["1", "三", "1 ", "三 ", "1,"])
def test_facts_grow_with_the_text_only(char: str) -> None:
    def steps(times: int) -> int:
        count = 0

        def called(frame: FrameType, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        facts.cache_clear()
        sys.setprofile(called)
        try:
            facts(char * times)
        finally:
            sys.setprofile(None)
        return count

    steps(10)
    assert steps(1000) < 12 * steps(100)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("占12.5%、提高3个百分点", [("ratio", "12.5"), ("ratio", "3")]),
        ("三分之一以上、二十三分之二", [("ratio", "1/3"), ("ratio", "2/23")]),
        ("三十个工作日内缴纳五万三千元", [("number", "30"), ("number", "53000")]),
    ],
)
def test_numbers_are_read_whole(text: str, found: list[tuple[str, str]]) -> None:
    assert [(fact.kind, fact.value) for fact in facts(text)] == found
