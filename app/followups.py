"""Questions that may come next, made from the sections around the ones an answer cites.

Candidates come from how official texts are written: conditions (…的，应当…), lists (下列情形),
tasks, figures, definitions, and articles by their number. The nearest are asked first, without a
language model, and one is suggested only if its answer cites the very place it was made from.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from app.examples import Example, answers, definitions, figures, tasks
from app.types import Filters
from ingest.document import Section
from ingest.storage.catalogue import StoredDocument

if TYPE_CHECKING:
    from app.service import Assistant

Place = tuple[str, int, int]

WANTED = 3
MOST_ASKED = 10
MOST_SECONDS = 2.0
MOST_PLACES = 3
MOST_KEPT = 500
_NEAR = 12  # sections on either side
_SHORTEST, _LONGEST = 8, 34

_LISTED = re.compile(
    r"(?:^|(?<=[。；：\n]))[^。；：\n]{2,26}?(?<![按依]照)(?<![根依]据)"
    r"下列[^，。；：、（）\n]{1,10}(?=[：，之])"
)
_CONDITION = re.compile(r"(?:^|\n)[^。；：、（）《》“”\n]{6,28}的(?=，)")
_ELSEWHERE = re.compile(
    r"前款|前条|本条|本款|前述|上述|下列|依照|按照第|其|该|^[（一二三四五六七八九十]"
)


class FollowUps:
    """Suggestions for the corpus as it is now; found again after the index changed."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = threading.Lock()
        self._known: OrderedDict[object, list[str]] = OrderedDict()

    def after(
        self,
        places: Sequence[Place],
        asked: Sequence[str] = (),
        filters: Filters = Filters(),
        wanted: int = WANTED,
    ) -> list[str]:
        """At most ``wanted`` questions that the corpus answers, nearest first.

        :param places: document, start and end of what the answer cites, most important first.
        :param asked: what was asked already, which is not suggested again.
        """
        index = self._assistant.index
        key = (index.generation, index.changes, tuple(places), tuple(asked), filters, wanted)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return list(self._known[key])
        found = self._find(places, asked, filters, wanted)
        with self._lock:
            self._known[key] = found
            while len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
        return list(found)

    def _find(
        self, places: Sequence[Place], asked: Sequence[str], filters: Filters, wanted: int
    ) -> list[str]:
        until = time.monotonic() + MOST_SECONDS
        known = {_bare(question) for question in asked}
        found: list[str] = []
        for example in islice(self._candidates(places), MOST_ASKED):
            if len(found) == wanted or time.monotonic() > until:
                break
            if _bare(example.question) in known:
                continue
            known.add(_bare(example.question))
            if answers(self._assistant.quote(example.question, filters), example):
                found.append(example.question)
        return found

    def _candidates(self, places: Sequence[Place]) -> Iterator[Example]:
        seen: set[str] = set()
        for document, start, end in places:
            if document in seen or len(seen) == MOST_PLACES:
                continue
            seen.add(document)
            stored = self._assistant.index.document(document)
            if stored is None or not 0 <= start < end <= len(stored.document.text):
                continue
            cited = [(a, b) for d, a, b in places if d == document]
            yield from _around(stored, start, end, cited)


def _around(
    stored: StoredDocument, start: int, end: int, cited: Sequence[tuple[int, int]]
) -> Iterator[Example]:
    """Questions about sections near ``start:end``, those with words of their own first."""
    sections = [s for s in stored.sections if s.kind in ("article", "heading", "point", "item")]
    nearest = sorted(sections, key=lambda s: _distance(s, start, end))[: 2 * _NEAR]
    inside = (min(s.start for s in nearest), max(s.end for s in nearest)) if nearest else (0, 0)
    worded = [e for section in nearest for e in _of_section(stored, section)]
    for maker in (tasks, definitions, figures):
        worded += [e for e in maker(stored) if inside[0] <= e.start and e.end <= inside[1]]
    worded.sort(key=lambda e: _gap(e.start, e.end, start, end))
    numbered = [_by_number(stored, s) for s in nearest if s.kind == "article"]
    for example in [*worded, *numbered]:
        if not any(example.start < b and a < example.end for a, b in cited):
            yield example


def _of_section(stored: StoredDocument, section: Section) -> Iterator[Example]:
    """What an article or heading asks of itself: the list it opens, the condition it sets."""
    text = stored.document.text[section.start : section.end]
    body = text.removeprefix(section.label).lstrip("　 \n")
    region = stored.record.metadata.region or ""
    for pattern, ending in ((_LISTED, ""), (_CONDITION, "，有什么规定")):
        found = pattern.search(body)
        if found is None:
            continue
        words = re.sub("之一的?$", "", found[0].strip("，、　 \n"))
        bare = words.replace("下列", "") if not ending else words
        if not _SHORTEST <= len(words) <= _LONGEST or _ELSEWHERE.search(bare):
            continue
        asked = words if ending else words.replace("下列", "哪些", 1)
        place = "" if region in asked else region
        yield Example(f"{place}{asked}{ending}？", stored.record.id, section.start, section.end)


def _by_number(stored: StoredDocument, section: Section) -> Example:
    question = f"《{stored.record.title}》{section.label}规定了什么？"
    return Example(question, stored.record.id, section.start, section.end)


def _distance(section: Section, start: int, end: int) -> tuple[int, int]:
    return _gap(section.start, section.end, start, end), section.end - section.start


def _gap(a: int, b: int, start: int, end: int) -> int:
    """How far ``a:b`` begins from ``start:end``; what follows counts as nearer."""
    return a - end if a >= end else 2 * (start - a) if a < start else 0


def _bare(question: str) -> str:
    return re.sub(r"\W", "", question)
