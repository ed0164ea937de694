"""CONTRIBUTING.md, the Makefile's help and the docs stay true; imports go one way."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[1]
DOCS = sorted(
    file.relative_to(TOP).as_posix() for at in ("", "docs/") for file in TOP.glob(f"{at}*.md")
)


def test_imports_go_one_way(root: Path) -> None:
    """The floors that pyproject.toml tells import-linter of."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


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
    text = (root / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", text):
        assert (root / name).parent.joinpath(target).exists(), f"{name}: {target}"
    for path in re.findall(r"`((?:app|ingest|tests|deploy)/[\w/.@-]+)`", text):
        made_up = "NAME" in path or path.startswith("deploy/tls/")
        assert made_up or (root / path).exists(), f"{name}: {path}"


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
