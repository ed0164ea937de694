"""A data package as an installer leaves it, and the list of sources that names its laws."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

NAME = "tiny-laws"
FILE = "tiny_laws/laws.db"


def install(
    site: Path, laws: dict[str, tuple[str, int]], version: str = "1.0", status: str = "现行有效"
) -> str:
    """Put a package into the folder ``site``; gives the SHA-256 of its data file.

    :param laws: day of the version and number of articles, by title.
    """
    about = site / f"tiny_laws-{version}.dist-info"
    about.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n"
    (about / "METADATA").write_text(text, encoding="utf-8")
    file = site / FILE
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "create table laws (law_id text, law_name text, issuing_body text, version_date text,"
            " effective_date text, status text)"
        )
        connection.execute(
            "create table articles (id integer primary key, law_id text, chapter text,"
            " section text, article_no text, article_text text)"
        )
        for id, (title, (day, articles)) in enumerate(laws.items()):
            row = (str(id), title, "全国人民代表大会常务委员会", day, day, status)
            connection.execute("insert into laws values (?,?,?,?,?,?)", row)
            for n in range(1, articles + 1):
                said = f"采购人应当在{n}个工作日内答复。\n供应商对第{n}次答复不满意的，可以投诉。"
                connection.execute(
                    "insert into articles values (null,?,?,?,?,?)",
                    (str(id), "第一章 总则", None, f"第{'一二三四五六七八九'[n - 1]}条", said),
                )
    return hashlib.sha256(file.read_bytes()).hexdigest()


def list_of(
    titles: list[str], sha256: str, version: str = "1.0", more: str = "", day: str = "2020-01-02"
) -> str:
    """The text of a ``sources.yaml``."""
    texts = "".join(
        f"  - {{title: {title}, version: {day}, source: {{package: {NAME}}}}}\n" for title in titles
    )
    return (
        f"packages:\n  {NAME}: {{version: '{version}', file: {FILE}, sha256: '{sha256}',"
        f" licence: MIT, as_of: 2026-10-04, home: 'https://example.org/'}}\ntexts:\n{texts}{more}"
    )
