"""Asking, clicking, checking: the chat in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ingest.embed import Embedder
from ingest.index import writing
from ingest.pipeline import add_paths
from tests.e2e.conftest import READY, Running, Site, ask
from tests.e2e.texts import (
    HOSTILE_QUESTION,
    LAW_QUESTION,
    LIST_QUESTION,
    SEED_QUESTION,
    TABLE_QUESTION,
    UNANSWERABLE,
)
from tests.projects import Project

Opener = Callable[..., Page]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
ALL_RULES: dict[str, Any] = {"resultTypes": ["violations"]}
RULES_OF_COLOUR = {**ALL_RULES, "runOnly": ["color-contrast", "link-in-text-block"]}
"""Nothing but colours differs between the schemes."""
MARKED = (
    "() => [...document.querySelectorAll('.source mark.current')].map(m => m.textContent).join('')"
)


def messages(page: Page) -> list[dict[str, Any]]:
    """The messages of the newest conversation, as the browser keeps them."""
    kept = json.loads(page.evaluate("localStorage.getItem('zhengcai.conversations')"))
    found: list[dict[str, Any]] = kept[0]["messages"]
    return found


def check_highlight(site: Site, page: Page, citation: dict[str, Any]) -> None:
    """The panel shows the whole document, and highlights exactly the cited slice, in view."""
    page.wait_for_function(
        "p => location.hash.endsWith(`/${p.start}-${p.end}`) "
        "&& document.querySelector('.source:not([aria-busy]) mark.current')",
        arg=citation,
    )
    text = site.text(citation["content_hash"])
    slice_ = text[citation["start"] : citation["end"]]
    assert slice_ == citation["text"]
    assert page.evaluate(MARKED) == slice_
    assert page.evaluate("document.querySelector('.document').textContent") == text
    expect(page.locator(".source mark.current").first).to_be_in_viewport()
    covered = page.evaluate(
        """() => {
          const mark = document.querySelector('.source mark.current');
          const at = mark.getClientRects()[0];
          return !mark.contains(document.elementFromPoint(at.left + 2, at.top + at.height / 2));
        }"""
    )
    assert not covered
    assert page.locator(".source h2").inner_text() == citation["title"]
    assert citation["section"] in page.locator(".source .path").inner_text()


def test_each_citation_opens_exactly_what_it_cites(site: Site, open_page: Opener) -> None:
    page = open_page()
    for question in (SEED_QUESTION, LAW_QUESTION, LIST_QUESTION, TABLE_QUESTION):
        ask(page, question)
        message = messages(page)[-1]
        assert message["citations"], f"no answer to {question}"
        for citation in message["citations"]:
            page.locator(".turn").last.locator(f'.cite[data-n="{citation["n"]}"]').first.click()
            check_highlight(site, page, citation)


def test_older_citations_keep_their_source_also_after_a_reload(
    site: Site, open_page: Opener
) -> None:
    page = open_page()
    ask(page, SEED_QUESTION)
    ask(page, LAW_QUESTION)
    kept = messages(page)
    for _ in range(2):
        for turn, message in enumerate(kept):
            page.locator(".turn").nth(turn).locator(".cite").first.click()
            check_highlight(site, page, message["citations"][0])
        page.goto(site.url)
        page.wait_for_selector(READY)
        assert page.locator(".turn").count() == len(kept)


def test_previous_and_next_copy_and_link(site: Site, open_page: Opener) -> None:
    page = open_page()
    ask(page, SEED_QUESTION)
    citations = messages(page)[-1]["citations"]
    page.locator(".cite").first.click()
    check_highlight(site, page, citations[0])
    page.get_by_role("button", name="复制引文").click()
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text !== '')")
    assert page.evaluate("navigator.clipboard.readText()") == citations[0]["official"]
    for citation in [*citations[1:], citations[0]]:
        if len(citations) > 1:
            page.get_by_role("button", name="下一处引文").click()
            check_highlight(site, page, citation)
    link = page.url
    other = open_page(link)
    other.wait_for_selector(".source mark.current")
    assert other.evaluate(MARKED) == citations[0]["text"]
    assert citations[0]["section"] in other.locator(".source .path").inner_text()


def test_repairs_show_what_was_there(open_page: Opener) -> None:
    page = open_page()
    ask(page, SEED_QUESTION)
    page.locator(".cite").first.click()
    damaged = page.locator('.repair[data-kind="encoding"]').first
    damaged.wait_for()
    title = damaged.get_attribute("title")
    original = damaged.get_attribute("data-original")
    assert title and original and original in title and title.startswith("修复乱码")
    assert "underline" in damaged.evaluate("e => getComputedStyle(e).textDecorationLine")


def test_refusal_looks_like_none_of_the_answers(open_page: Opener) -> None:
    page = open_page()
    ask(page, UNANSWERABLE)
    assert page.locator(".abstention").count() == 1
    assert page.locator(".cite").count() == 0
    assert not re.search(r"\[\d+\]", page.locator(".turn").inner_text())
    nearest = page.locator(".nearest")
    if messages(page)[-1]["nearest"]:
        assert "最接近的段落（不是答案）" in nearest.inner_text()
        nearest.locator(".place").first.click()
        page.wait_for_selector(".source mark.current")
        assert page.evaluate(MARKED) == messages(page)[-1]["nearest"][0]["text"]


def test_hostile_documents_and_questions_stay_text(site: Site, open_page: Opener) -> None:
    page = open_page()
    ask(page, HOSTILE_QUESTION)
    message = messages(page)[-1]
    assert message["citations"] and "<script>" in message["citations"][0]["text"]
    page.locator(".cite").first.click()
    check_highlight(site, page, message["citations"][0])
    ask(page, '<img src=x onerror="window.hacked=4"><b>粗</b> {{value}} ${1+1}')
    assert "<img src=x" in page.locator(".question").last.inner_text()
    assert page.evaluate("window.hacked") is None
    inside = "#zhengcai :is(script, img, iframe, object, [onerror], [onclick])"
    assert page.locator(inside).count() == 0
    assert page.locator('#zhengcai a[href^="javascript"]').count() == 0


def test_keyboard_only(site: Site, open_page: Opener) -> None:
    page = open_page()
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(LAW_QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".foot")
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.classList.contains('cite')"):
            break
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    n = int(page.evaluate("document.activeElement.dataset.n"))
    citation = messages(page)[-1]["citations"][n - 1]
    assert label == f"引文 {n}：《{citation['title']}》{citation['section']}"
    page.keyboard.press("Enter")
    page.wait_for_selector(".source mark.current")
    expect(page.locator(".source h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".source")).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label


def test_hover_card_names_the_place(open_page: Opener) -> None:
    page = open_page()
    ask(page, LAW_QUESTION)
    citation = messages(page)[-1]["citations"][0]
    page.locator(".cite").first.hover()
    card = page.get_by_role("tooltip")
    assert citation["section"] in card.inner_text()
    assert citation["text"].strip()[:10] in card.inner_text()


def test_examples_are_answered(open_page: Opener) -> None:
    page = open_page()
    page.wait_for_selector(".example")
    examples = page.locator(".example").all_inner_texts()
    assert 1 <= len(examples) <= 4
    for example in examples:
        ask(page, example)
        assert not messages(page)[-1]["abstained"], example


def test_empty_screen_says_what_is_loaded(open_page: Opener) -> None:
    page = open_page()
    covers = page.locator(".covers")
    expect(covers).to_contain_text("已收录 3 份文件")
    expect(covers.locator(".kinds")).to_contain_text("部门规章 1")
    expect(covers.get_by_role("link", name="添加更多文件")).to_be_visible()
    covers.get_by_role("button", name="示例采购管理办法").click()
    expect(page.locator(".source h2")).to_have_text("示例采购管理办法")
    assert page.locator(".document table tr").count() == 3


def test_language_follows_the_browser_and_can_be_switched(open_page: Opener) -> None:
    page = open_page(locale="en-US")
    assert page.locator("#question").get_attribute("placeholder") == "Ask about procurement rules"
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("button", name="中文").click()
    assert page.locator("#question").get_attribute("placeholder") == "输入政府采购方面的问题"
    page.reload()
    page.wait_for_selector(READY)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert open_page(locale="fr-FR").evaluate("document.documentElement.lang") == "en"
    assert open_page(locale="zh-TW").evaluate("document.documentElement.lang") == "zh-CN"


def test_phone_source_stands_below_the_answer(site: Site, open_page: Opener) -> None:
    page = open_page(**PHONE)
    ask(page, LIST_QUESTION)  # an answer longer than what stays visible above the source
    cite = page.locator(".cite").first
    cite.tap()
    check_highlight(site, page, messages(page)[-1]["citations"][0])
    panel = page.locator(".source").bounding_box()
    answer = page.locator(".log").bounding_box()
    marker = cite.bounding_box()
    assert panel and answer and marker
    assert panel["y"] >= answer["y"] + answer["height"] - 1
    assert marker["y"] + marker["height"] / 2 < panel["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator("#zhengcai :is(button, a, summary, select):visible").all():
        box = control.bounding_box()
        if box and not control.evaluate("e => e.classList.contains('skip')"):
            assert box["height"] >= 43.5, control.evaluate("e => e.outerHTML")


@pytest.mark.parametrize("layout", ["desktop", "phone"])
def test_no_serious_accessibility_violation(open_page: Opener, layout: str) -> None:
    page = open_page(color_scheme="light", **(PHONE if layout == "phone" else {}))
    page.wait_for_selector(".example")

    def check(state: str) -> None:
        for scheme, options in (("light", ALL_RULES), ("dark", RULES_OF_COLOUR)):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=options).response["violations"]
            serious = [v for v in found if v["impact"] in ("serious", "critical")]
            said = [(v["id"], v["nodes"][0]["html"]) for v in serious]
            assert not serious, (state, scheme, said)

    check("empty")
    ask(page, SEED_QUESTION)
    check("answer")
    page.locator(".cite").first.click()
    page.wait_for_selector(".source mark.current")
    check("source")
    page.keyboard.press("Escape")
    ask(page, UNANSWERABLE)
    check("refusal")


def test_conversations_are_kept_renamed_and_deleted(open_page: Opener) -> None:
    page = open_page()
    ask(page, SEED_QUESTION)
    page.get_by_role("button", name="新对话").click()
    ask(page, LAW_QUESTION)
    assert page.locator(".side .name").all_inner_texts() == [LAW_QUESTION, SEED_QUESTION]
    page.locator(".side summary").first.click()
    page.once("dialog", lambda dialog: dialog.accept("投诉期限"))
    page.get_by_role("button", name="重命名").click()
    assert page.locator(".side .name").first.inner_text() == "投诉期限"
    page.locator(".side .name").nth(1).click()
    assert page.locator(".question").all_inner_texts() == [SEED_QUESTION]
    page.locator(".side summary").nth(1).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="导出 Markdown").click()
    exported = saved.value.path().read_text(encoding="utf-8")
    citation = messages_of(page, 1)[0]["citations"][0]
    assert "[^1-1]" in exported and citation["title"] in exported
    page.locator(".side summary").nth(1).click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删除").click()
    assert page.locator(".side .name").all_inner_texts() == ["投诉期限"]
    page.wait_for_selector(".empty")


def messages_of(page: Page, conversation: int) -> list[dict[str, Any]]:
    kept = json.loads(page.evaluate("localStorage.getItem('zhengcai.conversations')"))
    found: list[dict[str, Any]] = kept[conversation]["messages"]
    return found


def test_page_is_usable_and_answers_soon(site: Site, open_page: Opener) -> None:
    """Bounds far above what is measured on a quiet machine, so that a busy one passes."""
    began = time.perf_counter()
    page = open_page()
    assert time.perf_counter() - began < 10
    assert ask(page, SEED_QUESTION) < 5


def test_new_and_changed_documents_without_restart(site: Site, open_page: Opener) -> None:
    project = site.project
    file = project.write(
        "差旅办法.txt", "差旅住宿采购办法\n第一条 差旅住宿采购限额为每晚四百元。\n"
    )
    question = "差旅住宿采购限额为每晚多少元？"
    page = open_page()
    try:
        add(project, file)
        ask(page, question)
        citation = messages(page)[-1]["citations"][0]
        assert "四百元" in citation["text"]
        file.write_text(
            "差旅住宿采购办法\n第一条 说明。\n第二条 差旅住宿采购限额为每晚五百元。\n", "utf-8"
        )
        add(project, file)
        page.locator(".cite").first.click()
        page.wait_for_selector(".source .banner")
        assert "四百元" in page.locator(".source .banner").inner_text()
        assert page.locator(".source mark").count() == 0
        ask(page, question)
        assert "五百元" in messages(page)[-1]["citations"][0]["text"]
    finally:
        removed = project.run("ingest", "remove", file.name)
        file.unlink()
        assert removed.returncode == 0, removed.stderr


def add(project: Project, file: Path) -> None:
    """Ingest a file beside the running chat."""
    with writing(project.settings):
        summary = add_paths([file], project.settings, Embedder(project.settings))
    assert not summary.failures


def test_a_server_as_it_is_started_answers_and_when_it_is_gone_that_is_said(
    site: Site, open_page: Opener
) -> None:
    with Running(site.project, (("ZHENGCAI_SERVER__LANGUAGE", "en"),)) as (url, process):
        page = open_page(url, allow_errors=True)
        assert page.evaluate("document.documentElement.lang") == "en"  # forced by the settings
        ask(page, LAW_QUESTION)
        assert messages(page)[-1]["citations"]
        process.terminate()
        process.wait(timeout=120)
        page.fill("#question", SEED_QUESTION)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
        expect(page.locator(".send")).to_have_attribute("aria-label", "Send")
