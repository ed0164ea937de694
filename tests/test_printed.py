"""Pages: which one a passage stands on, and its image with the passage marked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.clean import clean
from ingest.document import Document
from ingest.errors import LoadError
from ingest.load import load
from ingest.printed import SCALE, PageImage, PageWanted, page_image, page_image_here
from ingest.settings import Settings

FONT, SIZE, LEFT, TOP, STEP = "STSong-Light", 14, 72, 740, 24
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
PAGES = [
    ["云川市图书采购办法", "第一条 为了规范图书采购行为，制定本办法。", "第二条 保证金为二万元。"],
    ["第三条 图书馆应当在验收合格之日起二十日内支付书款，", "保证金为二万元的，应当退还。"],
    ["第四条 本办法自2024年5月1日起施行。"],
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("printed") / "rule.pdf"
    canvas = Canvas(str(file), pagesize=A4)
    for lines in PAGES:
        canvas.setFont(FONT, SIZE)
        for number, line in enumerate(lines):
            canvas.drawString(LEFT, TOP - number * STEP, line)
        canvas.showPage()
    canvas.save()
    return file


@pytest.fixture(scope="module")
def document(file: Path) -> Document:
    return clean(load(file, "rule.pdf"))


def marked_rows(image: PageImage) -> list[int]:
    """The heights, in points from the foot of the page, at which something is marked."""
    picture = Image.open(io.BytesIO(image.png)).convert("RGB")
    rows = []
    for y in range(picture.height):
        line = picture.crop((0, y, picture.width, y + 1)).tobytes()
        if any(line[x + 2] < 150 < line[x] for x in range(0, len(line), 3)):
            rows.append(round(A4[1] - y / SCALE))
    return rows


def test_each_line_knows_its_page(document: Document) -> None:
    for number, lines in enumerate(PAGES, 1):
        for line in lines:
            assert document.page_at(document.text.index(line[:9])) == number


def test_a_passage_over_two_pages_is_cut(document: Document) -> None:
    start, end = document.text.index("第二条"), document.text.index("支付书款")
    for page, first, last in ((1, "第二条", "二万元。"), (2, "第三条", "二十日内")):
        part = document.text[slice(*document.on_page(page, start, end))].strip()
        assert part.startswith(first) and part.endswith(last)
    nothing = document.on_page(3, start, end)
    assert nothing[0] == nothing[1]


def test_the_passage_is_marked_where_it_stands(file: Path, document: Document) -> None:
    wanted = PageWanted("rule.pdf", file, 1, "第二条 保证金为二万元。", document.text[:30])
    image = page_image_here(wanted)
    rows = marked_rows(image)
    assert image.marked and image.pages == 3
    line = TOP - 2 * STEP
    assert line - SIZE <= min(rows) and max(rows) <= line + 1.5 * SIZE and len(rows) > SIZE


def test_what_is_not_on_the_page_is_not_marked(file: Path) -> None:
    image = page_image_here(PageWanted("rule.pdf", file, 3, "第二条 保证金为二万元。"))
    assert not image.marked and not marked_rows(image)


def test_it_is_drawn_in_a_process_of_its_own_and_faults_are_told(file: Path) -> None:
    image = page_image(PageWanted("rule.pdf", file, 2), Settings())
    assert image.png.startswith(b"\x89PNG") and not image.marked
    with pytest.raises(LoadError, match="page 4 cannot be shown"):
        page_image(PageWanted("rule.pdf", file, 4), Settings())


def test_other_formats_have_no_pages(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("云川市图书采购办法\n第一条 甲。", encoding="utf-8")
    assert clean(load(text)).page_at(3) is None
