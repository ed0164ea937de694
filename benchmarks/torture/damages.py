"""Every file of the data folder and of the model, harmed in every way, met by every command: one
line and no traceback, and what works afterwards is whole."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Container, Iterator
from pathlib import Path

from benchmarks.serving import ROOT
from benchmarks.torture.children import run
from benchmarks.torture.results import Case
from benchmarks.torture.world import FIRST, FOURTH, SECOND, World, text_of
from ingest.generations import CATALOGUE, VECTORS, folder_of, read_current
from ingest.settings import Settings

Harm = Callable[[Path], None]


def _truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _emptied(file: Path) -> None:
    os.truncate(file, 0)


def _overwritten(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"\xab" * min(5000, max(1, file.stat().st_size)))


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


HARMS: dict[str, Harm] = {
    "deleted": Path.unlink,
    "emptied": _emptied,
    "truncated": _truncated,
    "overwritten": _overwritten,
    "a folder": _a_folder,
}
COMMANDS: dict[str, tuple[str, Callable[[World], list[str]]]] = {
    "list": ("ingest", lambda world: ["list"]),
    "show": ("ingest", lambda world: ["show", FIRST]),
    "add": ("ingest", lambda world: ["add", str(world.outside)]),
    "remove": ("ingest", lambda world: ["remove", SECOND]),
    "build": ("ingest", lambda world: ["build"]),
    "sync": ("ingest", lambda world: ["sync"]),
    "backup": ("ingest", lambda world: ["backup", str(world.folder / "kept.zip")]),
    "restore": ("ingest", lambda world: ["restore", "--replace", str(world.folder / "old.zip")]),
    "check": ("ingest", lambda world: ["check"]),
    "ask": ("app", lambda world: ["ask", f"{FIRST}第三条的内容是什么？"]),
    "search": ("app", lambda world: ["search", "公开采购意向"]),
}


def files(settings: Settings) -> dict[str, Path]:
    """What may be harmed, by a short name."""
    current = read_current(settings)
    assert current is not None
    serving = folder_of(settings, current["generation"])
    data = settings.data_folder
    found = {
        "catalogue": serving / CATALOGUE,
        "chroma": serving / VECTORS / "chroma.sqlite3",
        "library": data / "library.sqlite",
        "current.json": data / "current.json",
        "original": min((data / "originals").iterdir()),
        "model": min((settings.base / "model").rglob("*.safetensors")),
        "tokenizer": min((settings.base / "model").rglob("tokenizer.json")),
        "backup": settings.base / "old.zip",
    }
    meanings = sorted((data / "meanings").glob("*.sqlite"))
    return found | ({"meanings": meanings[0]} if meanings else {})


def damages(
    folder: Path, most: int | None = None, seed: int = 0, done: Container[str] = ()
) -> Iterator[Case]:
    """Harm every file in every way and give it to every command, in an order drawn by chance, so
    that those of a run that was ended are a sample; ``most``: only so many of them; those ``done``
    are passed over."""
    first = World.make(folder / "first")
    shutil.copytree(ROOT / "models" / "zhengce-embed", first.folder / "model")
    settings = "embedding: {model: model}\ningest: {processes: 1}\n"
    first.config.write_text(settings, encoding="utf-8")
    first.name_sources(1)
    gone = first.folder / "丁.txt"  # from elsewhere, so a copy of it is kept
    gone.write_text(text_of(FOURTH, 8), encoding="utf-8")
    backup = first.folder / "old.zip"
    for arguments in (("add", str(first.corpus), str(gone)), ("backup", str(backup))):
        ended = run(first.config, "ingest", *arguments)
        assert ended.status == 0, ended
    gone.unlink()
    whole = first.state()
    cases = [(f, h, c) for f in files(first.settings) for h in HARMS for c in COMMANDS]
    random.Random(seed).shuffle(cases)
    for file, harm, command in cases[:most]:
        name = f"{file} {harm}, {command}"
        if name in done:
            continue
        world = first.copy(folder / "harmed")
        target = files(world.settings)[file]
        kept = target.read_bytes()
        HARMS[harm](target)
        module, arguments_of = COMMANDS[command]
        wrong = run(world.config, module, *arguments_of(world)).wrong
        if not wrong:
            wrong = _afterwards(world, file, target, kept, command, whole)
        shutil.rmtree(world.folder)
        yield Case(name, file, (wrong,) if wrong else ())


def _afterwards(
    world: World, file: str, target: Path, kept: bytes, command: str, whole: dict[str, str]
) -> str:
    """Mend it, by putting back what no original can bring, and look."""
    if file in ("model", "tokenizer", "original", "backup"):
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        target.write_bytes(kept)
    mended = run(world.config, "ingest", "check", "--repair")
    if mended.wrong or mended.status:
        return f"not mended: {mended.wrong or mended.err[-300:]}"
    now = world.state()
    changed = {"add": {"丙省政府采购管理办法"}, "remove": {SECOND}}.get(command, set())
    lost = [t for t in whole if t not in now and t not in changed]
    other = [t for t in now if t not in changed and not t.endswith("法") and t not in whole]
    return f"lost {lost}, came {other}" if lost or other else ""
