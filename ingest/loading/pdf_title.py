"""The title of a printed document: its largest line or lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.loading.pdf_lines import PrintedLine
from ingest.loading.reading import join_lines

_FORM_ALONE = re.compile(
    r"(?:公开|邀请)?(?:招标|采购|磋商|谈判|询价|比选|竞争性磋商|竞争性谈判|单一来源采购|资格预审|询比)(?:文件|公告|邀请书)"
    r"|(?:政府)?采购合同|采购需求书?"
)
"""The form of a paper, whose purchase stands above it in smaller type."""
_LARGER = 1.2
"""A title is set so many times larger than the text."""
_ALIKE = 0.05
"""Lines of one title differ in size by less than this part."""
_SHORTEST, _LONGEST = 6, 80
_MOST_LINES = 4
_PAGES = 5
"""The size of the text is that of the first so many pages."""
_FIRST_LINES = 25
_NO_TITLE = re.compile(
    r"(?:[部委局厅院府会办署行社室团]|中心|公司|学校|医院)(?:公?文件|公报)$|^目\s*录$|"
    r"^(?:项目|采购|招标|文件|合同|档案|标段)?(?:编号|号)\s*[:：]|[〔\[（(]\d{4}[〕\]）)]\s*\d+\s*号$|"
    r"^第[一二三四五六七八九十百\d]+[编章节条部]|^附件|[。；，：]$|^[\d\W]+$"
)


def largest_title(pages: Sequence[Sequence[PrintedLine]]) -> str | None:
    """The title that a first page prints larger than its text, ``None`` where nothing stands out.

    :param pages: the lines of each page in reading order.
    """
    usual = sorted(line.size for lines in pages[:_PAGES] for line in lines for _ in line.text)
    lines = pages[0] if pages else ()
    if len(lines) < 2:
        return None
    body = usual[len(usual) // 2]
    groups: list[list[PrintedLine]] = []
    for line in lines[:_FIRST_LINES]:
        if line.size < _LARGER * body or _NO_TITLE.search(line.text.replace(" ", "")):
            groups.append([])
        elif groups and groups[-1] and _goes_on(groups[-1][-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    titles = [(group[0].size, text) for group in groups if (text := _text(group))]
    largest = max((size for size, _ in titles), default=0.0)
    title = next((text for size, text in titles if size > (1 - _ALIKE) * largest), None)
    return None if title and _FORM_ALONE.fullmatch(title) else title


def _goes_on(above: PrintedLine, line: PrintedLine) -> bool:
    near = line.top - above.bottom < 1.5 * line.size
    return near and abs(line.size - above.size) < _ALIKE * above.size


def _text(lines: Sequence[PrintedLine]) -> str:
    """The lines as a title; empty where they are none."""
    text = ""
    for line in lines:
        characters = line.text.split()
        single = max(map(len, characters), default=0) == 1
        text = join_lines(text, "".join(characters) if single else line.text)
    fits = _SHORTEST <= len(text) <= _LONGEST and len(lines) <= _MOST_LINES
    return text if fits and re.search(r"[\u4e00-\u9fff]{3}|[A-Za-z]{3}", text) else ""
