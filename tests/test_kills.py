"""The short form of ``benchmarks/kills.py``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.kills import kills
from tests.data_package import install, list_of
from tests.projects import ROOT, Project


def test_killed_at_random_moments_nothing_is_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{ROOT}")
    laws = {f"中华人民共和国示例{n}号采购法": ("2020-01-02", 6) for n in range(6)}
    project = Project.make(tmp_path / "project")
    project.write("sources.yaml", list_of(list(laws), install(site, laws)))
    assert [kill.wrong for kill in kills(project.config, 2)] == [(), ()]
