"""Files are parsed in a process of their own, with limits on time, memory and output.

A file may be made to take all memory or to end never. Then its process ends, the file is named,
and nobody else has waited. Processes are kept for further files.
"""

from __future__ import annotations

import atexit
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Collection
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from ingest.errors import LoadError, UserError
from ingest.prepare import PageRead
from ingest.settings import PROJECT, Settings

if TYPE_CHECKING:
    from ingest.bundles import BundleWanted
    from ingest.prepare import OnPage, Origin, Prepared
    from ingest.printed import PageWanted

    Wanted: TypeAlias = Origin | PageWanted | BundleWanted

LENGTH = struct.Struct(">Q")
KEPT_IDLE = 2
PATIENCE = 20
"""The limit is one of processor time; on a busy machine so many times as long may pass."""

_SENT_BACK = (
    "ingest.document",
    "ingest.prepare",
    "ingest.printed",
    "ingest.bundles",
    "ingest.errors",
)
_idle: list[_Parser] = []
_busy: dict[int, _Parser] = {}
"""By the thread that waits for it."""
_lock = threading.Lock()


def prepare_apart(origin: Origin, settings: Settings, on_page: OnPage | None = None) -> Prepared:
    """What :func:`ingest.prepare.prepare_here` gives, made in another process.

    :raises LoadError: as it does, and ``too-long``, ``too-much-memory`` or ``parser-ended``.
    """
    prepared: Prepared = made_apart(origin, settings, on_page)
    return prepared


def made_apart(wanted: Wanted, settings: Settings, on_page: OnPage | None = None) -> Any:
    """What the other process makes of a file: a :class:`Prepared`, the image of a page, or the
    files in it.

    :raises LoadError: as :func:`prepare_apart` says.
    """
    parser = _taken()
    waiting = threading.get_ident()
    _busy[waiting] = parser
    try:
        answer = parser.answer(wanted, settings, on_page)
    except _HadEnded:  # after the file before, for its size, as this one came
        parser.end()
        parser = _Parser()
        try:
            answer = parser.answer(wanted, settings, on_page)
        except BaseException:
            parser.end()
            raise
    except BaseException:
        parser.end()
        raise
    finally:
        _busy.pop(waiting, None)
    _give_back(parser)
    if isinstance(answer, UserError):
        raise answer
    return answer


class _HadEnded(LoadError):
    """A process ended in order before it took the file."""


class _Parser:
    """A process that parses one file at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.parsing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **single, "PYTHONPATH": path},
        )
        self._late = False

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def answer(self, origin: Wanted, settings: Settings, on_page: OnPage | None = None) -> Any:
        """What was made of the file, or why nothing was; ``on_page`` is told of scanned pages.

        :raises LoadError: if the process ended over it.
        """
        assert self._process.stdin is not None
        try:
            write(self._process.stdin, pickle.dumps((origin, settings)))
        except OSError:  # it ended before it had read all
            raise self._ended(origin, settings) from None
        while isinstance(answer := self._next(origin, settings), PageRead):
            if on_page:
                on_page(answer.page, answer.pages)
        return answer

    def _next(self, origin: Wanted, settings: Settings) -> Any:
        """What the process says next; each page of a scan has the time of a file."""
        assert self._process.stdout is not None
        timer = threading.Timer(settings.load.max_seconds * PATIENCE, self._too_late)
        timer.daemon = True
        timer.start()
        try:
            data = read(self._process.stdout, int(settings.load.max_expanded_mb * 1_000_000))
        except OSError:
            data = None
        except ValueError:
            raise _too_much(origin.source) from None
        finally:
            timer.cancel()
        if data is None:
            raise self._ended(origin, settings)
        return _Unpickler(io.BytesIO(data)).load()

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process.wait()

    def kill(self) -> None:
        """End it while another thread waits for its answer."""
        self._process.kill()

    def _too_late(self) -> None:
        self._late = True
        self._process.kill()

    def _ended(self, origin: Wanted, settings: Settings) -> LoadError:
        code = self._process.wait()
        if self._late or code == -getattr(signal, "SIGXCPU", 0):
            seconds = f"{settings.load.max_seconds:g}"
            return LoadError(
                "too-long",
                origin.source,
                f"reading it took longer than {seconds} seconds",
                "Split it or save it as plain text, or raise load.max_seconds",
                (f"读取超过 {seconds} 秒", "请拆分或另存为纯文本，或调高 load.max_seconds"),
            )
        return (_HadEnded if code == 0 else LoadError)(
            "parser-ended",
            origin.source,
            f"the process that read it ended ({code})",
            "Save it as plain text and add that",
            (f"读取该文件的进程意外结束（{code}）", "请另存为纯文本后再加入"),
        )


class _Unpickler(pickle.Unpickler):
    """Takes documents and errors only: what parsed a hostile file is not believed."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module in _SENT_BACK else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a document")
        return found


def write(pipe: IO[bytes], data: bytes) -> None:
    """Send ``data``, its length first."""
    pipe.write(LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read(pipe: IO[bytes], most: int | None = None) -> bytes | None:
    """What :func:`write` sent; ``None`` where the other end ended.

    :raises ValueError: if it is longer than ``most``.
    """
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if most is not None and length > most:
        raise ValueError(length)
    data = pipe.read(length)
    return data if len(data) == length else None


def too_much_memory(source: str, megabytes: float) -> LoadError:
    """What is said of a file that needs more memory than it may have."""
    return LoadError(
        "too-much-memory",
        source,
        f"reading it takes more than {megabytes:g} MB of memory",
        "Split it or save it as plain text, or raise load.max_memory_mb",
        (f"读取所需内存超过 {megabytes:g} MB", "请拆分或另存为纯文本，或调高 load.max_memory_mb"),
    )


def _too_much(source: str) -> LoadError:
    return LoadError(
        "too-large-expanded",
        source,
        "it expands to far more than a document holds",
        "Check where it comes from, or raise load.max_expanded_mb",
        ("展开后过大", "请检查来源，或调高 load.max_expanded_mb"),
    )


def _taken() -> _Parser:
    with _lock:
        while _idle:
            parser = _idle.pop()
            if parser.lives:
                return parser
            parser.end()
    return _Parser()


def _give_back(parser: _Parser) -> None:
    with _lock:
        if len(_idle) < KEPT_IDLE and parser.lives:
            _idle.append(parser)
            return
    parser.end()


def end_those_of(threads: Collection[int]) -> None:
    """End the processes that these threads wait for; what they were given fails."""
    for parser in [_busy[thread] for thread in threads if thread in _busy]:
        parser.kill()


@atexit.register
def end_all() -> None:
    """End the processes that wait for files."""
    with _lock:
        while _idle:
            _idle.pop().end()
