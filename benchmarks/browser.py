"""How soon the page can be used and the first words of an answer stand in it, in a real browser.

    python benchmarks/browser.py [--corpus PATH…] [--runs 20]

The server is warm; each run opens the page in a fresh profile. Times are taken in the page: from
the start of its navigation until it was found usable, and from the key press until the first words
were about to be painted. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.serving import FLAGS, READY, ROOT, chromium, served

QUESTIONS = (
    "四川2023年度政府购买公共服务支出是多少？",
    "四川如何加强绩效管理？",
    "省级三级目录细化到多少项？",
    "乡镇政府购买服务有哪些做法？",
)
_FIRST_WORDS = """question => new Promise((done, failed) => {
  const box = document.querySelector("#question");
  box.value = question;
  const began = performance.now();
  setTimeout(() => failed(new Error("no answer within a minute")), 60000);
  new MutationObserver((_, watching) => {
    if (document.querySelector(".notice.error")) failed(new Error("the question failed"));
    if (!document.querySelector(".statement, .abstention")) return;
    watching.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  const pressed = { key: "Enter", bubbles: true, cancelable: true };
  box.dispatchEvent(new KeyboardEvent("keydown", pressed));
})"""


def measure(url: str, runs: int) -> dict[str, list[float]]:
    """Seconds until the page was usable and until the first words, one of each a run."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {"usable": [], "first_words": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for run in range(runs):
            context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
            page = context.new_page()
            page.goto(url)
            page.wait_for_selector(READY)
            found["usable"].append(page.evaluate("performance.now()") / 1000)
            page.wait_for_timeout(500)
            asked = QUESTIONS[run % len(QUESTIONS)]
            found["first_words"].append(page.evaluate(_FIRST_WORDS, asked) / 1000)
            context.close()
        browser.close()
    return found


def main() -> None:
    """Serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--corpus", type=Path, nargs="+", default=[ROOT / "corpus"])
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with served(options.corpus) as server:
        found = measure(server.url, options.runs)
    told = {
        name: {
            "median_s": round(statistics.median(values), 3),
            "worst_s": round(max(values), 3),
        }
        for name, values in found.items()
    }
    print(json.dumps({"runs": options.runs, **told}, indent=2))


if __name__ == "__main__":
    main()
