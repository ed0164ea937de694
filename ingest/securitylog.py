"""Who came in, who was turned away and who changed what: one JSON object a line, in
``data/security.log``.

Lines are appended whole, so the server and commands may write side by side. A full file is kept
as ``security.log.1``, and so on up to ``log.files`` of them. What was asked is not in it unless
``log.questions`` says so.
"""

from __future__ import annotations

import argparse
import getpass
import json
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.settings import Settings

FILE = "security.log"
LONGEST = 300
_LOG = logging.getLogger(__name__)


def noted(
    command: str,
    run: Callable[[argparse.Namespace, Settings], int],
    options: argparse.Namespace,
    settings: Settings,
) -> int:
    """Run a command and note who ran it and how it ended; where nothing was ever ingested, there
    is nothing to note it in."""
    status: int | None = None
    try:
        status = run(options, settings)
    finally:
        if settings.data_folder.is_dir():
            log = SecurityLog(settings, logging.DEBUG)
            said = " ".join(sys.argv[1:])
            name = user_name()
            log.note(command=command, event="command", name=name, said=said, status=status)
    return status


class SecurityLog:
    """The log of one data folder. A log that cannot be written keeps nobody from working.

    :param level: how loudly the program's own log then says so.
    """

    def __init__(self, settings: Settings, level: int = logging.WARNING) -> None:
        self._level = level
        self._limits = settings.log
        self.file = settings.data_folder / FILE
        self.questions = settings.log.questions

    def note(self, event: str, **about: str | int | bool | None) -> None:
        """Append a line: the time, ``event``, and what is known ``about`` it."""
        if not self._limits.security:
            return
        known = {name: _short(value) for name, value in about.items() if value not in (None, "")}
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        line = json.dumps({**entry, **known}, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(len(line))
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            _LOG.log(self._level, "%s cannot be written: %s", FILE, error.strerror or error)

    def _make_room(self, more: int) -> None:
        most = int(self._limits.max_mb * 1_000_000)
        if _size(self.file) + more <= most:
            return
        try:
            with FileLock(f"{self.file}.lock", timeout=0):
                if _size(self.file) + more <= most:  # another process made room
                    return
                for number in range(self._limits.files - 1, 0, -1):
                    older = self._kept(number)
                    if older.exists():
                        os.replace(older, self._kept(number + 1))
                os.replace(self.file, self._kept(1))
        except Timeout:
            pass  # another process makes room now

    def _kept(self, number: int) -> Path:
        return self.file.with_name(f"{FILE}.{number}")


def user_name() -> str:
    """Who runs this process, as the system knows them; empty where it does not."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _short(value: str | int | bool | None) -> str | int | bool | None:
    return value[:LONGEST] if isinstance(value, str) else value
