"""New texts on list pages: found on a real server's pages, offered, never taken in unasked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.embed import Embedder
from ingest.index import Index, writing
from ingest.sources import manners
from ingest.sources.linked import Linked, linked
from ingest.sources.sync import sync
from ingest.sources.watch import dismiss, watch
from tests.projects import Project
from tests.test_sources_web import NUMBER, TITLE, Server, files, page

MINISTRY = """<html><head><meta charset="{charset}"><title>规章制度</title></head><body>
<div class="nav"><a href="/">首页</a> <a href="/zcfb/">政策发布</a>
<a href="http://example.gov/jiaoyisuo/">财政部门户网站群链接导航</a> 2026年11月27日 星期五</div>
<ul class="liBox">
<li><a href="../caizhengbuling/201712/94.html" title="{listed}">{listed}</a>
<span>2017-12-26</span></li>
<li><a href="./202611/t20261120_1.htm"
title="关于印发《示例采购需求管理办法》的通知">关于印发《示例采购需求…</a>
<span>2026-11-20</span></li>
<li><a href="./202611/t20261118_2.htm">关于示例采购文件保存期限有关事项的公告</a>
<span>2026-11-18</span></li>
<li><a href="./202610/t20261009_3.htm">关于会计人员继续教育的通知通告</a>
<span>2026-10-09</span></li>
</ul>
<p>主办单位：示例部　备案号：京ICP备05002860号 <a href="/map.html">网站地图与使用帮助说明</a></p>
</body></html>"""
NETWORK = """<html><head><title>财政部规章</title></head><body><div class="main_list">
<ul class="c_list_bid">
<li><a href="/zcfg/mof/202611/t20261125_99.htm" target="_blank">
·示例采购评审专家管理办法（2026年修订）</a>
<em>发布时间：<span>2026年11月25日</span></em></li>
<li><a href="//{host}/zcfg/mof/202610/t20261001_98.htm">· 示例采购信用信息管理暂行办法</a></li>
</ul><div class="pages"><a href="index_1.htm">下一页</a> 共 20 页</div></div></body></html>"""


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    import threading

    found = Server()
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.released.set()
    found.shutdown()
    found.server_close()


@pytest.fixture(name="project")
def _project(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(manners, "sleep", lambda seconds: None)
    project = Project.make(
        tmp_path / "project",
        "library: {allow_private_addresses: true}\nanswer: {reader: none}\n",
    )
    at = server.address
    source = f"{{web: '{at}/caizhengbuling/201712/94.html'}}"
    text = f"{{title: {TITLE}, number: {NUMBER}, source: {source}}}"
    lists = f"{{name: 部, page: '{at}/gkml/', words: [采购]}}, {{name: 网, page: '{at}/zcfg/mof/'}}"
    project.write("sources.yaml", f"texts: [{text}]\nlists: [{lists}]\n")
    ministry = MINISTRY.format(charset="utf-8", listed=TITLE)
    server.pages["/gkml/"] = 200, ministry
    server.pages["/zcfg/mof/"] = 200, NETWORK.format(host=at.removeprefix("http://"))
    server.pages["/caizhengbuling/201712/94.html"] = 200, page()
    return project


def offered(project: Project) -> list[tuple[str, str]]:
    return [(offer.title, offer.date) for offer in watch(project.settings).offers]


NEW = [
    ("示例采购评审专家管理办法（2026年修订）", "2026-11-25"),
    ("关于印发《示例采购需求管理办法》的通知", "2026-11-20"),
    ("关于示例采购文件保存期限有关事项的公告", "2026-11-18"),
    ("示例采购信用信息管理暂行办法", "2026-10-01"),
]


def test_what_lists_have_and_is_not_here_is_offered_and_nothing_goes_in(
    project: Project, server: Server
) -> None:
    assert offered(project) == NEW
    assert not (project.folder / "data").exists()
    assert server.asked == ["/robots.txt", "/gkml/", "/zcfg/mof/"]


def test_what_is_in_or_dismissed_is_not_offered(project: Project, server: Server) -> None:
    project.write("示例采购需求管理办法.txt", "示例采购需求管理办法\n第一条 采购需求应当完整。\n")
    with writing(project.settings):
        sync(project.settings, Embedder(project.settings))
    done = project.run("ingest", "add", str(project.corpus))
    assert done.returncode == 0, done.stderr
    before = files(project)
    assert offered(project) == [NEW[0], *NEW[2:]]
    assert files(project) == before
    dismiss(project.settings, [f"{server.address}/gkml/202611/t20261118_2.htm"])
    assert offered(project) == [NEW[0], NEW[3]]
    index = Index.open(project.settings)
    try:
        assert len(index.documents()) == 1
    finally:
        index.close()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, "", "http-status"),
        (500, "", "http-status"),
        (302, "/gkml/", "too-many-redirects"),
        (200, "<html><body><p>请输入验证码后继续访问</p></body></html>", "no-list"),
        (200, "", "no-list"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_line_and_the_others_count(
    project: Project, server: Server, status: int, body: str, code: str
) -> None:
    server.pages["/gkml/"] = status, body
    found = watch(project.settings)
    (error,) = found.failed
    assert error.code == code and "\n" not in error.line() + error.line("zh")
    assert [(o.title, o.date) for o in found.offers] == [NEW[0], NEW[3]]


def test_a_text_whose_address_is_not_known_is_offered(project: Project, server: Server) -> None:
    listed = (project.corpus / "sources.yaml").read_text(encoding="utf-8")
    sought = f"texts: [{{title: {NEW[3][0]}, source: {{unknown: true}}}}, "
    project.write("sources.yaml", listed.replace("texts: [", sought))
    assert offered(project) == NEW


def test_robots_keep_a_list_from_being_read(project: Project, server: Server) -> None:
    server.pages["/robots.txt"] = 200, "User-agent: *\nDisallow: /gkml\n"
    assert [error.code for error in watch(project.settings).failed] == ["forbidden"]
    assert "/gkml/" not in server.asked


def test_a_list_in_gbk_under_a_wrong_header_is_read(project: Project, server: Server) -> None:
    body = MINISTRY.format(charset="gb2312", listed=TITLE).encode("gb18030")
    headers = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body))}
    server.raw["/gkml/"] = body, headers
    assert offered(project) == NEW


def test_the_command_says_what_is_new(project: Project, server: Server) -> None:
    done = project.run("ingest", "sync", "--watch", language="zh")
    assert done.returncode == 0, done.stderr
    assert "2026-11-20  关于印发《示例采购需求管理办法》的通知" in done.stdout
    assert "4 份资料库没有的文件" in done.stdout
    server.pages["/gkml/"] = server.pages["/zcfg/mof/"] = 404, ""
    done = project.run("ingest", "sync", "--watch")
    assert done.returncode == 1 and not done.stdout and done.stderr.count("\n") == 2


def test_links_of_menus_are_no_texts() -> None:
    base = "http://example.gov/list/"
    menu = (
        "<ul><li><a href='a.html'>政府采购政策文件专栏</a>"
        "<a href='b.html'>政府采购信息公告专栏</a> 2026-01-01</li></ul>"
    )
    line = (
        "<table><tr><td><a href='c.html'>政府采购公告发布规定</a></td>"
        "<td>[2026/3/4]</td></tr></table>"
    )
    assert linked((menu + line).encode(), base) == [
        Linked("政府采购公告发布规定", "http://example.gov/list/c.html", "2026-03-04")
    ]
