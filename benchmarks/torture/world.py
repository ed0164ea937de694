"""A small project to be tortured, and what is in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.serving import ROOT
from ingest.check import check
from ingest.embed import Embedder
from ingest.generations import read_current
from ingest.index import Index
from ingest.settings import Settings, load_settings

FIRST, SECOND, THIRD, FOURTH = (f"{one}省政府采购管理办法" for one in "甲乙丙丁")
LAWS = 3
"""So many laws of the data package that the program installs are in the list of sources."""

SETTLED = {"open-change", "left-over", "vectors-surplus", "meanings", "register"}
"""What a killed process may leave; nobody sees it, and the next change settles it."""


@dataclass(frozen=True, slots=True)
class World:
    """A folder with settings, a corpus, and a file that is not in it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, extra: str = "") -> World:
        """One whose documents are yet to be added."""
        world = cls(folder)
        world.corpus.mkdir(parents=True)
        model = ROOT / "models" / "zhengce-embed"
        text = f"embedding: {{model: {model}}}\ningest: {{processes: 1}}\n{extra}"
        world.config.write_text(text, encoding="utf-8")
        (world.corpus / "甲.txt").write_text(text_of(FIRST, 12), encoding="utf-8")
        (world.corpus / "乙.txt").write_text(text_of(SECOND, 30), encoding="utf-8")
        world.outside.write_text(text_of(THIRD, 20), encoding="utf-8")
        return world

    @property
    def config(self) -> Path:
        """The settings' file."""
        return self.folder / "config.yaml"

    @property
    def corpus(self) -> Path:
        """The folder of source files."""
        return self.folder / "corpus"

    @property
    def outside(self) -> Path:
        """A text that is not in."""
        return self.folder / "丙.txt"

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return load_settings(self.config)

    def copy(self, folder: Path) -> World:
        """The same elsewhere."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return World(folder)

    def name_sources(self, count: int = LAWS) -> None:
        """Put a list of sources into the corpus that names so many laws."""
        listed = yaml.safe_load((ROOT / "corpus" / "sources.yaml").read_text(encoding="utf-8"))
        laws = [text for text in listed["texts"] if "package" in text["source"]][:count]
        kept = {"packages": listed["packages"], "texts": laws}
        text = yaml.safe_dump(kept, allow_unicode=True)
        (self.corpus / "sources.yaml").write_text(text, encoding="utf-8")

    def state(self) -> dict[str, str]:
        """The hash of the original of each document that is in."""
        if read_current(self.settings) is None:
            return {}
        index = Index.open(self.settings)
        try:
            return {record.title: record.content_hash for record in index.documents()}
        finally:
            index.close()

    def faults(self, embedder: Embedder) -> list[str]:
        """What is damaged; without what the next change settles by itself."""
        if read_current(self.settings) is None:
            return []
        found = check(self.settings, embedder).found
        return [one.line("en") for one in found if one.kind not in SETTLED]


def text_of(name: str, articles: int, days: int = 0) -> str:
    """A made-up law."""
    lines = [name]
    for n in range(1, articles + 1):
        lines.append(f"第{n}条 采购人应当在{n + days}个工作日内公开采购意向，并依法接受监督。")
    return "\n".join(lines) + "\n"
