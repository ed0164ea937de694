"""What the tests of the library page do in it, and the texts that they add."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Locator, Page, expect

Opener = Callable[..., Page]
EDITOR, READER, PASSWORD = "zhangsan", "lisi", "an easy one to remember"
TEA = """乙市茶叶检测服务采购规定
第一章 总则
第一条 茶叶检测服务由乙市农业农村部门统一采购。
第二条 供应商应当在接样后九个工作日内出具茶叶检测报告。
第二章 付款
第三条 采购人应当在收到茶叶检测报告后十二日内支付费用。
第四条 本规定自2024年5月1日起施行。
"""
PAGE = """<!doctype html><html lang="zh-CN"><head><title>丙县路灯养护采购办法</title></head><body>
<nav>首页 | 政务公开</nav><article><h1>丙县路灯养护采购办法</h1>
<p>第一条 路灯养护服务每两年采购一次。</p>
<p>第二条 路灯熄灭的，养护单位应当在六小时内修复。</p>
<p>第三条 本办法自2023年7月1日起施行。</p></article></body></html>"""


def row(page: Page, title: str) -> Locator:
    return page.locator(".list tbody tr").filter(
        has=page.get_by_role("button", name=title, exact=True)
    )


def choose(page: Page, title: str, action: str) -> None:
    """Choose an action from a document's menu."""
    row(page, title).locator("summary").click()
    row(page, title).locator(".menu-list").get_by_role("button", name=action).click()


def text_file(name: str, text: str | bytes) -> FilePayload:
    data = text.encode() if isinstance(text, str) else text
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def upload(page: Page, *files: FilePayload) -> None:
    """Choose files in the dialog; leaves the first preview open."""
    page.locator(".head .add").click()
    page.set_input_files("#files", list(files))


def paste(page: Page, text: str, title: str = "") -> None:
    page.locator(".head .add").click()
    page.locator("dialog textarea").fill(text)
    page.locator("dialog [name=title]").fill(title)
    page.locator(".way").filter(has=page.locator("textarea")).get_by_role("button").click()


def fetch(page: Page, url: str) -> None:
    page.locator(".head .add").click()
    page.locator("dialog [name=url]").fill(url)
    page.locator(".way").filter(has=page.locator("[name=url]")).get_by_role("button").click()


def confirm(page: Page) -> None:
    page.locator("dialog footer [type=submit]").click()


def told(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def shown_text(page: Page, title: str) -> str:
    row(page, title).get_by_role("button", name=title, exact=True).click()
    document = page.locator(".source:not([aria-busy]) .document")
    document.wait_for()
    text = document.text_content() or ""
    page.locator(".source h2").press("Escape")
    expect(page.locator(".source")).to_be_hidden()
    return text


def check_accessible(page: Page, state: str) -> None:
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, (state, [(v["id"], v["nodes"][0]["html"]) for v in serious])
