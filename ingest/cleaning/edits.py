"""Text that remembers how it was changed.

Cleaning runs several passes over a block. Each pass hands :class:`Edit` s to :class:`Edited`,
which keeps the text as a row of pieces, so that the places of all changes in the final text, and
the original under each, are known at the end however often the text changed length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.document import Repair, RepairKind

MERGE_GAP = 6
"""Changes of script with at most this many unchanged characters between them are one repair."""

_RANK: tuple[RepairKind, ...] = (
    "encoding",
    "boilerplate",
    "pinyin",
    "script",
    "punctuation",
    "space",
)


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``start:end`` of the current text by ``replacement``."""

    start: int
    end: int
    replacement: str
    kind: RepairKind
    guess: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of the text; ``kind`` is ``None`` where it stands as it was."""

    original: str
    text: str
    kind: RepairKind | None = None
    guess: bool = False


class Edited:
    """A text and what it was before.

    :param original: the text before the first edit.
    """

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = original
        self._pieces = [_Piece(original, original)]

    def apply(self, edits: Iterable[Edit]) -> None:
        """Apply ``edits``, whose offsets count in the text as it stands now.

        An edit that touches text changed earlier is joined with that change into one repair,
        which keeps the weightier kind (a repaired encoding before a change of script, and so on).

        :raises ValueError: if two edits overlap or one lies outside the text.
        """
        todo = sorted(edits, key=lambda e: (e.start, e.end))
        todo = [e for e in todo if self.text[e.start : e.end] != e.replacement]
        if not todo:
            return
        reached = 0
        for edit in todo:
            if edit.start < reached or edit.end > len(self.text) or edit.end < edit.start:
                raise ValueError(f"edit {edit} overlaps another or lies outside the text")
            reached = edit.end
        self._pieces = _rewrite(self._pieces, todo)
        self.text = "".join(piece.text for piece in self._pieces)

    def moved(self, offset: int) -> int:
        """Where the character at ``offset`` of the original stands now."""
        before = now = 0
        for piece in self._pieces:
            if offset < before + len(piece.original):
                return now + min(offset - before, len(piece.text))
            before += len(piece.original)
            now += len(piece.text)
        return now

    def repairs(self, offset: int = 0) -> list[Repair]:
        """All changes in reading order, ``offset`` added to their places."""
        found: list[Repair] = []
        at = offset
        for piece in _merged(self._pieces):
            if piece.kind is not None:
                found.append(
                    Repair(
                        piece.kind,
                        at,
                        at + len(piece.text),
                        piece.original,
                        piece.text,
                        piece.guess,
                    )
                )
            at += len(piece.text)
        return found


def undo(text: str, repairs: Sequence[Repair]) -> str:
    """The text before cleaning, rebuilt from the clean ``text`` and its ``repairs``."""
    for repair in reversed(repairs):
        text = text[: repair.start] + repair.original + text[repair.end :]
    return text


def _rewrite(pieces: list[_Piece], edits: list[Edit]) -> list[_Piece]:
    """``pieces`` after ``edits`` (sorted, disjoint, in offsets of the pieces' text)."""
    out: list[_Piece] = []
    queue = list(reversed(pieces))
    at = 0
    for edit in edits:
        # Pieces before the edit stay; a piece without text at its start belongs before it.
        while queue and at + len(queue[-1].text) <= edit.start:
            piece = queue.pop()
            out.append(piece)
            at += len(piece.text)
        if edit.start == edit.end and (not queue or at == edit.start):
            out.append(_Piece("", edit.replacement, edit.kind, edit.guess))
            continue
        prefix, original, kind, guess = "", "", edit.kind, edit.guess
        while queue and (at < edit.end or (at == edit.start == edit.end)):
            piece = queue.pop()
            end = at + len(piece.text)
            left, right = max(edit.start - at, 0), max(end - edit.end, 0)
            if piece.kind is None:
                if left:
                    out.append(_Piece(piece.text[:left], piece.text[:left]))
                original += piece.text[left : len(piece.text) - right]
                if right:
                    rest = piece.text[len(piece.text) - right :]
                    queue.append(_Piece(rest, rest))
                at = end - right
                if right:
                    break
            else:
                prefix += piece.text[:left]
                original += piece.original
                kind = min(kind, piece.kind, key=_RANK.index)
                guess = guess or piece.guess
                at = end - right
                if right:
                    # A later edit may touch the rest; without an original of its own it is
                    # joined to this piece again at the end.
                    rest = piece.text[len(piece.text) - right :]
                    queue.append(_Piece("", rest, piece.kind, piece.guess))
                    break
        out.append(_Piece(original, prefix + edit.replacement, kind, guess))
    out.extend(reversed(queue))
    return out


def _merged(pieces: list[_Piece]) -> list[_Piece]:
    """Neighbouring changes of script as one, with the short unchanged runs between them; guesses
    by themselves."""
    out: list[_Piece] = []
    for piece in pieces:
        if not piece.original and not piece.text:
            continue
        if piece.kind and not piece.original and out and out[-1].kind == piece.kind:
            out[-1] = _joined(out[-1], piece)
            continue
        out.append(piece)
        if piece.kind != "script":
            continue
        if len(out) > 1 and out[-2].kind == "script" and out[-2].guess == piece.guess:
            first, last = out[-2], out[-1]
            out[-2:] = [_joined(first, last)]
        elif (
            len(out) > 2
            and out[-3].kind == "script"
            and out[-3].guess == piece.guess
            and out[-2].kind is None
            and len(out[-2].text) <= MERGE_GAP
            and "\n" not in out[-2].text
        ):
            first, gap, last = out[-3:]
            out[-3:] = [_joined(_joined(first, gap), last)]
    return out


def _joined(first: _Piece, second: _Piece) -> _Piece:
    return replace(
        first,
        original=first.original + second.original,
        text=first.text + second.text,
        guess=first.guess or second.guess,
    )
