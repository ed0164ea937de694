"""Which passages the language model is shown: what the quotes cite and what reads best, whole
articles where they are not too long, as many as its context holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.content.sentences import Source
from app.types import Answer, Hit
from ingest.document import Passage
from ingest.index import Index

FLOOR = 0.1
"""A passage that is less than so much as probable an answer as the best one is not shown."""
_LONGEST_ARTICLE = 800
"""Of an article of more tokens only the passage found is shown."""

_FRAME = 30
"""Tokens of what stands around a passage in the prompt."""


def tokens_in(text: str) -> int:
    """So many tokens at most, by any tokenizer in use: a Chinese character takes one at the most,
    other signs a third."""
    wide = sum(character > "\u2e7f" for character in text)
    return wide + (len(text) - wide + 2) // 3


def passages_for(
    quoted: Answer, hits: Sequence[Hit], likely: Sequence[float], index: Index, most: int, room: int
) -> list[Hit]:
    """At most ``most`` passages in ``room`` tokens: those that ``quoted`` cites, then the likeliest
    of ``hits``; at least one, cut if need be.

    :param likely: how probably each of ``hits`` answers.
    """
    sources = Sources(index)
    cited = list(_cited(quoted, sources))
    best = max(likely, default=0.0)
    ranked = sorted(zip(likely, hits, strict=True), key=lambda pair: -pair[0])
    # A row of a catalogue says nothing by itself; where it answers, the quotes cite it
    others = [h for p, h in ranked if p >= FLOOR * best and h.passage.kind != "table"]
    taken: list[Hit] = []
    for hit in (*cited, *others):
        whole = _whole(hit, sources)
        if any(_within(whole.passage, other.passage) for other in taken):
            continue
        needed = tokens_in(whole.title + "".join(whole.passage.path) + whole.passage.text) + _FRAME
        if len(taken) < most and needed <= room:
            taken.append(whole)
            room -= needed
    return taken or [_cut(hit, room) for hit in (*cited, *others)[:1]]


class Sources:
    """Documents of an index by id, each read once."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._known: dict[str, Source] = {}

    def get(self, document: str) -> Source | None:
        """The document; ``None`` if it is there no more."""
        if document not in self._known:
            stored = self.index.document(document)
            if stored is None:
                return None
            self._known[document] = Source(stored)
        return self._known[document]


def _cited(quoted: Answer, sources: Sources) -> Iterator[Hit]:
    """The passages that hold what an answer cites, its own statements' before what stands beside
    them."""
    own = {n for s in quoted.statements if not s.further for n in s.citations}
    citations = sorted(quoted.citations, key=lambda c: c.n not in own)
    for citation in citations:
        source = sources.get(citation.document)
        if source is None:
            continue
        holding = sources.index.passage_at(source.id, citation.start)
        if holding is not None:
            yield Hit.at(source.record, holding)


def _whole(hit: Hit, sources: Sources) -> Hit:
    """The passage widened to its article."""
    passage, source = hit.passage, sources.get(hit.passage.document)
    if source is None or source.text[passage.start : passage.end] != passage.text:
        return hit
    for section in source.paths.chain(passage.section):
        inside = section.start <= passage.start and passage.end <= section.end
        if section.kind != "article" or not inside:
            continue
        start, end = source.trimmed(section.start, section.end)
        text = source.text[start:end]
        if end - start <= len(passage.text) or tokens_in(text) > _LONGEST_ARTICLE:
            return hit
        article = replace(
            passage,
            start=start,
            end=end,
            text=text,
            section=section.index,
            path=source.paths.path(section.index),
            citation=source.paths.citation(section.index),
            kind="article",
        )
        return replace(hit, passage=article)
    return hit


def _within(one: Passage, other: Passage) -> bool:
    return one.document == other.document and other.start <= one.start and one.end <= other.end


def _cut(hit: Hit, room: int) -> Hit:
    passage = hit.passage
    text = passage.text[: max(room, 1)]
    return replace(hit, passage=replace(passage, end=passage.start + len(text), text=text))
