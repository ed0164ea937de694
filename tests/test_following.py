"""After a change the next question finds all ready."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.service import Assistant
from app.workers import Workers
from ingest.index import writing
from ingest.pipeline import add_paths
from tests.projects import Project, answering, law


def test_what_another_adds_is_taken_up_before_anybody_asks(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("甲办法.txt", law("甲省政府采购管理办法", 4))
    with answering(project) as assistant:
        renewed = threading.Event()
        renew = assistant.renew

        def told() -> None:
            renew()
            renewed.set()

        assistant.renew = told  # type: ignore[method-assign]
        assistant.warm()
        answerer = assistant.parts()[1]
        (first,) = answerer.holdings.records
        read = answerer.holdings.source(first)
        file = project.write("乙办法.txt", law("乙省政府采购管理办法", 4))
        with writing(project.settings):
            add_paths([file], project.settings, assistant.embedder)
        assert renewed.wait(120)
        retriever = assistant.parts()[0]
        known = retriever._known
        assert known is not None and len(known.records) == 2
        assert retriever._state() is known, "nothing is left to be done"
        held = answerer._holdings
        assert held is not None and held.fresh() and len(held.records) == 2
        assert held.source(first) is read, "what did not change is not read again"
        assistant.close()


def test_one_that_nobody_has_any_more_is_let_go(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    project.write("甲办法.txt", law("甲省政府采购管理办法", 4))
    with answering(project) as first:
        before = set(threading.enumerate())
        other = Assistant(project.settings)
        other.warm()
        (thread,) = (t for t in set(threading.enumerate()) - before if t.name == "following")
        other.close()
        thread.join(60)
        assert not thread.is_alive()
        first.close()


def test_where_workers_answer_the_serving_process_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.service.AFTER_WORKERS", 3600.0)
    project = Project.make(tmp_path / "project")
    project.write("甲办法.txt", law("甲省政府采购管理办法", 4))
    with answering(project) as alone:
        workers = Workers(project.settings, 1)
        served = Assistant(project.settings, workers)
        served.warm()
        workers.wait_until_ready()
        file = project.write("乙办法.txt", law("乙省政府采购管理办法", 4))
        with writing(project.settings):
            add_paths([file], project.settings, alone.embedder)
        known = served.parts()[0]._known
        answer = served.ask("乙省政府采购管理办法第三条怎么规定？")
        assert answer.citations and answer.citations[0].title == "乙省政府采购管理办法"
        assert served.parts()[0]._known is known, "a worker answered"
        served.close()
