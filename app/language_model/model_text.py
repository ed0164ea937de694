"""A language model's text, as it streams, cut into sentences with the passages they name.

Whatever brackets a model uses (``[1]``, ``[1][2]``, ``[1,2]``, ``［1］``, ``【1】``, ``[^1]``) are
taken out of the text; a sentence is handed on only when it and its citations are complete, so that
no half of a bracket is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ENDS = "。！？!?"
_CLOSERS = "”’」』）)》\"'*_"
_OPENING, _CLOSING = "[［【", "]］】"
_LONGEST_REFERENCE = 40
_LONGEST_QUOTATION = 400

_REFERENCE = re.compile(
    r"[\[［【]\s*(?:\^|†|来源|材料|资料|段落|引用|passage|source|doc)?\s*[:：#]?\s*"
    r"(?P<numbers>\d{1,3}(?:\s*[,，、;；和\-–—~～]\s*\d{1,3})*)\s*[\]］】]",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)\s*[-–—~～]\s*(\d+)|(\d+)")
_STRAY = re.compile(r"[\[［【][^\]］】\n]{0,40}$|^\s*[\]］】]")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·●]\s+|\d{1,2}\s*[.、)）]\s*(?!\d)|#{1,6}\s+|>\s+)")
_MARKUP = re.compile(r"\*\*|__|`+|^\s*---+\s*$")
_THINKING = re.compile(r"\s*<(think|thinking|reasoning)>.*?</\1>\s*", re.DOTALL | re.IGNORECASE)
_MAYBE_THINKING = re.compile(r"\s*<(?:t|r|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` without citations and list marks; ``references`` the numbers named, in order, none
    twice, whether they exist or not. ``ended`` is false where it breaks off."""

    text: str
    references: tuple[int, ...]
    ended: bool = True


class SentenceStream:
    """Feed pieces in, get whole sentences out."""

    def __init__(self) -> None:
        self._buffer = ""
        self._may_think = True

    def feed(self, piece: str) -> Iterator[Sentence]:
        """The sentences that ``piece`` completes."""
        self._buffer += piece
        if self._may_think and not self._past_thinking():
            return
        while (end := _sentence_end(self._buffer)) is not None:
            yield from self._take(end)

    def finish(self) -> Iterator[Sentence]:
        """What is left when the model has ended; not ``ended`` where it has no full stop."""
        self._may_think = False
        self._past_thinking()
        while (end := _sentence_end(self._buffer, last=True)) is not None:
            yield from self._take(end)
        if self._buffer.strip():
            yield from self._take(len(self._buffer))

    def _take(self, end: int) -> Iterator[Sentence]:
        raw, self._buffer = self._buffer[:end], self._buffer[end:]
        sentence = _sentence(raw)
        if sentence is not None:
            yield sentence

    def _past_thinking(self) -> bool:
        """Whether the answer proper has begun; the model's thinking aloud is taken out."""
        begun = without_thinking(self._buffer)
        if begun is not None:
            self._buffer, self._may_think = begun, False
            return True
        if not self._may_think:  # it ended while thinking
            self._buffer = ""
        return False


def without_thinking(text: str) -> str | None:
    """``text`` without a model's thinking aloud before the answer; ``None`` while it may think."""
    rest, found = _THINKING.subn("", text, count=1)
    return rest if found or not _MAYBE_THINKING.match(rest) else None


def references_of(text: str) -> tuple[str, tuple[int, ...]]:
    """``text`` without citations, and their numbers in order, none twice."""
    numbers: list[int] = []
    while found := list(_REFERENCE.finditer(text)):  # again, for brackets within brackets
        for match in found:
            for first, last, single in _RANGE.findall(match["numbers"]):
                if single:
                    numbers.append(int(single))
                elif 0 <= int(last) - int(first) <= 20:
                    numbers.extend(range(int(first), int(last) + 1))
        text = _REFERENCE.sub("", text)
    return text, tuple(dict.fromkeys(numbers))


def _sentence(raw: str) -> Sentence | None:
    line = _LIST_MARK.sub("", raw.strip())
    listed = bool(_REFERENCE.match(line)) and not any(end in line for end in _ENDS)
    text, references = references_of(line)
    text = _STRAY.sub("", _MARKUP.sub("", text))
    text = re.sub(r"\s+(?=[。！？!?，,；;：:])", "", " ".join(text.split()))
    text = re.sub(r"([。！？!?])(?:\s*[。])+", r"\1", text)
    if listed or not re.search(r"\w", text):  # a list of sources, or a line of signs
        return None
    return Sentence(text, references, any(end in text[-3:] for end in _ENDS))


def _sentence_end(buffer: str, last: bool = False) -> int | None:
    """Where the first sentence of ``buffer`` with its citations ends; ``None`` if that is open."""
    at = 0
    while at < len(buffer):
        if buffer[at] == "\n" and buffer[:at].strip():
            return at
        if buffer[at] in _ENDS:
            after = at + 1
            while after < len(buffer) and buffer[after] in _CLOSERS + _ENDS:
                after += 1
            if not _in_quotation(buffer[:after]):
                return _after_references(buffer, after, last)
        at += 1
    return None


def _in_quotation(text: str) -> bool:
    """Whether a quotation is open at the end of ``text``; one left open for long is a slip."""
    opened = text.rfind("“")
    return opened > text.rfind("”") and len(text) - opened < _LONGEST_QUOTATION


def _after_references(buffer: str, at: int, last: bool) -> int | None:
    """The end of the closing marks and citations that follow a full stop at ``at``."""
    while at < len(buffer):
        character = buffer[at]
        if character in _CLOSERS or character in _ENDS or character in " \t":
            at += 1
        elif character in _OPENING:
            close = next((i for i in range(at, len(buffer)) if buffer[i] in _CLOSING), None)
            if close is None:
                open_still = len(buffer) - at <= _LONGEST_REFERENCE and "\n" not in buffer[at:]
                return None if open_still and not last else at
            named = buffer[at : close + 1]
            if "\n" in named or not _REFERENCE.fullmatch(named):
                return at
            at = close + 1
        else:
            return at
    return at if last else None
