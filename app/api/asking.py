"""``POST /api/v1/ask``, the same streamed, and ``POST /api/v1/search``."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request

from app.api.models import PROBLEMS, AnswerOut, AskIn, SearchIn, SearchOut, both
from app.api.parts import Gates, parts_of, with_pauses
from app.api.problems import language_of, problem_of, unexpected
from app.as_json import answer_to_json, hit_to_json
from app.outward import explained_outward
from ingest.language import Language

if TYPE_CHECKING:
    from app.service import Assistant
    from app.types import Answer

PING_SECONDS = 15
PATIENCE = 0.5
"""After so many seconds without a text the reader gets the headers and a ping."""
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


def router(assistant: Assistant, gates: Gates) -> APIRouter:
    """The routes; what they do goes through ``gates``."""
    routes = APIRouter(tags=[both("问答", "questions")], responses=PROBLEMS)

    def parts(asked: AskIn, language: Language) -> AsyncGenerator[Answer]:
        filters = asked.filters.filters()
        return parts_of(assistant, gates, asked.question, asked.turns(), filters, language)

    @routes.post("/ask", response_model=AnswerOut, summary=both("回答问题", "Answer a question"))
    async def ask(
        request: Request, asked: Annotated[AskIn, Body(examples=[_EXAMPLE])]
    ) -> dict[str, Any]:
        language = asked.language or language_of(request)
        async with aclosing(parts(asked, language)) as answers:
            async for answer in answers:
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
        answers = with_pauses(parts(asked, language), PATIENCE)
        first = await anext(answers)  # an error now still has a status of its own
        at_once = assistant.asks_model
        return EventSourceResponse(_events(answers, first, at_once, language), ping=PING_SECONDS)

    @routes.post("/search", response_model=SearchOut, summary=both("检索段落", "Rank passages"))
    async def search(asked: SearchIn) -> dict[str, Any]:
        hits = await gates.quotes.run(
            assistant.search, asked.question, asked.k, asked.filters.filters()
        )
        results = [hit_to_json(rank, hit) for rank, hit in enumerate(hits, 1)]
        return {"question": asked.question, "results": results}

    return routes


async def _events(
    parts: AsyncGenerator[Answer | None], first: Answer | None, at_once: bool, language: Language
) -> AsyncIterator[ServerSentEvent]:
    """The text as it is so far, then the whole answer; a failure on the way is the last event.

    :param first: the first of ``parts``; ``None`` where there is a pause.
    :param at_once: show each part as it comes, though it may be the last.
    """
    from app.web.messages import cut_open_bracket

    def part(answer: Answer) -> ServerSentEvent:
        return _event("part", {"text": cut_open_bracket(answer.text)})

    answer = first
    try:
        async with aclosing(parts):
            if first is None:
                yield ServerSentEvent(comment="ping")
            elif at_once:
                yield part(first)
            async for following in parts:
                if following is None:
                    continue
                shown = following if at_once else answer
                if shown is not None:
                    yield part(shown)
                answer = following
        assert answer is not None
        whole = AnswerOut.model_validate(answer_to_json(answer))
        yield _event("answer", whole.model_dump())
    except Exception as error:  # the status is out already, so nobody else can tell the client
        told = explained_outward(error)
        if told is None:
            _LOG.exception("a streamed question failed")
        yield _event("problem", problem_of(told, language) if told else unexpected(language))


def _event(name: str, value: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(value, ensure_ascii=False), event=name)
