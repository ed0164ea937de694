"""Two servers with nothing in common but PostgreSQL and Chroma; a new version in turn."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import httpx
import psycopg
import pytest

from benchmarks.serving import ROOT, free_port
from ingest.embed import Embedder
from ingest.index import Index, writing
from ingest.pipeline import add_paths
from ingest.storage import migrations
from ingest.storage.migrations import NEWEST
from tests.postgres import Postgres
from tests.projects import Project, law
from tests.servers import Chroma, until

SECONDS = 2.0
PATIENCE = 400.0
SHARED = Path("ingest", "storage", "migrations", "shared")


def program_before(folder: Path) -> Path:
    """A tree of the program as it was before the last step of the tables that all share."""
    for part in ("app", "ingest"):
        shutil.copytree(ROOT / part, folder / part)  # with what Python compiled
    (folder / "models").symlink_to(ROOT / "models")
    *_, before, last = sorted((folder / SHARED).glob("s[0-9]*.py"))
    last.unlink()
    versions = folder / SHARED.parent / "__init__.py"
    text = versions.read_text(encoding="utf-8")
    assert last.name[:4] in text
    versions.write_text(text.replace(last.name[:4], before.name[:4]), encoding="utf-8")
    return folder


@dataclass
class Machine:
    """A data folder of its own, and a server over it from the tree ``program``."""

    project: Project
    program: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.project.command("app", "serve", "--port", str(self.port)),
            cwd=self.program,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(self.program)},
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


def version(machine: Machine) -> str:
    """Of the tables that all share."""
    store = machine.project.settings.store
    with psycopg.connect(store.catalogue) as connection:
        row = connection.execute(
            f'select version_num from "{store.collection}".alembic_version'
        ).fetchone()
    assert row is not None
    found: str = row[0]
    return found


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
    before = program_before(folder / "before")
    one, other = (
        Machine(Project.make(folder / name, settings), before) for name in ("one", "other")
    )
    one.project.write("甲办法.txt", law("甲省政府采购管理办法", 4))
    tables = before / SHARED.parent
    earlier = patch.dict(NEWEST, shared=sorted((tables / "shared").glob("s[0-9]*"))[-1].name[:4])
    with patch.object(migrations, "FOLDER", tables), earlier, writing(one.project.settings):
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


def test_a_change_through_one_is_answered_by_the_other_which_goes_on_until_its_turn_comes(
    machines: tuple[Machine, Machine],
) -> None:
    one, other = machines
    assert other.cited("甲省政府采购管理办法第三条怎么规定？") == {"甲省政府采购管理办法"}
    one.add("丙省政府采购管理办法", 12)
    began = time.monotonic()
    assert "丙省政府采购管理办法" in other.cited("丙省政府采购管理办法第三条怎么规定？")
    assert time.monotonic() - began < SECONDS or os.getloadavg()[0] > 2
    assert version(one) < NEWEST["shared"]
    one.kill()
    other.add("丁省政府采购管理办法", 12)
    assert "丁省政府采购管理办法" in other.cited("丁省政府采购管理办法第五条怎么规定？")
    one.program = ROOT
    one.start()
    until(one.ready, "the new version does not start", PATIENCE)
    assert version(one) == NEWEST["shared"]
    assert "丁省政府采购管理办法" in one.cited("丁省政府采购管理办法第五条怎么规定？")
    # The one of before goes on beside it, until its turn comes
    one.add("戊省政府采购管理办法", 12)
    assert "戊省政府采购管理办法" in other.cited("戊省政府采购管理办法第七条怎么规定？")
    other.add("己省政府采购管理办法", 12)
    assert "己省政府采购管理办法" in one.cited("己省政府采购管理办法第九条怎么规定？")
    for machine in machines:
        with closing(Index.open(machine.project.settings)) as index:
            assert len(index.documents()) == 5 and index.vectors.count() == 5 + 4 * 13
        files = {file.name for file in (machine.project.folder / "data").rglob("*.sqlite*")}
        assert not files, "nothing that the other could not see"
