"""The READMEs stay true: every command in them is run here, or by the make target that CI runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from benchmarks.serving import free_port
from tests.projects import Project
from tests.servers import serving

READMES = ("README.md", "README.zh-CN.md")
PAIRS = (READMES, ("docs/api.md", "docs/api.zh-CN.md"))
SERVED = "http://127.0.0.1:7860"
LAW = "中华人民共和国政府采购法"
ADD = ".venv/bin/python -m ingest add corpus"
RUN_ELSEWHERE = {
    "make chat": "test_make_chat_serves_the_page",
    "make test": "CI runs it",
    ".venv/bin/python -m app serve": "make chat runs it",
    ".venv/bin/python -m app chat": "tests/test_cli_terminal.py converses with it",
    ".venv/bin/python -m app export": "tests/test_cli_terminal.py gives it questions",
    ".venv/bin/python -m app mcp": "tests/test_mcp.py connects to it",
    ".venv/bin/pip install -e '.[llm]'": "make test installs the same package with the extra dev",
    ".venv/bin/pip install -e '.[postgres]'": "make test installs the same with the extra dev",
    ".venv/bin/pip install -e '.[ocr]'": "make test installs what it installs with the extra dev",
    ".venv/bin/chroma run --path chroma-data": "tests/test_index.py starts one",
}


def commands(readme: Path) -> list[str]:
    """Every command of the file: the lines of its shell blocks, and those within a sentence."""
    text = readme.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    inline = re.findall(r"`(\.venv/bin/[^`]+)`", text)
    return [*(line for block in blocks for line in block.splitlines() if line), *inline]


@pytest.fixture(scope="module")
def environment(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables with a data folder of their own, where the corpus is, put in as a person does it:
    in a process of its own, in the project's folder, without naming settings."""
    data = tmp_path_factory.mktemp("data")
    # tests/test_workers.py starts workers
    own = {"ZHENGCAI_DATA": str(data), "ZHENGCAI_SERVER__PROCESSES": "0", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, *shlex.split(ADD)[1:]],
        cwd=root,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0 and done.stdout.strip(), done.stderr
    return own


def test_both_languages_give_the_same_commands(root: Path) -> None:
    for names in PAIRS:
        english, chinese = (commands(root / name) for name in names)
        assert english == chinese and len(english) >= 8


def test_commands(root: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Within this process, where the models are loaded; tests/test_cli.py starts processes."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(root)
    written = [c for names in PAIRS for c in commands(root / names[0])]
    assert ADD in written
    todo = [c for c in written if c not in (ADD, *RUN_ELSEWHERE) and not c.startswith("curl ")]
    assert len(todo) >= 6
    for command in dict.fromkeys(todo):
        program, option, module, *arguments = shlex.split(command)
        assert (program, option) == (".venv/bin/python", "-m"), command
        done = Project(root).run(module, *arguments)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip(), command


def test_requests(root: Path, environment: dict[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl is installed")
    todo = [c for names in PAIRS for c in commands(root / names[0]) if c.startswith("curl ")]
    assert len(todo) >= 5
    with serving(Project(root), **environment) as address:
        for command in dict.fromkeys(todo):
            assert f"{SERVED}/" in command, command
            words = shlex.split(command.replace(f"{SERVED}/", address))
            done = subprocess.run(words, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0 and len(done.stdout) > 50, (command, done.stderr)


def test_make_chat_serves_the_page(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From nothing: the corpus, a law of the list of sources, and the page that shows both.
    tests/test_sources.py reads all that the list names."""
    if not (root / ".venv" / ".installed").exists():
        pytest.skip("make install has not been run here, and this test would install everything")
    listed = yaml.safe_load((root / "corpus" / "sources.yaml").read_text(encoding="utf-8"))
    law = next(text for text in listed["texts"] if text["title"] == LAW)
    short = {"packages": listed["packages"], "texts": [law]}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(short), encoding="utf-8")
    port = free_port()
    monkeypatch.setenv("ZHENGCAI_CORPUS", str(tmp_path))
    monkeypatch.setenv("ZHENGCAI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ZHENGCAI_SERVER__PROCESSES", "0")
    monkeypatch.setenv("ZHENGCAI_SERVER__PORT", str(port))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    process = subprocess.Popen(
        ["make", "chat"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        address = f"http://127.0.0.1:{port}"
        printed = []
        for line in process.stdout:
            printed.append(line)
            if address in line:
                break
        assert any(address in line for line in printed), "".join(printed)
        page = httpx.get(address, timeout=120)
        assert page.status_code == 200 and "政采问答" in page.text
        shown = httpx.get(f"{address}/ui/corpus", timeout=120).json()
        titles = {document["title"] for document in shown["titles"]}
        assert len(titles) == 2 and LAW in titles
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)
