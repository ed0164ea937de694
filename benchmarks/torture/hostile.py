"""Hostile files, by the command line and by REST, under ``ulimit -v``: each goes in or is named in
one line, nothing crashes, and the memory of the server stays level."""

from __future__ import annotations

import io
import random
import shutil
import zipfile
import zlib
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

import httpx

from benchmarks.load import memory_mb
from benchmarks.torture.children import run
from benchmarks.torture.results import Case
from benchmarks.torture.server import serving
from benchmarks.torture.world import World, text_of
from ingest.embed import Embedder

MEMORY = 6 << 30
"""Bytes of address space; libraries reserve far more of it than they use."""

PATIENCE = 900.0
"""Seconds within which one file is answered; 120 of the processor are what it may take."""

TOGETHER = 25
"""So many changed files in a folder."""

LINKED = "empty.docx"
"""Beside this one lie a link that leads out and a file whose name is not UTF-8."""

_TEXT = text_of("丁省政府采购管理办法", 6)


def _docx() -> bytes:
    import docx

    document, out = docx.Document(), io.BytesIO()
    for line in _TEXT.splitlines():
        document.add_paragraph(line)
    document.save(out)
    return out.getvalue()


def _zip(entries: dict[str, bytes], flags: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def pdf_of(stream: bytes, filters: str, more: bytes = b"") -> bytes:
    """A PDF of one page with this content; ``more`` stands in the page's dictionary."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % more,
        b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream"
        % (len(stream), filters.encode(), stream),
    ]
    out = bytearray(b"%PDF-1.7\n")
    at = []
    for number, part in enumerate(parts, 1):
        at.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % one for one in at)
    return bytes(out + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table)


def _packed(times: int, size: int) -> bytes:
    packed = b"\0" * size
    for _ in range(times):
        packed = zlib.compress(packed, 9)
    return pdf_of(packed, "/FlateDecode " * times)


def made() -> dict[str, bytes]:
    """Files that were made to hurt, by name. None has so many passages that encoding them, which
    takes 10 ms each, is most of what is measured; :mod:`benchmarks.torture.large` has those."""
    text, docx = _TEXT.encode(), _docx()
    return {
        "chained.pdf": _packed(3, 300_000_000),
        "stream.pdf": pdf_of(zlib.compress(b"(a) Tj " * 200_000), "/FlateDecode"),
        "loop.pdf": pdf_of(b"", "").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"),
        "bomb.docx": _zip({"word/document.xml": b" " * 400_000_000}),
        "entities.docx": _zip(
            {
                "[Content_Types].xml": b"<Types/>",
                "word/document.xml": b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 10_000 + b'">'
                b'<!ENTITY b "' + b"&a;" * 1000 + b'">]><a>' + b"&b;" * 1000 + b"</a>",
            }
        ),
        "traversal.zip": _zip({"../../out.txt": text, "/etc/out.txt": text, "好.txt": text}),
        "nested.zip": _zip({"a.zip": _zip({"b.zip": _zip({"c.txt": text * 10})})}),
        "bomb.zip": _zip({f"{n}.txt": b"\0" * 50_000_000 for n in range(4)}),
        "headings.txt": "".join(f"第{n}条 采购。\n" for n in range(2000)).encode(),
        "oneline.txt": "采购人应当公开采购意向。".encode() * 20_000,
        "deep.html": b"<div>" * 100_000 + text + b"</div>" * 100_000,
        "tables.html": b"<table><tr><td>" * 20_000,
        "tags.html": b"<" * 2_000_000,
        "brackets.md": b"[" * 300_000,
        "quotes.md": b"> " * 300_000,
        "stars.md": b"*a_" * 100_000,
        "nul.txt": b"\0" * 1_000_000,
        "bytes.txt": bytes(range(256)) * 4000,
        "utf16.txt": _TEXT.encode("utf-16"),
        "script.html": b"<script>while(1){}</script><p>" + text,
        "empty.docx": b"",
        "cut.docx": docx[: len(docx) // 2],
        "mail.eml": b"From: a\nSubject: " + b"x" * 1_000_000 + b"\n\n" + text,
    }


def mutated(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Sound files, changed at random."""
    chance = random.Random(seed)
    sound = {
        "docx": _docx(),
        "pdf": pdf_of(zlib.compress(b"BT /F1 12 Tf (text) Tj ET" * 50), "/FlateDecode"),
        "html": f"<html><body><h1>丁</h1><p>{_TEXT}</p></body></html>".encode(),
        "md": ("# 丁\n\n" + _TEXT).encode(),
        "txt": _TEXT.encode("gb18030"),
        "zip": _zip({"一.txt": _TEXT.encode(), "二.md": _TEXT.encode()}),
    }
    for number in range(count):
        kind = chance.choice(sorted(sound))
        data = bytearray(sound[kind])
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(data) or 1)
            end = min(len(data), at + chance.randint(1, 200))
            change = chance.randrange(4)
            if change == 0:
                data[at:end] = chance.randbytes(end - at)
            elif change == 1:
                del data[at:end]
            elif change == 2:
                data[at:at] = data[at:end] * chance.randint(1, 50)
            else:
                data[at : at + 1] = bytes([chance.choice((0, 0xFF, 0x0A, 0x3C))])
        yield f"mutated-{number}.{kind}", bytes(data)


def hostile(
    folder: Path, mutations: int, seed: int = 0, done: Container[str] = ()
) -> Iterator[Case]:
    """Give the files that are not ``done`` to ``ingest add``, the changed ones in folders of
    ``TOGETHER``, and each to the server."""
    world = World.make(folder / "world", "server: {processes: 0}\n")
    assert run(world.config, "ingest", "add", str(world.corpus)).status == 0
    by_rest = world.copy(folder / "rest")
    changed = list(mutated(mutations, seed))
    folders = {name: {name: data} for name, data in made().items()}
    for start in range(0, len(changed), TOGETHER):
        part = changed[start : start + TOGETHER]
        folders[f"{part[0][0]} to {part[-1][0]}"] = dict(part)
    yield from _by_command_line(world, folders, done)
    given = {n: d for n, d in {**made(), **dict(changed)}.items() if f"REST: {n}" not in done}
    if given:
        yield from _by_rest(by_rest, given)


def _by_command_line(
    world: World, folders: Mapping[str, Mapping[str, bytes]], done: Container[str]
) -> Iterator[Case]:
    before, dropped = world.state(), world.folder / "given"
    for about, given in folders.items():
        name = f"command line: {about}"
        if name in done:
            continue
        dropped.mkdir()
        for file, data in given.items():
            (dropped / file).write_bytes(data)
        if about == LINKED:
            (dropped / "out.txt").symlink_to("/etc/hostname")
            gbk = "政府.txt".encode("gbk").decode("latin-1")
            (dropped / gbk).write_text(_TEXT, encoding="utf-8")
        ended = run(world.config, "ingest", "add", str(dropped), memory=MEMORY)
        shutil.rmtree(dropped)
        wrong = [ended.wrong] if ended.wrong else []
        yield Case(name, f"command line: {ended.status}", (*wrong, *_lost(world, before)))


def _by_rest(world: World, given: Mapping[str, bytes]) -> Iterator[Case]:
    before = world.state()
    with serving(world, MEMORY) as server:
        sizes = [memory_mb(server.process.pid)]
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            for name, data in given.items():
                sent = {"file": (name, data)}
                status = client.post("/api/v1/documents/file", files=sent).status_code
                wrong = [f"status {status}"] if status >= 500 else []
                if client.get("/healthz").status_code != 200:
                    wrong.append("the server is not well")
                yield Case(f"REST: {name}", f"REST: {status}", tuple(wrong))
        sizes.append(memory_mb(server.process.pid))
    wrong = _lost(world, before)
    yield Case("REST: afterwards", "afterwards", tuple(wrong), {"memory, MB": sizes})


def _lost(world: World, before: Mapping[str, str]) -> list[str]:
    now = world.state()
    faults = world.faults(Embedder(world.settings))
    return [f"lost {title}" for title in before if title not in now] + faults
