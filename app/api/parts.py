"""The parts of an answer as they come, for the page and for REST alike: quoting through one gate,
a language model's work through another, so that quotes and searches never wait for models."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from app.api.gate import Gate
from app.api.problems import Refusal
from app.language_model.faults import ModelFault
from app.language_model.notices import quoting_because
from ingest.language import Language
from ingest.settings import Settings

if TYPE_CHECKING:
    from app.service import Assistant
    from app.types import Answer, Filters, Turn

T = TypeVar("T")


@dataclass(frozen=True)
class Gates:
    """One for what finds and quotes, one for what a language model writes."""

    quotes: Gate
    models: Gate

    @classmethod
    def of(cls, settings: Settings) -> Gates:
        """Gates as wide as the settings say."""
        waiting = settings.server.waiting
        return cls(
            Gate(settings.server.concurrent, waiting), Gate(settings.llm.concurrent, waiting)
        )


async def parts_of(
    assistant: Assistant,
    gates: Gates,
    question: str,
    turns: Sequence[Turn],
    filters: Filters,
    language: Language,
) -> AsyncGenerator[Answer]:
    """The parts of an answer, each in place of the last; whoever stops listening ends the language
    model's work.

    :raises Refusal: at once, if too many questions are waiting.
    :raises UserError: as :meth:`app.service.Assistant.stream`.
    """
    left = threading.Event()
    parts = assistant.stream(question, turns, filters, language, left)
    try:
        first = await gates.quotes.run(_next, parts)
        assert first is not None
        yield first
        if not assistant.asks_model:
            for following in parts:
                yield following
            return
        models = gates.models
        try:
            async with models.place():
                while (answer := await models.in_place(_next, parts, abandon=True)) is not None:
                    yield answer
        except Refusal:
            busy = ModelFault("busy").line(language)
            yield replace(first, notice=quoting_because(busy, language))
    finally:
        left.set()


async def with_pauses(parts: AsyncGenerator[T], seconds: float) -> AsyncGenerator[T | None]:
    """``parts``, and ``None`` whenever none came for ``seconds``, by which a server notices that
    nobody listens any more. Closes ``parts`` when it is closed."""
    pending = asyncio.ensure_future(anext(parts))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=seconds)
            if not done:
                yield None
                continue
            try:
                part = pending.result()
            except StopAsyncIteration:
                return
            yield part
            pending = asyncio.ensure_future(anext(parts))
    finally:
        pending.cancel()
        with suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
            await pending
        await parts.aclose()


def _next(parts: Iterator[Answer]) -> Answer | None:
    return next(parts, None)
