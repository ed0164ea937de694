"""The articles of a folder of laws, told apart for training, development and test.

All versions of an article fall on one side: the side is drawn from the law's name without its date
and the article's number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Side = Literal["train", "dev", "test"]

_ARTICLE = re.compile(
    r"^第[零〇一二三四五六七八九十百\d]+条(?:之[一二三四五六七八九十])?[ 　]+", re.M
)
_HEADING = re.compile(r"^(?:#.*|第[零〇一二三四五六七八九十百\d]+[章节编].*)$", re.M)
_SHORTEST, _LONGEST = 30, 1200


@dataclass(frozen=True)
class Article:
    """One article: ``text`` without its number, ``label`` the number as it is written."""

    law: str
    label: str
    text: str

    @property
    def side(self) -> Side:
        """Half of the articles are for training, a fifth for development, the rest to test."""
        name = re.split(r"[(（]", self.law.replace("中华人民共和国", ""))[0]
        drawn = hashlib.sha256(f"{name} {self.label}".encode()).digest()[0] / 256
        return "train" if drawn < 0.5 else "dev" if drawn < 0.7 else "test"


def read_articles(folder: Path, side: Side) -> list[Article]:
    """All articles of one side, in order of file and number.

    :param folder: holds laws as Markdown or text, an article a paragraph that begins with 第…条.
    :raises FileNotFoundError: if there is no law in it.
    """
    files = sorted(f for f in folder.glob("*") if f.suffix in (".md", ".txt"))
    if not files:
        raise FileNotFoundError(f"no laws in {folder} (*.md, *.txt)")
    found = [article for file in files for article in _articles(file)]
    once = {(a.text): a for a in found if _SHORTEST <= len(a.text) <= _LONGEST}
    return [article for article in once.values() if article.side == side]


def _articles(file: Path) -> Iterator[Article]:
    text = file.read_text(encoding="utf-8")
    starts = list(_ARTICLE.finditer(text))
    for match, end in zip(starts, [m.start() for m in starts[1:]] + [len(text)], strict=True):
        body = text[match.end() : end]
        heading = _HEADING.search(body)
        body = body[: heading.start()] if heading else body
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        yield Article(file.stem, match[0].strip(), "\n".join(lines))
