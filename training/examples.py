"""What the reader learns from: places, and questions with the places that answer them.

A place is a passage of a corpus, cut as the product cuts it, or an article of ``bench/statutes``.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest.encoder import place_text
from ingest.prepare import Origin, prepare
from ingest.settings import PROJECT, load_settings

WRITTEN = PROJECT / "models" / "questions"
_SUFFIXES = {".md", ".txt", ".html", ".docx", ".pdf"}
_ARTICLE = re.compile(r"第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?")
_TABLES = "品目分类目录"


@dataclass(frozen=True)
class Place:
    """One place: ``file`` and ``citation`` say where it stands, ``text`` is what is read of it."""

    file: str
    title: str
    citation: str
    text: str


@dataclass(frozen=True)
class Asked:
    """A question and the numbers of the places that answer it (none: nothing here does).

    ``kind`` says where it comes from: ``written``, ``statutes`` or ``unanswerable``.
    """

    question: str
    places: tuple[int, ...]
    kind: str
    voice: str = ""


def read_places(corpora: Iterable[Path]) -> list[Place]:
    """The passages of all files below the folders, in order of name; catalogues are left out."""
    settings = load_settings(PROJECT / "config.yaml")
    places = []
    for folder in corpora:
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() not in _SUFFIXES or _TABLES in file.name:
                continue
            ready = prepare(Origin(file.name, file), settings)
            title = ready.document.title
            for passage in ready.passages:
                text = place_text(title, passage.path, passage.text)
                places.append(Place(file.name, title, passage.citation, text))
    return places


def read_statutes(folder: Path) -> tuple[list[Place], list[Asked]]:
    """The articles of ``passages.jsonl.gz``, numbered from 0, and the questions of
    ``train.jsonl`` and ``extra.jsonl`` on them."""
    places, number = [], {}
    with gzip.open(folder / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            number[row["id"]] = len(places)
            text = place_text(row["law"], (), row["text"])
            places.append(Place("", row["law"], row["article"], text))
    asked = []
    for name in ("train.jsonl", "extra.jsonl"):
        for row in _rows(folder / name):
            relevant = tuple(number[i] for i in row["relevant"] if i in number)
            if relevant:
                asked.append(Asked(row["query"], relevant, "statutes"))
    return places, asked


def read_written(places: Sequence[Place], folder: Path = WRITTEN) -> list[Asked]:
    """The questions written for the project (``models/questions``) on any of ``places``.

    A line names its place by ``document`` (title) and ``section`` (what the citation begins with),
    and by ``file`` where it was written from one version of several; other versions of the same
    article answer too. Lines with ``also`` name further places that answer.
    """
    where: dict[tuple[str, str], list[int]] = {}
    for n, place in enumerate(places):
        where.setdefault((short(place.title), _section(place.citation)), []).append(n)
    asked = []
    for file in sorted(folder.glob("*.jsonl")):
        for row in _rows(file):
            voice = row.get("voice", "")
            if row.get("unanswerable"):
                asked.append(Asked(row["question"], (), "unanswerable", voice))
                continue
            named = [row, *row.get("also", ())]
            found = {
                n
                for one in named
                for n in where.get((short(one["document"]), _section(one["section"])), ())
            }
            if found:
                # places of the corpora first: they say where the question is at home
                order = sorted(found, key=lambda n: (not places[n].file, n))
                asked.append(Asked(row["question"], tuple(order), "written", voice))
    return asked


def _section(citation: str) -> str:
    """An article without its paragraphs, other places whole."""
    article = _ARTICLE.match(citation)
    return article[0] if article else citation


def short(title: str) -> str:
    """A title without the country's name, dates and brackets."""
    return re.split(r"[(（]", title.replace("中华人民共和国", ""))[0].strip()


def _rows(file: Path) -> list[dict]:  # type: ignore[type-arg]
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
