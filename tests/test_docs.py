"""The READMEs stay true: every command in them is run here, or by the make target that CI runs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

READMES = ("README.md", "README.zh-CN.md")
PAIRS = (READMES, ("docs/api.md", "docs/api.zh-CN.md"))
SERVED = "http://127.0.0.1:7860"
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
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    data = tmp_path_factory.mktemp("data")
    alone = {"ZHENGCAI_SERVER__PROCESSES": "0"}  # tests/test_workers.py starts workers
    return {**os.environ, "ZHENGCAI_DATA": str(data), "LC_ALL": "C.UTF-8", **alone}


def test_both_languages_give_the_same_commands(root: Path) -> None:
    for names in PAIRS:
        english, chinese = (commands(root / name) for name in names)
        assert english == chinese and len(english) >= 8


def unread(environment: dict[str, str]) -> dict[str, str]:
    """``environment`` in which the reader's encoder does not read the sixty texts of sources.yaml,
    which takes minutes; tests/test_meanings.py has it read some."""
    return {**environment, "ZHENGCAI_ANSWER__READER": "none"}


def test_commands(root: Path, environment: dict[str, str]) -> None:
    written = [c for names in PAIRS for c in commands(root / names[0])]
    todo = [c for c in written if c not in RUN_ELSEWHERE and not c.startswith("curl ")]
    todo.sort(key=lambda command: "ingest add" not in command)
    assert len(todo) >= 6
    for command in todo:
        words = shlex.split(command)
        assert words[0] == ".venv/bin/python", command
        done = subprocess.run(
            [sys.executable, *words[1:]],
            cwd=root,
            env=unread(environment) if "sync" in words else environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip(), command


def test_requests(root: Path, environment: dict[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl is installed")
    todo = [c for names in PAIRS for c in commands(root / names[0]) if c.startswith("curl ")]
    assert len(todo) >= 5
    command = [sys.executable, "-m", "ingest", "add", "corpus"]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", address.split(":")[1]],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None and address in server.stdout.readline()
        for command_line in todo:
            assert SERVED in command_line, command_line
            words = shlex.split(command_line.replace(SERVED, f"http://{address}"))
            done = subprocess.run(words, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0 and len(done.stdout) > 50, (command_line, done.stderr)
    finally:
        server.terminate()
        server.wait(timeout=300)


def test_make_chat_serves_the_page(root: Path, environment: dict[str, str]) -> None:
    if not (root / ".venv" / ".installed").exists():
        pytest.skip("make install has not been run here, and this test would install everything")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["make", "chat"],
        cwd=root,
        env={**unread(environment), "ZHENGCAI_SERVER__PORT": str(port)},
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
        deadline = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(address, timeout=60) as page:
                    assert page.status == 200 and "政采问答" in page.read().decode()
                break
            except OSError:
                assert time.monotonic() < deadline, "the page never came"
                time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


def test_links_lead_somewhere(root: Path) -> None:
    for readme in (name for names in PAIRS for name in names):
        text = (root / readme).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (root / readme).parent.joinpath(target).exists(), f"{readme}: {target}"


def test_modules_named_exist(root: Path) -> None:
    for readme in READMES:
        text = (root / readme).read_text(encoding="utf-8")
        for module in re.findall(r"`((?:ingest|app)/[a-z_]+\.py)`", text):
            assert (root / module).is_file(), f"{readme}: {module}"
