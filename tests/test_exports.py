"""Exported conversations: footnotes that a reader's program finds, text that stays text."""

from __future__ import annotations

import io

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree
from markdown_it import MarkdownIt

from app.exports import to_docx, to_markdown
from app.types import Answer, Citation, Outdated, Statement, Turn

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def citation(n: int, text: str, superseded: bool = False) -> Citation:
    section = f"第{n}条"
    return Citation(
        n=n,
        document="d",
        title="采购法",
        section=section,
        official=f"《采购法》{section}",
        text=text,
        start=0,
        end=len(text),
        source="law.md",
        content_hash="h",
        passage="p",
        superseded=superseded,
        dated="2014-08-31",
        replaced_by="《采购法》（2024-06-28）" if superseded else "",
        outdated=(Outdated("期限规定", "采购法", "2021-01-01"),),
    )


HOSTILE = "# 标题 *粗* <b>x</b> [^1-1] | $x$\x00\ud800"
TURNS = [
    Turn(
        HOSTILE,
        Answer(
            HOSTILE,
            "应当公开。[1]\n期限规定十日。[1][2]",
            False,
            (Statement("应当公开。", (1,)), Statement("期限规定十日。", (1, 2, 9), verified=False)),
            (citation(1, "应当公开。", superseded=True), citation(2, "期限\n十日 & <更多>。")),
            evidence="weak",
        ),
    ),
    Turn("天气？", Answer("天气？", "没有答案。", True)),
]


def test_word_footnotes_stand_where_they_are_cited() -> None:
    document = docx.Document(io.BytesIO(to_docx(TURNS)))
    notes = etree.fromstring(document.part.part_related_by(RELATIONSHIP_TYPE.FOOTNOTES).blob)
    texts = {
        note.get(f"{W}id"): "".join(note.itertext()).strip()
        for note in notes
        if note.get(f"{W}type") is None
    }
    cited = {
        paragraph.text: [
            texts[reference.get(f"{W}id")]
            for reference in paragraph._p.iter(f"{W}footnoteReference")
        ]
        for paragraph in document.paragraphs
    }
    first = (
        "《采购法》第1条（2014-08-31 版本、已由《采购法》（2024-06-28）取代）：应当公开。（law.md）"
    )
    second = "《采购法》第2条（2014-08-31 版本）：期限 十日 & <更多>。（law.md）"
    old = "“期限规定”已由“采购法”取代（2021-01-01 起）"
    assert cited["应当公开。"] == [first]
    assert cited[f"期限规定十日。（未能与原文核对一致、{old}）"] == [first, second]
    assert len(texts) == 3 and "没有答案。" in cited
    assert document.paragraphs[0].text == document.core_properties.title
    assert "# 标题 *粗* <b>x</b>" in document.paragraphs[0].text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_markdown_has_a_footnote_for_each_mark_and_shows_text_as_text(language: str) -> None:
    exported = to_markdown(TURNS, "zh" if language == "zh" else "en")
    assert "期限规定十日。[^1-1][^1-2]" in exported
    assert exported.count("\n[^1-1]: ") == exported.count("\n[^1-2]: ") == 1
    assert ("已由《采购法》" if language == "zh" else "replaced by 《采购法》") in exported
    shown = MarkdownIt("commonmark").enable("table").render(exported)
    assert "&lt;b&gt;x&lt;/b&gt;" in shown and "<b>" not in shown and "<em>粗" not in shown
    assert shown.count("<h1>") == 1 and shown.count("<h2>") == 2


def test_nothing_asked_is_still_a_file() -> None:
    assert to_markdown([]).startswith("# 政采问答")
    assert docx.Document(io.BytesIO(to_docx([], "en"))).paragraphs
