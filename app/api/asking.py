"""``POST /api/v1/ask``, the same streamed, and ``POST /api/v1/search``."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Depends
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request

from app.api.gate import Gate
from app.api.models import PROBLEMS, AnswerOut, AskIn, SearchIn, SearchOut, both
from app.api.problems import language_of, problem_of, unexpected
from app.as_json import answer_to_json, hit_to_json
from ingest.errors import UserError
from ingest.language import Language

if TYPE_CHECKING:
    from app.service import Assistant
    from app.types import Answer

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


def router(assistant: Assistant, gate: Gate) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=[both("问答", "questions")], responses=PROBLEMS)

    async def held() -> AsyncIterator[None]:
        async with gate.place():
            yield

    @routes.post("/ask", response_model=AnswerOut, summary=both("回答问题", "Answer a question"))
    async def ask(
        request: Request, asked: Annotated[AskIn, Body(examples=[_EXAMPLE])]
    ) -> dict[str, Any]:
        language = asked.language or language_of(request)
        answer = await gate.run(
            assistant.ask, asked.question, asked.turns(), asked.filters.filters(), language
        )
        return answer_to_json(answer)

    @routes.post(
        "/ask/stream",
        response_class=EventSourceResponse,
        responses=_STREAMED,
        dependencies=[Depends(held)],
        summary=both("回答问题，以服务器推送事件流式返回", "Answer, as server-sent events"),
    )
    async def ask_streamed(
        request: Request, asked: Annotated[AskIn, Body(examples=[_EXAMPLE])]
    ) -> EventSourceResponse:
        language = asked.language or language_of(request)
        parts = assistant.stream(asked.question, asked.turns(), asked.filters.filters(), language)
        first = await gate.in_place(_next, parts)  # an error now still has a status of its own
        return EventSourceResponse(_events(gate, parts, first, language), ping=PING_SECONDS)

    @routes.post("/search", response_model=SearchOut, summary=both("检索段落", "Rank passages"))
    async def search(asked: SearchIn) -> dict[str, Any]:
        hits = await gate.run(assistant.search, asked.question, asked.k, asked.filters.filters())
        results = [hit_to_json(rank, hit) for rank, hit in enumerate(hits, 1)]
        return {"question": asked.question, "results": results}

    return routes


async def _events(
    gate: Gate, parts: Iterator[Answer], first: Answer | None, language: Language
) -> AsyncIterator[ServerSentEvent]:
    """The growing text, then the whole answer; a failure on the way is the last event."""
    from app.web.messages import cut_open_bracket

    answer = first
    try:
        while answer is not None:
            following = await gate.in_place(_next, parts)
            if following is None:
                whole = AnswerOut.model_validate(answer_to_json(answer))
                yield _event("answer", whole.model_dump())
            else:
                yield _event("part", {"text": cut_open_bracket(answer.text)})
            answer = following
    except UserError as error:
        yield _event("problem", problem_of(error, language))
    except Exception:
        _LOG.exception("a streamed question failed")
        yield _event("problem", unexpected(language))


def _next(parts: Iterator[Answer]) -> Answer | None:
    return next(parts, None)


def _event(name: str, value: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(value, ensure_ascii=False), event=name)
