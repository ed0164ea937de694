"""The source view: its text is the document's, and a highlight is the cited slice."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.source_view import Mark, body_html, escape, outline_of
from ingest.document import Document, Line, Metadata, Repair, Section
from ingest.prepare import Origin, Prepared, prepare
from ingest.settings import Settings

LAW = """# 示例采购管理办法

2021年1月2日示例部令第3号公布，自2021年3月1日起施行

## 第一章 总则

第一条 为了规范采购行为，制定本办法。

第二条 采购人应当做到：

（一）公开透明；

（二）公平竞争。

## 第二章 程序

第三条 采购按下列标准执行：

| 项目 | 限额 |
| --- | --- |
| 货物 | 50万元 |
| 服务 | 30万元 |
"""


class Reader(HTMLParser):
    """Collects what a browser would have in its document: text, marks, tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []
        self.marks: dict[str, str] = {}
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()
        assert not self._open, "an element was not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.attributes.append((tag, values))
        numbers = (values.get("data-n") or "").split() if tag == "mark" else []
        self._open.append((tag, numbers))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, "elements are not nested"

    def handle_data(self, data: str) -> None:
        self.text += data
        for number in {n for _, numbers in self._open for n in numbers}:
            self.marks[number] = self.marks.get(number, "") + data


def prepared(folder: Path, name: str, text: str) -> Prepared:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return prepare(Origin(name, file), Settings())


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepared(tmp_path_factory.mktemp("law"), "law.md", LAW)


def test_text_content_is_the_document(law: Prepared) -> None:
    html = body_html(law.document, law.sections)
    assert Reader(html).text == law.document.text


def test_every_passage_is_highlighted_exactly(law: Prepared) -> None:
    for passage in law.passages:
        mark = Mark(passage.start, passage.end, 7)
        found = Reader(body_html(law.document, law.sections, [mark]))
        assert found.marks["7"] == passage.text
        assert found.text == law.document.text


def test_headings_tables_and_anchors(law: Prepared) -> None:
    found = Reader(body_html(law.document, law.sections))
    assert found.tags.count("table") == 1
    assert found.tags.count("tr") == 3
    assert found.tags.count("th") == 2
    assert any(tag in found.tags for tag in ("h3", "h4"))
    ids = [values["id"] for _, values in found.attributes if "id" in values]
    assert sorted(ids) == sorted({f"s{section.index}" for section in law.sections})


def test_outline_lists_chapters_and_articles(law: Prepared) -> None:
    texts = [entry.text for entry in outline_of(law.document, law.sections)]
    assert [t for t in texts if t.startswith("第")] == [
        "第一章 总则",
        "第一条",
        "第二条",
        "第二章 程序",
        "第三条",
    ]


def test_seed_repairs_are_shown_with_their_original(seed_file: Path) -> None:
    ready = prepare(Origin(seed_file.name, seed_file), Settings())
    found = Reader(body_html(ready.document, ready.sections))
    assert found.text == ready.document.text
    shown = [values for _, values in found.attributes if "data-kind" in values]
    assert {r.original for r in ready.document.repairs} == {v["data-original"] for v in shown}
    guesses = {v["data-original"] for v in shown if "data-guess" in v}
    assert guesses == {r.original for r in ready.document.repairs if r.guess}


def test_hostile_text_stays_text() -> None:
    text = (
        '<script>alert(1)</script>\n<img src=x onerror="alert(2)"> [x](javascript:alert(3)) &amp;'
    )
    document = plain(text, [Repair("pinyin", 3, 5, '"><script>alert(4)</script>', "")])
    found = Reader(body_html(document, [], [Mark(0, len(text), 1)]))
    assert found.text == text
    assert set(found.tags) <= {"p", "mark", "span", "b"}
    assert not [name for _, values in found.attributes for name in values if name.startswith("on")]


def test_marks_outside_the_text_are_left_out() -> None:
    document = plain("第一条 内容", [])
    for mark in (Mark(3, 3), Mark(5, 2), Mark(0, 99)):
        assert "<mark" not in body_html(document, [], [mark])


def plain(text: str, repairs: list[Repair]) -> Document:
    lines = []
    at = 0
    for part in text.split("\n"):
        kind = "table" if " | " in part else "paragraph"
        lines.append(Line(at, at + len(part), kind))
        at += len(part) + 1
    return Document("d", "d.txt", "txt", "h", text, tuple(lines), Metadata(), tuple(repairs))


ALPHABET = st.sampled_from([*"第一条 采购；。（）", "\n", " | ", "<b>", "&", '"', "\u3000", "\r"])


@given(st.data())
def test_any_text_any_marks_any_repairs(data: st.DataObject) -> None:
    text = "".join(data.draw(st.lists(ALPHABET, min_size=1, max_size=40)))
    span = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    marks = [Mark(a, b, n) for n, (a, b) in enumerate(data.draw(st.lists(span, max_size=4)), 1)]
    repairs = [Repair("script", a, b, "原", "今") for a, b in data.draw(st.lists(span, max_size=4))]
    sections = [
        Section(i, None, "article", "第一条", "", a, b)
        for i, (a, b) in enumerate(data.draw(st.lists(span, max_size=3)))
    ]
    found = Reader(body_html(plain(text, repairs), sections, marks))
    assert found.text == text
    for mark in marks:
        assert found.marks.get(str(mark.n), "") == text[mark.start : mark.end]


def test_escape_keeps_carriage_returns() -> None:
    assert escape("a\r<") == "a&#13;&lt;"
