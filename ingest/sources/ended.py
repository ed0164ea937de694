"""Texts that other texts say they end: 《…》同时废止.

Only whole texts count: where an article of one is ended, the text goes on. A text that ends an
earlier one of its own name means it by its number, or leaves it to the chain of versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ENDED = "废止"
"""What a passage that ends a text says."""
_SENTENCE = re.compile(r"[^。；\n]*废止[^。；\n]*")
_ENDS = re.compile(
    r"(?:同时|即行|一并|相应|均)(?:予以)?废止|(?:予以|起|宣布)废止|》(?:[（(][^（）()]*[）)])?废止"
)
_NAMED = re.compile(
    r"《(?P<title>[^《》]+(?:〈[^〈〉]+〉[^《》]*)*)》(?:[（(](?P<bracket>[^（）()]{2,60})[）)])?(?=(?P<after>.{0,4}))"
)
_PART = re.compile(r"^的?(?:附件)?第|^中|^有关|^的(?:决定|规定)")
_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{0,12}令[^\d（）()、，]{0,4}第?\d+号|[\u4e00-\u9fff]{1,8}[〔\[(]\d{4}[〕\])]\d+号"
)
_INNER = str.maketrans("〈〉", "《》")
"""A title within a title stands in other brackets than it does by itself."""
_NOT_YET = re.compile(r"拟|建议|将|应当|可以|应予|清理|是否|除")
"""A plan or a duty to end something ends nothing yet."""


def ended_in(text: str) -> Iterator[tuple[str, str]]:
    """Title and number of the texts that a passage says it ends; the number is empty where none
    stands beside the title."""
    for sentence in _SENTENCE.finditer(text):
        end = _ENDS.search(sentence[0])
        if end is None or _NOT_YET.search(sentence[0][: end.end()]):
            continue
        for named in _NAMED.finditer(sentence[0][: end.end()]):
            if not _PART.match(named["after"]):
                number = _NUMBER.search(named["bracket"] or "")
                title = "".join(named["title"].split()).translate(_INNER)
                yield title, number[0] if number else ""
