"""The pictures in ``docs/screenshots``, taken from the running product: ``make screenshots``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import FLAGS, READY, ROOT, chromium, served
from tests.e2e.texts import LAW, LAW_QUESTION, LIST_QUESTION, SEED_QUESTION, UNANSWERABLE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OUT = ROOT / "docs" / "screenshots"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
COLOURS, MOST_BYTES = 128, 150_000


def main() -> None:
    """Serve the project's corpus and a sample text, and take every picture."""
    from playwright.sync_api import sync_playwright

    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "示例采购管理办法.md"
        sample.write_text(LAW, encoding="utf-8")
        with served([ROOT / "corpus", sample]) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for name, (options, act) in STATES.items():
                _take(browser, server.url, name, options, act)
            browser.close()


def _take(
    browser: Browser, url: str, name: str, options: dict, act: Callable[[Page], None]
) -> None:
    context = browser.new_context(**{"locale": "zh-CN", "viewport": DESKTOP, **options})
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(READY)
    act(page)
    page.wait_for_timeout(700)
    page.screenshot(path=OUT / f"{name}.png")
    context.close()
    _shrink(OUT / f"{name}.png")
    print(name)


def _shrink(file: Path) -> None:
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(COLOURS)
    small.save(file, optimize=True)
    assert file.stat().st_size <= MOST_BYTES, f"{file.name} is too large"


def _ask(question: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.fill("#question", question)
        page.keyboard.press("Enter")
        page.wait_for_selector(".foot")
        page.wait_for_timeout(2500)  # for the questions that may come next

    return act


def _open_source(page: Page) -> None:
    _ask(SEED_QUESTION)(page)
    page.click(".cite")
    page.wait_for_selector(".source mark.current")


def _examples(page: Page) -> None:
    page.wait_for_selector(".example")


def _filters(page: Page) -> None:
    page.click(".filters summary")
    page.select_option(".filters select >> nth=0", index=2)
    _ask(LAW_QUESTION)(page)


def _library(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "library")
    page.wait_for_selector(READY)


def _preview(page: Page) -> None:
    _library(page)
    page.click(".head .add")
    page.fill(".way textarea", "示例信息公开办法\n\n第一章 总则\n\n" + LAW.split("\n\n", 3)[3])
    page.click(".way:has(textarea) button")
    page.wait_for_selector(".preview")


STATES: dict[str, tuple[dict, Callable[[Page], None]]] = {
    "empty": ({}, _examples),
    "answer": ({}, _ask(SEED_QUESTION)),
    "source": ({}, _open_source),
    "list": ({}, _ask(LIST_QUESTION)),
    "filters": ({}, _filters),
    "no-answer": ({}, _ask(UNANSWERABLE)),
    "dark": ({"color_scheme": "dark"}, _open_source),
    "english": ({"locale": "en-US"}, _ask(LAW_QUESTION)),
    "phone": ({"viewport": PHONE}, _ask(LIST_QUESTION)),
    "phone-source": ({"viewport": PHONE}, _open_source),
    "library": ({}, _library),
    "preview": ({}, _preview),
}


if __name__ == "__main__":
    main()
