"""What is done with an answer: rated, followed up, exported, shared, limited, stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import docx
import httpx
from axe_playwright_python.sync_playwright import Axe
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree
from playwright.sync_api import Page, Route, expect

from app.feedback import export
from tests.e2e.conftest import READY, Site, ask
from tests.e2e.texts import LAW_QUESTION, LIST_QUESTION, UNANSWERABLE

Opener = Callable[..., Page]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def kept(page: Page) -> dict[str, Any]:
    """The newest conversation, as the browser keeps it."""
    found: dict[str, Any] = json.loads(
        page.evaluate("localStorage.getItem('zhengcai.conversations')")
    )[0]
    return found


def menu(page: Page, name: str) -> None:
    page.locator(".side .actions summary").first.click()
    page.locator(".side .menu-list").first.get_by_role("button", name=name).click()


def no_serious_violation(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, [(v["id"], v["nodes"][0]["html"]) for v in serious]


def test_a_verdict_with_a_reason_reaches_the_server(site: Site, open_page: Opener) -> None:
    page = open_page()
    ask(page, LAW_QUESTION)
    page.get_by_role("button", name="有问题").click()
    page.get_by_label("引用的条款不对").check()
    page.get_by_label("哪里有问题").fill("应为第六条")
    no_serious_violation(page)
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".verdict-box [role=status]")).to_contain_text("已记录")
    expect(page.locator(".verdict-box form")).to_be_hidden()
    verdict = list(export(site.project.settings))[-1]
    assert (verdict.rating, verdict.question) == ("down", LAW_QUESTION)
    assert "引用的条款不对" in verdict.reason and "应为第六条" in verdict.reason
    citations = kept(page)["messages"][0]["citations"]
    assert list(verdict.citations) == [citation["official"] for citation in citations]
    assert "十五个工作日" in verdict.answer
    page.get_by_role("button", name="有帮助").click()
    page.wait_for_function(
        "() => document.querySelector('[data-rating=up]').getAttribute('aria-pressed') === 'true'"
    )
    same = [v for v in export(site.project.settings) if v.id == verdict.id]
    assert [v.rating for v in same] == ["up"]


def test_suggested_questions_come_after_the_answer_and_are_answered(open_page: Opener) -> None:
    page = open_page()
    ask(page, LAW_QUESTION)
    top = page.locator(".statement").first.bounding_box()
    suggested = page.locator(".next-questions .example")
    suggested.first.wait_for()
    assert page.locator(".statement").first.bounding_box() == top  # nothing jumped
    assert 1 <= suggested.count() <= 3
    question = suggested.first.inner_text()
    assert question != LAW_QUESTION
    suggested.first.click()
    page.wait_for_function("() => document.querySelectorAll('.foot').length === 2")
    message = kept(page)["messages"][1]
    assert message["question"] == question and not message["abstained"]


def test_exports_carry_footnotes(open_page: Opener) -> None:
    page = open_page()
    ask(page, LIST_QUESTION)
    ask(page, UNANSWERABLE)
    message = kept(page)["messages"][0]
    with page.expect_download() as saved:
        menu(page, "导出 Word")
    path = saved.value.path()
    assert saved.value.suggested_filename.endswith(".docx")
    document = docx.Document(str(path))
    notes = etree.fromstring(document.part.part_related_by(RELATIONSHIP_TYPE.FOOTNOTES).blob)
    texts = {note.get(f"{W}id"): "".join(note.itertext()) for note in notes}
    references = [
        reference.get(f"{W}id")
        for paragraph in document.paragraphs
        for reference in paragraph._p.iter(f"{W}footnoteReference")
    ]
    assert references
    officials = [citation["official"] for citation in message["citations"]]
    for reference in references:
        assert any(official in texts[reference] for official in officials)
    shown = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for statement in message["statements"]:
        assert statement["text"].split("\n")[0] in shown
    assert UNANSWERABLE in shown and "不能回答" in shown
    with page.expect_download() as saved:
        menu(page, "导出 Markdown")
    exported = saved.value.path().read_text(encoding="utf-8")
    assert "[^1-1]" in exported and f"[^1-1]: {officials[0]}" in exported


def test_a_shared_link_is_read_only_and_can_be_withdrawn(site: Site, open_page: Opener) -> None:
    page = open_page()
    ask(page, LIST_QUESTION)
    ask(page, '<img src=x onerror="window.hacked=1">')
    menu(page, "分享链接")
    page.get_by_role("button", name="生成链接").click()
    link = page.locator(".sharing input")
    link.wait_for()
    address = link.input_value()
    no_serious_violation(page)
    assert address.startswith(f"{site.url}share/") and len(address.split("/")[-1]) == 22

    reader = open_page(address)
    expect(reader.locator(".question").first).to_have_text(LIST_QUESTION)
    assert reader.locator("#question, .composer, .verdict-box, .side").count() == 0
    assert reader.evaluate("window.hacked") is None and reader.locator("#zhengcai img").count() == 0
    citation = kept(page)["messages"][0]["citations"][0]
    reader.locator(".cite").first.click()
    reader.wait_for_selector(".source mark.current")
    marked = "[...document.querySelectorAll('mark.current')].map(m => m.textContent).join('')"
    assert reader.evaluate(marked) == citation["text"]
    no_serious_violation(reader)

    id = address.split("/")[-1]
    refused = httpx.request("DELETE", f"{site.url}ui/share/{id}", json={"secret": "x" * 22})
    assert refused.status_code == 404
    assert httpx.get(address).status_code == 200
    page.get_by_role("button", name="撤回链接").click()
    page.get_by_role("button", name="生成链接").wait_for()
    assert httpx.get(address).status_code == 404
    assert "share" not in kept(page)
    gone = open_page(address, allow_errors=True)
    expect(gone.get_by_role("alert")).to_contain_text("已被撤回")


def test_filters_are_chips_that_the_answer_repeats(open_page: Opener) -> None:
    page = open_page()
    page.locator(".filters summary").click()
    page.get_by_label("年份").select_option(index=1)
    chip = page.locator(".filters .chip")
    expect(chip).to_have_count(1)
    name = chip.inner_text().replace("×", "").strip()
    ask(page, LAW_QUESTION)
    expect(page.locator(".turn .scope")).to_contain_text(name)
    assert kept(page)["messages"][0]["filters"]
    chip.get_by_role("button").click()
    expect(chip).to_have_count(0)
    ask(page, LAW_QUESTION)
    assert page.locator(".turn").nth(1).locator(".scope").count() == 0


def test_questions_about_one_document_stay_in_it(site: Site, open_page: Opener) -> None:
    titles = httpx.get(f"{site.url}ui/corpus").json()["titles"]
    law = next(one for one in titles if one["title"] == "示例采购管理办法")
    page = open_page(f"{site.url}?about={law['id']}")
    expect(page.locator(".filters .chip")).to_contain_text("示例采购管理办法")
    ask(page, LAW_QUESTION)
    citations = kept(page)["messages"][0]["citations"]
    assert citations and {citation["document"] for citation in citations} == {law["id"]}


def test_stop_leaves_what_came_and_the_next_question_is_answered(open_page: Opener) -> None:
    page = open_page()
    waiting: list[Route] = []
    # The answer never comes.
    page.route("**/gradio_api/call/ask/*", lambda route: waiting.append(route))
    page.fill("#question", LIST_QUESTION)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="停止").click()
    expect(page.locator(".turn .notice")).to_contain_text("已停止")
    expect(page.locator(".send")).to_have_attribute("aria-label", "发送")
    page.unroute_all(behavior="ignoreErrors")
    ask(page, LAW_QUESTION)
    assert not kept(page)["messages"][-1].get("stopped")
    page.locator(".turn").first.get_by_role("button", name="修改后再问").click()
    expect(page.locator("#question")).to_have_value(LIST_QUESTION)
    page.reload()
    page.wait_for_selector(READY)
    expect(page.locator(".turn .notice").first).to_contain_text("已停止")
