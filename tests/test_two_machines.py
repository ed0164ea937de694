"""Two servers with nothing in common but PostgreSQL and Chroma."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import httpx
import pytest

from benchmarks.serving import ROOT, free_port
from ingest.embed import Embedder
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from tests.postgres import Postgres
from tests.projects import Project, law
from tests.servers import Chroma, until

SECONDS = 2.0
PATIENCE = 400.0


@dataclass
class Machine:
    """A data folder of its own and the server over it."""

    project: Project
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.project.command("app", "serve", "--port", str(self.port)),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )

    def ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def add(self, name: str, articles: int) -> None:
        document = {"text": law(name, articles), "title": name}
        done = httpx.post(f"{self.api}/documents", json=document, timeout=60)
        assert done.status_code == 201, done.text

    def cited(self, question: str) -> set[str]:
        done = httpx.post(f"{self.api}/ask", json={"question": question}, timeout=60)
        assert done.status_code == 200, done.text
        return {citation["title"] for citation in done.json()["citations"]}


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[tuple[Machine, Machine]]:
    folder = tmp_path_factory.mktemp("machines")
    chroma = Chroma(folder / "chroma")
    chroma.start()
    settings = (
        f"store: {{catalogue: {postgres.database()}, mode: server, port: {chroma.port}}}\n"
        "server: {processes: 0}\nanswer: {reader: none}\n"
    )
    one, other = (Machine(Project.make(folder / name, settings)) for name in ("one", "other"))
    one.project.write("甲办法.txt", law("甲省政府采购管理办法", 4))
    with writing(one.project.settings):
        embedder = Embedder(one.project.settings)
        assert not add_paths([one.project.corpus], one.project.settings, embedder).failures
    try:
        one.start()
        other.start()
        for machine in (one, other):
            until(machine.ready, "a server does not get ready", PATIENCE)
        yield one, other
    finally:
        one.kill()
        other.kill()
        chroma.kill()


def test_a_change_through_one_is_answered_by_the_other_which_goes_on_alone(
    machines: tuple[Machine, Machine],
) -> None:
    one, other = machines
    assert other.cited("甲省政府采购管理办法第三条怎么规定？") == {"甲省政府采购管理办法"}
    one.add("丙省政府采购管理办法", 12)
    began = time.monotonic()
    assert "丙省政府采购管理办法" in other.cited("丙省政府采购管理办法第三条怎么规定？")
    assert time.monotonic() - began < SECONDS or os.getloadavg()[0] > 2
    one.kill()
    other.add("丁省政府采购管理办法", 12)
    assert "丁省政府采购管理办法" in other.cited("丁省政府采购管理办法第五条怎么规定？")
    one.start()
    until(one.ready, "the killed server does not come back", PATIENCE)
    assert "丁省政府采购管理办法" in one.cited("丁省政府采购管理办法第五条怎么规定？")
    for machine in machines:
        with closing(Index.open(machine.project.settings)) as index:
            assert len(index.documents()) == 3 and index.vectors.count() == 5 + 13 + 13
        files = {file.name for file in (machine.project.folder / "data").rglob("*.sqlite*")}
        assert not files, "nothing that the other could not see"
