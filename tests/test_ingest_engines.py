"""Whoever makes files ready, and with however many processes, the index is the same to the bit."""

from __future__ import annotations

import importlib.util
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingest import apart
from ingest.embed import Embedder
from ingest.engines.engine import Made, batches, in_turn
from ingest.engines.local import LocalEngine
from ingest.errors import LoadError, SettingsError
from ingest.index import Index, writing
from ingest.pipeline import Summary, add_paths
from ingest.prepare import Origin, prepare
from ingest.settings import Settings, load_settings
from tests.projects import ROOT, Project, law

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install -e '.[ray]'"
)

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""Told to each: a head alone goes by whatever token a cluster before left in ``~/.ray``."""


def add(project: Project, extra: str = "") -> Summary:
    text = project.config.read_text(encoding="utf-8")
    project.config.write_text(f"{text}{extra}", encoding="utf-8")
    with writing(project.settings):
        return add_paths([project.corpus], project.settings, Embedder(project.settings))


def contents(settings: Settings) -> dict[str, Any]:
    """All that an index holds, in its order, less the times at which documents came."""
    with closing(Index.open(settings)) as index:
        rows: dict[str, Any] = {}
        for table in ("documents", "passages", "lexical"):
            found = index.catalogue.connection.execute(f"select * from {table} order by rowid")
            names = [column[0] for column in found.description]
            skip = {names.index("added")} if "added" in names else set()
            rows[table] = [
                tuple(value for n, value in enumerate(row) if n not in skip)
                for row in found.fetchall()
            ]
        ids = [row[0] for row in rows["passages"]]
        stored = index.vectors.stored(ids)
        rows["vectors"] = [stored[id].tobytes() for id in ids]
        vector = Embedder(settings).encode_query("履约保证金在几个工作日内提交")
        rows["nearest"] = index.dense(vector, 20)
    return rows


def filled(folder: Path, articles: int = 12) -> Project:
    """A project with files of several kinds and sizes, one of which cannot be read."""
    project = Project.make(folder)
    for number in range(6):
        project.write(
            f"{number}号办法.txt", law(f"第{number}号政府采购管理办法", articles + number)
        )
    project.write("网页.html", f"<html><body><p>{law('网页办法', 3)}</p></body></html>")
    project.write("空.md", " ")
    return project


def test_however_many_processes_the_index_is_the_same(tmp_path: Path) -> None:
    one, many = filled(tmp_path / "one"), filled(tmp_path / "many")
    alone = add(one, "ingest: {processes: 1}\n")
    together = add(many, "ingest: {processes: 3}\n")
    assert [(o.source, o.status, o.passages) for o in alone.outcomes] == [
        (o.source, o.status, o.passages) for o in together.outcomes
    ]
    assert [o.source for o in alone.failures] == ["corpus/空.md"]
    assert contents(one.settings) == contents(many.settings)


def test_what_takes_longest_is_begun_first_and_written_last(tmp_path: Path) -> None:
    origins = []
    for number, size in enumerate((10, 9_000_000, 10, 10)):
        file = tmp_path / f"{number}.txt"
        file.write_bytes(b"x" * size)
        origins.append(Origin(file.name, file))
    order, heavy = in_turn(origins)
    assert [o.source for o in order] == ["0.txt", "2.txt", "3.txt", "1.txt"] and heavy == 1


def test_results_come_in_order_whoever_is_ready_first(tmp_path: Path) -> None:
    origins = [Origin(f"{number}.txt", tmp_path / str(number)) for number in range(300)]
    waits = random.Random(0)
    in_work: set[str] = set()
    most = 0

    def work(origin: Origin, seconds: float) -> Made:
        time.sleep(seconds)
        raise LoadError("x", origin.source, "x", "x")

    def taken(origin: Origin, future: Future[Made]) -> Made | LoadError:
        error = future.exception()
        in_work.discard(origin.source)
        assert isinstance(error, LoadError) and error.where == origin.source
        return error

    with ThreadPoolExecutor(4) as threads:

        def submit(origin: Origin) -> Future[Made]:
            nonlocal most
            in_work.add(origin.source)
            most = max(most, len(in_work))
            return threads.submit(work, origin, waits.uniform(0, 0.004))

        found = [one for batch in batches(origins, submit, taken) for one, _ in batch]
    assert found == origins
    assert most <= 65, "what waits for its turn is bounded, however many files there are"


def test_a_killed_process_costs_a_second_try_and_no_document(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    file = project.write("办法.txt", law("甲省政府采购管理办法", 5))
    stopped = _stopped_parser(Origin(file.name, file), project.settings)
    try:
        with ThreadPoolExecutor(1) as threads:
            adding = threads.submit(add, project)
            _wait_for(lambda: stopped in apart._busy.values())
            stopped._process.kill()
            summary = adding.result(timeout=300)
    finally:
        stopped._process.kill()
    assert not summary.failures and summary.count("added") == 1


def _stopped_parser(origin: Origin, settings: Settings) -> apart._Parser:
    """The one process that parses and waits, held so that it gives no answer."""
    apart.end_all()
    prepare(origin, settings)
    (parser,) = apart._idle
    parser._process.send_signal(signal.SIGSTOP)
    return parser


def test_who_stops_does_not_wait_for_what_is_read(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    file = project.write("办法.txt", law("甲省政府采购管理办法", 5))
    _stopped_parser(Origin(file.name, file), project.settings)
    engine = LocalEngine(project.settings, Embedder(project.settings))
    made = engine.made([Origin(file.name, file)])
    waiting = threading.Thread(target=lambda: next(made, None), daemon=True)
    waiting.start()
    _wait_for(lambda: bool(apart._busy))
    engine.close()
    waiting.join(timeout=120)
    assert not waiting.is_alive()


def test_without_ray_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    (blocked / "ray").mkdir(parents=True)
    (blocked / "ray" / "__init__.py").write_text("raise ImportError('no ray here')\n")
    project = Project.make(tmp_path / "project", "ingest: {engine: ray}\n")
    project.write("办法.txt", law("甲办法", 2))
    monkeypatch.setenv("PYTHONPATH", f"{blocked}{os.pathsep}{ROOT}")
    done = project.run_apart("ingest", "add", str(project.corpus))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert ".[ray]" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@needs_ray
def test_where_no_cluster_answers_one_line_says_so(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        project = Project.make(tmp_path / "p", f"ingest: {{engine: ray, address: '{address}'}}\n")
        project.write("办法.txt", law("甲办法", 2))
        with pytest.raises(SettingsError, match=address) as error:
            add(project)
    assert error.value.code == "no-cluster" and len(error.value.line("zh").splitlines()) == 1


@needs_ray
def test_a_cluster_whose_token_is_not_here_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        project = Project.make(tmp_path / "p", f"ingest: {{engine: ray, address: '{address}'}}\n")
        project.write("办法.txt", law("甲办法", 2))
        done = project.run_apart("ingest", "add", str(project.corpus))
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert address in done.stderr and "token" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@contextmanager
def _cluster() -> Iterator[str]:
    """A head and a second node on this machine, one worker each; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # its sockets' paths must be short
    address = f"127.0.0.1:{port}"
    ray = str(Path(sys.executable).with_name("ray"))
    common = ["--num-cpus=1", "--block", "--disable-usage-stats", "--node-ip-address=127.0.0.1"]
    head = ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_DISABLE_MEMORY_MONITOR": "1"}
    environment |= TOKEN
    nodes: list[subprocess.Popen[bytes]] = []
    try:
        for own in (head, [f"--address={address}"]):
            _started([ray, "start", *own, *common], environment, folder, nodes)
        yield address
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            try:
                node.wait(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(node.pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def _started(
    command: list[str],
    environment: dict[str, str],
    folder: str,
    nodes: list[subprocess.Popen[bytes]],
) -> None:
    """Start one node. Ray gives up after thirty seconds, which a busy machine may need for it."""
    for attempt in range(6):
        log = Path(folder, f"{len(nodes)}-{attempt}.log")
        with log.open("wb") as stream:
            node = subprocess.Popen(
                command,
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        nodes.append(node)
        _wait_for(partial(_has_ended_or_runs, node, log))
        if node.poll() is None:
            return
        if b"timed out during startup" not in log.read_bytes():
            break
    pytest.fail(log.read_text(encoding="utf-8", errors="replace"))


def _has_ended_or_runs(node: subprocess.Popen[bytes], log: Path) -> bool:
    return node.poll() is not None or b"Ray runtime started" in log.read_bytes()


@needs_ray
@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")
def test_on_ray_the_index_is_the_same_though_a_worker_is_killed(tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    here, there = filled(tmp_path / "here", 90), filled(tmp_path / "there", 90)
    add(here, "ingest: {processes: 1}\n")
    with _cluster() as address:
        text = there.config.read_text(encoding="utf-8")
        there.config.write_text(f"{text}ingest: {{engine: ray, address: '{address}'}}\n")
        adding = subprocess.Popen(
            there.command("ingest", "add", str(there.corpus)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **TOKEN},
        )
        killed = _kill_one_worker(psutil, adding)
        out, err = adding.communicate(timeout=400)
    assert killed, "a worker was at work"
    assert adding.returncode == 1 and "空.md" in out + err, "the file that is empty, and no other"
    assert contents(load_settings(there.config)) == contents(here.settings)


def _kill_one_worker(psutil: Any, adding: subprocess.Popen[str]) -> bool:
    """Kill (SIGKILL) one worker of the cluster while it makes a file ready."""
    ours = {os.getpid()}
    while adding.poll() is None:
        for process in psutil.process_iter(["name", "cmdline"]):
            line = process.info["cmdline"] or []
            if line and line[0].startswith("ray::_made_far") and ours & _ancestors(process):
                process.kill()
                return True
        time.sleep(0.1)
    return False


def _ancestors(process: Any) -> set[int]:
    try:
        return {parent.pid for parent in process.parents()}
    except Exception:
        return set()


def _wait_for(what: Any, seconds: float = 300) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it took too long"
        time.sleep(0.05)
