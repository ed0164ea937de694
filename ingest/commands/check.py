"""``check``: whether the data are whole, and mending them."""

from __future__ import annotations

import argparse
import sys

from ingest.commandline import DONE, FAILED
from ingest.language import pick, system_language
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--repair",
        action="store_true",
        help=pick("mend what the originals allow", "在原件允许的范围内修复"),
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print each damage on a line; the status says whether any is left."""
    from ingest.check import check
    from ingest.embed import Embedder

    language = system_language()
    done = check(settings, Embedder(settings), options.repair)
    for one in done.found:
        gone = one not in done.left
        state = pick("mended", "已修复") if gone else pick("damaged", "有损坏")
        print(f"{state}: {one.line(language)}", file=sys.stdout if gone else sys.stderr)
    for reason in done.reasons:
        print(reason.line(language), file=sys.stderr)
    mended = len(done.found) - len(done.left)
    if not done.found:
        print(pick("Everything is whole.", "一切完好。"))
    elif not options.repair:
        count = len(done.found)
        print(
            pick(
                f"{count} damages. `python -m ingest check --repair` mends what can be mended.",
                f"发现 {count} 处损坏。请运行 python -m ingest check --repair 修复。",
            )
        )
    else:
        left = len(done.left)
        print(pick(f"{mended} mended, {left} left.", f"已修复 {mended} 处，仍有 {left} 处。"))
    return FAILED if done.left else DONE
