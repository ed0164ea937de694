"""Slopes and the picture of :mod:`benchmarks.scale`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

LOADED = 1.2
"""Processes waiting for each core, above which a row counts as measured on a loaded machine."""

Row = dict[str, Any]
QUANTITIES: dict[str, Callable[[Row], float]] = {
    "processor seconds a passage, stored": lambda r: 1 / r["passages_per_cpu_s"]["stored"],
    "processor seconds a passage, vectors": lambda r: 1 / r["passages_per_cpu_s"]["vectors"],
    "processor seconds a passage, words": lambda r: 1 / r["passages_per_cpu_s"]["words"],
    "one article, processor s": lambda r: r["one_article_warm_cpu_s"],
    "cold start, processor s": lambda r: r["cold_start_cpu_s"],
    "question, processor ms": lambda r: r["query_cpu_ms"],
    "question, ms p50": lambda r: r["query_ms"]["all"]["p50"],
    "question, ms p99": lambda r: r["query_ms"]["all"]["p99"],
    "vectors, ms p50": lambda r: r["query_ms"]["vectors"]["p50"],
    "words, ms p50": lambda r: r["query_ms"]["words"]["p50"],
    "disk, MB": lambda r: r["disk_mb"]["all"],
    "memory, MB": lambda r: r["memory_mb"],
    "recall@10": lambda r: r["recall_at_10"],
}


def slopes(rows: Sequence[Row]) -> dict[str, float]:
    """By how many powers of ten each quantity grows when the passages grow tenfold: the slope of
    the straight line through logarithms, over the rows; the last two say most of what comes."""
    sizes = [math.log10(row["passages"]) for row in rows]
    if len(rows) < 2:
        return {}
    found = {}
    for name, of in QUANTITIES.items():
        values = [math.log10(max(of(row), 1e-9)) for row in rows]
        found[name] = round(float(np.polyfit(sizes, values, 1)[0]), 3)
        last = (values[-1] - values[-2]) / (sizes[-1] - sizes[-2])
        found[f"{name}, last step"] = round(last, 3)
    return found


_PANELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Processor seconds a passage",
        (
            "processor seconds a passage, stored",
            "processor seconds a passage, vectors",
            "processor seconds a passage, words",
        ),
    ),
    (
        "A question, ms",
        (
            "question, ms p50",
            "question, ms p99",
            "question, processor ms",
            "vectors, ms p50",
            "words, ms p50",
        ),
    ),
    ("Seconds of the processor", ("one article, processor s", "cold start, processor s")),
    ("MB", ("disk, MB", "memory, MB")),
)


def draw(report: dict[str, Any], file: Path) -> None:
    """The quantities over the passages, both logarithmic, as SVG; rows measured on a loaded machine
    are hollow."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "scale"
    from matplotlib import pyplot

    rows = report["rows"]
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for axis, (title, names) in zip(axes.flat, _PANELS, strict=True):
        for name in names:
            points = [(row["passages"], QUANTITIES[name](row)) for row in rows]
            label = name.removeprefix("processor seconds a passage, ")
            (line,) = axis.plot(*zip(*points, strict=True), label=label)
            for row, point in zip(rows, points, strict=True):
                filled = "white" if row["loaded"] else line.get_color()
                axis.plot(*point, "o", markerfacecolor=filled, markeredgecolor=line.get_color())
        axis.set(xscale="log", yscale="log", title=title, xlabel="passages")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    if any(row["loaded"] for row in rows):
        figure.suptitle("hollow: measured while others used the machine", fontsize=10)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("passages", lambda r: f"{r['passages']:,}"),
    ("embedded a processor second", lambda r: f"{r['passages_per_cpu_s']['embed']:,}"),
    ("stored a second of the clock", lambda r: f"{r['stored_per_s']:,}"),
    ("of the processor", lambda r: f"{r['passages_per_cpu_s']['stored']:,}"),
    ("of it vectors and what remains", lambda r: f"{r['passages_per_cpu_s']['vectors']:,}"),
    ("words", lambda r: f"{r['passages_per_cpu_s']['words']:,}"),
    ("rows", lambda r: f"{r['passages_per_cpu_s']['rows']:,}"),
    ("looked through for copies", lambda r: f"{r['passages_per_cpu_s']['copies']:,}"),
    (
        "one article, s (processor)",
        lambda r: _pair(r, "one_article_warm_s", "one_article_warm_cpu_s"),
    ),
    ("one article by a new program, s", lambda r: f"{r['one_article_s']:.1f}"),
    ("cold start, s (processor)", lambda r: _pair(r, "cold_start_s", "cold_start_cpu_s")),
    ("a question: vectors, p50 p99 ms", lambda r: _ms(r, "vectors")),
    ("words", lambda r: _ms(r, "words")),
    ("all", lambda r: _ms(r, "all")),
    ("its processor ms", lambda r: f"{r['query_cpu_ms']:.1f}"),
    ("recall@10", lambda r: f"{r['recall_at_10']:.4f}"),
    ("disk, MB", lambda r: f"{r['disk_mb']['all']:,.0f}"),
    ("memory, MB", lambda r: f"{r['memory_mb']:,.0f}"),
    ("processes a core", lambda r: f"{max(r['load']):.1f}{' (loaded)' if r['loaded'] else ''}"),
)
_BEGIN, _END = "<!-- scale -->", "<!-- /scale -->"


def _pair(row: Row, first: str, second: str) -> str:
    return f"{row[first]:.1f} ({row[second]:.1f})"


def _ms(row: Row, stage: str) -> str:
    spent = row["query_ms"][stage]
    return f"{spent['p50']:.1f}, {spent['p99']:.1f}"


def write_tables(report: dict[str, Any], file: Path) -> None:
    """Put rows and slopes as tables between two marks of a Markdown file."""
    rows = report["rows"]
    lines = ["| | " + " | ".join(_COLUMNS[0][1](row) for row in rows) + " |"]
    lines.append("| --- " + "| ---: " * len(rows) + "|")
    lines += [f"| {name} | " + " | ".join(map(of, rows)) + " |" for name, of in _COLUMNS[1:]]
    found = report["slopes"]
    lines += [
        "",
        "| grows as passages to the power of | all rows | last step |",
        "| --- | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {slope:.2f} | {found[f'{name}, last step']:.2f} |"
        for name, slope in found.items()
        if f"{name}, last step" in found
    ]
    before, rest = file.read_text(encoding="utf-8").split(_BEGIN, 1)
    after = rest.split(_END, 1)[1]
    body = "\n".join(lines)
    file.write_text(f"{before}{_BEGIN}\n\n{body}\n\n{_END}{after}", encoding="utf-8")
