"""The numbers that Word prints before paragraphs and does not store in their text.

Format: ECMA-376 part 1, section 17.9 (numbering) and 17.18.59 (``ST_NumberFormat``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.loading.html_list import roman_numeral

if TYPE_CHECKING:
    from docx.document import Document as WordDocument


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: its first number, number format, pattern (``第%1条``) and what follows
    (``tab``, ``space`` or ``nothing``)."""

    start: int
    format: str
    pattern: str
    suffix: str
    restart_after: int | None  # 1-based level after which it starts anew; 0: never
    legal: bool  # numbers of the levels above are shown as decimals


class Numbering:
    """Counts the numbered paragraphs of a document while it is read in order."""

    def __init__(self, document: WordDocument) -> None:
        root = _numbering_root(document)
        self._lists: dict[str, str] = {}  # numId -> abstractNumId
        self._levels: dict[tuple[str, int], Level] = {}  # (numId, level)
        self._counters: dict[str, dict[int, int]] = {}  # abstractNumId -> level -> number
        self._overrides: dict[tuple[str, int], int] = {}
        if root is not None:
            self._read(root)

    def label(self, number_id: str, level: int) -> str:
        """What is printed before the next paragraph of the list, with the space that follows."""
        definition = self._levels.get((number_id, level))
        if definition is None:
            return ""
        counters = self._counters.setdefault(self._lists[number_id], {})
        override = self._overrides.pop((number_id, level), None)
        if override is not None:
            counters[level] = override
        else:
            counters[level] = counters.get(level, definition.start - 1) + 1
        for deeper in [d for d in counters if d > level]:
            below = self._levels.get((number_id, deeper))
            after = below.restart_after if below else None
            if after != 0 and (after is None or level < after):
                del counters[deeper]
        return self._render(number_id, definition, counters)

    def _render(self, number_id: str, level: Level, counters: dict[int, int]) -> str:
        if level.format in ("bullet", "none") and "%" not in level.pattern:
            return ""

        def number(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            shown = self._levels.get((number_id, index))
            if shown is None:
                return ""
            value = counters.get(index, shown.start)
            return format_number(value, "decimal" if level.legal else shown.format)

        text = re.sub(r"%([1-9])", number, level.pattern).strip()
        if not text or level.suffix == "nothing":
            return text
        # A tab after “一、” or “（一）” only sets the distance; Chinese text has no space there.
        return text if level.suffix == "tab" and text[-1] in "、）．。，" else text + " "

    def _read(self, root: Any) -> None:
        abstract = {a.get(_W + "abstractNumId"): a for a in root.iter(_W + "abstractNum")}
        for num in root.iter(_W + "num"):
            number_id = num.get(_W + "numId")
            abstract_id = _value(num, "abstractNumId")
            if number_id is None or abstract_id is None or abstract_id not in abstract:
                continue
            self._lists[number_id] = abstract_id
            for lvl in abstract[abstract_id].iter(_W + "lvl"):
                self._add_level(number_id, lvl)
            for override in num.iter(_W + "lvlOverride"):
                for lvl in override.iter(_W + "lvl"):
                    self._add_level(number_id, lvl)
                start = _value(override, "startOverride")
                if start is not None and (index := override.get(_W + "ilvl")) is not None:
                    self._overrides[number_id, int(index)] = int(start)

    def _add_level(self, number_id: str, lvl: Any) -> None:
        index = lvl.get(_W + "ilvl")
        if index is None or not index.isdecimal():
            return
        restart = _value(lvl, "lvlRestart")
        legal = lvl.find(_W + "isLgl")
        self._levels[number_id, int(index)] = Level(
            start=int(_value(lvl, "start") or 1),
            format=_value(lvl, "numFmt") or "decimal",
            pattern=_value(lvl, "lvlText") or "",
            suffix=_value(lvl, "suff") or "tab",
            restart_after=int(restart) if restart is not None else None,
            legal=legal is not None and legal.get(_W + "val") not in ("0", "false"),
        )


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _numbering_root(document: WordDocument) -> Any:
    from docx.opc.constants import RELATIONSHIP_TYPE

    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.NUMBERING and not relation.is_external:
            return getattr(relation.target_part, "element", None)
    return None


def _value(parent: Any, name: str) -> str | None:
    child = parent.find(_W + name)
    return None if child is None else child.get(_W + "val")


_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_FINANCIAL = str.maketrans("零一二三四五六七八九十百千万", "零壹贰叁肆伍陆柒捌玖拾佰仟萬")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def format_number(value: int, format: str) -> str:
    """``value`` in a Word number format, e.g. 12 as ``chineseCounting``: 十二.

    Formats that Chinese documents do not use come out as decimals.
    """
    if format in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return str(value).translate(_DIGITS)
    if value < 1:
        return str(value)
    if "ounting" in format or format in ("chineseLegalSimplified", "ideographLegalTraditional"):
        chinese = _chinese(value)
        return chinese.translate(_FINANCIAL) if "egal" in format else chinese
    if format == "ideographTraditional":
        return _STEMS[(value - 1) % 10]
    if format == "ideographZodiac":
        return _BRANCHES[(value - 1) % 12]
    if format.startswith("decimalEnclosed") or format == "ideographEnclosedCircle":
        return _enclosed(value, format)
    if format == "decimalZero":
        return f"{value:02}"
    if format.startswith(("decimalFullWidth", "decimalHalfWidth")):
        return str(value) if "Half" in format else str(value).translate(_FULL_WIDTH)
    if format in ("upperRoman", "lowerRoman") and value < 4000:
        roman = roman_numeral(value)
        return roman if format == "upperRoman" else roman.lower()
    if format in ("upperLetter", "lowerLetter"):  # A…Z, AA, BB, …
        letter = chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter if format == "upperLetter" else letter.lower()
    return str(value)


def _chinese(value: int) -> str:
    import cn2an

    return str(cn2an.an2cn(value, "low"))


def _enclosed(value: int, format: str) -> str:
    first = {
        "decimalEnclosedFullstop": "⒈",
        "decimalEnclosedParen": "⑴",
        "ideographEnclosedCircle": "㊀",
    }.get(format, "①")
    limit = 10 if first == "㊀" else 20
    return chr(ord(first) + value - 1) if value <= limit else str(value)
