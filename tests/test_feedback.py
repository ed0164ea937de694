"""Verdicts on answers are kept, replaced, cut and refused as they should be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app import feedback
from app.feedback import FeedbackError, export, record
from ingest.settings import Settings


def settings_in(folder: Path) -> Settings:
    return Settings(base=folder)


def test_a_verdict_comes_back_and_a_changed_mind_replaces_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert list(export(settings)) == []
    first = record(
        settings,
        question="怎么投诉？",
        answer="十五个工作日内。",
        rating="up",
        citations=[{"official": "《示例办法》第五条"}, "《示例办法》第六条"],
        answer_id="a1",
    )
    assert list(export(settings)) == [first]
    second = record(
        settings,
        question="怎么投诉？",
        answer="x",
        rating="down",
        reason="期限不对",
        answer_id="a1",
    )
    other = record(
        settings, question="怎么投诉？", answer="x", rating="up", who="li", answer_id="a1"
    )
    assert list(export(settings)) == [second, other]
    assert first.citations == ("《示例办法》第五条", "《示例办法》第六条")
    assert (second.reason, other.who, other.id) == ("期限不对", "li", "a1")


@pytest.mark.parametrize(("rating", "question"), [("good", "怎么投诉？"), ("up", "  ")])
def test_what_is_no_verdict_is_refused(tmp_path: Path, rating: str, question: str) -> None:
    with pytest.raises(FeedbackError) as caught:
        record(settings_in(tmp_path), question=question, answer="", rating=rating)
    assert caught.value.zh
    assert list(export(settings_in(tmp_path))) == []


def test_long_texts_are_cut_and_a_full_store_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST_ENTRIES", 2)
    settings = settings_in(tmp_path)
    kept = record(settings, question="问" * 9_000, answer="答" * 90_000, rating="up", answer_id="a")
    assert len(kept.question) == feedback.LONGEST_QUESTION
    assert len(kept.answer) == feedback.LONGEST_ANSWER
    record(settings, question="b", answer="", rating="up", answer_id="b")
    with pytest.raises(FeedbackError, match="entries"):
        record(settings, question="c", answer="", rating="up", answer_id="c")
    record(settings, question="b", answer="", rating="down", answer_id="b")
    assert [entry.rating for entry in export(settings)] == ["up", "down"]


def test_many_at_once_lose_none(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    def give(number: int) -> None:
        record(settings, question=str(number), answer="", rating="up")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give, range(40)))
    assert {entry.question for entry in export(settings)} == set(map(str, range(40)))
