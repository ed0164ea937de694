"""CONTRIBUTING.md, the Makefile's help and the docs stay true; imports go one way."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.conftest import LONGEST

TOP = Path(__file__).resolve().parents[1]
DOCS = sorted(
    file.relative_to(TOP).as_posix()
    for at in ("", "docs/", "models/*/")
    for file in TOP.glob(f"{at}*.md")
)


def test_imports_go_one_way(root: Path) -> None:
    """The floors that pyproject.toml tells import-linter of."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_module_is_too_long_to_be_read_at_once(root: Path) -> None:
    said = re.search(r"at most (\d+) lines", (root / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert said is not None
    modules = [
        file
        for folder in ("app", "ingest", "benchmarks", "training", "tests", "docs")
        for file in (root / folder).rglob("*")
        if file.suffix in (".py", ".js", ".mjs", ".css")
    ]
    assert len(modules) > 300
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in modules}
    long = {str(file.relative_to(root)): n for file, n in lines.items() if n > int(said[1])}
    assert not long, "divide them by what they do"


def test_test_files_that_are_begun_first_are_there(root: Path) -> None:
    assert not [name for name in LONGEST if not (root / "tests" / name).is_file()]


def test_commands(root: Path) -> None:
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z]+)", text):
        assert re.search(rf"^{target}:", makefile, re.M), target
    tried = re.search(r"^\.venv/bin/python -m pytest (\S+) -k (\S+)$", text, re.M)
    assert tried is not None
    names = re.findall(r"^def (test_\w+)", (root / tried[1]).read_text(encoding="utf-8"), re.M)
    assert any(tried[2] in name for name in names)


def test_make_help_tells_every_target(root: Path) -> None:
    said = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert phony is not None
    told = {line.split()[0] for line in said.stdout.splitlines() if line.strip()}
    assert told == set(phony[1].split())


@pytest.mark.parametrize("name", DOCS)
def test_what_docs_name_is_there(root: Path, name: str) -> None:
    """Files, pictures and headings that links lead to, and paths that are named."""
    file = root / name
    _, links = read(file)
    for link in links:
        path, _, heading = link.partition("#")
        if ":" in path:
            continue
        target = file.parent / path if path else file
        assert target.exists(), f"{name}: {link}"
        assert not heading or heading in read(target)[0], f"{name}: {link}"
    for path in re.findall(
        r"`((?:app|ingest|tests|deploy)/[\w/.@-]+)`", file.read_text(encoding="utf-8")
    ):
        made_up = "NAME" in path or path.startswith("deploy/tls/")
        assert made_up or (root / path).exists(), f"{name}: {path}"


@cache
def read(file: Path) -> tuple[set[str], list[str]]:
    """The names of the headings of a Markdown file, as GitHub makes them, and where its links and
    pictures lead."""
    headings: set[str] = set()
    links: list[str] = []
    blocks = MarkdownIt("commonmark").enable("table").parse(file.read_text(encoding="utf-8"))
    for before, block in pairwise(blocks):
        if before.type == "heading_open":
            shown = "".join(part.content for part in block.children or ())
            headings.add(re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-"))
        for part in block.children or ():
            links += [str(part.attrs[key]) for key in ("href", "src") if key in part.attrs]
    return headings, links


def test_hooks_run_what_make_check_runs(root: Path) -> None:
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"] for repo in hooks["repos"] for hook in repo["hooks"]]
    assert [entry.split()[0] for entry in entries] == [".venv/bin/ruff"] * 2 + [".venv/bin/mypy"]


def test_every_line_of_the_reliability_page_names_a_test_that_is_there(root: Path) -> None:
    text = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 30
    for file, name in named:
        defined = re.findall(r"^def (test_\w+)", (root / file).read_text(encoding="utf-8"), re.M)
        assert name in defined, f"{file}::{name}"
