"""Loading: what every format shares, and one clear error for each kind of bad file."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ingest.errors import LoadError
from ingest.load import FORMATS, LoadLimits, load, load_bytes
from ingest.loading.pdf_streams import check_streams

TEXT = "第一条 为了规范采购行为，制定本办法。\n第二条 本办法自公布之日起施行。\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"


def _error(data: bytes, name: str, limits: LoadLimits | None = None) -> LoadError:
    with pytest.raises(LoadError) as caught:
        load_bytes(data, name, limits=limits or LoadLimits())
    error = caught.value
    assert error.where == name
    assert error.zh
    assert "\n" not in error.line() + error.line("zh")
    return error


def _docx(text: str = TEXT) -> bytes:
    import docx

    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _pdf(text: str = TEXT) -> bytes:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    stream = io.BytesIO()
    page = canvas.Canvas(stream)
    page.setFont("STSong-Light", 12)
    for number, line in enumerate(text.splitlines()):
        page.drawString(72, 760 - 20 * number, line)
    page.save()
    return stream.getvalue()


def _rewritten(data: bytes, name: str, content: bytes) -> bytes:
    """The archive with one part replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return stream.getvalue()


def test_the_same_text_in_every_format() -> None:
    html = "".join(f"<p>{line}</p>" for line in TEXT.splitlines())
    files = {
        "a.txt": TEXT.encode(),
        "a.md": TEXT.encode(),
        "a.markdown": TEXT.encode(),
        "a.html": html.encode(),
        "A.HTM": html.encode(),
        "a.docx": _docx(),
        "a.pdf": _pdf(),
    }
    for name, data in files.items():
        document = load_bytes(data, name, "somewhere")
        assert [block.text for block in document.blocks] == TEXT.splitlines(), name
        assert document.source == "somewhere"
        assert len(document.content_hash) == 64
        assert document.format == FORMATS[Path(name).suffix.lower()]
        assert (document.encoding is None) == (document.format in ("docx", "pdf"))


def test_odd_paths(tmp_path: Path) -> None:
    for name in ("【中央】 a'b\"c;$(x) 文件.txt", "-rf.txt", "a.b.c.TXT", "%2e%2e.txt"):
        path = tmp_path / name
        path.write_text(TEXT, encoding="utf-8")
        assert load(path).source == str(path)
        assert len(load(path, source="原件").blocks) == 2


def test_bad_paths(tmp_path: Path) -> None:
    def code(path: Path) -> str:
        with pytest.raises(LoadError) as caught:
            load(path)
        assert str(path) in caught.value.line()
        return caught.value.code

    assert code(tmp_path / "no.txt") == "missing-file"
    folder = tmp_path / "folder.txt"
    folder.mkdir()
    assert code(folder) == "is-a-folder"
    assert code(tmp_path / ("a" * 300 + ".txt")) == "unreadable-file"
    assert code(Path("a\0b.txt")) == "unreadable-file"
    os.mkfifo(tmp_path / "pipe.txt")
    assert code(tmp_path / "pipe.txt") == "unreadable-file"
    (tmp_path / "link.txt").symlink_to("link.txt")
    assert code(tmp_path / "link.txt") in ("unreadable-file", "missing-file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0)
    with pytest.raises(LoadError) as caught:
        load(path)
    assert caught.value.code == "no-permission"


def test_no_permission_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for root, whom no file mode stops: the system's refusal is raised by hand."""
    path = tmp_path / "secret.txt"
    path.write_text(TEXT, encoding="utf-8")

    def refuse(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LoadError) as caught:
        load(path)
    assert caught.value.code == "no-permission"


def test_unknown_format_names_the_known_ones() -> None:
    error = _error(b"x", "a.xyz")
    assert error.code == "unknown-format"
    assert all(suffix in error.line() for suffix in FORMATS)
    assert _error(b"x", "README").code == "unknown-format"


def test_empty_files() -> None:
    for name in ("a.txt", "a.md", "a.html", "a.docx", "a.pdf"):
        assert _error(b"", name).code == "empty-file"
        assert _error(b" \r\n\t\n", name).code == "empty-file"
    assert _error("　\n　".encode(), "a.txt").code == "no-text"
    assert _error(b"\xef\xbb\xbf", "a.txt").code == "no-text"
    assert _error(b"<html><script>1</script></html>", "a.html").code == "no-text"
    assert _error(b"<!-- only a comment -->", "a.md").code == "no-text"
    assert _error(_docx(""), "a.docx").code == "no-text"


def test_too_large() -> None:
    limits = LoadLimits(max_bytes=50)
    assert _error(TEXT.encode(), "a.txt", limits).code == "too-large"


def test_too_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(2**40)  # sparse
    with pytest.raises(LoadError) as caught:
        load(path, limits=LoadLimits(max_bytes=1000))
    assert caught.value.code == "too-large"


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_binary_named_as_text(name: str) -> None:
    import random

    noise = random.Random(7)
    for data in (
        PNG,
        _docx(),
        _pdf(),
        b"\x7fELF\x02\x01\x01\0" + bytes(64),
        b"\xd0\xcf\x11\xe0" + bytes(64),
        *(noise.randbytes(size) for size in (40, 100, 1000, 5000) for _ in range(25)),
    ):
        assert _error(data, name).code == "not-text", data[:20]
    assert ".pdf" in _error(_pdf(), name).line()


def test_not_the_format_that_the_name_says() -> None:
    assert _error(TEXT.encode(), "a.docx").code == "not-docx"
    assert _error(TEXT.encode(), "a.pdf").code == "not-pdf"
    assert _error(b"\xd0\xcf\x11\xe0" + bytes(600), "a.docx").code == "encrypted-docx"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("a.txt", TEXT)
    assert _error(stream.getvalue(), "a.docx").code == "not-docx"


def test_truncated_files() -> None:
    for share in (0.1, 0.5, 0.9, 0.99):
        data = _docx()
        assert _error(data[: int(len(data) * share)], "a.docx").code == "damaged-docx"
        data = _pdf()
        assert _error(data[: int(len(data) * share)], "a.pdf").code == "damaged-pdf"


def test_damaged_insides() -> None:
    for part in ("word/document.xml", "[Content_Types].xml", "word/styles.xml"):
        broken = _rewritten(_docx(), part, b"<broken")
        assert _error(broken, "a.docx").code == "damaged-docx"
    assert _error(b"%PDF-1.4\n" + b"garbage " * 50 + b"\n%%EOF", "a.pdf").code == "damaged-pdf"


def test_zip_bomb_is_refused_before_it_expands() -> None:
    bomb = _rewritten(_docx(), "word/styles.xml", b" " * 50_000_000)
    assert len(bomb) < 200_000
    assert _error(bomb, "a.docx").code == "too-large-expanded"
    limits = LoadLimits(max_expanded_bytes=1_000_000, max_ratio=10**6)
    large = _rewritten(_docx(), "word/styles.xml", b" " * 2_000_000)
    assert _error(large, "a.docx", limits).code == "too-large-expanded"


def test_zip_bomb_that_lies_about_its_size() -> None:
    bomb = bytearray(_rewritten(_docx(), "word/styles.xml", b" " * 50_000_000))
    with zipfile.ZipFile(io.BytesIO(bomb)) as package:
        offset = package.getinfo("word/styles.xml").header_offset
    entry = bomb.rindex(b"word/styles.xml") - 46  # its record in the central directory
    bomb[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    bomb[offset + 22 : offset + 26] = (1000).to_bytes(4, "little")
    assert _error(bytes(bomb), "a.docx").code == "damaged-docx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused(encoding: str) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<!DOCTYPE d [<!ENTITY e0 "政府采购">{entities}]><d>&e9;</d>'
    bomb = _rewritten(_docx(), "word/document.xml", xml.encode(encoding))
    assert _error(bomb, "a.docx").code == "unsafe-xml"


def test_xml_entities_in_html_do_not_expand() -> None:
    html = '<!DOCTYPE html [<!ENTITY a "长长长长"><!ENTITY b "&a;&a;">]><p>第一条 正文&b;</p>'
    text = "".join(block.text for block in load_bytes(html.encode(), "a.html").blocks)
    assert "第一条 正文" in text
    assert text.count("长") <= 4


def test_encrypted_pdf() -> None:
    from pypdf import PdfReader, PdfWriter

    for algorithm in ("RC4-128", "AES-256"):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(_pdf())))
        writer.encrypt("secret", algorithm=algorithm)
        stream = io.BytesIO()
        writer.write(stream)
        assert _error(stream.getvalue(), "a.pdf").code == "encrypted-pdf"
        # Without a password to open it, only restricted, everybody may read it.
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(_pdf())))
        writer.encrypt("", owner_password="secret", algorithm=algorithm)
        stream = io.BytesIO()
        writer.write(stream)
        assert len(load_bytes(stream.getvalue(), "a.pdf").blocks) == 2


def test_too_many_pages() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    page = PdfReader(io.BytesIO(_pdf())).pages[0]
    for _ in range(4):
        writer.add_page(page)
    stream = io.BytesIO()
    writer.write(stream)
    assert _error(stream.getvalue(), "a.pdf", LoadLimits(max_pages=3)).code == "too-many-pages"


def test_pdf_bomb() -> None:
    import zlib

    packed = zlib.compress(b" " * 30_000_000)
    data = b"%PDF-1.4\n1 0 obj <</Filter /FlateDecode>>\nstream\n" + packed + b"\nendstream\n%%EOF"
    limits = LoadLimits(max_expanded_bytes=10_000_000)
    assert _error(data, "a.pdf", limits).code == "too-large-expanded"
    check_streams(_pdf(), "a.pdf", LoadLimits())


def test_parsers_are_imported_only_when_needed() -> None:
    code = (
        "import sys, ingest.load, ingest.loading.fetch;"
        "print([m for m in ('pdfplumber','docx','markdown_it','lxml','httpx','yaml','bs4','torch')"
        " if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[1]
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True
    )
    assert shown.stdout.strip() == "[]"
