"""The benchmark of files: damage undone at every density, PDFs read as they were printed."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.damage import damaged, error_rate
from benchmarks.printing import gazette, plain, red_head, web_page, word_like
from ingest.clean import clean
from ingest.load import load_bytes

TITLE = "云川市政府采购项目验收管理办法"
PARAGRAPHS = [
    "第一条 为了规范云川市政府采购项目的验收工作，加强财政资金管理，根据有关法律法规，制定本办法。",
    "第二条 采购人应当在供应商履约完毕之日起7个工作日内组织验收，金额在100万元以上的，应当邀请"
    "第三方机构参加验收，并将验收结果于2024年12月31日前向社会公告。",
    "第三条 验收不合格的，采购人应当依法追究供应商的违约责任，重要情况及时报告本级财政部门。",
    "第四条 本办法自公布之日起施行，由云川市财政局负责解释。",
]
TEXT = "\n".join([TITLE, *PARAGRAPHS])


def test_error_rate_counts_characters() -> None:
    assert error_rate("甲乙丙", "甲 乙丙") == 0
    assert error_rate("甲丁丙丙", "甲乙丙") == pytest.approx(2 / 3)


@pytest.mark.parametrize("density", [0.02, 0.25, 1.0])
def test_damage_of_every_density_is_undone(density: float) -> None:
    page = damaged(TEXT, density)
    assert error_rate(page, TEXT) > 0.1
    assert error_rate(clean(load_bytes(page.encode(), "a.txt")).text, TEXT) <= 0.001


@pytest.mark.parametrize("way", [plain, word_like, gazette, red_head])
def test_pdfs_say_what_was_printed(way) -> None:  # type: ignore[no-untyped-def]
    document = clean(load_bytes(way(TITLE, PARAGRAPHS), "a.pdf"))
    assert document.title == TITLE
    body = document.text.partition(TITLE + "\n")[2]
    assert error_rate(body, "\n".join(PARAGRAPHS)) <= 0.001


def test_a_printed_page_with_sidebars_says_what_was_printed() -> None:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed")
    paragraphs = [f"第{n}条 {text[4:]}" for n in "一二三四五六七八九" for text in PARAGRAPHS[1:2]]
    with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop in this thread
        printed = apart.submit(web_page, TITLE, paragraphs).result()
    document = clean(load_bytes(printed, "a.pdf"))
    assert document.title == TITLE
    body = document.text.partition(TITLE + "\n")[2]
    assert error_rate(body, "\n".join(paragraphs)) == 0


def test_points_for_full_stops_are_full_stops_again() -> None:
    text = (
        f"{TEXT}\n会议要求：“加快进度。”各地随即落实。（记者王某、李某报道）\n"
        "截至目前，共公布124项内容。12家单位参加，详见附件.2和图.3，合格率为95.8%。 \n"
    )
    found = clean(load_bytes(damaged(text, 0.1, stops=True).encode(), "a.txt")).text
    assert error_rate(found, text) == 0
