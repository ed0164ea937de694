"""``POST /api/v1/feedback``: a reader's verdict on an answer, kept by :mod:`app.feedback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from app.accounts.doors import require
from app.accounts.visitors import Visitor
from app.api.gate import Gate
from app.api.models import PROBLEMS, In, Question, both
from app.feedback import LONGEST_ID, LONGEST_REASON, MOST_CITATIONS, record

if TYPE_CHECKING:
    from app.service import Assistant


class FeedbackIn(In):
    """对一个答案的评价 · A verdict on an answer."""

    question: Question = Field(description=both("所问的问题", "the question that was answered"))
    answer: str = Field("", max_length=40_000, description=both("答案", "the answer"))
    rating: Literal["up", "down"]
    reason: str = Field("", max_length=LONGEST_REASON, description=both("理由", "why"))
    citations: list[str] = Field(
        default_factory=list,
        max_length=MOST_CITATIONS,
        description=both("引文的 official", "the official of its citations"),
    )
    answer_id: str | None = Field(
        None,
        max_length=LONGEST_ID,
        description=both("答案的编号；再次评价取代前一次", "names the answer; the last one counts"),
    )


class FeedbackOut(BaseModel):
    """已保存的评价 · The verdict as kept."""

    id: str
    time: str
    rating: Literal["up", "down"]


def router(assistant: Assistant, gate: Gate) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=[both("评价", "feedback")], responses=PROBLEMS)

    @routes.post("/feedback", status_code=201, summary=both("评价答案", "Rate an answer"))
    async def feedback(
        given: FeedbackIn, visitor: Annotated[Visitor, Depends(require("reader"))]
    ) -> FeedbackOut:
        values = given.model_dump()
        kept = await gate.run(lambda: record(assistant.settings, who=visitor.name, **values))
        return FeedbackOut(id=kept.id, time=kept.time, rating=kept.rating)

    return routes
