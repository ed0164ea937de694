"""The retrieval benchmark: what it prints, the table it writes, and the command that runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.figures import ranking_figures
from tests.projects import ROOT

ARTICLES = [
    ("采购监督法", "第一条", "供应商可以在七个工作日内提出质疑，质疑应当采用书面形式。"),
    ("采购监督法", "第二条", "采购人违反规定的，处五万元以上十万元以下的罚款。"),
    ("采购监督法", "第三条", "评审专家不得泄露评审情况。"),
    ("意向公开办法", "第一条", "采购意向应当在采购活动开始前三十日公开。"),
    ("意向公开办法", "第二条", "履约保证金不得超过合同金额的百分之五。"),
]
QUESTIONS = [("多少天内可以质疑？", [0]), ("履约保证金最多交多少？", [4])]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, str]:
    folder = tmp_path_factory.mktemp("benchmark")
    names = ("law", "article", "text")
    passages = [{"id": i, **dict(zip(names, row, strict=True))} for i, row in enumerate(ARTICLES)]
    queries = [{"query": query, "relevant": relevant} for query, relevant in QUESTIONS]
    for name, rows in (("passages", passages), ("queries", queries)):
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    table = shutil.copy(ROOT / "docs" / "benchmarks.md", folder)
    script = ROOT / "benchmarks" / "retrieval.py"
    files = ["--passages", folder / "passages.jsonl", "--queries", folder / "queries.jsonl"]
    command = [sys.executable, script, *files, "--table", table]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return json.loads(done.stdout), Path(table).read_text(encoding="utf-8")


def test_all_stages_with_all_figures(report: tuple[dict, str]) -> None:
    found, _ = report
    assert list(found["stages"]) == ["dense", "lexical", "fused", "reranked", "read"]
    for stage in found["stages"].values():
        wanted = {*(f"R@{k}" for k in (1, 5, 10, 20, 50, 100)), "MRR@10", "nDCG@10"}
        assert wanted <= set(stage)
        assert set(stage["latency_ms"]) == {"p50", "p95", "p99"}
        assert stage["R@5"] == 1
    assert found["passages_embedded_per_s"] > 0
    assert found["index_mb"] > 0 and found["peak_memory_mb"] > 0


def test_the_table_replaces_the_one_between_the_marks(report: tuple[dict, str]) -> None:
    _, text = report
    before = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    start, end = "<!-- retrieval -->", "<!-- /retrieval -->"
    assert text.split(start)[0] == before.split(start)[0]
    assert text.split(end)[1] == before.split(end)[1]
    between = text.split(start)[1].split(end)[0]
    assert "2 questions over 5 passages" in between and "| product, reranked |" in between


def test_make_benchmark_writes_that_file() -> None:
    recipe = (
        (ROOT / "Makefile").read_text(encoding="utf-8").split("\nbenchmark:")[1].split("\n\n")[0]
    )
    assert "benchmarks/retrieval.py" in recipe and "--table docs/benchmarks.md" in recipe
    assert "[benchmark]" in recipe and "--baselines" in recipe


def test_ranking_figures() -> None:
    figures = ranking_figures([[3, 1, 2], [5, 6, 7]], [[1, 9], [5]])
    assert figures["R@1"] == 0.5 and figures["R@5"] == 0.75
    assert figures["MRR@10"] == 0.75
    assert figures["nDCG@10"] == pytest.approx((0.6309 / 1.6309 + 1) / 2, abs=1e-3)


@pytest.mark.parametrize("script", ["browser", "load"])
def test_scripts_say_how_they_are_used(root: Path, script: str) -> None:
    command = [sys.executable, f"benchmarks/{script}.py", "--help"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "--corpus" in done.stdout
