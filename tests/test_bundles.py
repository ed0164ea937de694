"""Archives, mail and CSV: each file in them is a document, each limit is kept."""

from __future__ import annotations

import base64
import io
import zipfile
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from ingest.bundles import MOST_FILES, Bundle, BundleWanted, unpacked, unpacked_here
from ingest.errors import LoadError
from ingest.load import FORMATS, load_bytes, unknown_format
from ingest.settings import Settings


def taken(folder: Path, name: str, data: bytes, settings: Settings | None = None) -> Bundle:
    file = folder / name
    file.write_bytes(data)
    return unpacked_here(BundleWanted(name, file), settings or Settings())


def archive(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return stream.getvalue()


def test_files_of_an_archive_and_what_is_left_out(tmp_path: Path) -> None:
    files = {
        "通知/办法.txt": "甲".encode(),
        "旧.epub": b"x",
        "b.zip": b"PK",
        "__MACOSX/._办法.txt": b"x",
        "../../c.txt": b"c",
    }
    bundle = taken(tmp_path, "a.zip", archive(files))
    assert [member.name for member in bundle.members] == ["通知/办法.txt", "c.txt"]
    assert [error.code for error in bundle.left_out] == ["unknown-format", "nested-archive"]
    assert "导出为" in bundle.left_out[0].line("zh")


def test_names_in_gbk(tmp_path: Path) -> None:
    name = "采购公告.txt"
    utf8, gbk = name.encode(), name.encode("gbk")
    data = archive({"x" * len(gbk): b"1"}).replace(b"x" * len(gbk), gbk)
    assert taken(tmp_path, "a.zip", data).members[0].name == name
    data = archive({"x" * len(utf8): b"1"}).replace(b"x" * len(utf8), utf8)
    assert taken(tmp_path, "b.zip", data).members[0].name == name


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (archive({"a.txt": bytes(12 * 2**20)}), "too-large-expanded"),
        (archive({f"{n}.txt": b"a" for n in range(MOST_FILES + 1)}), "too-large-expanded"),
        (archive({"a.txt": b"a"})[:-30], "damaged-archive"),
        (b"no archive", "damaged-archive"),
        (archive({}), "no-text"),
    ],
    ids=["much", "many", "cut", "none", "empty"],  # an archive holds the time at which it was made
)
def test_limits_and_damage(data: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError) as told:
        taken(tmp_path, "a.zip", data)
    assert told.value.code == code


def test_a_mail_with_its_attachments(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"] = "关于开标时间的通知"
    mail.set_content("开标时间改为2024年5月1日。")
    mail.add_attachment(b"x", maintype="image", subtype="gif", filename="章.gif")
    mail.add_attachment("限额".encode(), maintype="text", subtype="plain", filename="限额.txt")
    bundle = taken(tmp_path, "a.eml", bytes(mail))
    assert [member.name for member in bundle.members] == ["关于开标时间的通知.txt", "限额.txt"]
    assert "开标时间改为" in bundle.members[0].data.decode()
    assert [error.code for error in bundle.left_out] == ["unknown-format"]


def test_they_are_taken_apart_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(archive({"a.txt": b"a"}))
    assert unpacked(BundleWanted("a.zip", file), Settings()).members[0].data == b"a"
    with pytest.raises(LoadError, match="cannot be read"):
        unpacked(BundleWanted("b.zip", tmp_path / "b.zip"), Settings())


def test_csv_in_any_encoding() -> None:
    text = '项目,金额\n书架,"5,000元"\n'
    for encoding in ("utf-8", "gbk"):
        assert load_bytes(text.encode(encoding), "a.csv").blocks[0].text == (
            "项目 | 金额\n书架 | 5,000元"
        )


@pytest.mark.parametrize("ending", [".ceb", ".heic", ".epub", ".rar", ".msg", ".zbs"])
def test_other_formats_of_an_office_are_told_how_to_become_one(ending: str) -> None:
    error = unknown_format(f"文件{ending}")
    assert ending not in FORMATS
    assert "请" in error.line("zh") and ending in error.line("en")


def sent(subject: bytes, disposition: bytes) -> bytes:
    """A mail as programs in China write it: GBK text declared as GB 2312, one attachment."""
    return b"\r\n".join(
        [
            b"Subject: " + subject,
            b"MIME-Version: 1.0",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x",
            b"Content-Type: text/plain; charset=gb2312",
            b"Content-Transfer-Encoding: 8bit\r\n",
            "开标地点：云川市镕基楼。".encode("gbk"),
            b"--x\r\nContent-Type: text/plain",
            b"Content-Disposition: attachment; " + disposition + b"\r\n",
            "限额".encode() + b"\r\n--x--\r\n",
        ]
    )


def coded(words: str) -> bytes:
    return b"=?gb2312?B?" + base64.b64encode(words.encode("gbk")) + b"?="


@pytest.mark.parametrize(
    ("subject", "disposition"),
    [
        (coded("镕基楼采购"), b'filename="' + coded("镕基楼.txt") + b'"'),
        (coded("镕基楼采购"), b"filename=" + coded("镕基楼.txt")),
        ("镕基楼采购".encode("gbk"), b'filename="' + "镕基楼.txt".encode("gbk") + b'"'),
        (
            coded("镕基楼") + b"\r\n " + coded("采购"),
            b"filename*=gb2312''" + quote("镕基楼.txt".encode("gbk")).encode(),
        ),
    ],
)
def test_mail_as_programs_in_china_write_it(
    subject: bytes, disposition: bytes, tmp_path: Path
) -> None:
    bundle = taken(tmp_path, "a.eml", sent(subject, disposition))
    assert [member.name for member in bundle.members] == ["镕基楼采购.txt", "镕基楼.txt"]
    assert "云川市镕基楼" in bundle.members[0].data.decode()
    assert bundle.members[1].data.decode().strip() == "限额"


def test_a_mail_in_a_mail_is_told_of(tmp_path: Path) -> None:
    inner, mail = EmailMessage(), EmailMessage()
    inner["Subject"] = "内"
    inner.set_content("甲。")
    mail["Subject"] = "外"
    mail.set_content("乙。")
    mail.add_attachment(inner)
    bundle = taken(tmp_path, "a.eml", bytes(mail))
    assert [member.name for member in bundle.members] == ["外.txt"]
    assert [error.code for error in bundle.left_out] == ["nested-archive"]
