"""A real PostgreSQL server that tests start in a temporary folder, and data bases in it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from benchmarks.serving import free_port
from ingest.settings import StoreSettings
from tests.servers import listens, until


@dataclass
class Postgres:
    """A server on loopback that can be stopped, killed and started again."""

    programs: Path
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _names: count[int] = field(default_factory=count)
    _common: str = ""

    @classmethod
    def make(cls) -> Postgres:
        """A new server, not yet started; skips where its programs are not installed."""
        made = cls(_programs(), Path(tempfile.mkdtemp(prefix="zhengcai-postgres-")))
        if (user := _user()) is not None:
            shutil.chown(made.folder, user)
        made._run("initdb", "--auth=trust", "--username=zhengcai", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--no-sync", str(made.folder / "data"))  # fmt: skip
        return made

    def start(self) -> None:
        """Returns when it takes connections."""
        options = {"port": self.port, "unix_socket_directories": self.folder, "fsync": "off",
                   "listen_addresses": "127.0.0.1"}  # fmt: skip
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", str(self.folder / "data"), *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=_user(),
            cwd=self.folder,
        )
        ready = [self.programs / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        until(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL does not start")

    def stop(self, hard: bool = False) -> None:
        """End it; ``hard``: without waiting for those connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT if hard else signal.SIGINT)
            self.process.wait(timeout=60)
            self.process = None
            assert not listens(self.port)

    def remove(self) -> None:
        """End it and remove its folder."""
        self.stop(hard=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, *options: str) -> str:
        """The address of a new, empty data base."""
        name = f"test{next(self._names)}"
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "zhengcai"]
        self._run("createdb", *where, *options, name)
        return f"postgresql://zhengcai@127.0.0.1:{self.port}/{name}"

    def store(self) -> StoreSettings:
        """Settings of an installation that holds nothing yet; it shares a data base with others."""
        self._common = self._common or self.database()
        return StoreSettings(catalogue=self._common, collection=f"test-{next(self._names)}")

    def restored(self, url: str, file: Path) -> str:
        """The address of a new data base with what ``pg_dump`` writes into ``file`` of another."""
        self._run("pg_dump", "--format=custom", f"--dbname={url}", f"--file={file}")
        made = self.database()
        self._run("pg_restore", f"--dbname={made}", "--exit-on-error", str(file))
        return made

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, user=_user(), cwd=self.folder, timeout=300
        )
        assert done.returncode == 0, done.stderr


def _programs() -> Path:
    """The folder of the newest server installed; only Debian keeps it off the path."""
    found = [Path(path).resolve().parent for path in [shutil.which("postgres")] if path]
    debian = Path("/usr/lib/postgresql")
    versions = [one for one in debian.glob("*/bin") if (one / "postgres").is_file()]
    found += sorted(versions, key=lambda one: int(one.parent.name), reverse=True)
    if not found:
        pytest.skip("needs PostgreSQL, which is not here (as root: apt-get install postgresql)")
    return found[0]


def _user() -> int | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    pytest.skip("needs a user other than root for PostgreSQL")
