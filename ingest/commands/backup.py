"""``backup`` and ``restore``: all that cannot be made anew, in one file and back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ingest.commandline import DONE, FAILED
from ingest.language import pick
from ingest.settings import Settings


def add_backup_to(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``backup``."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=pick("file to write (ZIP)", "要写入的文件（ZIP）")
    )


def add_restore_to(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``restore``."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=pick("file of a backup", "备份文件")
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help=pick("put it in the place of the documents there are", "替换现有文档"),
    )


def run_backup(options: argparse.Namespace, settings: Settings) -> int:
    """Write a backup; the status says whether every original is in it."""
    from ingest.backup import back_up

    done = back_up(options.file, settings)
    megabytes = f"{done.size / 1e6:.1f} MB"
    print(
        pick(
            f"{options.file}: {done.documents} documents, {done.originals} originals, {megabytes}",
            f"{options.file}：{done.documents} 篇文档，{done.originals} 份原件，{megabytes}",
        )
    )
    for source in done.without:
        print(
            pick(
                f"{source}: its original is nowhere, so only its cleaned text is in the backup."
                " Put the file back and back up again.",
                f"{source}：找不到原件，备份中只有清洗后的正文。请放回文件后重新备份。",
            ),
            file=sys.stderr,
        )
    return FAILED if done.without else DONE


def run_restore(options: argparse.Namespace, settings: Settings) -> int:
    """Restore a backup."""
    from ingest.embed import Embedder
    from ingest.index import writing
    from ingest.meanings import fill
    from ingest.progress import Bar
    from ingest.restore import restore

    with writing(settings), Bar() as bar:
        done = restore(options.file, settings, Embedder(settings), options.replace)
        fill(settings, bar.encoded)
    print(
        pick(
            f"restored {done.documents} documents, {done.passages} passages, as of {done.made}",
            f"已恢复 {done.documents} 篇文档，{done.passages} 段，备份时间 {done.made}",
        )
    )
    return DONE
