"""Cleaning over real files."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.clean import clean, count_repairs
from ingest.document import Document, RawDocument
from ingest.load import load
from tests.test_clean import check


def test_the_first_document_reads_like_the_printed_article(seed_file: Path) -> None:
    document = clean(load(seed_file))
    check(document)
    lines = document.text.split("\n")
    assert lines[0] == "四川：建章立制固根本 创新引领促长效"
    assert lines[2] == "一、加强组织保障，建立健全改革工作推进机制"
    assert len(lines) == 10
    assert not set(",:;?() (") & set(document.text.replace(" 创新引领", "创新引领"))
    assert "全省（不含省本级）2023年度政府购买公共服务支出178亿元，占当年政府购买" in document.text
    assert "指导性目录（第一批）》，推动" in document.text
    guesses = [r for r in document.repairs if r.guess]
    assert [(r.original, r.replacement) for r in guesses] == [
        ("?", "省"),
        ("缓", "含省"),
        ("墸?", "）"),
    ]
    sure = [r for r in document.repairs if r.kind == "encoding" and not r.guess]
    assert [(r.original, r.replacement) for r in sure] == [("。ú", "（不"), ("”炯", "本级")]
    meta = document.metadata
    assert (meta.published, meta.source_name) == ("2024-10-24", "财政部综合司")
    assert (meta.region, meta.level, meta.kind) == ("四川", "local", "news")
    assert [r.date for r in meta.related] == [
        "2024-10-21", "2024-10-18", "2024-10-15", "2024-09-10", "2024-05-28"
    ]  # fmt: skip


def test_cleaning_is_a_function_of_the_file(seed_file: Path) -> None:
    assert clean(load(seed_file)) == clean(load(seed_file))


def bare(text: str) -> str:
    """``text`` without white space, which U+200B (zero-width space) counts as here."""
    return "".join(text.replace("\u200b", "").split())


def test_a_clean_file_of_100_kb_takes_well_under_a_second(shared: Path) -> None:
    page = load(shared / "corpus" / "laws" / "预算法(2018-12-29).md")
    blocks = page.blocks * 4
    long = RawDocument(page.source, "md", page.content_hash, blocks)
    assert len("\n".join(b.text for b in blocks).encode()) > 100_000
    before = time.process_time()
    clean(long)
    assert time.process_time() - before < 0.5


@pytest.mark.parametrize("folder", ["laws", "articles", "gov-html", "office"])
def test_clean_files_lose_nothing_but_white_space(
    shared: Path, folder: str, cleaned: Callable[[Path], Document]
) -> None:
    pages = {  # saved with the furniture of their sites
        "政府采购货物和服务招标投标管理办法(财政部令第87号).md",
        "mof_gov_cn_t20220916_3840941_框架协议采购通知.html",
    }
    files = sorted((shared / "corpus" / folder).iterdir())
    assert files
    for file in files:
        if file.name.startswith("政府采购品目分类目录"):
            continue  # 147 pages of PDF: loading them takes most of a minute
        document = cleaned(file)
        check(document)
        kinds = set(count_repairs(document))
        if file.name in pages:
            assert kinds <= {"boilerplate", "space", "hidden"}
            body = bare(document.text)
            assert body in bare(document.original) or body[40:] in bare(document.original)
        else:
            assert kinds <= {"space"}, file.name
            assert bare(document.text) == bare(document.original), file.name
