"""What a command that brings documents in says at its end."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from ingest.language import pick, system_language

if TYPE_CHECKING:
    from ingest.outcome import Summary


def report(summary: Summary) -> int:
    """Print what became of each file; gives the exit status."""
    for outcome in summary.failures:
        if outcome.error:
            print(outcome.error.line(system_language()), file=sys.stderr)
    done = [o for o in summary.outcomes if o.status in ("added", "replaced")]
    for outcome in done:
        print(f"{outcome.document}  {outcome.title}  ({_counts(outcome.repairs)})")
    added, unchanged = len(done), summary.count("unchanged")
    sections, passages = sum(o.sections for o in done), sum(o.passages for o in done)
    failed = len(summary.failures)
    print(
        pick(
            f"{added} documents added ({sections} sections, {passages} passages;"
            f" {_counts(summary.repairs)}), {unchanged} unchanged, {failed} failed",
            f"新入库 {added} 篇（{sections} 节，{passages} 段；{_counts(summary.repairs)}），"
            f"未变 {unchanged} 篇，失败 {failed} 篇",
        )
    )
    if not summary.outcomes:
        print(
            pick("No file of a known type was found.", "没有找到可识别类型的文件。"),
            file=sys.stderr,
        )
        return 1
    return 1 if failed else 0


def _counts(repairs: Counter[str]) -> str:
    total = sum(repairs.values())
    if not total:
        return pick("no repairs", "无修复")
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(repairs.items()))
    return pick(f"{total} repairs: {kinds}", f"修复 {total} 处：{kinds}")
