"""From places read to what is quoted: the rule that answers, with what governs and excepts it,
and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.citing import Span
from app.answering.sentences import Source, Unit
from app.reading.reading import Read, Reading
from ingest.document import Passage, Section

Chosen = tuple[Source, list[Span]]
"""What one statement quotes."""

WHOLE = 300
"""An article or paragraph of up to so many characters is quoted whole."""
LONG = 900
"""Of a list longer than this the items that answer are quoted, below its lead-in."""
NEAR, MOST_FURTHER = 1.5, 2
"""A further article answers too if its log-odds are at most so much below the best one's, and so
many at most."""
CLOSE = 0.7
"""A further paragraph of the article comes along if it reads at most so much worse."""
FAR, MOST_BESIDE, MOST_IN_ALL, LONGEST_BESIDE = 6.0, 3, 4, 420
"""The same for what stands beside the answer, how many statements there are then in all, and the
longest text of one beside it."""

_BACKWARD = re.compile(
    r"^(?:（[一二三四五六七八九十]+）)?(?:但|但是|其中|前款|前[两二三]款|前述|上述|该|有前款|具有前款|违反前|依照前|按照前|因前款|逾期|否则)"
)
_FORWARD = re.compile(
    r"^(?:但|但是|除外|不受此限|前款.{0,40}(?:除外|不适用|不受)|有下列情形之一的，?不)"
)
_OPEN = re.compile(r"[:：，,]\s*$")


def choose(question: str, read: Sequence[Read], reading: Reading) -> list[Chosen]:
    """What the best place says, and at most two more that answer nearly as well."""
    best = read[0]
    chosen = [quoted(question, best, reading)]
    taken = {_article(best)}
    for one in read[1:]:
        if len(chosen) > MOST_FURTHER or one.logit < best.logit - NEAR:
            break
        if one.probability < reading.calibration.weak or _article(one) in taken:
            continue
        if not _of_a_kind(one, best) or _older(one, best):
            continue
        further = quoted(question, one, reading)
        if not repeats(further, chosen):
            taken.add(_article(one))
            chosen.append(further)
    return in_order(chosen)


def in_order(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Parts below one heading as the document has them, others as they are: 一是 before 二是."""
    parents = {
        (source.id, _top(source, source.paths.find(*spans[0])).parent) for source, spans in chosen
    }
    points = all(
        _top(source, source.paths.find(*spans[0])).kind == "point" for source, spans in chosen
    )
    if points and len(parents) == 1:
        return sorted(chosen, key=lambda one: one[1][0])
    return list(chosen)


def beside(
    question: str, read: Sequence[Read], chosen: Sequence[Chosen], reading: Reading
) -> list[Chosen]:
    """What stands beside the answer (另见): the next best articles, other documents first."""
    best = read[0]
    cited = {(s.id, _top(s, s.paths.find(*spans[0])).index) for s, spans in chosen}
    left: dict[tuple[str, int], Read] = {}
    for one in read[1:]:
        if one.logit < best.logit - FAR or one.probability < reading.calibration.weak / 3:
            break
        if _article(one) in cited or _older(one, best) or not _of_a_kind(one, best):
            continue
        left.setdefault(_article(one), one)
    documents = {source.id for source, _ in chosen}
    first = sorted(left.values(), key=lambda r: (r.source.id in documents, -r.logit))
    found: list[Chosen] = []
    for one in first:
        if len(found) >= min(MOST_BESIDE, MOST_IN_ALL - len(chosen)):
            break
        further = quoted(question, one, reading)
        short = sum(end - start for start, end in further[1]) <= LONGEST_BESIDE
        if short and not repeats(further, [*chosen, *found]):
            found.append(further)
    return found


def quoted(question: str, read: Read, reading: Reading) -> Chosen:
    """What a place says to the question, whole enough to stand alone."""
    source, passage = read.source, read.hit.passage
    section = source.sections[source.paths.find(passage.start, passage.end)]
    if section.kind == "table":
        return source, _rows(question, source, passage, reading)
    article = _top(source, section.index)
    if article.kind in ("article", "point", "item"):
        whole = source.whole(article.index).spans[0]
        if whole[1] - whole[0] <= WHOLE:
            return source, [whole]
    paragraphs = _paragraphs(source, article, passage)
    if len(paragraphs) > 1:
        scores = reading.units(question, source, [_unit(source, s, article) for s in paragraphs])
        best = max(range(len(scores)), key=scores.__getitem__)
        kept = {n for n, score in enumerate(scores) if score >= scores[best] - CLOSE}
        kept = _with_neighbours(source, paragraphs, kept if _room(paragraphs, kept) else {best})
        spans = [paragraphs[n] for n in sorted(kept)]
    else:
        spans = paragraphs
    if len(spans) == 1 and spans[0][1] - spans[0][0] > WHOLE:
        spans = _narrowed(question, source, passage, spans[0], reading)
    return source, _merged(source, spans)


def _paragraphs(source: Source, article: Section, passage: Passage) -> list[Span]:
    """The paragraphs (款) of an article, lists with their lead-ins; of another part the lines of
    the passage, a list being one."""
    below = [source.sections[i] for i in source.paths.children(article.index)]
    if article.kind == "article" and below:
        spans: list[Span] = []
        for section in below:
            span = source.trimmed(section.start, section.end)
            listed = section.kind in ("item", "subitem")
            if spans and (listed or _OPEN.search(source.text[slice(*spans[-1])])):
                spans[-1] = (spans[-1][0], span[1])
            else:
                spans.append(span)
        start = source.whole(article.index).spans[0][0]
        if spans and start < spans[0][0]:
            spans[0] = (start, spans[0][1])
        return [s for s in spans if s[1] > s[0]]
    return _lines(source, passage)


def _lines(source: Source, passage: Passage) -> list[Span]:
    """The lines of a passage that are no headings, neighbouring items with what opens them."""
    spans: list[Span] = []
    for unit in source.units(passage):
        for span in unit.spans[:1] if unit.kind == "list" else unit.spans:
            if not any(a <= span[0] and span[1] <= b for a, b in spans):
                spans = [s for s in spans if not (span[0] <= s[0] and s[1] <= span[1])]
                spans.append(span)
    return sorted(spans) or [source.trimmed(passage.start, passage.end)]


def _narrowed(
    question: str, source: Source, passage: Passage, span: Span, reading: Reading
) -> list[Span]:
    """Of a long run the part that answers: of a list its lead-in and items, of a text the
    sentences around the best."""
    items = [
        source.trimmed(s.start, s.end)
        for s in source.sections
        if s.kind == "item" and span[0] <= s.start and s.end <= span[1] + 1
    ]
    if items:
        if span[1] - span[0] <= LONG:
            return [span]
        lead = source.trimmed(span[0], items[0][0])
        units = [_unit(source, item, None) for item in items]
        scores = reading.units(question, source, units)
        best = max(scores)
        kept = [item for item, score in zip(items, scores, strict=True) if score >= best - CLOSE]
        return [lead, *kept[:4]]
    sentences = list(source.sentences(*span))
    if len(sentences) < 3:
        return [span]
    units = [_unit(source, s, None) for s in sentences]
    scores = reading.units(question, source, units)
    at = max(range(len(scores)), key=scores.__getitem__)
    kept_at = _with_neighbours(source, sentences, {at})
    return [sentences[n] for n in sorted(kept_at)]


def _with_neighbours(source: Source, spans: Sequence[Span], kept: set[int]) -> set[int]:
    """``kept`` with what a part points back to and what excepts it: never half a rule."""
    found = set(kept)
    for n in kept:
        at = n
        while at > 0 and _BACKWARD.match(source.text[slice(*spans[at])]):
            at -= 1
            found.add(at)
        at = n
        while at > 0 and _OPEN.search(source.text[slice(*spans[at - 1])]):
            at -= 1
            found.add(at)
        for after in range(n + 1, len(spans)):
            opened = _OPEN.search(source.text[slice(*spans[after - 1])])
            if not opened and not _FORWARD.match(source.text[slice(*spans[after])]):
                break
            found.add(after)
    return found


def _room(spans: Sequence[Span], kept: set[int]) -> bool:
    """Whether what is kept is short enough to be read at a glance."""
    return sum(spans[n][1] - spans[n][0] for n in kept) <= 2 * WHOLE


def _merged(source: Source, spans: Sequence[Span]) -> list[Span]:
    """Neighbours with nothing but white space between them as one slice."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and not source.text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _rows(question: str, source: Source, passage: Passage, reading: Reading) -> list[Span]:
    """The row of a table that answers."""
    units = source.units(passage)
    if not units:
        return [source.trimmed(passage.start, passage.end)]
    scores = reading.units(question, source, units)
    best = max(range(len(scores)), key=scores.__getitem__)
    return list(units[best].spans)


def _unit(source: Source, span: Span, article: Section | None) -> Unit:
    """A span as something that can be read."""
    section = source.paths.find(*span) if article is None else article.index
    heads = [s.heading for s in source.paths.chain(section) if s.heading and s.kind != "body"]
    text = source.text[slice(*span)]
    return Unit(source.id, "sentence", (span,), span, section, text, " ".join(heads))


def _article(read: Read) -> tuple[str, int]:
    """The article or part that a place belongs to, as document and section."""
    passage = read.hit.passage
    return read.source.id, _top(
        read.source, read.source.paths.find(passage.start, passage.end)
    ).index


def _top(source: Source, section: int) -> Section:
    """The article, point or headed part that holds a section, itself where there is none."""
    chain = source.paths.chain(section)
    for above in reversed(chain):
        if above.kind in ("article", "point", "heading"):
            return above
    return chain[-1]


def _of_a_kind(one: Read, best: Read) -> bool:
    """A row of a table, such as an entry of a catalogue, joins no rule."""
    return one.hit.passage.kind != "table" or best.hit.passage.kind == "table"


def _older(one: Read, best: Read) -> bool:
    return one.hit.superseded and not best.hit.superseded


def repeats(one: Chosen, others: Sequence[Chosen]) -> bool:
    """Whether it quotes what one of the others quotes: the same place, or the same words of the
    same work in another file or version."""
    source, spans = one
    return any(
        source.record.work == other.record.work
        and (
            _bare(source, spans) == _bare(other, theirs)
            or (source.id == other.id and any(a < d and c < b for a, b in spans for c, d in theirs))
        )
        for other, theirs in others
    )


def _bare(source: Source, spans: Sequence[Span]) -> str:
    """What is quoted, without spaces and punctuation, which files of one text set differently."""
    return re.sub(r"\W", "", "".join(source.text[a:b] for a, b in spans))
