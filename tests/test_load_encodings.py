"""Encodings: what the bytes are wins over what they look like; mojibake is never taken in."""

from __future__ import annotations

import pytest

from ingest.errors import LoadError
from ingest.load import load_bytes
from ingest.loading.encoding import decode

PORTUGUESE = (
    "Regime das despesas com obras e aquisição de bens e serviços, incluindo os municípios."
)
RUSSIAN = "Закон о государственных закупках товаров и услуг для нужд."
CHINESE = "关于调整限额标准的通知\n各单位：\n一、限额标准为一百万元。\n"
TRADITIONAL = "採購人員倫理準則\n第一條 本準則依政府採購法訂定之。\n"


@pytest.mark.parametrize("text", [PORTUGUESE, RUSSIAN, CHINESE, TRADITIONAL, "licitação", "目录"])
def test_valid_utf8_is_utf8(text: str) -> None:
    assert decode(text.encode(), "a.txt").text == text
    assert decode(text.encode(), "a.txt", "utf-8").text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        ("目录", "gbk"),
        (TRADITIONAL, "big5"),
        (PORTUGUESE, "iso-8859-1"),
        (PORTUGUESE, "cp1252"),
        (CHINESE, "utf-16"),
    ],
)
def test_other_encodings_declared_or_not(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert decode(data, "a.txt").text == text
    assert decode(data, "a.txt", encoding).text == text


@pytest.mark.parametrize("declared", ["gb2312", "iso-8859-1", "big5", "no-such", ""])
def test_a_declaration_that_the_bytes_contradict(declared: str) -> None:
    assert decode(CHINESE.encode(), "a.txt", declared).text == CHINESE
    assert decode(PORTUGUESE.encode(), "a.txt", declared).text == PORTUGUESE
    assert decode(CHINESE.encode("gb18030"), "a.txt", "utf-8").text == CHINESE
    if declared != "big5":
        assert decode(CHINESE.encode("gb18030"), "a.txt", declared).text == CHINESE


@pytest.mark.parametrize(
    ("true", "wrong"),
    [
        ("gb18030", "latin-1"),
        ("gb18030", "cp1252"),
        ("utf-8", "latin-1"),
        ("utf-8", "gb18030"),
        ("big5", "latin-1"),
    ],
)
def test_text_decoded_wrongly_and_saved_so_is_restored(true: str, wrong: str) -> None:
    text = (TRADITIONAL if true == "big5" else CHINESE) * 2
    try:
        saved = text.encode(true).decode(wrong)
    except UnicodeDecodeError:
        saved = text.encode(true).decode("latin-1")
    assert decode(saved.encode(), "a.txt").text == text


def test_text_decoded_wrongly_twice() -> None:
    once = (CHINESE * 2).encode("gb18030").decode("latin-1")
    assert decode(once.encode().decode("gb18030").encode(), "a.txt").text == CHINESE * 2


def test_one_line_decoded_wrongly_among_others() -> None:
    line = "关于调整限额标准的通知".encode("gb18030").decode("latin-1")
    text = decode(f"{line}\n{CHINESE * 5}".encode(), "a.txt").text
    assert text == "关于调整限额标准的通知\n" + CHINESE * 5


@pytest.mark.parametrize(
    "text",
    [
        (CHINESE * 3).encode("gb18030").decode("latin-1")[1:].replace("Õ", ""),
        "锟斤拷" * 40,
        "鹿脴脫脷碌梅脮没脧脼露卯卤锚脳录碌脛脥篓脰陋鹿脴脫".replace("脴", ""),
    ],
    ids=["lost", "replaced", "twice"],
)
def test_mojibake_beyond_repair_is_refused(text: str) -> None:
    with pytest.raises(LoadError) as caught:
        load_bytes(text.encode(), "a.txt")
    assert caught.value.code == "garbled"


@pytest.mark.parametrize("text", ["résumé、naïve、São Paulo", "Ñandú ¿Qué? ¡Sí!", "①②③ №1 §3 ±5℃"])
def test_accents_and_signs_are_no_mojibake(text: str) -> None:
    assert decode(f"{CHINESE}{text}\n".encode(), "a.txt").text == f"{CHINESE}{text}\n"
