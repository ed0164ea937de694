"""Suggested questions come from near the answer and are answered from where they were made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.followups import FollowUps
from app.service import Assistant
from app.types import Filters
from tests.e2e.texts import LAW, LAW_QUESTION, LIST_QUESTION
from tests.projects import Project, answering


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    project = Project.make(tmp_path_factory.mktemp("followups") / "project")
    project.write("示例采购管理办法.md", LAW)
    with answering(project) as assistant:
        yield assistant


def test_suggestions_are_near_answered_and_not_what_was_asked(assistant: Assistant) -> None:
    follow_ups = FollowUps(assistant)
    answer = assistant.ask(LAW_QUESTION)
    places = [(c.document, c.start, c.end) for c in answer.citations]
    suggested = follow_ups.after(places, [LAW_QUESTION])
    assert "采购人采购办公家具，应当遵守哪些要求？" in suggested
    assert 1 <= len(suggested) <= 3 and len(set(suggested)) == len(suggested)
    for question in suggested:
        first = assistant.quote(question).citations[0]
        assert (first.start, first.end) not in [place[1:] for place in places]
    assert suggested[0] not in follow_ups.after(places, [LAW_QUESTION, suggested[0]])


def test_no_suggestion_that_the_filters_shut_out_or_from_nowhere(assistant: Assistant) -> None:
    follow_ups = FollowUps(assistant)
    (citation, *_) = assistant.ask(LIST_QUESTION).citations
    place = (citation.document, citation.start, citation.end)
    assert follow_ups.after([place], filters=Filters(kind="news")) == []
    assert follow_ups.after([]) == []
    assert follow_ups.after([("0000000000", 0, 5), (citation.document, 5, 10**9)]) == []
