"""Processes that answer beside the serving one: real ones, over a real index."""

from __future__ import annotations

import os
import pickle
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from app.conversation.asked import Asked
from app.service import Assistant, Quoted
from app.types import Filters
from app.workers import Ended, Workers, processes_of
from ingest.errors import IndexStateError
from ingest.index import writing
from ingest.pipeline import add_paths
from tests.e2e.conftest import Running
from tests.projects import Project, answering, law

QUESTION = "供应商应当在几个工作日内提交履约保证金？"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.make(tmp_path_factory.mktemp("workers") / "project")
    made.write("a.md", law("某省采购条例", 12))
    return made


@pytest.fixture(scope="module")
def alone(project: Project) -> Iterator[Assistant]:
    with answering(project) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def shared_out(project: Project, alone: Assistant) -> Iterator[Assistant]:
    assistant = started(project, 2)
    yield assistant
    assistant.close()


def started(project: Project, count: int) -> Assistant:
    """An assistant with workers that answer."""
    workers = Workers(project.settings, count)
    assistant = Assistant(project.settings, workers)
    assistant.warm()
    workers.wait_until_ready()
    return assistant


def workers_of(assistant: Assistant) -> list[int]:
    assert assistant._workers is not None
    return list(assistant._workers._pool._processes)


def test_workers_answer_as_the_process_itself_does(alone: Assistant, shared_out: Assistant) -> None:
    questions = [QUESTION, "财政部门多久报送统计资料？", "今天天气怎么样？", "第三条"]
    with ThreadPoolExecutor(4) as threads:
        given = list(threads.map(shared_out.ask, questions * 3))
    for question, answer in zip(questions * 3, given, strict=True):
        mine = alone.ask(question)
        assert replace(answer, timings_ms={}) == replace(mine, timings_ms={})
        assert answer.timings_ms["total"] > 0
    assert len(workers_of(shared_out)) == 2
    assert os.getpid() not in workers_of(shared_out)


def test_an_equal_question_is_answered_again_without_being_worked_on(
    alone: Assistant, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    real = Assistant.quoted

    def watched(self: Assistant, asked: Asked, *rest: object) -> Quoted:
        worked.append(asked.question)
        return real(self, asked, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Assistant, "quoted", watched)
    assistant = Assistant(project.settings)
    first, second = assistant.ask(QUESTION), assistant.ask(QUESTION)
    assert worked == [QUESTION]
    assert replace(first, timings_ms={}) == replace(second, timings_ms={})
    assert second.timings_ms["retrieve"] == 0
    assistant.ask(QUESTION, filters=Filters(in_force=True))
    assistant.ask(QUESTION, language="en")
    assert len(worked) == 3, "other filters and another language are other questions"

    none = project.settings.model_copy(
        update={"server": project.settings.server.model_copy(update={"remembered": 0})}
    )
    forgetful = Assistant(none)
    forgetful.ask(QUESTION), forgetful.ask(QUESTION)
    assert len(worked) == 5


def test_a_worker_that_is_killed_is_replaced(alone: Assistant, shared_out: Assistant) -> None:
    for process in workers_of(shared_out):
        os.kill(process, signal.SIGKILL)
    asked = "财政部门应当在几个工作日内报送统计资料？"  # not asked of them before
    assert shared_out.ask(asked).text == alone.ask(asked).text
    assert workers_of(shared_out)
    assert all(_lives(process) for process in workers_of(shared_out))


def test_a_new_document_answers_at_once_in_every_worker(
    project: Project, alone: Assistant, shared_out: Assistant
) -> None:
    asked = "供应商被列入观察名单的期限是多久？"
    assert shared_out.ask(asked).abstained
    text = "某市供应商管理办法\n第一条 供应商被列入观察名单的期限为九个月。\n"
    file = project.write("b.md", text)
    with writing(project.settings):
        add_paths([file], project.settings, alone.embedder)
    for language in ("zh", "en", "zh", "en"):
        answer = shared_out.ask(asked, language=language)  # type: ignore[arg-type]
        assert "九个月" in answer.text


def test_workers_end_with_the_assistant(shared_out: Assistant) -> None:
    """The last that has these workers."""
    processes = workers_of(shared_out)
    assert processes
    shared_out.close()
    assert not any(_lives(process) for process in processes)
    workers = shared_out._workers
    assert workers is not None
    with pytest.raises(Ended):
        workers.quoted(Asked("评审专家应当做什么?"), Filters(), "zh", 5)


def test_where_workers_only_die_the_serving_process_answers(
    project: Project, alone: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.workers._begin", os._exit)  # what starts in a worker ends it
    assistant = started(project, 1)
    try:
        assert assistant.ask(QUESTION).text == alone.ask(QUESTION).text
    finally:
        assistant.close()


def test_failures_of_a_worker_are_told_as_its_own(tmp_path: Path) -> None:
    settings = Project.make(tmp_path / "empty").settings
    with pytest.raises(IndexStateError) as told:
        Assistant(settings).ask(QUESTION)
    again = pickle.loads(pickle.dumps(told.value))
    assert type(again) is IndexStateError
    assert (again.code, again.line("zh")) == (told.value.code, told.value.line("zh"))


def test_until_workers_are_ready_the_serving_process_answers(
    project: Project, alone: Assistant
) -> None:
    assistant = Assistant(project.settings, Workers(project.settings, 1))
    assert assistant.ask(QUESTION).text == alone.ask(QUESTION).text
    assert assistant._workers is not None and not assistant._workers.ready


def test_the_settings_say_how_many(project: Project) -> None:
    def wanting(processes: object, reader: str = "models/reader") -> int:
        settings = project.settings
        return processes_of(
            settings.model_copy(
                update={
                    "server": settings.server.model_copy(update={"processes": processes}),
                    "answer": settings.answer.model_copy(update={"reader": reader}),
                }
            )
        )

    assert wanting(0) == 0 and wanting(3) == 3
    cores = len(os.sched_getaffinity(0))
    assert wanting("auto") == (0 if cores == 1 else min(cores, 4))
    assert wanting("auto", "none") == wanting("auto")
    assert wanting("auto", "BAAI/some-cross-encoder") == 0


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in open(f"/proc/{process}/status").read()


ONE_WORKER = (("ZHENGCAI_SERVER__PROCESSES", "1"), ("ZHENGCAI_ANSWER__READER", "none"))
"""What it answers with does not matter to how it ends."""


def test_no_worker_outlives_a_server_that_was_killed(project: Project, alone: Assistant) -> None:
    with Running(project, ONE_WORKER) as (_, server):
        listed = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        children = [
            int(n) for n in listed if "spawn_main" in Path(f"/proc/{n}/cmdline").read_text()
        ]
        assert children
        server.kill()
        server.wait()
        until = time.monotonic() + 120
        while any(_lives(child) for child in children) and time.monotonic() < until:
            time.sleep(0.1)
        assert not any(_lives(child) for child in children)


def test_a_server_that_is_asked_to_end_ends_in_order(project: Project, alone: Assistant) -> None:
    with Running(project, ONE_WORKER) as (_, server):
        server.terminate()
        _, said = server.communicate(timeout=120)
        assert server.returncode == 128 + signal.SIGTERM
        assert said == ""
