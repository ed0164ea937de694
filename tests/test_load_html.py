"""HTML: text in reading order, layout tables and data tables, what the head declares."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from ingest.document import Block, RawDocument, Related
from ingest.load import load, load_bytes


def _load(html: str, source: str = "a.html") -> RawDocument:
    return load_bytes(html.encode(), "a.html", source)


def _texts(html: str) -> list[str]:
    return [block.text for block in _load(html).blocks]


def test_blocks_lines_and_headings() -> None:
    blocks = _load(
        "<body><h1>关于印发<br>办法的通知</h1>开头<p>第一条&nbsp;甲<br/>第二条 乙</p>"
        "<div>外<div>内</div>后</div><h3><span>小</span>标题</h3>尾</body>"
    ).blocks
    assert list(blocks) == [
        Block("关于印发办法的通知", "heading", 1),
        Block("开头"),
        Block("第一条 甲"),
        Block("第二条 乙"),
        Block("外"),
        Block("内"),
        Block("后"),
        Block("小标题", "heading", 3),
        Block("尾"),
    ]


def test_what_is_not_text() -> None:
    html = (
        "<head><style>a{}</style></head><nav>导航</nav><script>1</script><!-- 注释 -->"
        "<form>正文在这里<input value='无'>"
        "<select><option>选项</option></select><button>提交</button>"
        "</form><p style='color:red; display: none'>隐藏</p><p hidden>隐藏</p>"
        "<template>模板</template>"
    )
    assert _texts(html) == ["正文在这里"]


def test_unusual_markup_keeps_its_text() -> None:
    html = (
        "<o:p>甲</o:p><ucapcontent><p>乙</p></ucapcontent><font>丙</font><center>丁</center>"
        "<marquee>戊</marquee><修改>己</修改><fieldset><legend>庚</legend></fieldset><dl><dt>辛<dd>壬</dl>"
    )
    assert "".join(_texts(html)).startswith("甲乙丙丁戊")
    for char in "己庚辛壬":
        assert char in "".join(_texts(html))


def test_a_page_hidden_until_a_script_shows_it_is_read() -> None:
    html = f"<p>加载中</p><div style='display:none'><p>{'第一条 正文。' * 20}</p></div>"
    assert "第一条" in "".join(_texts(html))


def test_white_space() -> None:
    assert _texts("<p>政府\n  采购  法 and\n law</p>") == ["政府采购 法 and law"]
    assert _texts("<p><a>首页</a>\n<a>新闻</a></p>") == ["首页 新闻"]
    assert _texts("<pre>第一行\n  第二行</pre>") == ["第一行", "第二行"]
    assert _texts("<div style='white-space: pre-wrap'>甲\n乙</div>") == ["甲", "乙"]


def test_ruby_is_kept_for_cleaning() -> None:
    assert _texts("<p><ruby>買<rt>mǎi</rt></ruby>賣</p>") == ["買(mǎi)賣"]
    assert _texts("<p><ruby>買<rp>(</rp><rt>mǎi</rt><rp>)</rp></ruby></p>") == ["買(mǎi)"]


def test_ordered_lists_print_their_numbers() -> None:
    html = (
        "<ol start=3><li>甲<li value=7>乙<ul><li>圆点</ul><li>（一）自带编号</ol>"
        "<ol type=a><li>丙</ol><ol type=I><li>丁</ol><ol style='list-style:none'><li>戊</ol>"
    )
    assert _texts(html) == ["3. 甲", "7. 乙", "圆点", "（一）自带编号", "a. 丙", "I. 丁", "戊"]


def test_data_table() -> None:
    html = (
        "<table><caption>表1</caption><tr><th rowspan=2>省<th colspan=2>人数<th>备注"
        "<tr><td>1996<br>年<td>1997<td><tr><td>江苏<td>10<td>20<td>甲<p>乙</p></table>"
    )
    assert list(_load(html).blocks) == [
        Block("表1"),
        Block("省 | 人数 | 人数 | 备注\n省 | 1996 年 | 1997\n江苏 | 10 | 20 | 甲 乙", "table"),
    ]


def test_layout_tables_are_paragraphs() -> None:
    article = "".join(f"<p>第{n}条 {'规范采购行为。' * 20}</p>" for n in range(1, 8))
    inner = "<table><tr><td>甲</td><td>乙</td></tr></table>"
    one_cell = f"<table><tbody><tr><td>{article}{inner}<p>后</p></td></tr></tbody></table>"
    blocks = _load(one_cell).blocks
    assert [block.kind for block in blocks] == ["paragraph"] * 7 + ["table", "paragraph"]
    beside = f"<table><tr><td>栏目<td>{article}</table>"
    assert [block.kind for block in _load(beside).blocks] == ["paragraph"] * 8
    column = "<table><tr><td><p>甲</p><p>乙</p></td></tr><tr><td>丙</td></tr></table>"
    assert list(_load(column).blocks) == [Block("甲"), Block("乙"), Block("丙")]


def test_deep_and_broken_nesting_loses_nothing() -> None:
    deep = "".join(f"<font>层{n}" for n in range(1500))
    text = "".join(_texts(f"<p>{deep}</p><p>末</p>"))
    assert "层1499" in text
    assert text.endswith("末")
    tables = "<table><tr><td>甲</td><td>" * 40 + "末" + "</td></tr></table>" * 40
    assert "末" in "".join(_texts(tables))
    assert _texts("<p>甲</div></td>乙<table><td>丙")[-1] == "丙"


def test_head_of_a_government_page() -> None:
    said = _load(
        "<head><meta name=SiteName content=某部>"
        "<meta name=ArticleTitle content='关于<br>采购的通知'>"
        "<meta name=PubDate content='2022-09-16 10:24'><meta name=ContentSource content=财政部>"
        "<meta name=Keywords content=''><meta name=issuer content=国务院>"
        "<meta name='doc-number' content='国办发〔2018〕1号'>"
        "<link rel=canonical href='/a/b.htm'><title>别的</title></head><p>正文",
        "https://www.example.gov.cn/x/y.htm",
    ).metadata
    assert said.title == "关于采购的通知"
    assert (said.published, said.source_name) == ("2022-09-16", "财政部")
    assert (said.issuer, said.number) == ("国务院", "国办发〔2018〕1号")
    assert said.url == "https://www.example.gov.cn/a/b.htm"


def test_title_without_its_site() -> None:
    def title(text: str) -> str | None:
        return _load(f"<title>{text}</title><p>正文").metadata.title

    assert title("采购办法_其他文件_首都之窗_某市人民政府门户网站") == "采购办法"
    assert title("采购办法 - 中国政府网") == "采购办法"
    assert title("采购办法-中国政府网") == "采购办法"
    assert title("规划（2018-2035年）的批复") == "规划（2018-2035年）的批复"
    assert title("A-B 对照") == "A-B 对照"
    assert title("  ") is None


def test_nothing_is_invented() -> None:
    said = _load(
        "<p>国务院 2020年1月1日 国发〔2020〕1号</p><a href='http://a.cn/'>链接</a>"
    ).metadata
    assert said == type(said)()
    assert _load("<link rel=canonical href='javascript:1'><p>正文").metadata.url is None


def test_related_links() -> None:
    document = _load(
        "<p>正文</p><div><h4>相关文章：</h4></div><ul>"
        "<li><a href='/a.htm'>规范采购平台管理</a> 2024-10-18</li>"
        "<li><a href='b.htm' title='完整的标题在此'>完整的…</a><span>[2024-10-15]</span></li>"
        "<li><a href='javascript:void(0)'>更多文章列表</a></ul>",
        "http://example.gov.cn/x/y.htm",
    )
    assert document.metadata.related == (
        Related("规范采购平台管理", "2024-10-18", "http://example.gov.cn/a.htm"),
        Related("完整的标题在此", "2024-10-15", "http://example.gov.cn/x/b.htm"),
    )
    assert "规范采购平台管理 2024-10-18" in [block.text for block in document.blocks]
    plain = _load("<p>正文</p><ul><li><a href='/a.htm'>导航里的链接</a></ul>")
    assert plain.metadata.related == ()
    empty = _load("<p>相关文章:</p><p>说明文字</p><ul><li><a href='/a'>导航里的链接</a></ul>")
    assert empty.metadata.related == ()


def test_corpus_pages_keep_their_text(shared: Path) -> None:
    """Against a second parser, with the tags taken out by hand."""
    import html

    pages = sorted((shared / "corpus" / "gov-html").glob("5*.html"))
    assert len(pages) == 60
    for path in pages:
        source = path.read_text(encoding="utf-8")
        body = re.sub(r"<[^>]*>", "", source.partition("<body>")[2])
        wanted = "".join(html.unescape(body).split())
        document = load(path)
        shown = "".join(block.text for block in document.blocks if block.kind != "table")
        if all(block.kind != "table" for block in document.blocks):
            assert "".join(shown.split()) == wanted, path.name
        everything = "".join(block.text.replace(" | ", "") for block in document.blocks)
        # a merged cell's words stand in each row that it spans, nothing is lost
        read, there = (Counter("".join(t.split()).replace("|", "")) for t in (everything, wanted))
        assert read == there if "span=" not in source else not there - read, path.name
        assert document.metadata.title and document.metadata.url and document.metadata.number
