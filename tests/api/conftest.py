"""The REST interface over a real server, which its tests share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.projects import Project, law
from tests.servers import serving

CJK = re.compile(r"[\u4e00-\u9fff]")
NAME = "甲省政府采购管理办法"
QUESTION = f"{NAME}第三条的内容是什么？"
REFUSED = "今天成都天气怎么样?"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, seed_file: Path) -> Project:
    project = Project.make(tmp_path_factory.mktemp("api") / "project")
    (project.corpus / "四川.txt").write_bytes(seed_file.read_bytes())
    project.write("甲办法.txt", law(NAME, 20))
    project.write("乙规定.txt", law("乙省政府采购代理机构规定", 2))
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="session")
def api(project: Project) -> Iterator[httpx.Client]:
    with serving(project) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def figures(api: httpx.Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = api.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
