"""``compare``: two versions of a text side by side, article by article."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.commands.asking import json_option
from ingest.commandline import DONE
from ingest.language import pick
from ingest.settings import Settings

if TYPE_CHECKING:
    from app.commands.showing import Style
    from app.versions import Difference

_KINDS: dict[str, tuple[str, str]] = {
    "same": ("unchanged", "未变"),
    "renumbered": ("renumbered", "条号变动"),
    "changed": ("changed", "修改"),
    "added": ("added", "新增"),
    "removed": ("removed", "删除"),
}


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    for name, about in (
        ("old", pick("older text: id, title or file", "旧文本：编号、标题或文件")),
        ("new", pick("newer text: id, title or file", "新文本：编号、标题或文件")),
    ):
        parser.add_argument(name, metavar=name.upper(), help=about)
    json_option(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print what differs; removed words stand in [-…-], added ones in {+…+}."""
    from app.commands.showing import Style, print_json
    from app.versions import compared
    from ingest.find import find_document
    from ingest.index import Index
    from ingest.validity import date_of

    index = Index.open(settings)
    records = index.documents()
    pair = [find_document(records, name) for name in (options.old, options.new)]
    old, new = (index.document(record.id) for record in pair)
    assert old and new
    found = compared(old, new)
    index.close()
    if options.json:
        texts = [{"id": r.id, "title": r.title, "date": date_of(r)} for r in pair]
        differences = [asdict(one) for one in found]
        print_json({"old": texts[0], "new": texts[1], "differences": differences}, one_line=False)
        return DONE
    style = Style.of_terminal()
    for mark, record in zip("-+", pair, strict=True):
        print(f"{mark} {style.bold(record.title)}  {date_of(record) or ''}  {record.id}")
    print()
    for one in found:
        if one.kind != "same":
            _print(one, style)
    numbers: Counter[str] = Counter(one.kind for one in found)
    counts = [
        pick(f"{numbers[kind]} {en}", f"{zh} {numbers[kind]}") for kind, (en, zh) in _KINDS.items()
    ]
    print(pick(", ", "，").join(counts))
    return DONE


def _print(one: Difference, style: Style) -> None:
    marks = {"both": "{}", "old": "[-{}-]", "new": "{{+{}+}}"}
    labels = dict.fromkeys(part.label for part in (one.old, one.new) if part and part.label)
    print(style.bold(f"{pick(*_KINDS[one.kind])}  {' → '.join(labels)}".rstrip()))
    if one.kind != "renumbered":
        print("  " + "".join(marks[piece.side].format(piece.text) for piece in one.pieces))
    print(flush=True)
