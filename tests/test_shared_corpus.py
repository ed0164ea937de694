"""Every file of the corpus beside the checkout goes in, and the same questions find their way."""

from __future__ import annotations

from pathlib import Path

from app.service import Assistant
from ingest.embed import Embedder
from ingest.index import writing
from ingest.pipeline import add_paths
from tests.projects import Project


def test_every_file_of_the_shared_corpus(tmp_path: Path, shared: Path, seed_file: Path) -> None:
    project = Project.make(tmp_path / "project")
    with writing(project.settings):
        paths = [shared / "corpus", seed_file]
        summary = add_paths(paths, project.settings, Embedder(project.settings))
    assert not summary.failures
    assistant = Assistant(project.settings)
    records = assistant.index.documents()
    assert len(records) == summary.count("added") >= 130
    assert all(record.passages for record in records)
    answer = assistant.ask("政府采购法第二十二条")
    assert answer.citations[0].official == "《中华人民共和国政府采购法》第二十二条"
    answer = assistant.ask("四川2023年度政府购买公共服务支出是多少?")
    assert "178亿元" in answer.statements[0].text
    assert assistant.ask("今天成都天气怎么样?").abstained
    assert assistant.ask("2023年贵州省政府购买服务支出是多少?").abstained
