"""The pipeline's progress at the terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from ingest.language import pick
from ingest.outcome import Outcome, Progress


class Bar(Progress):
    """A bar on standard error that moves with each file."""

    def __init__(self) -> None:
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._file = ""
        self._task = self._bar.add_task(pick("reading", "读取"), total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, files: int) -> None:
        """Show how many files there are."""
        self._bar.update(self._task, total=files)

    def file(self, source: str) -> None:
        """Show which file is being read."""
        self._file = source.rsplit("/", 1)[-1][:30]
        self._bar.update(self._task, description=self._file)

    def page(self, page: int, pages: int) -> None:
        """Show which page of a scan is being recognised."""
        shown = pick(f"recognising page {page}/{pages}", f"识别第 {page}/{pages} 页")
        self._bar.update(self._task, description=f"{self._file} {shown}")

    def done(self, outcome: Outcome) -> None:
        """Move the bar by one file."""
        self._bar.advance(self._task)

    def encoded(self, passages: int, of: int) -> None:
        """Show how many passages the reader's encoder has read."""
        task = pick("understanding", "理解")
        self._bar.update(self._task, description=task, completed=passages, total=of)
