"""Example questions for the corpus that is loaded.

First those that ``sources.yaml`` has for its texts; then such as follow from how official texts
are written: definitions (本法所称X，是指…), figures (2023年度…支出…亿元), headings and points that
begin with a verb (建立…机制), articles. Each is asked before it is shown, and kept only if the
answer cites the text, or the very place, that it was made from. Different texts go first.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from app.types import Answer
from ingest.document import Section
from ingest.errors import UserError
from ingest.sources.listing import read_sources
from ingest.storage.catalogue import DocumentRecord, StoredDocument, work_of

if TYPE_CHECKING:
    from app.service import Assistant

WANTED = 4
MOST_ASKED = 24
MOST_DOCUMENTS = 8
ANYWHERE = 2**40
"""The end of an example that asks for a text as a whole."""
_SHORTEST, _LONGEST = 4, 26
_PROCUREMENT = re.compile("采购|招标|投标|购买服务|供应商|中小企业")

_DEFINED = re.compile(
    r"(?:本法|本条例|本办法|本规定|本通知|本意见)所称的?([^，。、；（）《》“”]{2,14})[，,]?是指"
)
_FIGURE = re.compile(
    r"((?:19|20)\d\d年度?[^，。；：、（）《》“”\d]{2,20}?)"
    r"(?:为|达到|达|共计|共|约|超过|突破)*\d[\d.,]*(?:万|亿)?(?:元|个|项|家|件|人次|人|%)"
)
_VERBS = (
    "建立健全|建立|健全|完善|加强|强化|规范|推进|推动|落实|优化|深化|开展|明确|支持|鼓励|严格|做好|提升|"
    "提高|扩大|加快|促进|构建|搭建|防范|保障|培育|实施|创新|细化|简化"
)
_TASK = re.compile(rf"(?:{_VERBS})[^，。；：、（）《》“”\d]{{3,18}}")
_TAIL = re.compile(r"(?:的|了|和|及|与|等|共|总计|合计)+$")


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the place in the corpus, ``start:end`` of a document, that it asks for."""

    question: str
    document: str
    start: int
    end: int


class Examples:
    """Tried examples for the corpus as it is now; found again after the index changed."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = threading.Lock()
        self._key: tuple[str, int] | None = None
        self._questions: list[str] = []

    def questions(self) -> list[str]:
        """At most :data:`WANTED` questions that the assistant answers from where they came."""
        with self._lock:
            index = self._assistant.index
            key = (index.generation, index.changes)
            if key != self._key:
                self._questions = [e.question for e in self._find()]
                self._key = key
            return list(self._questions)

    def _find(self) -> list[Example]:
        """The first tried ones, of as many documents and kinds as there are."""
        records = [record for record in self._assistant.index.documents() if not record.superseded]
        listed = _by_turns([iter(asks) for asks in self._listed(records)])
        kept: list[Example] = []
        others: list[Example] = []
        asked = 0
        for example in chain(listed, _by_turns(self._candidates(records))):
            if len(kept) == WANTED or asked == MOST_ASKED:
                return kept
            if any(e.document == example.document for e in kept):
                others += [example] if len(others) < MOST_ASKED else []
                continue
            asked += 1
            kept += [example] if self._good(example, kept) else []
        for example in others[: MOST_ASKED - asked]:
            if len(kept) == WANTED:
                break
            kept += [example] if self._good(example, kept) else []
        return kept

    def _good(self, example: Example, kept: Sequence[Example]) -> bool:
        if any(e.question == example.question for e in kept):
            return False
        return answers(self._assistant.quote(example.question), example)

    def _listed(self, records: Sequence[DocumentRecord]) -> Iterator[list[Example]]:
        """What the list of sources has to ask of the texts that are in, in its order."""
        try:
            texts = read_sources(self._assistant.settings).texts
        except UserError:
            return  # a convenience; `ingest sync` says what is wrong with the list
        known = {record.work: record.id for record in records}
        for text in texts:
            document = known.get(work_of(text.title))
            if document and text.ask:
                yield [Example(question, document, 0, ANYWHERE) for question in text.ask]

    def _candidates(self, records: Sequence[DocumentRecord]) -> list[Iterator[Example]]:
        index = self._assistant.index
        step = max(len(records) // MOST_DOCUMENTS, 1)
        about = [r for r in records if _PROCUREMENT.search(r.title)][:MOST_DOCUMENTS]
        spread = [*about, *(r for r in records[::step] if r not in about)]
        chosen = [index.document(record.id) for record in spread[:MOST_DOCUMENTS]]
        stored = [document for document in chosen if document]
        makers = (figures, definitions, tasks, articles)
        return [_by_turns([maker(document) for document in stored]) for maker in makers]


def answers(answer: Answer, example: Example) -> bool:
    """Whether the first citation of ``answer`` is where ``example`` was taken from."""
    if answer.abstained or not answer.citations:
        return False
    first = answer.citations[0]
    return (
        first.document == example.document
        and first.start < example.end
        and first.end > example.start
    )


def definitions(stored: StoredDocument) -> Iterator[Example]:
    """什么是X？ for what the text defines."""
    for found in _DEFINED.finditer(stored.document.text):
        yield _example(stored, f"什么是{found[1]}？", found.start(), found.end())


def figures(stored: StoredDocument) -> Iterator[Example]:
    """How much, for amounts that the text states for a year."""
    region = stored.record.metadata.region or ""
    for found in _FIGURE.finditer(stored.document.text):
        subject = _TAIL.sub("", found[1])
        if len(subject) > _SHORTEST + 5:
            place = "" if region and region in subject else region
            yield _example(stored, f"{place}{subject}是多少？", found.start(), found.end())


def tasks(stored: StoredDocument) -> Iterator[Example]:
    """如何…？ for headings and points that name a task."""
    for section in stored.sections:
        if section.kind not in ("heading", "point"):
            continue
        start = section.start + len(section.label)
        text = section.heading or stored.document.text[start : start + _LONGEST]
        found = _TASK.match(text.lstrip("，：、 "))
        if found and len(found[0]) <= _LONGEST:
            region = stored.record.metadata.region or ""
            question = f"{region}如何{_TAIL.sub('', found[0])}？"
            yield _section_example(stored, question, section)


def articles(stored: StoredDocument) -> Iterator[Example]:
    """What an article of a law says; one from each third of it."""
    found = [section for section in stored.sections if section.kind == "article"]
    for section in found[len(found) // 3 :: max(len(found) // 3, 1)]:
        title = stored.record.title
        yield _section_example(stored, f"《{title}》{section.label}规定了什么？", section)


def _by_turns(makers: Sequence[Iterator[Example]]) -> Iterator[Example]:
    """The first of each, then the second of each, and so on."""
    left = list(makers)
    while left:
        for maker in list(left):
            example = next(maker, None)
            if example is None:
                left.remove(maker)
            else:
                yield example


def _section_example(stored: StoredDocument, question: str, section: Section) -> Example:
    return _example(stored, question, section.start, section.end)


def _example(stored: StoredDocument, question: str, start: int, end: int) -> Example:
    return Example(question, stored.record.id, start, end)
