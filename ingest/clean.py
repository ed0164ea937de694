"""Raw blocks in, a readable document out, with every change on record.

Damage is judged over the whole document and mended block by block: a run damaged by a wrong
encoding, leftovers of HTML, injected pinyin, Traditional script, ASCII punctuation, stray spaces.
Page furniture then leaves the text, and the metadata is completed from what remains. A text that
shows no damage keeps every character that is not white space.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from ingest.cleaning.boilerplate import find_furniture
from ingest.cleaning.edits import Edited
from ingest.cleaning.holes import hole_edits
from ingest.cleaning.markup import edge_edits, invisible_edits, radical_edits, tag_edits
from ingest.cleaning.metadata import find_metadata
from ingest.cleaning.mojibake import MAX_SUSPECTS, mojibake_edits, suspects
from ingest.cleaning.pinyin import is_annotated, pinyin_edits, spaces_follow
from ingest.cleaning.punctuation import has_ascii_punctuation, punctuation_edits, space_edits
from ingest.cleaning.script import is_traditional, script_edits, to_simplified
from ingest.cleaning.words import CharacterModel, WordTest
from ingest.document import (
    Block,
    Document,
    Line,
    Pages,
    RawDocument,
    Repair,
    RepairKind,
    document_id,
)


@dataclass(frozen=True, slots=True)
class Damage:
    """What ails a document as a whole."""

    pinyin: bool
    traditional: bool
    ascii_punctuation: bool
    encoding: bool = False

    @property
    def any(self) -> bool:
        """Whether a converter has been at the text, so that its punctuation is suspect too."""
        return self.pinyin or self.traditional or self.ascii_punctuation or self.encoding


def clean(raw: RawDocument) -> Document:
    """The document in ``raw``, its text mended and freed of page furniture.

    ``text`` is the blocks' texts joined by a line feed, one :class:`Line` for each block that
    remains. :func:`ingest.cleaning.edits.undo` of ``text`` and ``repairs`` gives
    ``original`` again; what was hidden stands at its end.
    """
    hidden = tuple(Block(text) for text in raw.hidden)
    sources = raw.blocks + hidden
    original = "\n".join(block.text for block in sources)
    blocks = [Edited(block.text) for block in raw.blocks]
    _mend(blocks)
    blocks += [Edited("") for _ in hidden]

    texts = [block.text for block in blocks]
    kinds = [block.kind for block in sources]
    read = [i for i, kind in enumerate(kinds) if kind != "aside"]
    furniture = find_furniture(
        [texts[i] for i in read], [kinds[i] != "table" for i in read], raw.metadata.title
    )
    removed: dict[int, RepairKind] = {i: "space" for i, text in enumerate(texts) if not text}
    removed |= {i: "boilerplate" for i, kind in enumerate(kinds) if kind == "aside"}
    removed |= {read[line]: "boilerplate" for line in furniture.lines}
    removed |= dict.fromkeys(range(len(raw.blocks), len(sources)), "hidden")

    lines: list[Line] = []
    repairs: list[Repair] = []
    kept: list[str] = []
    pages: list[tuple[int, int]] = []
    at = 0
    last = max((i for i in range(len(blocks)) if i not in removed), default=-1)
    for index, (block, source) in enumerate(zip(blocks, sources, strict=True)):
        if index in removed:
            gone = source.text + "\n" if index < last else "\n" + source.text
            if last < 0 and index == 0:
                gone = source.text
                if not gone:
                    continue
            place = at if index < last else max(at - 1, 0)
            repairs.append(Repair(removed[index], place, place, gone, ""))
            continue
        repairs += block.repairs(at)
        kept.append(block.text)
        pages += [(at + block.moved(offset), page) for offset, page in source.pages]
        lines.append(Line(at, at + len(block.text), source.kind, source.level))
        at += len(block.text) + 1
    text = "\n".join(kept)

    declared = furniture.metadata.merged_under(raw.metadata)
    return Document(
        id=document_id(raw.source),
        source=raw.source,
        format=raw.format,
        content_hash=raw.content_hash,
        text=text,
        lines=tuple(lines),
        metadata=find_metadata(
            [text[ln.start : ln.end] for ln in lines],
            declared,
            raw.source,
            paged=raw.format == "html" or raw.metadata.published is None,
        ),
        repairs=tuple(repairs),
        original=original,
        pages=_first_of_each(pages),
        scanned=raw.scanned,
    )


def _first_of_each(pages: Sequence[tuple[int, int]]) -> Pages:
    """Where each page begins, without the blocks within it."""
    starts = [pages[0], *(b for a, b in pairwise(pages) if a[1] != b[1])] if pages else []
    return tuple(starts)


def count_repairs(document: Document) -> dict[str, int]:
    """How many repairs of each kind ``document`` needed, kinds without any left out."""
    return dict(sorted(Counter(repair.kind for repair in document.repairs).items()))


def diagnose(texts: Sequence[str]) -> Damage:
    """What ails a document of the blocks ``texts``, judged over all of them."""
    whole = "\n".join(texts)
    return Damage(
        pinyin=is_annotated(whole),
        traditional=is_traditional(whole),
        ascii_punctuation=has_ascii_punctuation(whole),
    )


def _mend(blocks: Sequence[Edited]) -> None:
    """Mend ``blocks`` in place."""
    for block in blocks:
        block.apply(invisible_edits(block.text))
        block.apply(radical_edits(block.text))
    damage = diagnose([block.text for block in blocks])
    if damage.pinyin:
        brings_space = spaces_follow(_whole(blocks))
        for block in blocks:
            block.apply(pinyin_edits(block.text, brings_space))
    # Out of step after the annotations are gone, whose letters would hide the context; before
    # the tags go, since a run out of step may have swallowed the beginning of one.
    if _mend_encoding(blocks):
        damage = replace(damage, encoding=True)
    for block in blocks:
        block.apply(hole_edits(block.text))
        block.apply(tag_edits(block.text))
    if damage.traditional:
        whole = _whole(blocks)
        for block in blocks:
            block.apply(script_edits(block.text, whole))
    if damage.any:
        is_word = WordTest(_whole(blocks))
        for block in blocks:
            block.apply(punctuation_edits(block.text))
            block.apply(space_edits(block.text, is_word))
    for block in blocks:
        block.apply(edge_edits(block.text))


def _mend_encoding(blocks: Sequence[Edited]) -> bool:
    """Mend runs out of step; whether there was one."""
    if not 0 < sum(suspects(block.text) for block in blocks) <= MAX_SUSPECTS:
        return False

    @cache
    def model() -> CharacterModel:
        return CharacterModel(to_simplified(_whole(blocks)))

    mended = False
    for block in blocks:
        edits = mojibake_edits(block.text, model)
        block.apply(edits)
        mended = mended or bool(edits)
    return mended


def _whole(blocks: Sequence[Edited]) -> str:
    return "\n".join(block.text for block in blocks)
