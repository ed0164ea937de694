"""What becomes of real files: names and dates, structure, nothing lost, damage undone, PDFs read.

    python benchmarks/files.py --shared DIR [--pdf] [--texts N]

reads the files of ``DIR/corpus`` and prints as JSON what share of titles, numbers and issuers is
right (of pages with what their markup says taken out first), whether articles are all found,
whether anything is lost, the error rate of articles damaged as scraped pages are, and seconds a
page of its PDFs. ``--pdf`` also prints N texts in seven ways (needs Chromium and LibreOffice) and
reads them again.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.damage import damaged, error_rate
from benchmarks.printing import WAYS
from ingest.clean import clean
from ingest.cleaning.edits import undo
from ingest.document import Document, Metadata
from ingest.load import load, load_bytes
from ingest.structure import outline

DENSITIES = (0.02, 0.1, 0.25, 0.5, 1.0)
FAMILY = 8
_HAN = re.compile("[\u4e00-\u9fff]")
_ARTICLE = re.compile(
    r"^\s*(第[一二三四五六七八九十百千零〇]+条(?:之[一二三四五六七八九十]+)?)\s", re.M
)


def main() -> None:
    """Runs the benchmark as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, required=True, help="the folder with corpus/")
    parser.add_argument("--pdf", action="store_true", help="also print PDFs in seven ways")
    parser.add_argument("--texts", type=int, default=3, help="texts to print")
    options = parser.parse_args()
    corpus = options.shared / "corpus"
    report: dict[str, Any] = {
        "pages": pages(sorted((corpus / "gov-html").glob("*.html"))),
        "laws": laws(sorted((corpus / "laws").glob("*.md"))),
        "damaged": family(sorted((corpus / "articles").glob("*.txt"))[:FAMILY]),
        "full stops": full_stops(sorted((corpus / "articles").glob("*.txt"))[:FAMILY]),
        "seconds a PDF page": speed(sorted((corpus / "office").glob("*.pdf"))),
    }
    if options.pdf:
        report["printed"] = printed(sorted((corpus / "laws").glob("*.md"))[: options.texts])
    print(json.dumps(report, ensure_ascii=False, indent=1))


def pages(files: Iterable[Path]) -> dict[str, float]:
    """What is found of pages whose markup no longer says it."""
    right: defaultdict[str, list[bool]] = defaultdict(list)
    for file in files:
        raw = load(file)
        found = clean(replace(raw, source="page.html", metadata=Metadata()))
        for name in ("title", "number", "issuer"):
            truth = getattr(raw.metadata, name)
            if truth:
                said = getattr(found.metadata, name) or ""
                right[name].append(_bare(said) == _bare(truth))
        right["nothing lost"].append(nothing_lost(found))
    return {name: round(sum(all) / len(all), 3) for name, all in right.items()}


def laws(files: Iterable[Path]) -> dict[str, float]:
    """Titles and articles of laws."""
    right: defaultdict[str, list[bool]] = defaultdict(list)
    for file in files:
        text = file.read_text(encoding="utf-8")
        document = clean(replace(load(file), source="law.md"))
        title = (
            next((x[2:] for x in text.splitlines() if x.startswith("# ")), "")
            or file.stem.split("(")[0]
        )
        right["title"].append(_bare(document.title) == _bare(title))
        articles = [s.label for s in outline(document) if s.kind == "article"]
        right["articles"].append(articles == _ARTICLE.findall(text))
        right["kind"].append(document.metadata.kind in KINDS)
        right["nothing lost"].append(nothing_lost(document))
    return {name: round(sum(all) / len(all), 3) for name, all in right.items()}


KINDS = ("law", "regulation", "local-regulation", "rule", "interpretation", "document")


def family(files: Iterable[Path]) -> dict[str, float]:
    """The worst and the mean error rate of articles damaged at each density."""
    rates = []
    for number, file in enumerate(files):
        wanted = clean(load(file)).text
        for density in DENSITIES:
            page = damaged(wanted, density, number).encode()
            rates.append(error_rate(clean(load_bytes(page, "a.txt")).text, wanted))
    return {"mean": round(sum(rates) / len(rates), 5), "worst": round(max(rates), 5)}


def full_stops(files: Iterable[Path]) -> dict[str, float]:
    """Of articles damaged so that points stand for full stops: how many they have, the share that
    is one again, and the mean error rate."""
    stops, again, rates = 0, 0, []
    for number, file in enumerate(files):
        wanted = clean(load(file)).text
        page = damaged(wanted, 0.25, number, stops=True).encode()
        found = clean(load_bytes(page, "a.txt")).text
        stops += wanted.count("。")
        again += min(found.count("。"), wanted.count("。"))
        rates.append(error_rate(found, wanted))
    mean = round(sum(rates) / len(rates), 5)
    return {"of": stops, "restored": round(again / stops, 4), "error rate": mean}


def speed(files: Iterable[Path]) -> dict[str, float]:
    """Processor seconds a page."""
    from pypdfium2 import PdfDocument

    found = {}
    for file in files:
        with PdfDocument(file) as pdf:
            count = len(pdf)
        start = time.process_time()
        load(file)
        found[f"{file.name} ({count})"] = round((time.process_time() - start) / count, 3)
    return found


def printed(files: Iterable[Path]) -> dict[str, dict[str, float]]:
    """The error rate of each way of printing, and the share of its titles and articles found."""
    sums: defaultdict[str, list[tuple[float, bool, bool]]] = defaultdict(list)
    for file in files:
        title, *paragraphs = clean(load(file)).text.split("\n")
        for way, print_it in WAYS.items():
            document = clean(load_bytes(print_it(title, paragraphs), "a.pdf"))
            body = document.text.split("\n", 1)[1]
            articles = [s.label for s in outline(document) if s.kind == "article"]
            wanted = _ARTICLE.findall("\n".join(paragraphs))
            rate = error_rate(_after_title(document, body), "\n".join(paragraphs))
            sums[way].append((rate, _bare(document.title) == _bare(title), articles == wanted))
    return {
        way: {
            name: round(sum(float(one[at]) for one in all) / len(all), 5)
            for at, name in enumerate(("error rate", "title", "articles"))
        }
        for way, all in sums.items()
    }


def _after_title(document: Document, body: str) -> str:
    """The text below the title, which a red head precedes."""
    _, found, rest = document.text.partition(document.title + "\n")
    return rest if found else body


def nothing_lost(document: Document) -> bool:
    """Whether the original can be had again from the text and its repairs."""
    return undo(document.text, document.repairs) == document.original


def _bare(text: str) -> str:
    return "".join(_HAN.findall(text))


if __name__ == "__main__":
    main()
