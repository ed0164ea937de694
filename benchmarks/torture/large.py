"""Files as large as may be, in each format: parsed below 20 seconds of the processor and 1 GB, or
refused at once."""

from __future__ import annotations

import io
import multiprocessing
import resource
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path

from benchmarks.torture.hostile import pdf_of
from benchmarks.torture.results import Case
from ingest.errors import UserError
from ingest.prepare import Origin, prepare_here
from ingest.settings import Settings

MANY = 100_000
"""So many headings, articles or paragraphs."""

LINE = 30_000_000
"""So many bytes in one line."""

PAGE = 2_000_000
"""So many characters on one page."""

SECONDS, MEGABYTES = 20.0, 1000.0
"""What each may take."""

STOPPED = 60
"""Seconds of the processor after which it is enough."""

_RULE = "采购人应当公开采购意向，并依法接受监督。"
_NAME = "甲省政府采购管理办法"


def _numbered(line: str) -> Callable[[], bytes]:
    def make() -> bytes:
        lines = "\n".join(line.format(n=n) for n in range(1, MANY + 1))
        return f"{_NAME}\n{lines}\n".encode()

    return make


def _long(piece: str, size: int = LINE) -> Callable[[], bytes]:
    return lambda: piece.encode() * (size // len(piece.encode()))


def _html(before: str, each: str, after: str) -> Callable[[], bytes]:
    def make() -> bytes:
        lines = "".join(each.format(n=n) for n in range(1, MANY + 1))
        body = f"<html><body><h1>{_NAME}</h1>{before}{lines}{after}</body></html>"
        return body.encode()

    return make


def _docx(each: str) -> Callable[[], bytes]:
    """``each`` is WordprocessingML with ``{n}``."""

    def make() -> bytes:
        import docx

        empty = io.BytesIO()
        docx.Document().save(empty)
        body = "".join(each.format(n=n) for n in range(1, MANY + 1))
        out = io.BytesIO()
        with (
            zipfile.ZipFile(empty) as source,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
        ):
            for name in source.namelist():
                data = source.read(name)
                if name == "word/document.xml":
                    text = data.decode().replace("<w:body>", f"<w:body>{body}", 1)
                    data = text.encode()
                target.writestr(name, data)
        return out.getvalue()

    return make


def _pdf_page(characters: int, on_a_line: int) -> bytes:
    lines = characters // on_a_line
    text = "".join(f"({'a' * on_a_line}) Tj 0 -{780 / lines:.6f} Td\n" for _ in range(lines))
    stream = zlib.compress(f"BT /F1 6 Tf 20 810 Td\n{text}ET".encode(), 9)
    font = (
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    )
    return pdf_of(stream, "/FlateDecode", font)


def _sheet() -> bytes:
    import openpyxl

    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for n in range(MANY):
        sheet.append([n, _RULE])
    book.save(out)
    return out.getvalue()


_P = "<w:p>{style}<w:r><w:t>{text}</w:t></w:r></w:p>"
_CELL = f"<w:tc>{_P.format(style='', text=_RULE)}</w:tc>"

FILES: Mapping[str, Callable[[], bytes]] = {
    "articles.txt": _numbered("第{n}条 " + _RULE),
    "chapters.txt": _numbered("第{n}章 总则"),
    "paragraphs.txt": _numbered(_RULE),
    "points.txt": _numbered("（{n}）" + _RULE),
    "dots.txt": _numbered("1.1.{n} " + _RULE),
    "line.txt": _long(_RULE),
    "line-without-stops.txt": _long("采购"),
    "line-of-digits.txt": _long("1234567890"),
    "line-of-brackets.txt": _long("（"),
    "line-of-articles.txt": _long("第一条 "),
    "line-of-spaces.txt": lambda: b"a" + b" " * LINE + b"b",
    "headings.md": _numbered("# 第{n}节 总则"),
    "nested.md": _numbered("- " + _RULE),
    "table.md": lambda: (
        f"# {_NAME}\n\n|甲|乙|\n|-|-|\n".encode() + f"|{_RULE}|{_RULE}|\n".encode() * MANY
    ),
    "line.md": _long(_RULE),
    "emphasis.md": _long("*甲"),
    "headings.html": _html("", "<h2>第{n}条</h2>", ""),
    "paragraphs.html": _html("", "<p>第{n}条 " + _RULE + "</p>", ""),
    "table.html": _html("<table>", "<tr><td>{n}</td><td>" + _RULE + "</td></tr>", "</table>"),
    "list.html": _html("<ol>", "<li>" + _RULE + "</li>", "</ol>"),
    "line.html": _long(_RULE),
    "open.html": _html("", "<div>" + _RULE, ""),
    "headings.docx": _docx(
        _P.format(style="<w:pPr><w:pStyle w:val='Heading1'/></w:pPr>", text="第{n}章 总则")
    ),
    "paragraphs.docx": _docx(_P.format(style="", text="第{n}条 " + _RULE)),
    "table.docx": _docx(f"<w:tbl><w:tr>{_CELL}{_CELL}</w:tr></w:tbl>"),
    "line.docx": _docx("<w:r><w:t>" + _RULE * 5 + "</w:t></w:r>"),
    "rows.csv": _numbered("{n}," + _RULE),
    "rows.xlsx": _sheet,
    "page.pdf": lambda: _pdf_page(PAGE, 2000),
    "page-of-short-lines.pdf": lambda: _pdf_page(PAGE, 20),
    "page-of-one-line.pdf": lambda: _pdf_page(PAGE, PAGE),
}


def large(
    files: Mapping[str, Callable[[], bytes]] = FILES, done: Container[str] = ()
) -> Iterator[Case]:
    """Parse each that is not ``done`` in a process of its own, with the limits of the settings as
    they are shipped but none of the system's: what it would take is to be seen."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in files.items():
            if name in done:
                continue
            file = Path(folder, name)
            file.write_bytes(make())
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_parse, args=(file, theirs))
            process.start()
            theirs.close()
            try:
                became, seconds, megabytes = ours.recv()
            except EOFError:
                became, seconds, megabytes = "it was stopped, or died", STOPPED, 0.0
            process.join()
            file.unlink()
            took = f"{seconds:.1f} s, {megabytes:.0f} MB"
            wrong = () if seconds < SECONDS and megabytes < MEGABYTES else (took,)
            yield Case(name, file.suffix, wrong, {"took": took, "became": became})


def _parse(file: Path, told: multiprocessing.connection.Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (STOPPED, STOPPED))
    began = _used()
    try:
        became = f"{len(prepare_here(Origin(file.name, file), Settings()).passages)} passages"
    except UserError as error:
        became = error.code
    seconds, megabytes = _used()
    told.send((became, seconds - began[0], megabytes))


def _used() -> tuple[float, float]:
    """Seconds of the processor, and the most memory in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1000
