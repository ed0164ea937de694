"""Which document was made under which, as the documents themselves say.

Official texts name in their first article what they are founded on: 根据《政府采购法》，制定本条例.
Notices say it in their first sentences: 根据《…》有关规定，现就…通知如下.
"""

from __future__ import annotations

import re

from app.content.sentences import Source

_LOOKED_AT = 1500
"""A foundation is told within so many characters of the first article, or of the beginning."""
_FOUNDED = re.compile(
    r"(?:根据|依据|依照|按照)(?P<names>[^。]{0,40}?《[^。]{2,300}?)(?:制定|现将|现就|特制定|修订)"
)
_TITLE = re.compile(r"《([^《》]{2,60}(?:《[^《》]{2,60}》[^《》]{0,20})?)》")


def founded_on(source: Source) -> tuple[str, ...]:
    """The bare titles that a document names as what it was made under, in its own order."""
    first = next((s for s in source.sections if s.kind == "article"), None)
    start = first.start if first is not None else 0
    told = _FOUNDED.search(source.text[start : start + _LOOKED_AT])
    return tuple(dict.fromkeys(_TITLE.findall(told["names"]))) if told else ()
