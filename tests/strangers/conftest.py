"""One server that strangers come to, and how long its event loop takes for each turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from unittest.mock import patch

import pytest
import uvicorn

from tests.projects import Project, law
from tests.servers import serving
from tests.strangers.visits import EXTRA


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("strangers") / "project", EXTRA)
    outside = project.folder.parent / "elsewhere"
    outside.mkdir()
    (outside / "外来办法.txt").write_text(law("丙市政府采购管理办法", 5), encoding="utf-8")
    project.write("办法.txt", law("甲省政府采购管理办法", 8))
    added = project.run("ingest", "add", str(project.corpus), str(outside))
    assert added.returncode == 0, added.stderr
    return project


@pytest.fixture(scope="package")
def busy() -> Iterator[list[float]]:
    """Seconds of the processor that the event loop took between two of its turns."""
    turns: list[float] = []
    whole = uvicorn.Server.main_loop

    async def counted(server: uvicorn.Server) -> None:
        async def count() -> None:
            last = time.thread_time()
            while True:
                await asyncio.sleep(0.002)
                now = time.thread_time()
                turns.append(now - last)
                last = now

        counting = asyncio.create_task(count())
        await whole(server)
        counting.cancel()

    with patch.object(uvicorn.Server, "main_loop", counted):
        yield turns


@pytest.fixture(scope="package")
def site(project: Project, busy: list[float]) -> Iterator[str]:
    with serving(project) as url:
        yield url.rstrip("/")
