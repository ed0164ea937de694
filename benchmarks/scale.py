"""How time, disk and memory grow with the index: 1,000 to 500,000 passages, stage by stage.

    python benchmarks/scale.py --passages FILE.jsonl.gz --queries FILE.jsonl --out docs

One index grows from size to size by the product's own code. At each size it is measured: passages a
second by stage while it grew; the time of adding one article to it; milliseconds a question by
stage; how many of the exact ten nearest passages Chroma's graph finds; disk; memory; and seconds
from nothing to the first passages found, each in a process of its own. Beyond the collection's own
passages it is repeated, each time with other characters in each text. Written as JSON
(``scale.json``) and a picture (``scale.svg``) below ``--out``, with the slope of each quantity
(1: as the passages, 0: not at all); tables go between the marks of a ``scale.md`` there.

Seconds on the clock mean little while others use the machine; *processor time* grows by it too, to
nearly twice as much.
``load`` is how many processes waited for a core, on the average of a minute, for each core there
is; above 1.2 a row is called loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.collection import Article, as_documents, read_articles, read_questions
from benchmarks.scale_picture import LOADED, draw, slopes, write_tables
from ingest.embed import Embedder
from ingest.index import Entry, Index, recipe_of, writing
from ingest.prepare import embedded_text
from ingest.settings import Settings, load_settings
from ingest.storage.lexical import counted
from ingest.twins import note_twins

ROOT = Path(__file__).resolve().parents[1]
SIZES = (1_000, 10_000, 58_596, 150_000, 300_000, 500_000)
TOGETHER = 1_000
"""Passages that are stored at once, as when many files are added."""
STAGES = ("embed", "vectors", "words", "rows", "copies")
"""What is neither embedded nor looked through for copies is stored."""


class Watch:
    """Seconds on the clock and of the processor, by what they were spent on."""

    def __init__(self) -> None:
        self.wall: defaultdict[str, float] = defaultdict(float)
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.both = {"wall": self.wall, "cpu": self.cpu}

    def on(
        self, name: str, work: Callable[..., Any], clock: Callable[[], float] = time.process_time
    ) -> Callable[..., Any]:
        """``work``, its time on the wall's clock and on the processor's, counted under ``name``."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            wall, cpu = time.perf_counter(), clock()
            try:
                return work(*args, **kwargs)
            finally:
                self.wall[name] += time.perf_counter() - wall
                self.cpu[name] += clock() - cpu

        return timed


def main() -> int:
    """Measures as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--questions", type=int, default=200, help="so many of the queries")
    parser.add_argument("--data", type=Path, help="keeps the index here")
    parser.add_argument("--out", type=Path, required=True, help="folder of scale.json and .svg")
    options = parser.parse_args()
    articles = read_articles(options.passages)
    questions = read_questions(options.queries)[: options.questions]
    report: dict[str, Any] = {"rows": [], "slopes": {}}
    with tempfile.TemporaryDirectory() as temporary:
        data = (options.data or Path(temporary)).resolve()
        for row in measured(articles, options.sizes, data, [q.query for q in questions]):
            report["rows"].append(row)
            report["slopes"] = slopes(report["rows"])
            write(report, options.out)
    print(json.dumps(report, indent=1))
    return 0


def write(report: dict[str, Any], folder: Path) -> None:
    """The report so far and its picture; a run that is ended early leaves what it has."""
    (folder / "scale.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    draw(report, folder / "scale.svg")
    if (folder / "scale.md").exists():
        write_tables(report, folder / "scale.md")


def measured(
    articles: list[Article], sizes: Sequence[int], data: Path, questions: list[str]
) -> Iterator[dict[str, Any]]:
    """A row a size."""
    settings = load_settings(ROOT / "config.yaml").model_copy(update={"data": data})
    embedder = Embedder(settings)
    data.mkdir(parents=True, exist_ok=True)
    (data / "questions.json").write_text(json.dumps(questions), encoding="utf-8")
    with writing(settings):
        index = Index.new_generation(settings, recipe_of(settings, embedder.fingerprint))
        index.serve()
        index.close()
    documents = _documents(articles)
    embedder.encode_passages(["热身"])
    held = 0
    for size in sorted(sizes):
        row: dict[str, Any] = {"load": [_load()]}
        row |= _grown(settings, embedder, documents, size - held)
        held += row["grown"]
        row = {"passages": held, **row}
        row |= _probed(data, "asked") | _probed(data, "added")
        row["disk_mb"] = _disk(data)
        row["load"].append(_load())
        row["loaded"] = max(row["load"]) > LOADED
        print(json.dumps(row), file=sys.stderr, flush=True)
        yield row


def _documents(articles: list[Article]) -> Iterator[Entry]:
    """The collection's laws, then its copies; vectors are still to be made."""
    copy = 0
    while True:
        changed = [
            replace(a, law=_copied(a.law, copy), text=_copied(a.text, copy)) for a in articles
        ]
        for document, sections, passages, _ in as_documents(changed):
            yield Entry(document, sections, passages, np.empty(0, np.float32), document.source)
        copy += 1


def _copied(text: str, copy: int) -> str:
    """``text`` with every ninth character another, so that words and vectors differ."""
    if not copy:
        return text
    chars = list(text)
    for at in range(copy % 9, len(chars), 9):
        if "\u4e00" <= chars[at] <= "\u9fa5":
            chars[at] = chr(0x4E00 + (ord(chars[at]) - 0x4E00 + 37 * copy) % 0x51A6)
    return f"{''.join(chars)}{copy}"


def _grown(
    settings: Settings, embedder: Embedder, documents: Iterator[Entry], more: int
) -> dict[str, Any]:
    """Let the index grow by some passages, and say what took how long."""
    watch = Watch()
    recipe = recipe_of(settings, embedder.fingerprint)
    began, cpu, grown = time.perf_counter(), time.process_time(), 0
    with writing(settings), closing(Index.open_for_writing(settings, recipe)) as index:
        index.vectors.add = watch.on("vectors", index.vectors.add)  # type: ignore[method-assign]
        index.catalogue.put = watch.on("rows", index.catalogue.put)  # type: ignore[method-assign]
        encode = watch.on("embed", embedder.encode_passages)
        counting = patch("ingest.index.counted", watch.on("words", counted, time.thread_time))
        with counting, (settings.data_folder / "vectors.f32").open("ab") as exact:
            while grown < more:
                entries = list(_together(documents, more - grown, encode))
                index.add(*entries)
                for entry in entries:
                    exact.write(entry.vectors.tobytes())
                with (settings.data_folder / "ids.txt").open("a") as ids:
                    ids.writelines(f"{p.id}\n" for e in entries for p in e.passages)
                grown += sum(len(entry.passages) for entry in entries)
        watch.on("copies", note_twins)(index)  # as at the end of every addition
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    # Chroma works in threads of its own, beside the words
    watch.cpu["vectors"] = spent - sum(watch.cpu[stage] for stage in STAGES if stage != "vectors")
    apart = {clock: sum(c[s] for s in ("embed", "copies")) for clock, c in watch.both.items()}
    return {
        "grown": grown,
        "wall_s": round(wall, 2),
        "cpu_s": round(spent, 2),
        "passages_per_s": round(grown / wall),
        "stored_per_s": round(grown / (wall - apart["wall"])),
        "passages_per_cpu_s": {
            **{stage: round(grown / max(watch.cpu[stage], 1e-9)) for stage in STAGES},
            "stored": round(grown / max(spent - apart["cpu"], 1e-9)),
            "all": round(grown / spent),
        },
        "wall_s_by_stage": {stage: round(watch.wall[stage], 2) for stage in STAGES},
    }


def _together(
    documents: Iterator[Entry], most: int, encode: Callable[[list[str]], np.ndarray]
) -> Iterator[Entry]:
    """Documents of some thousand passages together, the last one cut where ``most`` are reached."""
    size = 0
    for entry in documents:
        passages = list(entry.passages)[: most - size]
        texts = [embedded_text(entry.document, passage) for passage in passages]
        yield replace(entry, passages=passages, vectors=encode(texts))
        size += len(passages)
        if size >= min(TOGETHER, most):
            return


def _probed(data: Path, what: str) -> dict[str, Any]:
    """What a process of its own measures (:mod:`benchmarks.scale_probe`)."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale_probe", what, str(data), repr(time.time())],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _disk(data: Path) -> dict[str, float]:
    """MB of the index by part."""
    parts: defaultdict[str, float] = defaultdict(float)
    for file in (data / "generations").rglob("*"):
        if file.is_file():
            part = "rows and words" if file.name.startswith("catalogue") else "vectors"
            parts[part] += file.stat().st_size / 1e6
    return {
        **{part: round(size, 1) for part, size in parts.items()},
        "all": round(sum(parts.values()), 1),
    }


def _load() -> float:
    return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)


if __name__ == "__main__":
    sys.exit(main())
