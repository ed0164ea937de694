"""``ingest sync`` killed (SIGKILL) at random moments: is anything half, does the next one go on?

``python benchmarks/kills.py`` syncs the laws of the data package that ``corpus/sources.yaml`` names
into a folder of its own and kills each sync at a moment drawn between its start and the time that
a whole one takes. After each kill every document that is in has all its passages and vectors and
its original, and those that were in before still are; what ``check`` finds is only what the next
change settles by itself. When all texts are in, or the kills are done, a sync runs to its end and
``check`` finds nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.check import check
from ingest.embed import Embedder
from ingest.generations import read_current
from ingest.index import Index
from ingest.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]

SETTLED = {"open-change", "left-over", "vectors-surplus", "meanings"}
"""What a killed process may leave; nobody sees it, and the next change settles it."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One sync killed after ``after`` seconds: documents in before and after it, and what was
    wrong. ``ended``: it was done before it was to be killed."""

    after: float
    before: int
    documents: int
    ended: bool
    wrong: tuple[str, ...]


def kills(config: Path, count: int, seed: int = 0) -> Iterator[Kill]:
    """Kill so many syncs of the project with this ``config.yaml``, whose data folder is emptied.

    :raises AssertionError: if a sync that nobody kills fails, or leaves something damaged.
    """
    settings = load_settings(config)
    embedder = Embedder(settings)
    moments = random.Random(seed)
    _empty(settings)
    began = time.monotonic()
    _whole(config, settings, embedder)
    longest, all_in = time.monotonic() - began, titles(settings)
    _empty(settings)
    for _ in range(count):
        before = titles(settings)
        if before == all_in:
            _empty(settings)
            before = []
        after = moments.uniform(0, longest)
        ended = _killed(config, after)
        now = titles(settings)
        wrong = [f"lost: {title}" for title in before if title not in now]
        if read_current(settings) is not None:
            found = check(settings, embedder).found
            wrong += [one.line("en") for one in found if one.kind not in SETTLED]
        yield Kill(after, len(before), len(now), ended, tuple(wrong))
    _whole(config, settings, embedder)
    assert titles(settings) == all_in


def titles(settings: Settings) -> list[str]:
    """The documents that are in."""
    if read_current(settings) is None:
        return []
    index = Index.open(settings)
    try:
        return [record.title for record in index.documents()]
    finally:
        index.close()


def _killed(config: Path, after: float) -> bool:
    with subprocess.Popen(
        _command(config), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            process.wait(timeout=after)
            return True
        except subprocess.TimeoutExpired:
            process.kill()
            return False


def _whole(config: Path, settings: Settings, embedder: Embedder) -> None:
    done = subprocess.run(_command(config), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = check(settings, embedder).found
    assert not found, found


def _command(config: Path) -> list[str]:
    return [sys.executable, "-m", "ingest", "--config", str(config), "sync"]


def _empty(settings: Settings) -> None:
    shutil.rmtree(settings.data_folder, ignore_errors=True)


def main() -> int:
    """Print each kill and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        shutil.copy(ROOT / "corpus" / "sources.yaml", folder / "corpus")
        for file in (ROOT / "corpus").glob("*.txt"):
            shutil.copy(file, folder / "corpus")
        config = folder / "config.yaml"
        model = ROOT / "models" / "zhengce-embed"
        config.write_text(f"embedding: {{model: {model}}}\n", encoding="utf-8")
        made = []
        for kill in kills(config, options.kills, options.seed):
            made.append(kill)
            state = "ended before" if kill.ended else "killed"
            print(f"{kill.after:6.1f} s  {state}  {kill.before} -> {kill.documents}", flush=True)
            for line in kill.wrong:
                print(f"  {line}", flush=True)
        killed = [kill for kill in made if not kill.ended]
        midway = sum(kill.documents > kill.before for kill in killed)
        wrong = sum(bool(kill.wrong) for kill in made)
        print(
            f"{len(killed)} killed, {midway} with documents going in; {wrong} left something half"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
