"""What other libraries make of the same pages and PDFs: text kept, furniture left, days, errors.

    python benchmarks/extractors.py --shared DIR [--texts N]

frames pages of ``DIR/corpus/gov-html`` as sites do (menus, a breadcrumb, the day, lists of other
articles, a footer) and prints texts as PDFs in seven ways. It needs what the product does not use:
``pip install trafilatura htmldate readability-lxml pymupdf docling-parse docling-core``.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.damage import error_rate
from benchmarks.printing import WAYS
from ingest.clean import clean
from ingest.load import load, load_bytes

DAY = "2024-08-15"
OTHERS = [
    "云川市召开采购工作会议",
    "云川市公布集中采购目录",
    "云川市完成电脑采购",
    "采购培训班开班",
]
_ITEMS = "".join(f"<li><a href='/{n}.html'>{text}</a></li>" for n, text in enumerate(OTHERS))
_DATED = "".join(f"<li>·{text} 2024-08-0{n + 1}</li>" for n, text in enumerate(OTHERS))
_SHARE = "<div>【打印】【关闭】 分享到：微信 微博</div>"
FRAMES = [
    "<div class=top><a>首页</a> <a>政务公开</a> <a>政策法规</a> <a>互动交流</a></div>"
    "<div>当前位置：首页 &gt; 政策法规 &gt; 正文</div><h1>{title}</h1>"
    "<div>发布时间：2024-08-15 10:20 来源：云川市财政局 浏览次数：231</div><div>{body}</div>"
    f"{_SHARE}<div>相关阅读</div><ul>{_DATED}</ul>"
    "<div>主办单位：云川市财政局 ICP备12345号 网站地图</div>",
    "<table><tr><td colspan=2><a>网站首页</a> | <a>采购公告</a> | <a>办事指南</a></td></tr><tr><td>"
    f"<div>最新公告</div><ul>{_ITEMS}</ul></td><td><p>您所在的位置：网站首页/法规/国家</p>"
    "<h2>{title}</h2><p>2024年08月15日 信息来源：云川采购网</p>{body}"
    "<p>上一篇：无</p><p>下一篇：其他</p></td></tr>"
    "<tr><td colspan=2>版权所有 云川采购网</td></tr></table>",
    "<article><h1>{title}</h1>"
    "<p>原创 云川财政 云川财政 2024年08月15日 18:30 云川</p><div>{body}</div>"
    f"<p>长按二维码关注我们</p><p>往期推荐</p><ul>{_DATED}</ul><p>阅读 1234</p></article>",
]  # fmt: skip
_MARKS = re.compile("|".join(map(re.escape, (
    *OTHERS, "政务公开", "互动交流", "当前位置", "所在的位置", "浏览次数", "分享到", "相关阅读",
    "ICP备",
    "网站地图", "办事指南", "最新公告", "上一篇", "下一篇", "版权所有", "原创", "长按二维码",
    "往期推荐",
))))  # fmt: skip

Read = Callable[[str], tuple[str, str | None]]
"""From a page to its text and its day."""


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with corpus/")
    parser.add_argument("--texts", type=int, default=2, help="texts to print")
    options = parser.parse_args()
    corpus = options.shared / "corpus"
    report = {
        "pages": framed(sorted((corpus / "gov-html").glob("5*.html"))[:20]),
        "printed": printed(sorted((corpus / "laws").glob("*.md"))[: options.texts]),
    }
    print(json.dumps(report, ensure_ascii=False, indent=1))


def ours(page: str) -> tuple[str, str | None]:
    """This product."""
    document = clean(load_bytes(page.encode(), "a.html"))
    return document.text, document.metadata.published


def trafilatura(page: str) -> tuple[str, str | None]:
    """trafilatura with htmldate."""
    from htmldate import find_date
    from trafilatura import extract

    text = extract(page, include_tables=True, include_comments=False, favor_recall=True)
    return text or "", find_date(page)


def readability(page: str) -> tuple[str, str | None]:
    """readability-lxml; it finds no day."""
    from lxml.html import fromstring
    from readability import Document

    found = fromstring(Document(page).summary())
    return "\n".join(found.itertext()), None


def framed(files: Iterable[Path]) -> dict[str, dict[str, float]]:
    """Characters of the text kept, pieces of furniture left a page, days right."""
    sums: defaultdict[str, list[tuple[float, int, bool, float]]] = defaultdict(list)
    readers: list[Read] = [ours, trafilatura, readability]
    for number, file in enumerate(files):
        raw = load(file)
        body = file.read_text(encoding="utf-8").partition("<body>")[2].partition("</body>")[0]
        printed = "\n".join(block.text for block in raw.blocks)
        wanted, own = Counter("".join(printed.split())), len(_MARKS.findall(printed))
        frame = FRAMES[number % len(FRAMES)]
        title = escape(raw.metadata.title or "")
        page = frame.replace("{title}", title).replace("{body}", body)
        head = f"<meta charset=utf-8><title>{title}_云川采购网</title>"
        page = f"<html><head>{head}</head><body>{page}</body></html>"
        for read in readers:
            began = time.process_time()
            text, day = read(page)
            spent = time.process_time() - began
            kept = sum((Counter("".join(text.split())) & wanted).values()) / wanted.total()
            sums[read.__name__].append((kept, len(_MARKS.findall(text)) - own, day == DAY, spent))
    names = ("text kept", "furniture left", "day", "seconds")
    return {
        reader: {name: round(sum(float(o[n]) for o in all) / len(all), 3)
                 for n, name in enumerate(names)}
        for reader, all in sums.items()
    }  # fmt: skip


def pypdfium(data: bytes) -> str:
    """PDFium's own order of text."""
    import pypdfium2

    with pypdfium2.PdfDocument(data) as pdf:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def pymupdf(data: bytes) -> str:
    """MuPDF's blocks in its order (AGPL)."""
    import pymupdf as mupdf

    with mupdf.open(stream=data, filetype="pdf") as pdf:
        return "\n".join(block[4] for page in pdf for block in page.get_text("blocks"))


def docling(data: bytes) -> str:
    """docling-parse's lines in their order, without the models of docling."""
    from docling_core.types.doc.page import TextCellUnit
    from docling_parse.pdf_parser import DoclingPdfParser

    pdf = DoclingPdfParser(loglevel="fatal").load(path_or_stream=io.BytesIO(data))
    return "\n".join(
        cell.text
        for _, page in pdf.iterate_pages()
        for cell in page.iterate_cells(TextCellUnit.LINE)
    )


def product(data: bytes) -> str:
    """This product."""
    return clean(load_bytes(data, "a.pdf")).text


def printed(files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """The error rate of each library for each way of printing, and seconds a text."""
    rates: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        title, *paragraphs = clean(load(file)).text.split("\n")
        for way, print_it in WAYS.items():
            data = print_it(title, paragraphs)
            for read in (product, pypdfium, pymupdf, docling):
                began = time.process_time()
                text = "".join(read(data).split())
                rates[read.__name__]["seconds"].append(time.process_time() - began)
                wanted = "".join("".join(paragraphs).split())
                body = text[max(text.find(wanted[:4]), 0) :]
                rates[read.__name__][way].append(error_rate(body, wanted))
    return {
        reader: {way: round(sum(all) / len(all), 4) for way, all in ways.items()}
        for reader, ways in rates.items()
    }


if __name__ == "__main__":
    main()
