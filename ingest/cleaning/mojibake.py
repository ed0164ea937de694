"""Chinese text whose GBK bytes were read one byte out of step.

Where one byte of a GBK text is lost, a decoder pairs every later byte with the wrong neighbour
until an ASCII byte brings it back into step: 全省（不含… becomes 全?。ú缓…. The bytes are still
there, one place off, except the lost one (``?`` stands for it, or nothing), the last one, and
pairs that fell into the user-defined areas of GBK, whose characters are dropped silently.

The repair is a search for the most probable text among all that explain the characters seen.
What the bytes determine is certain; what the search had to choose is a guess.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from ingest.cleaning.edits import Edit, Edited
from ingest.cleaning.gbk import code, decode, is_rare, simple, spellings
from ingest.cleaning.holes import with_hole
from ingest.cleaning.script import to_simplified
from ingest.cleaning.words import CharacterModel, SentenceModel

LOST = "?\ufffd"
"""What a decoder writes for bytes that it cannot read."""

REACH = 40
"""A damaged run lies within so many characters of the mark of a lost byte."""

MAX_MARKS = 8
MAX_SUSPECTS = 10
"""A stretch with more marks, or more such stretches in a document, is no slip of one byte but a
file read in a wrong encoding, which cannot be mended here."""

MIN_SHARE = 0.7
"""Out of step, so many of the characters between two marks are common ones in a damaged run; in
sound text less than half of them are."""

MIN_GAIN = 14.0
MIN_GAIN_PER_CHARACTER = 1.5
"""A repair must make the text so much more probable, in natural logarithms."""

BEAM = 60
ALIKE = 8
RERANKED = 20
NARROW = 12.0
HOPELESS = 45.0
"""So many readings are kept at a time, so many of them that end alike, and so many are compared
as rows of words at the end; those
behind the best by more are not looked at for holes, or dropped."""

SURPRISE = -9.0
"""Characters less probable than this one after another may be out of step."""

DOUBTFUL = -8.0
"""Two bytes that make a character less probable than this may be the halves of two others, with a
dropped character between them: the reading is a guess. What is certain is so only as far as no
dropped character hides there: of 937 characters taken for certain in sentences damaged at random,
a third of them by a decoder that drops characters, 6 were wrong."""

_DROPPED = 7.0  # a byte is missing and nothing marks the place
_UNMARKED_END = 3.0  # the run ends and nothing marks the last byte
_RESPELT = 3.0  # a character was converted to Traditional after the damage
_MISPAIRED = 8.0  # a bracket closed that was not opened

# How asides in official texts begin; after （不 hardly anything else is found in statutes.
_ASIDE = re.compile(
    "（(?:以下(?:简|统)称|不?含|不?包括|不足|不超过|试行|暂行|第[一二三四五六七八九十])"
)
_ASIDE_GAIN = 6.0

_PAIRS = {"（": "）", "《": "》", "“": "”", "〔": "〕", "〈": "〉", "‘": "’", "【": "】"}
_CLOSERS = set(_PAIRS.values())
_USER_DEFINED = [0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE]
_LEADS = [0xA1, 0xA3, *range(0xB0, 0xF8)]
_TRAILS = range(0xA1, 0xFF)

# A mark of a lost byte that touches Chinese text and does not merely end a question.
_MARK = re.compile(rf"[{LOST}](?=[^\s\x00-\x7f])|(?<=[^\s\x00-\x7f])[{LOST}]")
_BETWEEN_MARKS = re.compile(rf"(?<=[{LOST}])[^{LOST}\x00-\x7f]{{2,}}(?=[{LOST}])")


@dataclass(frozen=True, slots=True)
class _Segment:
    """``text`` stands for the characters ``start:end`` of the damaged line."""

    start: int
    end: int
    text: str
    guess: bool
    before: _Segment | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """A reading of a line so far.

    ``pending`` is the byte that waits for its second half (``None`` in step, 0 where it is
    lost), ``owner`` the character it comes from; ``last`` the last character read, ``opener``
    the bracket that is open.
    """

    score: float
    last: str
    pending: int | None = None
    owner: int = 0
    opener: str = ""
    segments: _Segment | None = field(default=None, compare=False)


def suspects(text: str) -> int:
    """How many stretches of ``text`` may hold a damaged run, by a quick look at its marks."""
    return sum(1 for _ in _windows(text))


def mojibake_edits(text: str, model: Callable[[], CharacterModel]) -> list[Edit]:
    """The edits that put runs of ``text`` into step again.

    :param model: gives the model of the whole document; called only if a run looks damaged.
    """
    edits: list[Edit] = []
    for start, end in _windows(text):
        if edits and start < edits[-1].end:
            start = edits[-1].end
        if start < end:
            edits += with_hole(text, _repair(text, start, end, model()), model())
    return edits


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of a line around marks of lost bytes that do not look like plain questions."""
    reached = 0
    for mark in _MARK.finditer(text):
        if mark.start() < reached:
            continue
        start = max(text.rfind("\n", 0, mark.start()) + 1, mark.start() - REACH, reached)
        stop = text.find("\n", mark.end())
        end = min(len(text) if stop < 0 else stop, mark.end() + REACH)
        # Further marks within reach belong to the same stretch.
        while later := _MARK.search(text, mark.end(), end):
            mark = later
            end = min(len(text) if stop < 0 else stop, mark.end() + REACH)
        stretch = text[start:end]
        if len(_MARK.findall(stretch)) > MAX_MARKS:
            continue
        if (
            "\ufffd" in stretch
            or any(is_rare(char) for char in stretch)
            or any(_reads_out_of_step(run[0]) for run in _BETWEEN_MARKS.finditer(stretch))
        ):
            reached = end
            yield start, end


def _reads_out_of_step(run: str) -> bool:
    """Whether the bytes of ``run``, paired one place further, are common characters."""
    data = b"".join(code(char) or b"??" for char in run)[1:-1]
    chars = [decode(*data[i : i + 2]) for i in range(0, len(data), 2)]
    return sum(bool(c) and not is_rare(c) for c in chars) >= MIN_SHARE * len(chars)


def _repair(text: str, start: int, end: int, model: CharacterModel) -> list[Edit]:
    plain, *readings = _Reader(text, model).read(start, end)
    worth = [state for state in readings if _is_gain(state, plain)]
    if not worth or worth[0] is not readings[0]:
        return []
    sentences = SentenceModel()

    def probability(state: _State) -> float:
        """That of the characters and that of the row of words together."""
        reading = to_simplified(_applied(text, start, end, state))
        asides = len(_ASIDE.findall(reading))
        return state.score + sentences.logp(reading) + _ASIDE_GAIN * asides

    return _as_edits(_chain(max(worth, key=probability).segments))


def _is_gain(state: _State, plain: _State) -> bool:
    """Whether a reading is so much more probable than the text as it stands, and not all guess."""
    segments = _chain(state.segments)
    changed = sum(len(s.text) for s in segments)
    least = max(MIN_GAIN, MIN_GAIN_PER_CHARACTER * changed)
    return state.score - plain.score >= least and not all(s.guess for s in segments)


def _applied(text: str, start: int, end: int, state: _State) -> str:
    edited = Edited(text[start:end])
    edited.apply(
        Edit(e.start - start, e.end - start, e.replacement, e.kind)
        for e in _as_edits(_chain(state.segments))
    )
    return edited.text


def _chain(segment: _Segment | None) -> list[_Segment]:
    found: list[_Segment] = []
    while segment is not None:
        found.append(segment)
        segment = segment.before
    return found[::-1]


def _as_edits(segments: list[_Segment]) -> list[Edit]:
    """One edit for each stretch of neighbouring segments that are equally certain."""
    edits: list[Edit] = []
    for s in segments:
        if edits and edits[-1].end == s.start and (edits[-1].guess == s.guess or not s.text):
            last = edits[-1]
            edits[-1] = Edit(last.start, s.end, last.replacement + s.text, "encoding", last.guess)
        else:
            edits.append(Edit(s.start, s.end, s.text, "encoding", s.guess))
    return edits


class _Reader:
    """Reads a stretch of ``text`` in and out of step, by a beam search over readings."""

    def __init__(self, text: str, model: CharacterModel) -> None:
        self._text = text
        self._model = model
        self._floor = -math.inf
        self._logp = lru_cache(maxsize=None)(model.logp)

    def read(self, start: int, end: int) -> list[_State]:
        """The reading that changes nothing, then the most probable ones, best first."""
        plain = _State(0.0, self._text[start - 1 : start])
        states = [plain]
        for index in range(start, end):
            plain = self._in_step(plain, index)
            self._floor = max(s.score for s in states) - NARROW
            grown = [new for state in states for new in self._grow(state, index)]
            grown.sort(key=lambda s: -s.score)
            grown = [s for s in grown if s.score >= grown[0].score - HOPELESS]
            alike: Counter[tuple[object, ...]] = Counter()
            states = []
            for state in grown:
                key = (state.last, state.pending, state.owner, state.opener)
                alike[key] += 1
                if alike[key] <= ALIKE:
                    states.append(state)
            states = states[:BEAM]
            if not any(s.pending is None and s.segments is None for s in states):
                states.append(plain)
        at_line_end = end == len(self._text) or self._text[end] == "\n"
        ended = [s for s in states if s.pending is None]
        if at_line_end:
            ended += [new for s in states if s.pending for new in self._close(s, _UNMARKED_END)]
        return [plain, *sorted(ended, key=lambda s: -s.score)[:RERANKED]]

    def _grow(self, state: _State, index: int) -> Iterator[_State]:
        """The readings that continue ``state`` by the character at ``index``."""
        char = self._text[index]
        if state.pending is None:
            yield self._in_step(state, index)
            if char in LOST:
                yield _State(state.score, state.last, 0, index, state.opener, state.segments)
                return
        if char in LOST:
            if state.pending:
                for new in self._close(state, 0.0):
                    segment = _Segment(index, index + 1, "", True, new.segments)
                    yield _State(new.score, new.last, None, 0, new.opener, segment)
            return
        if char.isascii():
            if state.pending:
                for new in self._close(state, _UNMARKED_END):
                    yield self._in_step(new, index)
            return
        for at, (first, second) in enumerate(spellings(char)):
            cost = _RESPELT if at else 0.0
            if state.pending is None:
                if self._is_odd(index):
                    yield from self._fall_out(state, index, first, second, cost)
            else:
                yield from self._out_of_step(state, index, first, second, cost)

    def _is_odd(self, index: int) -> bool:
        """Whether the text after ``index`` is improbable as it stands."""
        near = range(max(index, 1), min(index + 4, len(self._text)))
        surprises = sum(
            self._logp(simple(self._text[i]), simple(self._text[i - 1]), 1) < SURPRISE for i in near
        )
        return surprises > 1

    def _in_step(self, state: _State, index: int) -> _State:
        char = self._text[index]
        score, opener = self._score(state, char, seen=1)
        return _State(score, char, None, 0, opener, state.segments)

    def _fall_out(
        self, state: _State, index: int, first: int, second: int, cost: float
    ) -> Iterator[_State]:
        """A byte before ``first``, or between it and ``second``, is missing without a mark."""
        lost_lead = ((lead, first) for lead in _LEADS)
        lost_trail = ((first, trail) for trail in _TRAILS)
        choices = [*lost_lead, *lost_trail]
        for new in self._choose(state, choices, index, index, cost + _DROPPED, 3):
            yield _State(new.score, new.last, second, index, new.opener, new.segments)

    def _out_of_step(
        self, state: _State, index: int, first: int, second: int, cost: float
    ) -> Iterator[_State]:
        owner = state.owner
        if state.pending == 0:
            readings = self._choose(state, [(x, first) for x in _LEADS], owner, index, cost, 8)
        else:
            readings = list(self._direct(state, first, index, cost))
            readings += self._with_hole(state, first, index, cost)
        for new in readings:
            yield _State(new.score, new.last, second, index, new.opener, new.segments)
            if state.pending and 0x40 < second < 0x7F and not new.last.isascii():
                # The second byte is a letter that the first one swallowed: in step again.
                letter = chr(second)
                score, opener = self._score(new, letter)
                segment = _Segment(index, index + 1, letter, False, new.segments)
                yield _State(score, letter, None, 0, opener, segment)

    def _direct(self, state: _State, first: int, index: int, cost: float) -> Iterator[_State]:
        assert state.pending is not None
        char = decode(state.pending, first)
        if char:
            score, opener = self._score(state, char)
            guess = score - state.score < DOUBTFUL
            segment = _Segment(state.owner, index, char, guess, state.segments)
            yield _State(score - cost, char, None, 0, opener, segment)

    def _with_hole(self, state: _State, first: int, index: int, cost: float) -> list[_State]:
        """Two characters whose inner bytes fell out as one of a user-defined area."""
        assert state.pending is not None
        direct = decode(state.pending, first)
        if state.score < self._floor:
            return []
        if direct and not is_rare(direct) and self._score(state, direct)[0] > state.score - 9:
            return []
        found: list[_State] = []
        ends = [(lead, first) for lead in _LEADS]
        for trail in _USER_DEFINED:
            char = decode(state.pending, trail)
            if not char:
                continue
            score, opener = self._score(state, char)
            half = _State(score - cost, char, 0, state.owner, opener, state.segments)
            for new in self._choose(half, ends, state.owner, index, 0.0, 4):
                segment = new.segments
                assert segment is not None
                whole = _Segment(state.owner, index, char + segment.text, True, state.segments)
                found.append(_State(new.score, new.last, None, 0, new.opener, whole))
        return found

    def _close(self, state: _State, cost: float) -> list[_State]:
        """The last character of a run, whose second byte is lost."""
        assert state.pending is not None
        choices = [(state.pending, trail) for trail in _TRAILS]
        return self._choose(state, choices, state.owner, state.owner + 1, cost, 4)

    def _choose(
        self,
        state: _State,
        choices: list[tuple[int, int]],
        start: int,
        end: int,
        cost: float,
        keep: int,
    ) -> list[_State]:
        """The ``keep`` most probable characters among ``choices`` of two bytes, as guesses."""
        found: list[_State] = []
        for lead, trail in choices:
            char = decode(lead, trail)
            if char:
                score, opener = self._score(state, char)
                segment = _Segment(start, end, char, True, state.segments)
                found.append(_State(score - cost, char, None, 0, opener, segment))
        return sorted(found, key=lambda s: -s.score)[:keep]

    def _score(self, state: _State, char: str, seen: int = 0) -> tuple[float, str]:
        """The score after ``char``, and the bracket that is open then.

        :param seen: 1 where the model has counted ``char`` at this very place.
        """
        before = simple(state.last)
        score = state.score + self._logp(simple(char), before, seen)
        if char in _PAIRS:
            return score, _PAIRS[char]
        if char in _CLOSERS:
            if state.opener == char:
                return max(score, state.score - 3.0), ""
            if not seen:
                score -= _MISPAIRED
        return score, state.opener
