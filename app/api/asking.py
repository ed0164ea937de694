"""``POST /api/v1/ask``, the same streamed, and ``POST /api/v1/search``."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request

from app.api.gate import Gate
from app.api.models import PROBLEMS, AnswerOut, AskIn, SearchIn, SearchOut, both
from app.api.problems import Refusal, language_of, problem_of, unexpected
from app.as_json import answer_to_json, hit_to_json
from app.language_model.faults import ModelFault
from app.language_model.notices import quoting_because
from ingest.errors import UserError
from ingest.language import Language

if TYPE_CHECKING:
    from app.service import Assistant
    from app.types import Answer, Filters, Turn

PING_SECONDS = 15
_LOG = logging.getLogger(__name__)
_EXAMPLE = {"question": "供应商对质疑答复不满意怎么办？", "filters": {"in_force": True}}
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": both(
            "事件 part（已生成的文字，后者取代前者）、answer（完整答案）、problem（出错）",
            "events part (the text so far, each replaces the last), answer (the whole), problem",
        ),
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def router(assistant: Assistant, gate: Gate, models: Gate) -> APIRouter:
    """The routes; quoting and searching go through ``gate``, a language model's work through
    ``models``."""
    routes = APIRouter(tags=[both("问答", "questions")], responses=PROBLEMS)

    def parts_of(asked: AskIn, language: Language) -> AsyncGenerator[Answer]:
        filters = asked.filters.filters()
        return _parts(assistant, gate, models, asked.question, asked.turns(), filters, language)

    @routes.post("/ask", response_model=AnswerOut, summary=both("回答问题", "Answer a question"))
    async def ask(
        request: Request, asked: Annotated[AskIn, Body(examples=[_EXAMPLE])]
    ) -> dict[str, Any]:
        language = asked.language or language_of(request)
        async with aclosing(parts_of(asked, language)) as parts:
            async for answer in parts:
                whole = answer
        return answer_to_json(whole)

    @routes.post(
        "/ask/stream",
        response_class=EventSourceResponse,
        responses=_STREAMED,
        summary=both("回答问题，以服务器推送事件流式返回", "Answer, as server-sent events"),
    )
    async def ask_streamed(
        request: Request, asked: Annotated[AskIn, Body(examples=[_EXAMPLE])]
    ) -> EventSourceResponse:
        language = asked.language or language_of(request)
        parts = parts_of(asked, language)
        first = await anext(parts)  # an error now still has a status of its own
        at_once = assistant.asks_model
        return EventSourceResponse(_events(parts, first, at_once, language), ping=PING_SECONDS)

    @routes.post("/search", response_model=SearchOut, summary=both("检索段落", "Rank passages"))
    async def search(asked: SearchIn) -> dict[str, Any]:
        hits = await gate.run(assistant.search, asked.question, asked.k, asked.filters.filters())
        results = [hit_to_json(rank, hit) for rank, hit in enumerate(hits, 1)]
        return {"question": asked.question, "results": results}

    return routes


async def _parts(
    assistant: Assistant,
    gate: Gate,
    models: Gate,
    question: str,
    turns: Sequence[Turn],
    filters: Filters,
    language: Language,
) -> AsyncGenerator[Answer]:
    """The parts of an answer; whoever stops listening ends the language model's work.

    :raises Refusal: at once, if too many questions are waiting.
    """
    left = threading.Event()
    parts = assistant.stream(question, turns, filters, language, left)
    try:
        first = await gate.run(_next, parts)
        assert first is not None
        yield first
        if not assistant.asks_model:
            for following in parts:
                yield following
            return
        try:
            async with models.place():
                while (answer := await models.in_place(_next, parts, abandon=True)) is not None:
                    yield answer
        except Refusal:
            yield replace(
                first, notice=quoting_because(ModelFault("busy").line(language), language)
            )
    finally:
        left.set()


async def _events(
    parts: AsyncGenerator[Answer], first: Answer, at_once: bool, language: Language
) -> AsyncIterator[ServerSentEvent]:
    """The text as it is so far, then the whole answer; a failure on the way is the last event.

    :param at_once: show each part as it comes, though it may be the last.
    """
    from app.web.messages import cut_open_bracket

    def part(answer: Answer) -> ServerSentEvent:
        return _event("part", {"text": cut_open_bracket(answer.text)})

    answer = first
    try:
        async with aclosing(parts):
            if at_once:
                yield part(answer)
            async for following in parts:
                if not at_once:
                    yield part(answer)
                answer = following
        whole = AnswerOut.model_validate(answer_to_json(answer))
        yield _event("answer", whole.model_dump())
    except UserError as error:
        yield _event("problem", problem_of(error, language))
    except Exception:
        _LOG.exception("a streamed question failed")
        yield _event("problem", unexpected(language))


def _next(parts: Iterator[Answer]) -> Answer | None:
    return next(parts, None)


def _event(name: str, value: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(value, ensure_ascii=False), event=name)
