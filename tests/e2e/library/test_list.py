"""The list in a real browser: searched, read, logged in to, corrected, many at once."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Route, expect

from tests.e2e.conftest import READY, Site
from tests.e2e.library.page import (
    EDITOR,
    PASSWORD,
    READER,
    Opener,
    check_accessible,
    choose,
    row,
    told,
)


def test_list_is_searched_sorted_and_filtered(site: Site, open_page: Opener) -> None:
    page = open_page(f"{site.url}library")
    titles = page.locator(".list tbody button.title")
    expect(row(page, "示例采购管理办法")).to_contain_text("未见更新版本")
    assert page.evaluate("window.hacked") is None
    page.locator("[name=words]").fill("示例 办法")
    expect(titles).to_have_text(["示例采购管理办法"])
    expect(page.locator(".list .count")).to_contain_text("1 份")
    page.locator("[name=words]").fill("查无此文")
    expect(titles).to_have_count(0)
    page.locator("[name=words]").fill("")
    passages = page.get_by_role("columnheader", name="段落")
    passages.get_by_role("button").click()
    expect(passages).to_have_attribute("aria-sort", "descending")
    counts = [int(n) for n in page.locator(".list td.passages").all_inner_texts()]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) > 1
    passages.get_by_role("button").click()
    expect(passages).to_have_attribute("aria-sort", "ascending")
    assert [int(n) for n in page.locator(".list td.passages").all_inner_texts()] == counts[::-1]
    page.get_by_label("状态").select_option("newest")
    expect(row(page, "示例采购管理办法")).to_be_visible()
    expect(row(page, "网页代码采购须知")).to_have_count(0)


def test_an_open_menu_stays_when_what_the_texts_hold_comes_late(
    site: Site, open_page: Opener
) -> None:
    page, title = open_page(f"{site.url}library"), "示例采购管理办法"
    held: list[Route] = []
    page.route("**/ui/library/words*", lambda route: held.append(route))
    with page.expect_request("**/ui/library/words*"):
        page.locator("[name=words]").fill(title)
    menu = row(page, title).locator("details.actions")
    menu.locator("summary").click()
    item = menu.get_by_role("button").nth(1)
    item.focus()
    held[0].continue_()
    expect(row(page, title).locator(".found")).to_be_visible()
    expect(item).to_be_focused()
    expect(menu).to_have_attribute("open", "")


def test_document_opens_with_outline_and_by_link(site: Site, open_page: Opener) -> None:
    page = open_page(f"{site.url}library")
    row(page, "示例采购管理办法").get_by_role("button", name="示例采购管理办法").click()
    expect(page.locator(".source h2")).to_have_text("示例采购管理办法")
    page.locator(".source .outline summary").click()
    last = page.locator(".source .outline button").last
    last.click()
    heading = page.locator(".source .document :text('第五条')").first
    expect(heading).to_be_in_viewport()
    id = row(page, "示例采购管理办法").get_attribute("data-id")
    assert f"#/source/{id}" in page.url
    other = open_page(f"{site.url}library#/source/{id}")
    expect(other.locator(".source h2")).to_have_text("示例采购管理办法")
    assert "第五条 供应商对答复不满意的" in (
        other.locator(".source .document").text_content() or ""
    )


def test_only_editors_change_the_library(site: Site, open_page: Opener) -> None:
    page = open_page(f"{site.url}library", allow_errors=True)  # a refused login is a 401
    title = "示例采购管理办法"
    expect(page.locator(".head .add")).to_have_count(0)
    row(page, title).locator("summary").click()
    expect(row(page, title).locator(".menu-list button")).to_have_text(["就此提问", "下载原文件"])
    id = row(page, title).get_attribute("data-id")
    for method, path in [
        ("DELETE", f"ui/library/documents/{id}"),
        ("PATCH", f"ui/library/documents/{id}"),
        ("POST", "ui/library/drafts/text"),
        ("POST", "ui/library/drafts/file"),
        ("GET", "ui/library/changes"),
        ("GET", "ui/library/changes.csv"),
        ("GET", "ui/library/offers"),
        ("POST", "ui/library/remove"),
        ("DELETE", f"api/v1/documents/{id}"),
    ]:
        body: dict[str, Any] | None = {"metadata": {}} if method == "PATCH" else None
        assert httpx.request(method, site.url + path, json=body).status_code == 401, path

    page.get_by_role("link", name="登录").click()
    page.get_by_label("账号").fill(EDITOR)
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("账号或密码不正确。")
    expect(page.get_by_label("账号")).to_have_value(EDITOR)
    check_accessible(page, "login")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("密码").press("Enter")
    page.wait_for_selector(READY)
    assert page.url == f"{site.url}library"
    expect(page.locator(".head .add")).to_be_visible()
    row(page, title).locator("summary").click()
    names = ["就此提问", "下载原文件", "更正信息", "替换", "移除"]
    expect(row(page, title).locator(".menu-list button")).to_have_text(names)

    page.get_by_role("button", name=f"{EDITOR}：退出").click()
    page.wait_for_selector(READY)
    page.goto(f"{site.url}login?next=/library")
    page.get_by_label("账号").fill(READER)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name=f"{READER}：退出").wait_for()
    expect(page.locator(".head .add")).to_have_count(0)
    refused = page.request.delete(f"{site.url}ui/library/documents/{id}")
    assert refused.status == 403


def test_details_are_corrected(edit: Opener) -> None:
    page = edit()
    title = "网页代码采购须知"
    choose(page, title, "更正信息")
    page.locator(".editing [name=effective]").fill("2019-01-01")
    page.locator(".editing [name=expires]").fill("2020-01-01")
    page.get_by_role("button", name="保存").click()
    told(page, "已更正信息")
    expect(row(page, title)).to_contain_text("已失效")
    page.get_by_label("状态").select_option("expired")
    expect(page.locator(".list tbody tr")).to_have_count(1)
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(page.locator(".list tbody tr")).to_have_count(0)


def test_many_are_chosen_removed_and_brought_back(edit: Opener) -> None:
    page = edit()
    titles = ["示例采购管理办法", "网页代码采购须知"]
    for title in titles:
        row(page, title).locator(".choose input").check()
    expect(page.locator(".many")).to_contain_text("已选 2 份")
    page.locator("[name=grouped]").check()
    expect(page.locator(".list tr.group").first).to_be_visible()
    expect(row(page, titles[0]).locator(".choose input")).to_be_checked()
    page.locator(".many").get_by_role("button", name="移除这 2 份").click()
    told(page, "已移除 2 份")
    for title in titles:
        expect(row(page, title)).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="撤销").click()
    told(page, "已恢复 2 份")
    for title in titles:
        expect(row(page, title)).to_have_count(1)
    page.locator(".head .to-log").click()
    log = page.locator(".log-of-changes")
    expect(log.locator("li").filter(has_text=titles[0]).first).to_contain_text("网页")
    log.get_by_label("全部界面").select_option("command")
    expect(log.locator("li").first).to_contain_text("命令行")
    assert not log.locator("li").filter(has_text="撤销更改").count()
    with page.expect_download() as saved:
        log.get_by_role("link", name="导出 CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("时间（UTC）,操作人,界面") and len(lines) > 2
    assert all(",command," in line for line in lines[1:])


def test_texts_are_looked_through_and_contents_open_at_what_is_read(
    site: Site, open_page: Opener
) -> None:
    page = open_page(f"{site.url}library")
    page.locator("[name=words]").fill("供应商对答复不满意")
    place = row(page, "示例采购管理办法").locator(".found button").first
    expect(place).to_contain_text("第五条")
    place.click()
    expect(page.locator(".source mark.current").first).to_have_text("供应商对答复不满意")
    expect(page.locator(".source mark.current").first).to_be_in_viewport()
    page.locator(".source .outline summary").click()
    expect(page.locator(".source .outline [aria-current]")).to_contain_text("第五条")
