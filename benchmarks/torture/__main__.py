"""What the product has to stand, in one run. The long form takes about an hour on two idle cores:

    python -m benchmarks.torture [--short] [--kills N] [--damages N] [--hostile N] [--people N]
                                 [--seconds S] [--seed N] [--results FILE] [--minutes M] [PART…]

- ``kills``: N kills (SIGKILL) of each of add, replace, remove, build, sync, backup and restore at
  random moments while they run. Nothing that was in is lost, nothing is half, and the same command
  then goes on.
- ``server``: half as many kills of the server while documents are changed by REST. What it had
  acknowledged is so.
- ``damages``: every file of the data folder, of the model and a backup, deleted, emptied,
  truncated, overwritten or turned into a folder, met by every command (N: so many cases at random).
- ``hostile``: files made to hurt, and N sound ones changed at random, by the command line and by
  REST, under a limit of memory as ``ulimit -v`` sets it.
- ``large``: files as large as may be in each format, with the seconds of the processor and the
  memory that they take.
- ``crowd``: N people ask for S seconds while documents come and go and workers are killed.

With ``--results`` each case is noted in FILE when it is done, and what is noted there is not done
again: a run that was ended, or ended itself after M minutes, goes on where it was.

Prints the sum as one JSON object, with what FILE had before; the exit status is 1 if anything was
wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.torture.children import run
from benchmarks.torture.damages import damages
from benchmarks.torture.hostile import hostile
from benchmarks.torture.kills import kills
from benchmarks.torture.large import large
from benchmarks.torture.results import Case, Results
from benchmarks.torture.server import server_kills, stormed
from benchmarks.torture.world import World

LONG = {"kills": 70, "damages": None, "hostile": 500, "people": 50, "seconds": 300.0}
SHORT = {"kills": 4, "damages": 40, "hostile": 30, "people": 50, "seconds": 30.0}


def _kills(folder: Path, options: argparse.Namespace, done: Results) -> Iterator[Case]:
    return kills(folder, options.kills, options.seed, done=done.kinds("kills"))


def _server(folder: Path, options: argparse.Namespace, done: Results) -> Iterator[Case]:
    before = done.kinds("server")["server"]
    missing = max(1, options.kills // 2) - before
    if missing > 0:
        yield from server_kills(_world(folder), missing, options.seed + before)


def _damages(folder: Path, options: argparse.Namespace, done: Results) -> Iterator[Case]:
    return damages(folder, options.damages, options.seed, done.names("damages"))


def _hostile(folder: Path, options: argparse.Namespace, done: Results) -> Iterator[Case]:
    return hostile(folder, options.hostile, options.seed, done.names("hostile"))


def _large(folder: Path, options: argparse.Namespace, done: Results) -> Iterator[Case]:
    return large(done=done.names("large"))


def _crowd(folder: Path, options: argparse.Namespace, done: Results) -> Iterator[Case]:
    if not done.names("crowd"):
        world = _world(folder, "server: {processes: 2}\n")
        yield stormed(world, options.people, options.seconds, options.seed)


def _world(folder: Path, extra: str = "") -> World:
    world = World.make(folder / "world", extra)
    assert run(world.config, "ingest", "add", str(world.corpus)).status == 0
    return world


PARTS: dict[str, Callable[[Path, argparse.Namespace, Results], Iterator[Case]]] = {
    "kills": _kills, "server": _server, "damages": _damages, "hostile": _hostile,
    "large": _large, "crowd": _crowd,
}  # fmt: skip


def main() -> int:
    """Run the parts asked for, print what came of them."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.torture",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="at most ten minutes")
    for name, kind in (("kills", int), ("damages", int), ("hostile", int), ("people", int)):
        parser.add_argument(f"--{name}", type=kind, metavar="N")
    parser.add_argument("--seconds", type=float, metavar="S")
    parser.add_argument("--minutes", type=float, metavar="M")
    parser.add_argument("--results", type=Path, metavar="FILE")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for name, value in (SHORT if options.short else LONG).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    results = Results(options.results, options.minutes)
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            if not results.gather(name, PARTS[name](Path(folder), options, results)):
                break
    told = results.summed()
    print(json.dumps(told, ensure_ascii=False, indent=2))
    return int(any(part["wrong"] for part in told.values()))


if __name__ == "__main__":
    sys.exit(main())
