"""The table of numbers and dates that sites of authorities print above a text.

Its rows hold labels and what they say in turn: 索引号 | … | 发布机构 | 云川市财政局.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.cleaning.textdates import find_date
from ingest.document import Metadata

_BLOCKS = 4
"""The table stands among so many blocks from the top."""
_LEAST = 3
"""So many labels make such a table."""
_LONGEST_TITLE = 80
_SAYS = {
    "title": ("标题", "名称", "信息名称", "文件名称", "公文名称"),
    "number": ("文号", "发文字号", "发文文号", "文件编号", "文件字号"),
    "issuer": ("发文机关", "发文机构", "发文单位", "发布机构", "发布机关", "制发机关", "发布单位"),
    "signed": ("成文日期", "发文日期", "印发日期"),
    "shown": ("发布日期", "公开日期", "发布时间", "公布日期"),
    "": ("索引号", "主题分类", "主题词", "体裁分类", "信息分类", "分类", "有效性", "关键词"),
}
_NAMES = {label: name for name, labels in _SAYS.items() for label in labels}
_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{1,12}\s*[〔\[（(]\d{4}[〕\]）)]\s*第?\d{1,5}\s*号|.*令第\d+号"
)


def index_table(lines: Sequence[str]) -> Metadata:
    """Title, number, issuer and day in the table above a text; empty where there is none.

    ``published`` is the day of the text, and that of the page where the table has no other.

    :param lines: the text's blocks in reading order, a table as one block with a row a line.
    """
    for block in lines[:_BLOCKS]:
        if is_index_table(block):
            said = dict(_pairs(block))
            found = {_NAMES[label]: value for label, value in said.items() if value}
            title, number = found.get("title", ""), found.get("number", "")
            return Metadata(
                title=title if 4 <= len(title) <= _LONGEST_TITLE else None,
                number=number if _NUMBER.fullmatch(number) else None,
                issuer=found.get("issuer"),
                published=find_date(found.get("signed", "")) or find_date(found.get("shown", "")),
            )
    return Metadata()


def is_index_table(block: str) -> bool:
    """Whether ``block`` is such a table."""
    return len(dict(_pairs(block))) >= _LEAST


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for row in block.split("\n"):
        cells = [cell.strip() for cell in row.split(" | ")]
        for cell, following in pairwise([*cells, ""]):
            label = "".join(cell.split()).strip("：:【】")
            if label in _NAMES and "".join(following.split()).strip("：:【】") not in _NAMES:
                yield label, following
