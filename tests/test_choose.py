"""What is quoted of a place: the whole rule, over every article of many laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from app.answering.choose import quoted
from app.content.sentences import Source
from app.reading.calibration import Calibration
from app.reading.reading import Read, Reading
from app.types import Hit
from ingest.prepare import Origin, prepare
from ingest.settings import Settings
from ingest.storage.catalogue import DocumentRecord, StoredDocument

RULES = """图书采购办法
第一条 为了规范图书采购，制定本办法。
第二条 图书馆不得接受捐赠。{filler}
前款规定不适用于下列情形：
（一）作者捐赠自己的作品；
（二）国家机关捐赠档案。
第三条 图书馆应当公开采购结果。{filler}
公开的内容包括价格。{filler}
但涉及国家秘密的除外。
第四条 逾期未付款的，按日支付违约金。
"""
FILLER = "图书馆应当建立健全管理制度，明确责任，加强监督，并将有关情况向主管部门报告。" * 5


class First:
    """A reader that finds the text best that holds a word."""

    calibration = Calibration()

    def __init__(self, word: str) -> None:
        self.word = word

    def __call__(self, question: str, texts: Sequence[str]) -> np.ndarray:
        return np.array([float(self.word in text) * 5 for text in texts], np.float32)

    def likeness(self, question: str, texts: Sequence[str]) -> None:
        return None


def places(file: Path) -> Iterator[Read]:
    ready = prepare(Origin(file.name, file), Settings())
    document = ready.document
    record = DocumentRecord(
        document.id, "", file.name, file.name, "md", document.content_hash, document.title,
        document.title, document.metadata, len(ready.passages), 0, "",
    )  # fmt: skip
    source = Source(StoredDocument(record, document, ready.sections))
    for passage in ready.passages:
        hit = Hit(passage, document.title, document.metadata, file.name, 0.0, probability=0.5)
        yield Read(hit, source, 0.0, 0.5)


def said(read: Read, word: str) -> str:
    source, spans = quoted("", read, Reading(First(word)))
    return "\n".join(source.text[a:b] for a, b in spans)


def test_an_exception_brings_its_rule_and_a_rule_its_exception(tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text(RULES.format(filler=FILLER), encoding="utf-8")
    by_article = {read.hit.passage.citation: read for read in places(file)}
    second, third = by_article["第二条"], by_article["第三条"]
    for word in ("捐赠自己", "不得接受"):
        text = said(second, word)
        assert "不得接受捐赠" in text and "（二）国家机关捐赠档案" in text
    for word in ("公开的内容", "除外"):
        text = said(third, word)
        assert "包括价格" in text and "除外" in text


def test_a_short_article_is_quoted_whole_without_its_number(tmp_path: Path) -> None:
    file = tmp_path / "rules.txt"
    file.write_text(RULES.format(filler=""), encoding="utf-8")
    fourth = next(r for r in places(file) if r.hit.passage.citation == "第四条")
    assert said(fourth, "违约金") == "逾期未付款的，按日支付违约金。"
