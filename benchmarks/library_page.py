"""The library page over many documents, in a real browser, wide and narrow.

    python benchmarks/library_page.py --data FOLDER [--more 60] [--pictures FOLDER]

A server works on a copy of the data folder, to which ``--more`` short made-up texts are added. At
1440 and at 390 pixels: how soon the list stands there, how long frames take while one scrolls
through all of it, how soon words are looked for in all texts and rows grouped, and how long
removing fifty documents and bringing them back take. Prints JSON; ``--pictures`` keeps what was
seen.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import FLAGS, READY, chromium, documents_of, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZES = {"1440": (1440, 900), "390": (390, 844)}
MANY = 50
WORDS = "政府采购"
LONG = 600_000
_SCROLLED = """step => new Promise((done) => {
  const frames = [];
  const scroller = document.querySelector(".main");
  let last = performance.now();
  const began = last;
  requestAnimationFrame(function next(now) {
    frames.push(now - last);
    last = now;
    const left = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    if (left < 2) {
      frames.sort((a, b) => a - b);
      done({ seconds: (now - began) / 1000, frames: frames.length,
        median_ms: frames[Math.floor(frames.length / 2)], worst_ms: frames.at(-1),
        over_50_ms: frames.filter((one) => one > 50).length,
        rows: document.querySelectorAll(".list tbody tr:not(.group)").length });
      return;
    }
    scroller.scrollBy(0, step);
    requestAnimationFrame(next);
  });
})"""
_UNTIL_PAINTED = """async () => {{
  const began = performance.now();
  {act};
  while (!({done})) await new Promise((next) => requestAnimationFrame(next));
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  return (performance.now() - began) / 1000;
}}"""
_SEARCH = """(() => { const box = document.querySelector("[name=words]"); box.value = "%s";
  box.dispatchEvent(new Event("input", { bubbles: true })); })()"""
_FOUND = 'document.querySelector(".list .found button")'
_NOT_FOUND = '!document.querySelector(".list .found button")'
_GROUP = 'document.querySelector("[name=grouped]").click()'
_GROUPED = 'document.querySelector(".list tr.group")'


def seen(page: Page, url: str, picture: Path | None) -> dict[str, Any]:
    """What one width gives; ``picture`` is the beginning of the names of pictures."""

    def keep(name: str) -> None:
        if picture is not None:
            page.screenshot(path=f"{picture}-{name}.png")

    def timed(act: str, done: str) -> float:
        return round(float(page.evaluate(_UNTIL_PAINTED.format(act=act, done=done))), 3)

    page.goto(url)
    page.wait_for_selector(READY)
    found: dict[str, Any] = {"list stands, s": round(page.evaluate("performance.now()") / 1000, 3)}
    keep("list")
    scrolled = page.evaluate(_SCROLLED, 600)
    found["scrolled through"] = {name: round(value, 2) for name, value in scrolled.items()}
    keep("end")
    page.evaluate("document.querySelector('.main').scrollTo(0, 0)")
    found["words found in texts, s"] = timed(_SEARCH % WORDS, _FOUND)
    keep("words")
    timed(_SEARCH % "", _NOT_FOUND)
    found["grouped, s"] = timed(_GROUP, _GROUPED)
    keep("grouped")
    timed(_GROUP, f"!{_GROUPED}")
    for box in page.locator(".list .choose input[value]").all()[:MANY]:
        box.check()
    keep("chosen")
    found[f"{MANY} removed, s"] = _told(page, ".many .button:last-child", "removed", keep)
    found[f"{MANY} brought back, s"] = _told(page, ".toast button", "restored", keep)
    return found


def _told(page: Page, button: str, name: str, keep: Any) -> float:
    """Click, and wait until the page says what was done."""
    before = page.locator(".toast").inner_text()
    began = page.evaluate("performance.now()")
    page.locator(button).last.click()
    page.wait_for_function(
        "before => { const said = document.querySelector('.toast').innerText;"
        f" return said && said !== before && said.includes('{MANY}'); }}",
        arg=before,
        timeout=LONG,
    )
    took: float = page.evaluate("performance.now()") - began
    keep(name)
    return round(took / 1000, 2)


def main() -> None:
    """Serve, look, print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--more", type=int, default=60)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for n in range(options.more):
            text = f"第{n}号示例采购通知\n采购人应当在{n + 1}日内公开采购意向。\n"
            (Path(name) / f"{n}.txt").write_text(text, encoding="utf-8")
        more = [Path(name)] if options.more else []
        with served(more, data=options.data) as server, sync_playwright() as playwright:
            told: dict[str, Any] = {"documents": documents_of(server.url)}
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for width, (wide, high) in SIZES.items():
                context = browser.new_context(
                    locale="zh-CN",
                    viewport={"width": wide, "height": high},
                    has_touch=wide < 600,
                    is_mobile=wide < 600,
                )
                picture = options.pictures and options.pictures / width
                told[width] = seen(context.new_page(), f"{server.url}library", picture)
                context.close()
            browser.close()
    told |= {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(json.dumps(told, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
