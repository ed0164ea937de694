"""Mail as Chinese programs write it: its text under its subject, and what is attached.

They declare GB 2312 and write GBK, put raw bytes where only ASCII may stand, and leave out the
quotation marks around coded names.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

_SMALLER_SET = re.compile(rb"(?i)(=\?|charset\s*=\s*\"?|name\*?\d*\*=)(?:gb2312|gb_2312-80|gbk)\b")
_UNQUOTED = re.compile(rb"(?i)(name\s*=\s*)(=\?[^\s;\"]+\?=)")
_RAW = re.compile(rb"(?im)^Subject:[^\r\n]*|name\s*=\s*\"[^\"\r\n]*\"")


def parts_of(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The text of a mail as a file named after its subject, then each attachment: names, bytes.

    A mail within it is given as a file ending in ``.eml``.
    """
    message = BytesParser(policy=policy.default).parsebytes(_as_declared(data))
    assert isinstance(message, EmailMessage)
    subject = " ".join(str(message.get("subject", "")).split()) or "邮件"
    body = message.get_body(("plain", "html"))
    if body is not None:
        text = str(body.get_content())
        if body.get_content_subtype() == "html":
            yield f"{_file_name(subject)}.html", text.encode()
        elif text.strip():
            yield f"{_file_name(subject)}.txt", f"{subject}\n{text}".encode()
    for number, part in enumerate(message.iter_attachments(), 1):
        if part.get_content_type() == "message/rfc822":
            yield f"邮件{number}.eml", part.as_bytes()
            continue
        content = part.get_payload(decode=True)
        shown_within = part.get_content_maintype() == "image" and part.get("content-id")
        if isinstance(content, bytes) and not shown_within:
            ending = mimetypes.guess_extension(part.get_content_type()) or ""
            yield part.get_filename() or f"附件{number}{ending}", content


def _as_declared(data: bytes) -> bytes:
    """``data`` with its names and encodings written as the standard has them."""
    data = _SMALLER_SET.sub(rb"\1gb18030", data)
    return _UNQUOTED.sub(rb'\1"\2"', _RAW.sub(_in_utf8, data))


def _in_utf8(raw: re.Match[bytes]) -> bytes:
    try:
        raw[0].decode("utf-8")
    except UnicodeDecodeError:
        return raw[0].decode("gb18030", "replace").encode()
    return raw[0]


def _file_name(subject: str) -> str:
    return subject.replace("/", "_").replace("\\", "_").strip(". ")[:60] or "邮件"
