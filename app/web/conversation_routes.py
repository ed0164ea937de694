"""What the page does with a conversation besides asking: verdicts, follow-ups, files, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app import feedback, shares
from app.accounts.doors import visitor_of
from app.exports import to_docx, to_markdown
from app.followups import FollowUps
from app.i18n import text_in
from app.web.messages import filters_of, turns_of
from app.web.page import FRESH, bare_page, fresh_json
from app.web.sealing import Seals, checked
from ingest.errors import UserError
from ingest.language import Language
from ingest.settings import Settings
from ingest.validity import date_of

if TYPE_CHECKING:
    from app.service import Assistant
    from app.web.sealing import Checked
    from ingest.storage.catalogue import DocumentRecord

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_MESSAGES = 200
Text = Annotated[str, Field(max_length=20_000)]


class VerdictIn(BaseModel):
    """A reader's verdict on an answer; see :func:`app.feedback.record`."""

    id: Annotated[str, Field(min_length=1, max_length=feedback.LONGEST_ID)]
    rating: Literal["up", "down"]
    reason: Text = ""
    question: Text
    answer: Text
    citations: Annotated[list[Text], Field(max_length=200)] = []


class NearIn(BaseModel):
    """What the last answer cites, and what was asked so far."""

    places: Annotated[list[tuple[str, int, int]], Field(max_length=200)]
    asked: Annotated[list[Text], Field(max_length=MOST_MESSAGES)] = []
    filters: dict[str, Any] = {}


class ConversationIn(BaseModel):
    """A conversation as the browser keeps it."""

    title: Text = ""
    language: Language = "zh"
    messages: Annotated[list[Any], Field(max_length=MOST_MESSAGES)]


class WithdrawIn(BaseModel):
    """The secret of who made a link."""

    secret: Text


def add_conversations(app: FastAPI, assistant: Assistant, settings: Settings, seals: Seals) -> None:
    """Add ``/ui/feedback``, ``/ui/followups``, ``/ui/export``, ``/ui/share`` and ``/share``."""
    follow_ups = FollowUps(assistant)

    @app.post("/ui/feedback", include_in_schema=False)
    def verdict(given: VerdictIn, request: Request) -> Response:
        feedback.record(
            settings,
            question=given.question,
            answer=given.answer,
            rating=given.rating,
            citations=given.citations,
            reason=given.reason,
            who=visitor_of(request).name,
            answer_id=given.id,
        )
        return fresh_json({"kept": True}, 201)

    @app.post("/ui/followups", include_in_schema=False)
    def near(given: NearIn) -> Response:
        found = follow_ups.after(given.places, given.asked, filters_of(given.filters))
        return fresh_json({"questions": found})

    @app.post("/ui/export/{kind}", include_in_schema=False)
    def export(kind: Literal["md", "docx"], given: ConversationIn) -> Response:
        found = checked(given.messages, seals, assistant.index)
        if given.messages and not found.messages:
            raise _nothing_holds()
        turns = turns_of(found.messages, MOST_MESSAGES)
        if kind == "docx":
            content, media = to_docx(turns, given.language, given.title), _WORD
        else:
            text = to_markdown(turns, given.language, given.title)
            content, media = text.encode("utf-8", "replace"), "text/markdown; charset=utf-8"
        name = given.title[:80] or text_in(given.language, "title")
        named = quote(f"{name}.{kind}".encode("utf-8", "replace"), safe="")
        headers = {
            **FRESH,
            "content-disposition": f"attachment; filename*=utf-8''{named}",
            "x-left-out": str(found.left_out),
        }
        return Response(content, media_type=media, headers=headers)

    @app.post("/ui/share", include_in_schema=False)
    def share(given: ConversationIn) -> Response:
        """A title could say anything, so a link goes by the first question that was answered."""
        found = checked(given.messages, seals, assistant.index)
        title = found.messages[0]["question"] if found.messages else ""
        messages = [{**message, "final": True} for message in found.messages]
        made, secret = shares.publish(settings, messages, title, given.language, _cited(found))
        answer = {"id": made.id, "secret": secret, "leftOut": found.left_out}
        return fresh_json(answer, 201)

    @app.delete("/ui/share/{id}", include_in_schema=False)
    def withdraw(id: str, given: WithdrawIn) -> Response:
        """Only whoever holds the link's secret takes it back."""
        gone = shares.withdraw(settings, id, given.secret)
        return fresh_json({"withdrawn": gone}, 200 if gone else 404)

    @app.get("/ui/share/{id}", include_in_schema=False)
    def shared(id: str) -> Response:
        found = shares.read(settings, id)
        if found is None:
            return fresh_json({"missing": True}, 404)
        records = {record.id: record for record in assistant.index.documents()}
        cited = [{**one, "now": _now(one, records.get(one["document"]))} for one in found.cited]
        return fresh_json(
            {
                "title": found.title,
                "created": found.created,
                "messages": list(found.messages),
                "cited": cited,
            }
        )

    @app.get("/share/{id}", include_in_schema=False)
    def page(id: str) -> Response:
        """The page that shows a shared conversation; what it holds is fetched by its script."""
        found = shares.read(settings, id) is not None
        return HTMLResponse(_page(settings), 200 if found else 404, FRESH)


def _cited(found: Checked) -> list[dict[str, Any]]:
    return [
        {
            "document": record.id,
            "title": record.title,
            "version": date_of(record),
            "content_hash": record.content_hash,
        }
        for record in found.cited
    ]


def _now(cited: dict[str, Any], record: DocumentRecord | None) -> str:
    """What became of a cited document since the link was made."""
    if record is None:
        return "gone"
    if record.content_hash != cited["content_hash"]:
        return "changed"
    return "superseded" if record.superseded else "same"


def _nothing_holds() -> UserError:
    return UserError(
        "not-checked",
        "conversation",
        "none of its answers can be checked against the documents as they are now",
        "Ask again, then export",
        ("对话中的答案均无法与现有文件核对", "请重新提问后再导出"),
    )


def _page(settings: Settings) -> str:
    return bare_page(
        title=text_in("zh", "title"),
        language=settings.server.language,
        name="shared",
        styles=("chat.css",),
        script="js/share.js",
        base="../",
    )
