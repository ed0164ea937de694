"""A language model's answer as it streams, in JSON where it was bound to a schema, else as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.language_model.model_text import Sentence, SentenceStream, without_thinking
from app.language_model.prompt import REFUSAL


class AnswerStream:
    """Feed pieces in, get whole sentences out; what begins as JSON is read as JSON."""

    def __init__(self) -> None:
        self._text = SentenceStream()
        self._buffer = ""
        self._kind = ""
        self._given = 0

    def feed(self, piece: str) -> Iterator[Sentence]:
        """The sentences that ``piece`` completes."""
        if self._kind == "text":
            yield from self._text.feed(piece)
            return
        self._buffer += piece
        begin = without_thinking(self._buffer)
        if not self._kind and begin is not None and begin.strip():
            whole = begin.lstrip()
            if len(whole) < len(_FENCE) and _FENCE.startswith(whole):
                return
            self._kind = "json" if whole.startswith(("{", _FENCE)) else "text"
        if self._kind == "text":
            yield from self._text.feed(self._buffer)
        elif self._kind == "json" and '"' in piece + "}":
            yield from self._new(last=False)

    def finish(self) -> Iterator[Sentence]:
        """What is left when the model has ended."""
        if self._kind == "json":
            yield from self._new(last=True)
        else:
            if not self._kind:
                yield from self._text.feed(self._buffer)
            yield from self._text.finish()

    def _new(self, last: bool) -> Iterator[Sentence]:
        whole = without_thinking(self._buffer) or ""
        items, ended = _items(whole[whole.find("{") :])
        ready = items if ended or last else items[:-1]
        if ended and not items and not self._given:
            self._given = 1
            yield Sentence(REFUSAL, ())
        for item in ready[self._given :]:
            self._given += 1
            yield from _sentences(item)


_FENCE = "```json"


def _items(text: str) -> tuple[list[Any], bool]:
    """The sentences in a beginning of a JSON answer, the last one perhaps cut, and whether it is
    whole."""
    from pydantic_core import from_json

    text = text.rstrip().removesuffix("```").rstrip()
    try:
        return _listed(from_json(text)), True
    except ValueError:
        pass
    try:
        return _listed(from_json(text, allow_partial=True)), False
    except ValueError:
        return [], False


def _listed(value: Any) -> list[Any]:
    found = value.get("sentences") if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _sentences(item: Any) -> Iterator[Sentence]:
    """The sentences of one entry; they name what it names, or what they name themselves."""
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        return
    source = item.get("source")
    named = (source,) if isinstance(source, int) else ()
    stream = SentenceStream()
    for sentence in (*stream.feed(item["text"]), *stream.finish()):
        yield sentence if sentence.references else replace(sentence, references=named)
