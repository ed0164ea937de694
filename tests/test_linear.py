"""Eight times as many headings, or paragraphs in one article, take about eight times as long."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from ingest.errors import LoadError
from ingest.prepare import Origin, prepare_here
from ingest.settings import Settings
from ingest.split import SplitLimits, split
from ingest.structure import outline
from tests.structure_samples import document

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


def test_a_line_without_stops_is_cut_in_little_memory() -> None:
    text = "采购" * 100_000
    whole = document(text)
    sections = outline(whole)
    split(whole, sections)  # what is loaded once
    tracemalloc.start()
    try:
        passages = split(whole, sections, SplitLimits(500))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "".join(passage.text for passage in passages) == text
    assert max(len(passage.text) for passage in passages) <= 500
    assert peak < 20 * len(text), peak


def test_more_marks_than_any_text_has_are_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "办法.md"
    file.write_text("*甲" * 3_000_000, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(LoadError, match=r"办法\.md: it has more than 500,000 marks"):
        prepare_here(Origin(file.name, file), Settings())
    assert time.process_time() - began < 5
