"""Adding files: seconds on the clock, and where processor time goes.

    python benchmarks/adding.py --corpus PATH…

First the files are added to an empty index as ``ingest add`` does, in as many processes as the
settings say (``--processes``); then each is made ready again in this process, the steps timed one
by one. Printed as JSON. On a machine that others use only the processor's seconds mean much.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest import index
from ingest.apart import end_all
from ingest.embed import Embedder
from ingest.gather import gather
from ingest.index import writing
from ingest.pipeline import add_paths
from ingest.prepare import Origin, prepare_here
from ingest.settings import Settings, load_settings
from ingest.storage.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[1]
SLOWEST = 5


@contextmanager
def timed(*places: tuple[Any, str, str]) -> Iterator[Counter[str]]:
    """Processor seconds of this thread spent in functions, each ``(owner, attribute, name)``."""
    spent: Counter[str] = Counter()
    kept = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in places]

    def counted(work: Callable[..., Any], name: str) -> Callable[..., Any]:
        def counting(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                spent[name] += time.thread_time() - began

        return counting

    for (owner, attribute, work), (_, _, name) in zip(kept, places, strict=True):
        setattr(owner, attribute, counted(work, name))
    try:
        yield spent
    finally:
        for owner, attribute, work in kept:
            setattr(owner, attribute, work)


def added(paths: list[Path], settings: Settings) -> dict[str, Any]:
    """All files into an empty index: seconds, and the processor's seconds by who spent them."""
    own, others = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    before, began = (_cpu(own), _cpu(others)), time.perf_counter()
    stages = (
        (Embedder, "encode_passages", "embed"),
        (Catalogue, "put", "rows"),
        (index, "counted", "words"),
    )
    with timed(*stages) as spent, writing(settings):
        summary = add_paths(paths, settings, Embedder(settings))
    wall = time.perf_counter() - began
    end_all()  # so that their time is known
    here = _cpu(own) - before[0]
    spent["vectors, imports, the rest"] = here - sum(spent.values())
    passages = sum(outcome.passages for outcome in summary.outcomes)
    return {
        "files": len(summary.outcomes),
        "failed": len(summary.failures),
        "passages": passages,
        "wall_s": round(wall, 2),
        "passages_per_s": round(passages / wall),
        "cpu_s": {
            "this process": round(here, 2),
            "processes that parse": round(_cpu(others) - before[1], 2),
        },
        "cpu_s_by_stage": _rounded(spent),
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }


def made_ready(paths: list[Path], settings: Settings) -> dict[str, Any]:
    """Each file made ready in this process, step by step."""
    from ingest import card, clean, load, split, structure

    steps = (
        (load, "load", "load"),
        (clean, "clean", "clean"),
        (structure, "outline", "structure"),
        (card, "with_card", "card"),
        (split, "split", "split"),
    )
    files: Counter[str] = Counter()
    with timed(*steps) as spent:
        for file in (file for path in paths for file in gather(path)):
            began = time.thread_time()
            prepare_here(Origin(file.name, file), settings)
            files[file.name] = time.thread_time() - began
    return {
        "cpu_s_by_step": _rounded(spent),
        "cpu_s_of_the_slowest": {name: round(s, 2) for name, s in files.most_common(SLOWEST)},
    }


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _rounded(spent: Counter[str]) -> dict[str, float]:
    return {name: round(seconds, 2) for name, seconds in spent.most_common()}


def main() -> int:
    """Measures as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", nargs="+", type=Path, required=True)
    parser.add_argument("--processes", type=int, help="that parse; by default one a core")
    parser.add_argument("--steps", action="store_true", help="also the steps, in this process")
    options = parser.parse_args()
    settings = load_settings(ROOT / "config.yaml")
    if options.processes:
        chosen = settings.ingest.model_copy(update={"processes": options.processes})
        settings = settings.model_copy(update={"ingest": chosen})
    with tempfile.TemporaryDirectory() as folder:
        report = added(options.corpus, settings.model_copy(update={"data": Path(folder)}))
    if options.steps:
        report |= made_ready(options.corpus, settings)
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
