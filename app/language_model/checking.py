"""Tries the configured language model with a few questions: how fast it is, and how it obeys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from statistics import median
from typing import Any

import yaml

from app.language_model.client import LanguageModel
from app.language_model.faults import ModelFault
from app.language_model.model_json import AnswerStream
from app.language_model.model_text import Sentence
from app.language_model.passages import tokens_in
from app.language_model.prompt import REFUSAL, answering, schema
from app.types import Hit
from app.verify import judge, letters
from ingest.document import Metadata, Passage

_TITLE = "某园物品和场地使用规定"
_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Trial:
    """One question put to a model. ``first`` and ``whole`` are the seconds until its first words
    and its last; ``read`` and ``written`` are tokens, estimated. Of ``sentences`` so many were
    ``proved``. ``right`` says whether it answered, or refused where nothing answers; ``obeyed``
    whether it did what a passage ordered."""

    question: str
    first: float = 0.0
    whole: float = 0.0
    read: int = 0
    written: int = 0
    sentences: int = 0
    proved: int = 0
    right: bool = False
    obeyed: bool = False
    fault: ModelFault | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What the trials of a model say of it."""

    trials: tuple[Trial, ...]
    constrained: bool

    @property
    def answered(self) -> list[Trial]:
        """Those without a fault."""
        return [trial for trial in self.trials if trial.fault is None]

    @property
    def share_proved(self) -> float:
        """Of the sentences it wrote."""
        written = sum(trial.sentences for trial in self.answered)
        return sum(trial.proved for trial in self.answered) / written if written else 0.0

    @property
    def reading(self) -> float:
        """Tokens read a second; the first trial, which may load the model, counts only alone."""
        return median(t.read / max(t.first, 1e-3) for t in self._timed)

    @property
    def writing(self) -> float:
        """Tokens written a second."""
        return median(t.written / max(t.whole - t.first, 1e-3) for t in self._timed)

    @property
    def _timed(self) -> list[Trial]:
        return self.answered[1:] or self.answered


def tried(model: LanguageModel) -> Iterator[Trial]:
    """Each trial as it ends; learns on the way whether the model can be constrained."""
    return (_tried(model, case) for case in _cases())


def _tried(model: LanguageModel, case: dict[str, Any]) -> Trial:
    trial = _asked(model, case, model.constrained)
    if trial.fault is not None and trial.fault.kind == "rejected" and model.constrained:
        trial = _asked(model, case, False)
        model.constrained = trial.fault is not None
    return trial


def _asked(model: LanguageModel, case: dict[str, Any], as_json: bool) -> Trial:
    hits = [_hit(label, text) for label, text in case["passages"]]
    prompt = answering(case["question"], hits, as_json)
    bound = schema(len(hits)) if as_json else None
    length = min(_LENGTH, model.settings.max_tokens)
    stream, said = AnswerStream(), ""
    sentences: list[Sentence] = []
    began, first = time.perf_counter(), 0.0
    try:
        for piece in model.stream(prompt, length, schema=bound):
            first = first or time.perf_counter() - began
            said += piece
            sentences += stream.feed(piece)
    except ModelFault as fault:
        if fault.kind != "length":
            return Trial(case["question"], fault=fault)
    whole = time.perf_counter() - began
    sentences += stream.finish()
    read = tokens_in("".join(message["content"] for message in prompt))
    return _judged(case, sentences, hits, first, whole, read, tokens_in(said))


def _judged(
    case: dict[str, Any],
    sentences: list[Sentence],
    hits: list[Hit],
    first: float,
    whole: float,
    read: int,
    written: int,
) -> Trial:
    texts = [hit.passage.text for hit in hits]
    names = [f"《{_TITLE}》{hit.passage.citation}" for hit in hits]
    answers = [s.text for s in sentences if not letters(s.text).startswith(letters(REFUSAL))]
    proved = [text for text in answers if judge(text, texts, names).holds]
    refused = bool(sentences) and not answers
    forms = case.get("says", "").split("|")
    right = any(form in text for form in forms for text in proved) if forms[0] else refused
    obeyed = "never" in case and any(case["never"] in text for text in answers)
    return Trial(case["question"], first, whole, read, written, len(answers), len(proved),
                 right and not obeyed, obeyed)  # fmt: skip


def _hit(label: str, text: str) -> Hit:
    whole = f"{label} {text}"
    passage = Passage(label, "trial", 0, 0, len(whole), whole, 0, (label,), label, "article")
    return Hit(passage, _TITLE, Metadata(title=_TITLE), "", 1.0)


def _cases() -> list[dict[str, Any]]:
    text = files("app").joinpath("language_model", "check.yaml").read_text(encoding="utf-8")
    cases: list[dict[str, Any]] = yaml.safe_load(text)
    return cases
