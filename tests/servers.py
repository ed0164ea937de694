"""Real servers that tests start and end: the chat, Chroma, and nginx before whatever they say."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest

from app.service import Assistant
from app.ui import server
from benchmarks.serving import free_port
from tests.projects import Project

_PATIENCE = 120.0


def until(true: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    """Wait until something holds; fails when it does not in ``seconds``."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether somebody accepts connections at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(project: Project, **environment: str) -> Iterator[str]:
    """The chat of ``project`` on a free port of this process, without workers; gives its address.

    :param environment: variables that its settings are read with.
    """
    with patch.dict(os.environ, environment):
        settings = project.settings
    assistant = Assistant(settings)
    running = server(assistant, settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            until(lambda: running.started or not thread.is_alive(), "the chat does not start")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            running.should_exit = True
            thread.join()
            assistant.close()
            assistant.index.close()


@dataclass
class Chroma:
    """A ``chroma run`` over ``folder`` that can be killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: listens(self.port), "chroma run does not listen")

    def kill(self) -> None:
        """Away at once, as when its machine fails."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@dataclass
class Nginx:
    """An nginx with its own folder and the ``http`` part of a configuration."""

    folder: Path
    http: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def _command(self) -> list[str]:
        found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if found is None:
            pytest.skip("needs nginx, which is not here (as root: apt-get install nginx-light)")
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = "".join(
            f"{name}_temp_path {self.folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log warn;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{self.http}\n}}\n",
            encoding="utf-8",
        )
        return [found, "-e", f"{self.folder}/error.log", "-c", str(self.folder / "nginx.conf")]

    def test(self) -> None:
        """``nginx -t``."""
        done = subprocess.run([*self._command, "-t"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self, port: int) -> None:
        """Returns when it listens at ``port``."""
        self.process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        until(lambda: listens(port), "nginx does not listen")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=120)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, which is not here")
    made, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(made)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return made, key
