"""A real OpenAI-compatible server in a process of its own: ``transformers serve``.

It runs offline on loopback with two tiny models that the test makes. Whatever they say, nothing
that a source does not say reaches the reader as proved.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.llm_world import SIGNING, World, made_world, proves
from tests.tiny_models import babbler, reciter

TRUE = "采购人应当自中标通知书发出之日起三十日内与供应商签订合同。"
BABBLE = [
    "采购人", "供应商", "应当", "可以", "不得", "自中标通知书发出之日起", "三十日内", "六十日内",
    "与供应商签订合同", "2023年度", "全省政府购买服务支出", "178亿元", "999亿元", "。", "[1]",
    "[2]", "[3]", "[0]", "[", "【4】",
]  # fmt: skip


@dataclass(frozen=True)
class RealServer:
    """Its address and the two models it can load."""

    base_url: str
    babbler: Path
    reciter: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    folder = tmp_path_factory.mktemp("models")
    babbling = babbler(folder / "babbler", BABBLE)
    said = [TRUE, "[1]", "[2]", "[3]", "供应商应当缴纳", "800万元", "保证金。", "[4]"]
    reciting = reciter(folder / "reciter", said)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("transformers")), "serve", "--device", "cpu",
             "--host", "127.0.0.1", "--port", str(port)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home")},
        )  # fmt: skip
    try:
        _wait(process, port, log)
        yield RealServer(f"http://127.0.0.1:{port}/v1", babbling, reciting)
    finally:
        process.terminate()
        process.wait(120)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(tmp_path_factory.mktemp("llm-server") / "project") as made:
        yield made


def test_what_is_true_is_shown_and_what_is_not_is_left_out(
    server: RealServer, world: World
) -> None:
    assistant = world.assistant(
        base_url=server.base_url, model=str(server.reciter), token_timeout=60
    )
    parts = list(assistant.stream(SIGNING))
    answer = parts[-1]
    assert [s.text for s in answer.statements] == [TRUE], answer.notice
    assert answer.statements[0].verified and "第三条" in answer.citations[0].section
    assert all("800" not in part.text for part in parts)
    assert "略去 1 句" in answer.notice
    assert answer.timings_ms["first_token"] <= answer.timings_ms["total"]
    proves(answer, assistant.index)


def test_of_babble_nothing_unproved_gets_through(server: RealServer, world: World) -> None:
    assistant = world.assistant(
        base_url=server.base_url, model=str(server.babbler), temperature=1,
        token_timeout=60, max_tokens=150,
    )  # fmt: skip
    quoted = world.base.ask(SIGNING)
    seen = 0
    for _ in range(4):
        for part in assistant.stream(SIGNING):
            seen += 1
            assert "999" not in part.text and "六十日" not in part.text
            if not all(s.quotes for s in part.statements):
                proves(part, assistant.index)
        assert part.notice and (part.statements == quoted.statements or "撰写" in part.notice)
    assert seen >= 4


def test_a_model_that_the_server_does_not_have(server: RealServer, world: World) -> None:
    assistant = world.assistant(
        base_url=server.base_url, model="nobody/no-such-model", token_timeout=60
    )
    answer = assistant.ask(SIGNING)
    assert answer.statements == world.base.ask(SIGNING).statements
    assert "未采用语言模型" in answer.notice
