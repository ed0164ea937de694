"""What became of files that were to go in, and who is told of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from ingest.errors import UserError

Status = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``repairs`` counts them by kind; ``error`` is set if it failed."""

    source: str
    status: Status
    document: str = ""
    title: str = ""
    sections: int = 0
    passages: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    error: UserError | None = None


@dataclass(slots=True)
class Summary:
    """What became of all files, and whether a rebuilt index now serves.

    ``lost`` are the sources of documents that a rebuilt index would have lost; ``waiting`` counts
    texts that are not in because nobody asked for them to be fetched, ``sought`` are those whose
    address is not known.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    switched: bool = True
    lost: list[str] = field(default_factory=list)
    waiting: int = 0
    sought: list[str] = field(default_factory=list)

    def count(self, *statuses: Status) -> int:
        """How many files ended in one of ``statuses``."""
        return sum(outcome.status in statuses for outcome in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        """Files that did not go in."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]

    @property
    def repairs(self) -> Counter[str]:
        """Repairs by kind over all files that went in."""
        total: Counter[str] = Counter()
        for outcome in self.outcomes:
            total += outcome.repairs
        return total


class Progress:
    """What the pipeline reports while it works; a face overrides what it shows."""

    def begin(self, files: int) -> None:
        """``files`` will be read."""

    def file(self, source: str) -> None:
        """``source`` is being read."""

    def page(self, page: int, pages: int) -> None:
        """A scanned page of a file is being recognised, one of ``pages``."""

    def done(self, outcome: Outcome) -> None:
        """One file has ended."""
