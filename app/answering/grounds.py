"""Whether a sentence that a model wrote rests on the passages that it names, and where in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.content.sentences import Source, Span
from app.verify import Verdict, coverage, judge
from ingest.document import Passage

_LONGEST_WINDOW = 3
_MOST_MATCHED, _NEAR = 3, 0.4


@dataclass(frozen=True, slots=True)
class Ground:
    """A passage shown to the model, in its document."""

    source: Source
    passage: Passage

    @property
    def text(self) -> str:
        """The passage as it stands in the document."""
        return self.source.text[self.passage.start : self.passage.end]

    @property
    def names(self) -> tuple[str, ...]:
        """What the passage goes by, in which a sentence may name it."""
        section = self.passage.section
        title = self.source.record.title
        return title, self.source.paths.official(title, section), self.passage.citation


def holds(text: str, evidence: Sequence[str], names: Sequence[str]) -> bool:
    """Whether ``text`` says nothing that ``evidence`` does not."""
    return judge(text, evidence, names).holds


def supporting(text: str, grounds: Sequence[Ground]) -> list[tuple[Ground, Span]] | None:
    """The shortest runs of whole sentences that bear ``text`` out, one for each ground that it
    needs; ``None`` if they do not."""
    names = [name for ground in grounds for name in ground.names]
    if not grounds or not holds(text, [g.text for g in grounds], names):
        return None
    alone = [g for g in grounds if holds(text, [g.text], g.names)]
    if not alone:
        return [(g, _all(g)) for g in grounds]
    return [(g, _narrowest(text, g)) for g in alone]


def matching(text: str, grounds: Sequence[Ground]) -> list[Ground]:
    """The few of ``grounds`` that share most with a sentence that names none, the nearest first."""
    shares = [(coverage(text, ground.text), ground) for ground in grounds]
    near = sorted(shares, key=lambda pair: -pair[0])[:_MOST_MATCHED]
    return [ground for share, ground in near if share >= _NEAR]


def why_not(text: str, grounds: Sequence[Ground]) -> Verdict:
    """The verdict on a sentence that none of ``grounds`` bears out, by the nearest of them."""
    near = matching(text, grounds)[:1]
    return judge(text, [g.text for g in near], [name for g in near for name in g.names])


def letters(text: str) -> str:
    """``text`` without white space and punctuation."""
    return re.sub(r"[\W_]+", "", text)


def _all(ground: Ground) -> Span:
    return ground.source.trimmed(ground.passage.start, ground.passage.end)


def _narrowest(text: str, ground: Ground) -> Span:
    spans = list(ground.source.sentences(ground.passage.start, ground.passage.end))
    for size in range(1, min(_LONGEST_WINDOW, len(spans)) + 1):
        windows = [(spans[i][0], spans[i + size - 1][1]) for i in range(len(spans) - size + 1)]
        ranked = sorted(
            windows, key=lambda w: coverage(text, ground.source.text[w[0] : w[1]]), reverse=True
        )
        for start, end in ranked[:2]:
            if holds(text, [ground.source.text[start:end]], ground.names):
                return start, end
    return _all(ground)
