"""The page of the REST interface in a browser, under the strict policy of the whole server."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Site


def test_page_lists_the_operations_and_tries_one(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((site.url, "data:")) else bad(r.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)

    def bad(url: str) -> None:
        complaints.append(f"asked for {url}")

    page.goto(f"{site.url}api/docs")
    operations = page.locator(".opblock-summary-path")
    expect(operations.filter(has_text="/v1/ask").first).to_be_visible()
    documents = page.locator(".opblock", has_text="列出文件")
    documents.locator(".opblock-summary").click()
    documents.get_by_role("button", name="Try it out").click()
    documents.get_by_role("button", name="Execute").click()
    answer = documents.locator(".live-responses-table tbody")
    expect(answer).to_contain_text("示例采购管理办法")
    context.close()
    assert not complaints
