"""``sync``: bring in what the list of sources names, or only say what that would change."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ingest.commandline import DONE, FAILED
from ingest.commands.report import report
from ingest.language import pick, system_language
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.outcome import Summary
    from ingest.sources.look import Change, Look

_CHANGES: dict[Change, tuple[str, str]] = {
    "new": ("new", "新增"),
    "new-version": ("new version", "新版本"),
    "changed": ("changed", "有变动"),
    "removed": ("stays out", "不再收入"),
    "unchanged": ("unchanged", "未变"),
}


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=pick("only these texts, by title", "仅收入这些文件（标题）"),
    )
    parser.add_argument(
        "--all",
        action="store_true",
        dest="everything",
        help=pick(
            "also all other laws in force of the data packages", "并收入数据包中全部现行法律"
        ),
    )
    parser.add_argument(
        "--web",
        action="store_true",
        help=pick(
            "also the texts of official sites (needs a connection)",
            "并抓取官方网站的文件（需联网）",
        ),
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help=pick("only say what would change", "仅查看有何变化，不入库"),
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help=pick(
            "only say what the list pages of official sites have that is not here",
            "仅查看官方网站目录中有哪些资料库没有的文件，不入库",
        ),
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Sync, or look; the status says whether every text, or list, could be had."""
    if options.watch:
        return _watch(settings)
    status, found = (_look if options.check else _sync)(options, settings)
    if waiting := found.waiting:
        print(
            pick(
                f"{waiting} more texts lie on official sites; with a connection,"
                " `ingest sync --web` fetches them.",
                f"另有 {waiting} 份文件在官方网站上；联网后可用 ingest sync --web 抓取。",
            )
        )
    if sought := len(found.sought):
        print(
            pick(
                f"Of {sought} more no address is known: `ingest sync --check` names them,"
                " `ingest add` takes them as files.",
                f"另有 {sought} 份文件网址不明：可用 ingest sync --check 查看，"
                "保存后用 ingest add 加入。",
            )
        )
    return status


def listed(settings: Settings) -> int:
    """Bring in what the list names, as ``sync`` without arguments does; gives its status."""
    asked = argparse.Namespace(names=[], everything=False, web=False, check=False, watch=False)
    return run(asked, settings)


def _sync(options: argparse.Namespace, settings: Settings) -> tuple[int, Summary]:
    from ingest.embed import Embedder
    from ingest.index import writing
    from ingest.meanings import fill
    from ingest.progress import Bar
    from ingest.sources.sync import sync

    with writing(settings), Bar() as bar:
        summary = sync(
            settings, Embedder(settings), options.names, options.everything, options.web, bar
        )
        fill(settings, bar.encoded)
    return report(summary), summary


def _look(options: argparse.Namespace, settings: Settings) -> tuple[int, Look]:
    from ingest.sources.look import look

    found = look(settings, options.names, options.everything, options.web)
    for error in found.missing:
        print(error.line(system_language()), file=sys.stderr)
    for change, source in found.found:
        if change != "unchanged":
            print(f"{pick(*_CHANGES[change])}  {source}")
    for name in found.sought:
        print(f"{pick('no address', '网址不明')}  {name}")
    counts = [
        pick(f"{found.count(change)} {en}", f"{zh} {found.count(change)} 篇")
        for change, (en, zh) in _CHANGES.items()
    ]
    failed = len(found.missing)
    counts.append(pick(f"{failed} not to be had", f"无法取得 {failed} 项"))
    print(pick(", ", "，").join(counts))
    return (FAILED if failed else DONE), found


def _watch(settings: Settings) -> int:
    from ingest.sources.watch import watch

    found = watch(settings)
    for error in found.failed:
        print(error.line(system_language()), file=sys.stderr)
    for offer in found.offers:
        print(f"{offer.date or '—'}  {offer.title}  {offer.url}")
    if found.offers:
        print(
            pick(
                f"{len(found.offers)} texts are listed that are not here. Add what you want in the"
                " library (Look for new texts), or save a page and `ingest add` it.",
                f"目录中有 {len(found.offers)} 份资料库没有的文件。"
                "请在资料库页面“查看新文件”中选择收录，或保存网页后用 ingest add 加入。",
            )
        )
    elif not found.failed:
        print(pick("Nothing new is listed.", "目录中没有新文件。"))
    return FAILED if found.failed else DONE
