"""Find the encoding of a Chinese text: UTF-8, GB18030, Big5 or UTF-16.

What decodes as UTF-8 is UTF-8, and what the file declares is believed unless the bytes say
otherwise; only then comes a guess.

Statistical detectors need a few hundred bytes. A law's title has twenty, so each encoding that
decodes the bytes is judged by how Chinese its result looks: the 3,755 characters of GB 2312
level 1 and the 5,401 of Big5 level 1 are what texts consist of, and the few hundred most
frequent ones make up two thirds of any text. Wrongly decoded bytes scatter over rare characters.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ingest.errors import LoadError
from ingest.loading.garbled import is_garbled, restored
from ingest.loading.likeness import SAMPLE, likeness


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was in, by Python's name for it."""

    text: str
    encoding: str


def decode(data: bytes, where: str, declared: str | None = None) -> Decoded:
    """``data`` as text, without its byte order mark; text that was decoded wrongly and saved so
    is read again.

    :param data: the bytes of a text file.
    :param where: the file, for the error.
    :param declared: the encoding that the file's own markup names, which is believed if the
        bytes agree.
    :raises LoadError: ``not-text`` where no encoding makes a text of them; ``garbled`` where the
        text is mojibake and cannot be restored.
    """
    found = _decoded(data, where, declared)
    text = restored(found.text)
    if is_garbled(text):
        raise _garbled(where)
    return Decoded(text, found.encoding)


def _decoded(data: bytes, where: str, declared: str | None) -> Decoded:
    _refuse_known_binary(data, where)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            if _holds_text(text):
                return Decoded(text, encoding)
            raise _not_text(where)
    name = _python_name(declared)
    if utf8 := _certainly_utf8(data, name):
        return utf8
    candidates = [d for d in (_strictly(data, e) for e in _order(name)) if d]
    best = max(candidates, key=lambda d: likeness(d.text), default=None)
    if (western := _western(data, name)) and (best is None or likeness(best.text) < _CHINESE):
        return western
    if best is None or not _looks_like_text(best.text):
        lossy = [Decoded(data.decode(e, "replace"), e) for e in _LOSSY]
        best = max(lossy, key=lambda d: likeness(d.text))
        if not _looks_like_text(best.text):
            raise _not_text(where)
    return best


def _certainly_utf8(data: bytes, name: str) -> Decoded | None:
    """``data`` as UTF-8 where it decodes; two Chinese characters of GBK may do so by chance."""
    found = _strictly(data, "utf-8")
    if found is None or not (_holds_text(found.text) or _has_holes(found.text)):
        return None
    if name == "utf-8" or any(char >= "\u0800" for char in found.text):
        return found
    other = _strictly(data, "gb18030")
    return None if other and likeness(other.text) > _CHINESE else found


def _western(data: bytes, name: str) -> Decoded | None:
    """``data`` as Portuguese or another language of Western Europe in one byte a character."""
    encoding = name if name in _SINGLE_BYTE else "cp1252"
    found = _strictly(data, encoding)
    if found is None or not _holds_text(found.text):
        return None
    accented = _ACCENTED.findall(found.text)
    letters = len(re.findall("[A-Za-z]", found.text))
    foreign = sum(char > "\x7f" for char in found.text)
    return found if sum(map(len, accented)) == foreign and foreign * 5 <= letters else None


_CHINESE = 0.45
"""A text of at least this likeness is Chinese; one of ASCII has 0.3."""
_SINGLE_BYTE = frozenset({"iso8859-1", "cp1252", "iso8859-15"})
_ACCENTED = re.compile(
    "(?<![^\x00-\x7f])[áàâãäéèêëíìîïóòôõöúùûüçñÁÀÂÃÉÊÍÓÔÕÚÇªº°§«»“”‘’–—…€]{1,2}(?![^\x00-\x7f])"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODINGS = ("utf-8", "gb18030", "big5", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
_LOSSY = ("utf-8", "gb18030", "big5")
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "utf8": "utf-8"}
_MAGIC = (
    (b"%PDF-", "a PDF", ".pdf"),
    (b"PK\x03\x04", "a ZIP archive or an Office document", ".docx"),
    (b"\x89PNG", "a PNG image", None),
    (b"\xff\xd8\xff", "a JPEG image", None),
    (b"GIF8", "a GIF image", None),
    (b"\x7fELF", "a program", None),
    (b"\x1f\x8b", "a gzip archive", None),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .xls)", None),
)


def _python_name(declared: str | None) -> str:
    name = (declared or "").strip().lower()
    try:
        return _ALIASES.get(name) or codecs.lookup(name).name
    except LookupError:
        return ""


def _order(name: str) -> list[str]:
    """The encodings to try, the declared one first so that it wins a draw."""
    return sorted(_ENCODINGS, key=lambda encoding: encoding != name)


def _strictly(data: bytes, encoding: str) -> Decoded | None:
    if encoding.startswith("utf-16") and len(data) % 2:
        return None
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None


def _looks_like_text(text: str) -> bool:
    """False where control, unassigned and replacement characters are more than stray."""
    sample = text[:SAMPLE]
    if not sample.strip():
        return True
    bad = len(_BAD.findall(sample))
    return bad <= max(1, len(sample) // 100) and "\0" not in sample and likeness(sample) > 0.1


def _holds_text(text: str) -> bool:
    """:func:`_looks_like_text` in whatever language."""
    bad = len(_BAD.findall(text[:SAMPLE]))
    return bad <= max(1, len(text[:SAMPLE]) // 100) and "\0" not in text[:SAMPLE]


def _has_holes(text: str) -> bool:
    """Whether ``text`` is Chinese in which a program before put marks for the bytes it lost."""
    holes = text.count("\ufffd")
    rest = text.replace("\ufffd", "")
    return holes * _LEAST_TO_A_HOLE <= len(text) and _looks_like_text(rest)


_LEAST_TO_A_HOLE = 8
_BAD = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd\ufffe\uffff\ud800-\udfff]")


def _refuse_known_binary(data: bytes, where: str) -> None:
    for magic, thing, suffix in _MAGIC:
        if data.startswith(magic):
            remedy = f"Rename it to *{suffix}" if suffix else "Give a text, HTML, Word or PDF file"
            zh = f"请把扩展名改为 {suffix}" if suffix else "请提供文本、HTML、Word 或 PDF 文件"
            raise LoadError(
                "not-text", where, f"this is {thing}, not text", remedy, ("这不是文本文件", zh)
            )


def _not_text(where: str) -> LoadError:
    return LoadError(
        "not-text",
        where,
        "this is not text in UTF-8, GB18030, Big5 or UTF-16",
        "Save it as UTF-8 text, or give it the ending of its real format",
        ("不是 UTF-8、GB18030、Big5 或 UTF-16 编码的文本", "请另存为 UTF-8 文本或改用正确的扩展名"),
    )


def _garbled(where: str) -> LoadError:
    return LoadError(
        "garbled",
        where,
        "the text was decoded wrongly before it was saved, and too much of it is lost",
        "Fetch or save it again, as UTF-8",
        ("内容已是乱码且无法还原", "请从原处重新获取，并另存为 UTF-8 编码"),
    )
