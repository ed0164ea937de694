"""Traditional and Simplified script.

A document is converted only where it is Traditional as a whole; a name or a quotation in
Traditional characters within a Simplified text stays as it is printed.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.cleaning.edits import Edit

if TYPE_CHECKING:
    from opencc import OpenCC

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Han characters, for use inside a character class of a regular expression."""

_HAN = re.compile(f"[{HAN}]")


def to_simplified(text: str) -> str:
    """``text`` in Simplified characters; may differ in length where a phrase is converted.

    >>> to_simplified("政府採購法")
    '政府采购法'
    """
    if not _beyond_gb2312(text):
        return text
    return _converter(_config(text)).convert(text)


def is_traditional(text: str) -> bool:
    """Whether most characters that differ between the scripts stand in their Traditional form."""
    if not _beyond_gb2312(text):
        return False
    traditional, simplified = _telling_characters()
    count = sum(char in traditional for char in text)
    return count > sum(char in simplified for char in text)


def script_edits(text: str, config_of: str | None = None) -> list[Edit]:
    """The edits that bring ``text`` into Simplified characters, one for each changed run.

    :param config_of: the whole document, by whose spelling the conversion is chosen; ``text``
        itself where it is not given.
    """
    converter = _converter(_config(text if config_of is None else config_of))
    edits: list[Edit] = []
    at = 0
    for line in text.splitlines(keepends=True):
        new = _with_zhu(line, converter.convert(line))
        if len(new) == len(line):
            edits += [
                Edit(at + i, at + i + 1, b, "script", _is_guess(a, b))
                for i, (a, b) in enumerate(zip(line, new, strict=True))
                if a != b
            ]
        else:
            matcher = SequenceMatcher(None, line, new, autojunk=False)
            edits += [
                Edit(at + i1, at + i2, new[j1:j2], "script", _is_guess(line[i1:i2], new[j1:j2]))
                for tag, i1, i2, j1, j2 in matcher.get_opcodes()
                if tag != "equal"
            ]
        at += len(line)
    return edits


def _with_zhu(line: str, new: str) -> str:
    """``new`` with 著 where it means to be outstanding or to write (著有貢獻), not 着."""
    if len(new) != len(line) or "著" not in line:
        return new
    kept = list(new)
    for match in _ZHU.finditer(line):
        kept[match.start()] = "著"
    return "".join(kept)


_ZHU = re.compile("著(?=有(?!色)|[述錄録者称稱書书於于])|(?<=[卓昭素夙颇頗至名譯译編编合原所])著")


def _is_guess(old: str, new: str) -> bool:
    """Whether a converter of wording made one word of two: 檔案 of 文件 and of 档案."""
    return any(old in was and new in now for was, now in _ONE_OF_TWO)


_ONE_OF_TWO = (("檔案", "文件"), ("資料", "数据"), ("支援", "支持"))
_TAIWAN_WORDS = re.compile(
    "軟體|硬體|資訊|網路|程式|伺服器|資料庫|印表機|滑鼠|螢幕|記憶體|計程車|行動通訊|人工智慧|最佳化|"
    "(?:招標|投標|採購|響應|磋商|談判|詢價|預審)檔案"
)
_MAINLAND = re.compile(
    "中華人民共和國|國務院|財政部|採購人(?!員)|財政[廳局]|人民政府|發展改革委|〔(?:19|20)[0-9]{2}〕|"
    "關於[^。\n]{2,40}的(?:通知|意見|決定|函|公告)"
)
_TAIWAN = re.compile("中華民國|民國[0-9一二三四五六七八九十百]|行政院|立法院|臺灣|直轄市政府")


def _beyond_gb2312(text: str) -> bool:
    """Whether a Han character is outside GB 2312, which holds the Simplified script.

    Spares Simplified texts the loading of OpenCC.
    """
    for char in filter(_HAN.match, set(text)):
        try:
            char.encode("gb2312")
        except UnicodeEncodeError:
            return True
    return False


def _config(text: str) -> str:
    """OpenCC's configuration for ``text``.

    A page converted from Simplified writes 着 and 著 apart, as OpenCC's ``t2s`` expects; a text
    from Taiwan writes 著 for both, which ``tw2s`` tells apart by the words around it. A text of the
    mainland in words of Taiwan (招標檔案, 資訊) was put into them by a converter, and ``tw2sp``
    takes it back; a text of Taiwan keeps its own.
    """
    if _TAIWAN_WORDS.search(text) and _MAINLAND.search(text) and not _TAIWAN.search(text):
        return "tw2sp"
    return "tw2s" if "著" in text and "着" not in text else "t2s"


@lru_cache(maxsize=4)
def _converter(config: str) -> OpenCC:
    from opencc import OpenCC

    return OpenCC(config)


@lru_cache(maxsize=1)
def _telling_characters() -> tuple[frozenset[str], frozenset[str]]:
    """Characters that are Traditional only, and characters that are Simplified only."""
    # One a line, so that no two of them are taken for a phrase.
    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    column = "\n".join(characters)
    to_simple = _converter("t2s").convert(column).split("\n")
    to_traditional = _converter("s2t").convert(column).split("\n")
    return (
        frozenset(a for a, b in zip(characters, to_simple, strict=True) if a != b),
        frozenset(a for a, b in zip(characters, to_traditional, strict=True) if a != b),
    )
