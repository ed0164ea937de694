"""What the product has to stand, in one run. The long form takes about an hour on two idle cores:

    python -m benchmarks.torture [--short] [--kills N] [--damages N] [--hostile N] [--people N]
                                 [--seconds S] [--seed N] [PART…]

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

Prints one JSON object; the exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.torture.children import run
from benchmarks.torture.damages import damages
from benchmarks.torture.hostile import hostile
from benchmarks.torture.kills import Kill, kills
from benchmarks.torture.large import large
from benchmarks.torture.server import server_kills, stormed
from benchmarks.torture.world import World

LONG = {"kills": 70, "damages": None, "hostile": 500, "people": 50, "seconds": 300.0}
SHORT = {"kills": 4, "damages": 40, "hostile": 30, "people": 50, "seconds": 30.0}
PARTS = ("kills", "server", "damages", "hostile", "large", "crowd")


def _kills(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    return _killed(kills(folder, options.kills, options.seed))


def _server(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    world = World.make(folder / "served")
    assert run(world.config, "ingest", "add", str(world.corpus)).status == 0
    return _killed(server_kills(world, max(1, options.kills // 2), options.seed))


def _killed(each: Iterable[Kill]) -> dict[str, Any]:
    done = list(_told(each))
    return {
        "killed": dict(Counter(one.command for one in done if not one.ended)),
        "ended before": sum(one.ended for one in done),
        "wrong": [f"{one.command} after {one.after:.2f} s: {w}" for one in done for w in one.wrong],
    }


def _damages(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    met = list(_told(damages(folder, options.damages, options.seed)))
    wrong = [f"{m.file} {m.harm}, {m.command}: {m.wrong}" for m in met if m.wrong]
    return {"cases": len(met), "wrong": wrong}


def _hostile(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    return hostile(folder, options.hostile, options.seed)


def _large(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    done = list(_told(large()))
    return {
        "files": {one.file: [one.seconds, one.megabytes, one.became] for one in done},
        "wrong": [one.wrong for one in done if one.wrong],
    }


def _crowd(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    world = World.make(folder / "world", "server: {processes: 2}\n")
    assert run(world.config, "ingest", "add", str(world.corpus)).status == 0
    return stormed(world, options.people, options.seconds, options.seed)


def _told(each: Any) -> Any:
    for one in each:
        print(one, file=sys.stderr, flush=True)
        yield one


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
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for name, value in (SHORT if options.short else LONG).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    parts: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
        "kills": _kills, "server": _server, "damages": _damages, "hostile": _hostile,
        "large": _large, "crowd": _crowd,
    }  # fmt: skip
    told: dict[str, Any] = {}
    for name in options.parts or PARTS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            told[name] = parts[name](Path(folder), options)
        told[name]["took, s"] = round(time.monotonic() - began)
    print(json.dumps(told, ensure_ascii=False, indent=2))
    return int(any(part["wrong"] for part in told.values()))


if __name__ == "__main__":
    sys.exit(main())
