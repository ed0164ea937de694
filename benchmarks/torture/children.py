"""Commands of the product in processes that are forked from one which has imported them, so that
each takes a fraction of a second and a kill hits its work, not its start."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PRELOADED = [
    "ingest.__main__", "ingest.backup", "ingest.check", "ingest.embed", "ingest.engines.local",
    "ingest.index", "ingest.meanings", "ingest.pipeline", "ingest.restore", "ingest.sources.sync",
    "ingest.storage.vectors", "ingest.twins", "app.__main__", "app.answer", "app.retrieve",
    "app.service", "app.verify.answers", "chromadb", "datasketch", "onnxruntime", "rich.progress",
    "tokenizers",
]  # fmt: skip
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(PRELOADED)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its status (negative: by that signal; ``None``: it had to be killed,
    late) and what it said."""

    status: int | None
    out: str
    err: str

    @property
    def wrong(self) -> str:
        """What is wrong with how it ended; empty if nothing."""
        if self.status is None:
            return "it did not end"
        if "Traceback" in self.err or self.status not in (0, 1):
            return f"status {self.status}: {self.err[-300:]}"
        if self.status == 1 and not self.err.strip():
            return "it failed without a word"
        return ""


@dataclass
class Child:
    """``python -m MODULE --config CONFIG ARGUMENTS…``, begun.

    :param memory: most bytes of address space, as ``ulimit -v`` says it.
    """

    config: Path
    module: str
    arguments: Sequence[str]
    memory: int | None = None
    _folder: Any = field(default_factory=tempfile.TemporaryDirectory)

    def __post_init__(self) -> None:
        given = ["--config", str(self.config), *self.arguments]
        target = (self.module, given, self._folder.name, self.memory)
        self.process = _CONTEXT.Process(target=_command, args=target)
        self.process.start()

    def kill_after(self, seconds: float) -> bool:
        """Kill it (SIGKILL) when so many seconds are over; whether it was still running."""
        self.process.join(seconds)
        running = self.process.is_alive()
        self.process.kill()
        self.process.join()
        self._folder.cleanup()
        return running

    def end(self, patience: float = 600) -> Ended:
        """Wait until it ended."""
        self.process.join(patience)
        late = self.process.is_alive()
        if late:
            self.process.kill()
            self.process.join()
        said = [_read(Path(self._folder.name, name)) for name in ("out", "err")]
        self._folder.cleanup()
        return Ended(None if late else self.process.exitcode, *said)


def run(config: Path, module: str, *arguments: str, memory: int | None = None) -> Ended:
    """A command from its begin to its end."""
    return Child(config, module, arguments, memory).end()


def _command(module: str, arguments: list[str], folder: str, memory: int | None) -> None:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(folder, name), os.O_WRONLY | os.O_CREAT), number)
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.argv = [module, *arguments]
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    main = importlib.import_module(f"{module}.__main__").main
    status = 70
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(status)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
