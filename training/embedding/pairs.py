"""Training data: the files on disk → texts, and texts → pairs that should lie close together."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

CLAUSE = re.compile(r"[^，。；：！？\n,;!?]+[，。；：！？\n,;!?]*")
SENTENCE = re.compile(r"[^。；！？\n]+[。；！？\n]*")
NUMBER = "[零〇一二三四五六七八九十百千]+"
ARTICLE = re.compile(rf"^(第{NUMBER}条(?:之{NUMBER})?)\s*(.*)$")
LABEL = re.compile(rf"第{NUMBER}条(?:之{NUMBER})?")
CITED = re.compile(rf"(?<!》)(第{NUMBER}条)")


@dataclass(frozen=True)
class Article:
    """One article of a law, or one paragraph of another document."""

    law: str
    article: str
    text: str


@dataclass(frozen=True)
class Question:
    """A question, its answer ("" where none is known), and the positions of its articles."""

    query: str
    answer: str
    relevant: tuple[int, ...]


@dataclass
class Collection:
    """All that the model learns from."""

    articles: list[Article]
    train: list[Question]
    dev: list[Question] = field(default_factory=list)

    @property
    def laws(self) -> list[str]:
        """The law's name for every article, in the order of ``articles``."""
        return [a.law for a in self.articles]


class _Visible(HTMLParser):
    """Collects the text of an HTML page, a line per block."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.title = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        if tag == "meta":
            named = dict(attrs)
            if named.get("name") == "title" and not self.title:
                self.title = named.get("content") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.lines.append(data.strip())


def read_statutes(folder: Path) -> Collection:
    """Read a folder with ``passages.jsonl.gz``, ``train.jsonl`` and, where present, the others.

    ``extra.jsonl`` joins ``train``; ``dev.jsonl`` stays apart, for choosing between designs.
    A question without a linked article is kept for its question–answer pair.
    """
    articles: list[Article] = []
    position: dict[int, int] = {}
    with gzip.open(folder / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            position[row["id"]] = len(articles)
            articles.append(Article(row["law"], row["article"], row["text"]))

    def questions(name: str) -> list[Question]:
        path = folder / name
        if not path.exists():
            return []
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [
            Question(
                row["query"],
                row.get("answer", ""),
                tuple(position[i] for i in row["relevant"] if i in position),
            )
            for row in rows
        ]

    train = questions("train.jsonl") + questions("extra.jsonl")
    return Collection(articles, train, questions("dev.jsonl"))


def read_written(folder: Path, articles: list[Article]) -> list[Question]:
    """The questions that were written for the project, see ``models/questions/README.md``.

    :param folder: holds ``*.jsonl`` files with ``question``, ``document`` and ``section``.
    :returns: those that an article among ``articles`` answers, by its law's name and number.
    """
    where: dict[tuple[str, str], list[int]] = {}
    for position, article in enumerate(articles):
        for law in {article.law, re.split("[(（]", article.law)[0]}:
            where.setdefault((_short(law), article.article), []).append(position)
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            label = LABEL.match(row.get("section", ""))
            relevant = where.get((_short(row["document"]), label[0])) if label else None
            if relevant:
                found.append(Question(row["question"], "", tuple(relevant)))
    return found


def _short(title: str) -> str:
    return title.replace("中华人民共和国", "")


def read_corpus(folder: Path, shortest: int = 12) -> list[Article]:
    """Read Markdown, text and HTML files below ``folder`` as unlabelled articles and paragraphs.

    A line that starts with 第…条 opens an article; other lines of at least ``shortest``
    characters that follow no article stand alone. Other kinds of file are left out.
    """
    found: list[Article] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".md", ".txt", ".html"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        title = re.sub(r"[(（]\d{4}.*", "", path.stem)
        if path.suffix == ".html":
            page = _Visible()
            page.feed(text)
            title, text = page.title or title, "\n".join(page.lines)
        label, body = "", ""
        for line in text.splitlines():
            line = line.strip().lstrip("#").strip()
            start = ARTICLE.match(line)
            if start:
                if body:
                    found.append(Article(title, label, body))
                label, body = start.group(1), start.group(2)
            elif label and len(line) > 1 and not line.startswith("第"):
                body += "\n" + line
            elif len(line) >= shortest:
                found.append(Article(title, "", line))
        if body:
            found.append(Article(title, label, body))
    return found


def without_duplicates(articles: list[Article], known: list[Article]) -> list[Article]:
    """Those of ``articles`` whose text stands neither in ``known`` nor earlier in the list."""
    seen = {re.sub(r"\W", "", a.text) for a in known}
    fresh = []
    for article in articles:
        key = re.sub(r"\W", "", article.text)
        if key and key not in seen:
            seen.add(key)
            fresh.append(article)
    return fresh


def clauses(text: str) -> list[str]:
    """Cut a text after its commas and stops; never empty."""
    return [c for c in CLAUSE.findall(text) if len(c) > 1] or [text]


def sentences(text: str, shortest: int = 8) -> list[str]:
    """The sentences of a text that have more than ``shortest`` characters."""
    return [s for s in SENTENCE.findall(text) if len(s) > shortest]


def citations(articles: list[Article]) -> list[tuple[int, int]]:
    """Pairs (citing, cited) of positions, within one law."""
    where = {(a.law, a.article): i for i, a in enumerate(articles)}
    pairs = []
    for i, article in enumerate(articles):
        for label in CITED.findall(article.text):
            j = where.get((article.law, label))
            if j is not None and j != i:
                pairs.append((i, j))
    return pairs
