"""One damage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ingest.language import Language

Kind = Literal[
    "decisions",
    "current",
    "catalogue",
    "recipe",
    "model",
    "document",
    "vectors",
    "vectors-missing",
    "vectors-surplus",
    "meanings",
    "original",
    "open-change",
    "in-though-removed",
    "out-though-decided",
    "register",
    "left-over",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is damaged, in words and for mending.

    :param where: the file or document concerned.
    :param what: what is wrong, in English; ``zh`` in Chinese.
    :param subjects: ids of documents or of vectors, or names of folders, by kind.
    """

    kind: Kind
    where: str
    what: str
    zh: str
    subjects: tuple[str, ...] = field(default=(), compare=False)

    def line(self, language: Language) -> str:
        """The damage on one line."""
        return f"{self.where}：{self.zh}" if language == "zh" else f"{self.where}: {self.what}"
