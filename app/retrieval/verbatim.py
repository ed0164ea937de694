"""What stands in the corpus word for word: passages that hold a string as it is.

The texts of all passages lie one after the other in memory, without spaces and in the form of
:func:`~ingest.storage.terms.normalised`, and are looked through from end to end: 2 ms for 24,000
passages. Most questions stand nowhere as they are and are spared that: three characters of them in
a row stand nowhere. SQLite's trigram index takes 0.1 ms, but finds no word of two characters and
would be a quarter of the catalogue more to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.content.facts import facts
from ingest.storage.catalogue import Catalogue
from ingest.storage.lexical import LexicalView
from ingest.storage.terms import normalised

_PHRASE = 4
"""A question of so many characters, or with a figure or letter in it, may be a phrase looked for;
a shorter one is a word."""
_MOST_PLACES = 2000
_RUN = 3
_RUNS = 1 << 24
"""Runs of so many characters are numbered below this; two of them may share a number."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Fibonacci hashing (Knuth, TAOCP 3, 6.4)."""
_CODE = re.compile(r"[a-z0-9]+(?:[+\-./_][a-z0-9]+)*[%‰]?")
_QUOTED = re.compile(r"[“\"「『]([^“”\"「」『』]{2,80})[”\"」』]")
_EDGES = re.compile(r"^\W+|\W+$")
_FIGURES = frozenset({"number", "ratio", "date", "document-number"})


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of passages that hold the ``whole`` question, and for each of the ``parts`` of it that
    are looked for as they are (a phrase in quotation marks, a figure, a code) the rows that do."""

    whole: np.ndarray
    parts: tuple[np.ndarray, ...]

    def rows(self, most: int) -> np.ndarray:
        """What is to be looked at: parts that stand nearly everywhere tell nothing."""
        return np.unique(
            np.concatenate([self.whole, *(part for part in self.parts if len(part) <= most)])
        ).astype(np.int64)


class Verbatim:
    """The passages of ``view``.

    :param before: what was made of an earlier view; texts that did not change are taken from it.
    """

    def __init__(
        self,
        view: LexicalView,
        catalogue: Catalogue,
        before: Verbatim | None = None,
    ) -> None:
        known = before._texts if before else {}
        bounds = np.concatenate([[0], np.cumsum(view.sizes)]).tolist()
        self._texts: dict[tuple[str, ...], list[str]] = {}
        # What is gone stays in; that costs a look at the texts, no more
        self._held: np.ndarray = before._held if before else np.zeros(_RUNS, bool)
        joined: list[str] = []
        for document, start, end in zip(view.documents, bounds, bounds[1:], strict=False):
            ids = tuple(view.ids[start:end])
            texts = known.get(ids)
            if texts is None:
                texts = _texts(catalogue, document, ids)
                self._held[_runs("\n".join(texts))] = True
            joined += texts
            if all(texts):  # else it was taken out while it was read
                self._texts[ids] = texts
        self._text = "\n".join(joined)
        lengths = np.fromiter((len(text) + 1 for text in joined), np.int64, len(joined))
        self._starts = np.concatenate([[0], np.cumsum(lengths)])[:-1]

    def rows(self, string: str) -> np.ndarray:
        """The rows of the passages that hold ``string``, which is :func:`squeezed`; ascending."""
        if not self._held[_runs(string)].all():
            return np.empty(0, np.int64)
        places = np.fromiter(self._places(string), np.int64)
        return np.unique(np.searchsorted(self._starts, places, side="right") - 1)

    @property
    def characters(self) -> set[str]:
        """All characters of the corpus."""
        return set(self._text)

    def find(self, forms: Iterable[str], asked: str) -> Found:
        """What holds a question or parts of it.

        :param forms: the question as it was put, and in other forms; the first found counts.
        :param asked: the question without the names of documents: a number in a name (77号令)
            says where to look, not what for.
        """
        forms = [squeezed(form) for form in forms]
        forms += [_EDGES.sub("", form) for form in forms]
        nothing = np.empty(0, np.int64)
        whole = next(
            (rows for form in dict.fromkeys(forms) if is_phrase(form) for rows in [self.rows(form)]
             if len(rows)),
            nothing,
        )  # fmt: skip
        return Found(whole, tuple(self.rows(part) for part in parts(squeezed(asked))))

    def _places(self, string: str) -> Iterator[int]:
        at = self._text.find(string) if string else -1
        for _ in range(_MOST_PLACES):
            if at < 0:
                return
            yield at
            at = self._text.find(string, at + len(string))


def squeezed(text: str) -> str:
    """``text`` as it is compared: normalised, without white space."""
    return "".join(normalised(text).split())


def is_phrase(text: str) -> bool:
    """Whether :func:`squeezed` text may be looked for as it is."""
    return len(text) >= _PHRASE or bool(re.search(r"[a-z0-9]", text))


def parts(question: str) -> list[str]:
    """The parts of a squeezed question that are looked for as they are, each once."""
    found = [match[1] for match in _QUOTED.finditer(question)]
    found += [
        fact.shown
        for fact in facts(question)
        if fact.kind in _FIGURES and not re.search(r"[a-z]$", question[: fact.start])
    ]
    found += [code for code in _CODE.findall(question) if len(code) > 1]
    return list(dict.fromkeys(part for part in found if part != question))


def _runs(text: str) -> np.ndarray:
    """The numbers of the runs of ``_RUN`` characters in ``text``."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    mixed = np.zeros(max(len(codes) - _RUN + 1, 0), np.uint64)
    for at in range(_RUN):
        mixed = (mixed ^ codes[at : at + len(mixed)]) * _FACTOR
    return mixed >> np.uint64(64 - (_RUNS.bit_length() - 1))


def _texts(catalogue: Catalogue, document: str, ids: Sequence[str]) -> list[str]:
    rows = dict(
        catalogue.connection.execute(
            "select id, text from passages where document = ?", (document,)
        ).fetchall()
    )
    return [squeezed(rows.get(id, "")) for id in ids]
