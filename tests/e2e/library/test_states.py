"""Every state of the page: by keyboard, for screen readers, on a phone, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ingest.securitylog import user_name
from tests.e2e.conftest import READY
from tests.e2e.library.page import (
    EDITOR,
    TEA,
    Opener,
    check_accessible,
    choose,
    row,
    text_file,
    told,
)
from tests.e2e.texts import LAW

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
CHINESE = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]{2,}")
INTERFACE = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const language = walker.currentNode.parentElement.closest('[lang]').lang;
    if (text && language === document.documentElement.lang) found.push(text);
  }
  for (const e of document.querySelectorAll('[aria-label], [placeholder]')) {
    if (e.matches('details.actions > summary, .document, tbody .choose input')) continue;
    found.push(e.getAttribute('aria-label') ?? '', e.getAttribute('placeholder') ?? '');
  }
  return found.filter((text) => text && text !== 'https://');
}"""


def test_keyboard_only(edit: Opener) -> None:
    title = "戊乡水泵采购须知"
    page = edit()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector}")

    tab_to(".head .add")
    page.keyboard.press("Enter")
    tab_to("dialog textarea")
    page.keyboard.insert_text(f"{title}\n第一条 水泵由乡水利站采购，汛期前完成验收。\n")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".preview h3").first).to_be_focused()
    tab_to("dialog footer [type=submit]")
    page.keyboard.press("Enter")
    told(page, f"已收录：{title}")
    expect(page.locator(".head .add")).to_be_focused()
    tab_to("[name=words]")
    page.keyboard.insert_text(title)
    tab_to(".list tbody button.title")
    page.keyboard.press("Enter")
    expect(page.locator(".source h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, title).get_by_role("button", name=title, exact=True)).to_be_focused()
    tab_to(".list summary")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told(page, f"已移除：{title}")
    undo = page.locator(".toast").get_by_role("button", name="撤销")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, title)).to_have_count(1)
    choose(page, title, "移除")
    expect(row(page, title)).to_have_count(0)


def open_states(page: Page) -> Iterator[str]:
    """The states of the page one after the other."""
    yield "list"
    page.locator(".list summary").first.click()
    yield "menu"
    page.keyboard.press("Escape")
    page.locator(".head .add").click()
    yield "dialog"
    page.set_input_files(
        "#files",
        [
            text_file("a.txt", TEA.replace("采购", "購買")),
            text_file("b.txt", LAW.replace("三十日", "九日")),
        ],
    )
    page.locator(".preview").wait_for()
    yield "preview"
    page.locator("dialog footer [type=button]").first.click()
    page.locator(".preview .alike").wait_for()
    yield "alike"
    page.keyboard.press("Escape")
    page.locator(".head .to-log").click()
    page.locator(".log-of-changes li").first.wait_for()
    yield "log"
    page.keyboard.press("Escape")
    page.locator(".list summary").first.click()
    page.locator(".list .menu-list button").nth(2).click()
    yield "editing"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violation(edit: Opener, scheme: str) -> None:
    page = edit(color_scheme=scheme)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red = int(re.findall(r"\d+", background)[0])
    assert (red < 80) == (scheme == "dark"), background
    for state in open_states(page):
        check_accessible(page, state)


def test_phone_width(edit: Opener) -> None:
    page = edit(**PHONE)
    for state in open_states(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, state
        inside = page.evaluate(
            "[...document.querySelectorAll('dialog[open], dialog[open] *')].filter("
            "(e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1 && getComputedStyle(e)"
            ".overflowX === 'auto').map((e) => e.className)"
        )
        assert not inside, (state, inside)
        for control in page.locator(
            "#zhengcai :is(button, a, summary, select, .button, input[type=text]):visible"
        ).all():
            box = control.bounding_box()
            if box and not control.evaluate("e => e.matches('.skip, .document *')"):
                assert box["height"] >= 43.5, (state, control.evaluate("e => e.outerHTML"))
    page.keyboard.press("Escape")
    choose(page, "示例采购管理办法", "移除")
    told(page, "已移除：示例采购管理办法")
    notice = page.locator(".toast").bounding_box()
    assert notice and notice["width"] <= 390 and notice["height"] <= 110
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(row(page, "示例采购管理办法")).to_have_count(1)


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_no_word_is_left_in_the_other_language(edit: Opener, locale: str) -> None:
    page = edit(locale="zh-CN" if locale == "en-US" else "en-US")
    page.locator(".bar .language").click()  # switched by hand
    page.wait_for_function(
        "l => document.documentElement.lang === l", arg=locale[:2] if locale == "en-US" else locale
    )
    formats = "DOCX|DOC|WPS|RTF|PDF|OFD|XLSX|XLS|CSV|PPT|HTML|Markdown|JPG|PNG|TIFF|ZIP|EML"
    names = re.compile(rf"政采问答|{EDITOR}|{formats}|[ab]\.txt|{re.escape(user_name())}")
    foreign = LATIN if locale == "zh-CN" else CHINESE
    for state in open_states(page):
        for text in page.evaluate(INTERFACE):
            assert not foreign.search(names.sub("", text)), (state, text)
    page.reload()
    page.wait_for_selector(READY)
    title = "资料库" if locale == "zh-CN" else "Library"
    assert page.title().startswith(title)
