"""Text and Markdown: encodings, front matter, lines; nothing that is text is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.document import Block, RawDocument
from ingest.errors import LoadError
from ingest.load import load_bytes
from ingest.loading.encoding import decode

SIMPLIFIED = """中华人民共和国样本法
（2020年1月1日通过）
第一章　总则
第一条　为了规范政府采购行为，提高资金使用效益，维护国家利益和社会公共利益，制定本法。
第二条　在中华人民共和国境内进行的采购活动，适用本法；法律另有规定的，从其规定。
第三条　采购人、供应商应当遵循公开透明、公平竞争、公正和诚实信用原则。
（一）具有独立承担民事责任的能力；
（二）依法缴纳税收和社会保障资金的良好记录：GDP 2023，比上年增长5.2%。
"""
TRADITIONAL = """政府採購法施行細則
第一條　本細則依政府採購法第一百十三條規定訂定之。
第二條　機關辦理採購，應依本法及本細則之規定；其他法律另有規定者，從其規定。
第三條　廠商對於機關辦理採購，認為違反法令，致損害其權利或利益者，得提出異議。
財政部國庫署　函　中華民國一百零八年十一月
"""


def _texts(data: bytes | str, name: str) -> list[str]:
    data = data.encode() if isinstance(data, str) else data
    return [block.text for block in load_bytes(data, name).blocks]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk", "utf-16-le", "utf-16-be", "big5"])
def test_encodings_from_one_line_to_ten_kilobytes(encoding: str) -> None:
    text = TRADITIONAL if encoding == "big5" else SIMPLIFIED
    pieces = [*text.splitlines(), text, text * 10]
    pieces += [line[start : start + 6] for line in text.splitlines() for start in (0, 3, 9)]
    for piece in pieces:
        if not piece.strip() or piece.isascii() or len(re.findall("[一-鿿]", piece)) < 2:
            continue
        assert decode(piece.encode(encoding), "a.txt").text == piece, (encoding, piece)


def test_traditional_in_every_encoding() -> None:
    for encoding in ("utf-8", "gb18030", "big5", "cp950", "utf-16-le", "utf-16-be"):
        for piece in (*TRADITIONAL.splitlines(), TRADITIONAL):
            assert decode(piece.encode(encoding), "a.txt").text == piece, (encoding, piece)


def test_byte_order_marks() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert decode(SIMPLIFIED.encode(encoding), "a.txt").text == SIMPLIFIED
    assert decode(b"\xfe\xff" + SIMPLIFIED.encode("utf-16-be"), "a.txt").text == SIMPLIFIED


def test_corpus_in_every_encoding(shared: Path) -> None:
    """Each law line by line, as short as a heading, and whole."""
    for path in sorted((shared / "corpus" / "laws").iterdir())[::6]:
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if re.search("[一-鿿]{2}", line)]
        for encoding in ("gb18030", "utf-16-le", "utf-16-be"):
            for piece in (*lines[:40], text[:10_000]):
                assert decode(piece.encode(encoding), "a").text == piece, (path.name, piece)


def test_a_few_broken_bytes_do_not_hide_a_text() -> None:
    for encoding in ("utf-8", "gb18030"):
        data = SIMPLIFIED.encode(encoding)
        cut = data[:-4]  # in the middle of a character, as a cut-off download ends
        decoded = decode(cut, "a.txt")
        assert decoded.encoding == encoding
        assert decoded.text.startswith(SIMPLIFIED[:200])


def test_declared_encoding_is_checked() -> None:
    page = "<html><head><meta charset='{}'></head><body>第一条 政府采购</body></html>"
    assert _texts(page.format("gb2312").encode("gb18030"), "a.html") == ["第一条 政府采购"]
    assert _texts(page.format("gb2312").encode("utf-8"), "a.html") == ["第一条 政府采购"]
    assert _texts(page.format("utf-8").encode("gb18030"), "a.html") == ["第一条 政府采购"]
    assert _texts(page.format("nonsense").encode("utf-16-le"), "a.html") == ["第一条 政府采购"]


def test_control_characters_are_not_text() -> None:
    with pytest.raises(LoadError) as caught:
        decode("第一条\x00\x01\x02\x03\x04\x05".encode() * 20, "a.txt")
    assert caught.value.code == "not-text"


FRONT = """---
title: 样本办法
issuing_body: 财政部
doc_number: 财政部令第1号
version_date: 2017-07-11
effective_date: 2017年10月1日
published: 2017/7/18
expires:
region: 四川省
kind: 部门规章
official_url: http://example.gov.cn/a.htm (copy); https://example.org/b
note: 不是正文
---

第一条 为了规范采购，制定本办法。
"""


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_front_matter(name: str) -> None:
    document = load_bytes(FRONT.replace("\n", "\r\n").encode("utf-8-sig"), name)
    assert [block.text for block in document.blocks] == ["第一条 为了规范采购，制定本办法。"]
    said = document.metadata
    assert (said.title, said.issuer, said.number) == ("样本办法", "财政部", "财政部令第1号")
    assert (said.version, said.effective, said.published, said.expires) == (
        "2017-07-11",
        "2017-10-01",
        "2017-07-18",
        None,
    )
    assert (said.region, said.kind) == ("四川省", "rule")
    assert said.url == "http://example.gov.cn/a.htm"


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: [无效\n---\n",
        "---\n标题: 甲: 乙\n---\n",
        "---\n第一条 没有键\n---\n",
        "---\n- 甲\n- 乙\n---\n",
        "---\nauthor: 张三\n---\n",
        "---\ntitle: 没有结束\n",
        "---\n? {a: b}\n: c\n---\n",
    ],
)
def test_what_is_no_front_matter_stays_text(head: str, name: str) -> None:
    document = load_bytes((head + "正文。\n").encode(), name)
    text = "".join(block.text for block in document.blocks)
    assert set(re.findall("[一-鿿]", head)) <= set(text)
    assert "正文。" in text
    assert document.metadata.title is None


def test_a_value_of_the_wrong_type_stays_text() -> None:
    head = "---\ntitle: 办法\neffective_date: 下个月\nissuer: [甲, 乙]\n---\n正文。"
    document = load_bytes(head.encode(), "a.txt")
    assert document.metadata.title == "办法"
    assert document.metadata.effective is document.metadata.issuer is None
    texts = [block.text for block in document.blocks]
    assert texts[0] == "effective_date: 下个月"
    assert texts[-1] == "正文。"


def test_markdown() -> None:
    blocks = load_bytes(
        """# 样本法

<!-- INFO END -->

## 第一章 *总*则

第一条 甲\\*乙 2 < 3，《关于修改<保险法>的决定》&amp;。
第二条 同一段里的换行。

1. 第一项
2. 第二项，**加粗**
   续行

3) 从三开始
- 圆点

| 编号 | 名称 |
| --- | --- |
| A01 | 房屋 |
| A02 |  |

    缩进的段落

> 引文

```
代码
```
标题
====
末<br>尾
""".encode(),
        "a.md",
    ).blocks
    assert list(blocks) == [
        Block("样本法", "heading", 1),
        Block("第一章 总则", "heading", 2),
        Block("第一条 甲*乙 2 < 3，《关于修改<保险法>的决定》&。"),
        Block("第二条 同一段里的换行。"),
        Block("1. 第一项"),
        Block("2. 第二项，加粗"),
        Block("续行"),
        Block("3) 从三开始"),
        Block("圆点"),
        Block("编号 | 名称\nA01 | 房屋\nA02", "table"),
        Block("缩进的段落"),
        Block("引文"),
        Block("代码"),
        Block("标题", "heading", 1),
        Block("末"),
        Block("尾"),
    ]


def test_markdown_with_html() -> None:
    rows = "<tr><td>甲</td><td>乙</td></tr>\n\n<tr><td>丙</td><td>丁</td></tr>"
    markdown = f"前。\n\n<table>\n{rows}\n</table>\n\n后。"
    kinds = [(block.kind, block.text) for block in load_bytes(markdown.encode(), "a.md").blocks]
    assert kinds == [("paragraph", "前。"), ("table", "甲 | 乙\n丙 | 丁"), ("paragraph", "后。")]


def test_plain_text_named_markdown_loses_nothing() -> None:
    text = (
        "政务公开\n>\n政策服务\n>\n[发文字号]\n[甲]: 乙\n-->\n大\n中\n第一条 甲。\n第二条 乙。\n"
        "---\n<!-- 没有结束\n第三条 丙。"
    )
    shown = _texts(text, "a.md")
    assert "第一条 甲。" in shown
    assert "".join("".join(shown).split()) == "".join(text.replace("---\n", "").split())


def test_a_paragraph_above_a_rule_is_no_heading() -> None:
    blocks = load_bytes("第一条 甲。\n第二条 乙。\n---\n第三条".encode(), "a.md").blocks
    assert [block.kind for block in blocks] == ["paragraph"] * 3


def test_every_line_break_splits() -> None:
    assert _texts("甲\r\n乙\r丙\n\n　　丁\u2028戊", "a.txt") == ["甲", "乙", "丙", "丁", "戊"]


def test_nothing_of_the_corpus_is_lost(
    shared: Path, seed_file: Path, loaded: Callable[[Path], RawDocument]
) -> None:
    corpus = shared / "corpus"
    paths = [*(corpus / "laws").iterdir(), *(corpus / "articles").iterdir(), seed_file]
    assert len(paths) > 60
    for path in paths:
        text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if path.suffix == ".md":
            text = re.sub(r"(?m)<!--.*?-->|^#+ ", "", text)
        shown = "".join(block.text for block in loaded(path).blocks)
        assert "".join(shown.split()) == "".join(text.split()), path.name


def test_number_signs_before_titles_of_a_text_file() -> None:
    text = "# 采购办法\n\n## 第一章 总则\n第一条 适用本办法。\n#1 号楼\n"
    blocks = load_bytes(text.encode(), "办法.txt").blocks
    assert [(b.kind, b.level, b.text) for b in blocks] == [
        ("heading", 1, "采购办法"),
        ("heading", 2, "第一章 总则"),
        ("paragraph", None, "第一条 适用本办法。"),
        ("paragraph", None, "#1 号楼"),
    ]
