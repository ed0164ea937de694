"""``python -m ingest``: put documents into the index, list, show and remove them, rebuild."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.commandline import Parser, config_option, program, run
from ingest.commands import check, into_postgres, sync
from ingest.commands.backup import add_backup_to, add_restore_to, run_backup, run_restore
from ingest.commands.report import report
from ingest.find import find_document
from ingest.language import pick
from ingest.securitylog import noted, user_name
from ingest.settings import Settings, load_settings

if TYPE_CHECKING:
    from ingest.index import Index
    from ingest.storage.catalogue import DocumentRecord


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (see :mod:`ingest.commandline`)."""
    stopped = pick(
        "Stopped. What was reported as added is in; run the same command again to go on.",
        "已停止。已报告入库的文档不受影响；再次运行同一命令即可继续。",
    )
    return run(parser(), arguments, stopped)


def parser() -> argparse.ArgumentParser:
    """All commands and their options, in the language of the terminal."""
    top = Parser(
        prog=program("ingest", "zhengcai-ingest"),
        description=pick("Put policy documents into the index.", "将政策文件收入索引。"),
    )
    config_option(top)
    commands = top.add_subparsers(required=True, metavar="COMMAND", title=pick("commands", "命令"))

    def command(
        name: str, run: Callable[[argparse.Namespace, Settings], int], about: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        config_option(added, default=argparse.SUPPRESS)
        reads = name in ("list", "show")
        run = run if reads else partial(noted, name, run)
        added.set_defaults(run=lambda options: run(options, load_settings(options.config)))
        return added

    add = command("add", _add, pick("add files and folders", "加入文件或文件夹"))
    add.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=pick("file or folder", "文件或文件夹")
    )
    add.add_argument(
        "--sources",
        action="store_true",
        help=pick("then bring in what sources.yaml names", "随后收入 sources.yaml 所列文件"),
    )
    sync.add_to(
        command(
            "sync", sync.run, pick("bring in what sources.yaml names", "收入 sources.yaml 所列文件")
        )
    )
    listing = command("list", _list, pick("list the documents", "列出全部文档"))
    listing.add_argument("--json", action="store_true", help=pick("print JSON", "以 JSON 输出"))
    show = command("show", _show, pick("show one document", "查看一篇文档"))
    show.add_argument("document", metavar="DOC", help=pick("id, title or file", "编号、标题或文件"))
    show.add_argument(
        "--text", action="store_true", help=pick("its cleaned text only", "仅输出清洗后的正文")
    )
    show.add_argument("--json", action="store_true", help=pick("print JSON", "以 JSON 输出"))
    remove = command("remove", _remove, pick("remove one document", "移除一篇文档"))
    remove.add_argument(
        "document", metavar="DOC", help=pick("id, title or file", "编号、标题或文件")
    )
    build = command("build", _build, pick("rebuild the whole index", "重建整个索引"))
    build.add_argument(
        "--drop-missing",
        action="append",
        default=[],
        metavar="DOC",
        help=pick(
            "let this document go if it cannot be read any more (may be repeated)",
            "该文档如已无法读取，则不再保留（可重复给出）",
        ),
    )
    add_backup_to(
        command("backup", run_backup, pick("write all into one file", "将全部数据备份为一个文件"))
    )
    add_restore_to(command("restore", run_restore, pick("bring a backup back", "从备份文件恢复")))
    check.add_to(command("check", check.run, pick("look for damages, and mend", "检查并修复损坏")))
    command(
        "into-postgres",
        into_postgres.run,
        pick("move from SQLite files to PostgreSQL", "从 SQLite 文件迁移到 PostgreSQL"),
    )
    return top


def _add(options: argparse.Namespace, settings: Settings) -> int:
    from ingest.embed import Embedder
    from ingest.index import writing
    from ingest.meanings import fill
    from ingest.pipeline import add_paths
    from ingest.progress import Bar

    with writing(settings), Bar() as bar:
        summary = add_paths(options.paths, settings, Embedder(settings), bar)
        fill(settings, bar.encoded)
    status = report(summary)
    return max(status, sync.listed(settings)) if options.sources else status


def _build(options: argparse.Namespace, settings: Settings) -> int:
    from ingest.embed import Embedder
    from ingest.index import writing
    from ingest.meanings import fill
    from ingest.pipeline import build
    from ingest.progress import Bar

    with writing(settings), Bar() as bar:
        dropping = options.drop_missing
        summary = build(settings, Embedder(settings), bar, drop_missing=dropping)
        fill(settings, bar.encoded)
    status = report(summary)
    if not summary.switched:
        lost = "; ".join(summary.lost)
        print(
            pick(
                f"The old index goes on serving, because the new one would lack: {lost}. Mend or"
                " `remove` these documents, or name each with --drop-missing; then build.",
                f"旧索引继续服务，因为新索引将缺少：{lost}。"
                "请修复或移除（remove）这些文档，或用 --drop-missing 逐一指明，再重新 build。",
            ),
            file=sys.stderr,
        )
        return 1
    return status


def _list(options: argparse.Namespace, settings: Settings) -> int:
    index = _open(settings)
    records = index.documents()
    if options.json:
        print(json.dumps([asdict(record) for record in records], ensure_ascii=False, indent=2))
        return 0
    headings = pick(
        "id title number version passages repairs source", "编号 标题 文号 版本 段落 修复 来源"
    ).split()
    rows = [_row(record) for record in records]
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            print("\t".join(row))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    return 0


def _row(record: DocumentRecord) -> list[str]:
    dated = record.metadata.version or record.metadata.published or ""
    version = dated + (pick(" (superseded)", "（已有新版）") if record.superseded else "")
    number = record.metadata.number or ""
    counts = [str(record.passages), str(record.repairs)]
    return [record.id, record.title, number, version, *counts, record.source]


def _show(options: argparse.Namespace, settings: Settings) -> int:
    index = _open(settings)
    stored = index.document(find_document(index.documents(), options.document).id)
    assert stored is not None
    document = stored.document
    if options.json:
        print(json.dumps(asdict(stored), ensure_ascii=False, indent=2))
    elif options.text:
        print(document.text)
    else:
        for name, value in asdict(document.metadata).items():
            if value:
                print(f"{name}: {value}")
        print()
        depth: dict[int, int] = {}
        for s in stored.sections:
            depth[s.index] = 0 if s.parent is None else depth[s.parent] + 1
            name = f"{s.label} {s.heading}".strip() or document.text[s.start : s.start + 30]
            print("  " * depth[s.index] + name.replace("\n", " "))
        print()
        for repair in document.repairs:
            guess = pick(" (guess)", "（推测）") if repair.guess else ""
            print(
                f"{repair.start}: {repair.kind} {repair.original!r} → {repair.replacement!r}{guess}"
            )
    return 0


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    from ingest.index import Index, read_current, writing
    from ingest.meanings import keep_filled
    from ingest.pipeline import take_out
    from ingest.reserve import room

    with room(settings), writing(settings):
        record = find_document(_open(settings).documents(), options.document)
        current = read_current(settings)
        assert current is not None
        index = Index.open_for_writing(settings, current["recipe"])
        take_out(record, index, settings, user_name())
        index.close()
        keep_filled(settings)
    print(pick(f"removed {record.id}  {record.title}", f"已移除 {record.id}  {record.title}"))
    print(
        pick(
            f"It stays out when its folder is added; adding {record.source} itself brings it back.",
            f"再次添加所在文件夹时不会收入；添加文件 {record.source} 本身即可恢复。",
        )
    )
    return 0


def _open(settings: Settings) -> Index:
    from ingest.index import Index

    return Index.open(settings)


if __name__ == "__main__":
    sys.exit(main())
