"""Eight times as many headings, or paragraphs in one article, take about eight times as long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ingest.prepare import Origin, prepare_here
from ingest.settings import Settings

RULE = "采购人应当公开采购意向，并依法接受监督。"
FEW, TIMES = 1500, 8


@pytest.mark.parametrize(
    ("head", "line"), [("", "第{n}章 总则"), ("第一条 " + RULE, RULE), ("", "{n}．" + RULE)]
)
def test_headings_and_paragraphs(tmp_path: Path, head: str, line: str) -> None:
    file = tmp_path / "办法.txt"

    def took(count: int) -> float:
        lines = [line.format(n=n) for n in range(1, count + 1)]
        file.write_text("\n".join(["甲省政府采购管理办法", head, *lines]), encoding="utf-8")
        began = time.process_time()
        assert prepare_here(Origin(file.name, file), Settings()).passages
        return time.process_time() - began

    took(10)  # what is loaded and compiled once
    assert took(TIMES * FEW) < 3 * TIMES * took(FEW)
