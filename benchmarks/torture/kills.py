"""Every command that changes something, killed (SIGKILL) at random moments: is anything lost or
half, and does the same command then go through?"""

from __future__ import annotations

import random
import shutil
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.torture.children import Child, run
from benchmarks.torture.results import Case
from benchmarks.torture.world import SECOND, World, text_of
from ingest.archive import Reader
from ingest.embed import Embedder
from ingest.errors import UserError

State = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command, what has to be so before it, and whether all documents change at once."""

    arguments: Callable[[World], Sequence[str]]
    before: Callable[[World], None] = lambda world: None
    at_once: bool = False


def _backup(world: World) -> Path:
    return world.folder / "kept.zip"


def _change_a_file(world: World) -> None:
    text = text_of(SECOND, 30, days=100)
    (world.corpus / "乙.txt").write_text(text, encoding="utf-8")


def _have_a_backup(world: World) -> None:
    """Of a state with another document, so that restoring changes something."""
    for arguments in (
        ("add", str(world.outside)),
        ("backup", str(_backup(world))),
        ("remove", SECOND),
    ):
        _must(world, *arguments)


ATTEMPTS: dict[str, Attempt] = {
    "add": Attempt(lambda world: ["add", str(world.outside)]),
    "replace": Attempt(lambda world: ["add", str(world.corpus)], _change_a_file),
    "remove": Attempt(lambda world: ["remove", SECOND]),
    "build": Attempt(lambda world: ["build"]),
    "sync": Attempt(lambda world: ["sync"], World.name_sources),
    "backup": Attempt(lambda world: ["backup", str(_backup(world))]),
    "restore": Attempt(
        lambda world: ["restore", "--replace", str(_backup(world))], _have_a_backup, at_once=True
    ),
}


def kills(
    folder: Path,
    each: int,
    seed: int = 0,
    commands: Sequence[str] = tuple(ATTEMPTS),
    done: Mapping[str, int] | None = None,
) -> Iterator[Case]:
    """Kill every command ``each`` times while it runs, in an empty ``folder``; those are given too
    that came too late (kind ``"… too late"``).

    :param done: how many times of these each was killed before.

    :raises AssertionError: if a command that nobody kills fails.
    """
    done = done or {}
    first = World.make(folder / "first")
    _must(first, "add", str(first.corpus))
    embedder = Embedder(first.settings)
    for name in commands:
        hit = done.get(name, 0)
        if hit >= each:
            continue
        moments = random.Random(f"{seed} {name} {hit}")
        attempt = ATTEMPTS[name]
        start = first.copy(folder / name)
        attempt.before(start)
        before = start.state()
        whole = start.copy(folder / "whole")
        began = time.monotonic()
        _must(whole, *attempt.arguments(whole))
        took, after = deque([time.monotonic() - began], maxlen=5), whole.state()
        shutil.rmtree(whole.folder)
        while hit < each:
            world = start.copy(folder / "killed")
            moment = moments.uniform(0, statistics.median(took))
            running = Child(world.config, "ingest", attempt.arguments(world)).kill_after(moment)
            wrong = _wrong(world, attempt, before, after, embedder)
            now = world.state()
            is_done = name == "remove" and SECOND not in now
            began = time.monotonic()
            ended = run(world.config, "ingest", *attempt.arguments(world))
            if now == before:  # all of it was left to do
                took.append(time.monotonic() - began)
            if ended.wrong or ended.status != int(is_done):
                wrong.append(ended.wrong or ended.err)
            if world.state() != after:
                wrong.append(f"it did not go on: {sorted(world.state())}")
            wrong += world.faults(embedder)
            shutil.rmtree(world.folder)
            hit += running
            kind = name if running else f"{name}, too late"
            yield Case(f"{name} after {moment:.2f} s", kind, tuple(wrong))
        shutil.rmtree(start.folder)


def _wrong(
    world: World, attempt: Attempt, before: State, after: State, embedder: Embedder
) -> list[str]:
    """What the kill did that it may not."""
    now = world.state()
    wrong = [
        f"{title}: {now.get(title)}"
        for title in {*before, *after, *now}
        if now.get(title) not in (before.get(title), after.get(title))
    ]
    if attempt.at_once and now not in (before, after):
        wrong.append(f"neither before nor after: {sorted(now)}")
    file = _backup(world)
    if file.exists():
        try:
            Reader(file).close()
        except UserError as error:
            wrong.append(error.line())
    return wrong + world.faults(embedder)


def _must(world: World, *arguments: str) -> None:
    ended = run(world.config, "ingest", *arguments)
    assert ended.status == 0, (arguments, ended)
