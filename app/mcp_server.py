"""The MCP server: tools ``ask``, ``search``, ``read_section`` and ``list_documents``.

Over standard input and output for clients that start it (``python -m app mcp``), and over
streamable HTTP at ``/mcp`` of the chat's server. Every result has the words for a model to read
and the same as structured data, in the form of the REST interface. All tools only read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from app.api.document_models import DocumentsOut, SectionOut
from app.api.documents import listed, read_section
from app.api.gate import Gate
from app.api.guard import Guard
from app.api.models import (
    AnswerOut,
    FiltersIn,
    Question,
    SearchOut,
    both,
)
from app.as_json import answer_to_json, hit_to_json
from app.dated import Versioned, taken_words, version_words
from app.outward import outward
from app.types import Answer, Hit
from ingest.errors import UserError
from ingest.settings import ServerSettings

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from app.service import Assistant

T = TypeVar("T")
PATH = "/mcp"
MOST_LISTED = 200
INSTRUCTIONS = both(
    "政府采购政策问答。答案逐句引用官方文件原文；引用时请保留 [n] 及其 official 出处。"
    "abstained 为 true 表示已收录的文件不能回答，不要自行作答。",
    "Questions on Chinese government procurement. Answers quote official texts sentence by "
    "sentence; keep each [n] with its official reference. If abstained is true the corpus does "
    "not answer: do not answer from elsewhere.",
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

Language = Literal["zh", "en"]
Words = Annotated[
    Language,
    Field(description=both("引文之外文字的语言", "language of the words around the quotes")),
]
Limits = Annotated[
    FiltersIn | None, Field(description=both("限定检索的文件", "limits on the documents"))
]


def server_for(assistant: Assistant, gate: Gate, models: Gate | None = None) -> MCPServer[Any]:
    """A server with all tools; the work is done through ``gate``, what a language model writes
    through ``models``."""
    asking = models if models is not None and assistant.asks_model else gate
    logging.basicConfig(level=logging.WARNING)  # else MCPServer sets up coloured logs for all
    server: MCPServer[Any] = MCPServer(
        "zhengcai", title="政采问答", instructions=INSTRUCTIONS, version="1", log_level="WARNING"
    )

    @server.tool(
        title=both("回答问题", "Answer a question"),
        description=both(
            "回答政府采购、政府购买服务方面的问题，逐句注明出处；不能回答时明确说明。",
            "Answers a question about Chinese government procurement from official texts, each "
            "sentence cited; says so when the texts hold no answer.",
        ),
        annotations=_READS,
    )
    async def ask(
        question: Annotated[Question, Field(description=both("问题", "the question"))],
        filters: Limits = None,
        language: Words = "zh",
    ) -> Annotated[CallToolResult, AnswerOut]:
        limits = (filters or FiltersIn()).filters()
        answer = await _told(asking, language, assistant.ask, question, (), limits, language)
        value = AnswerOut.model_validate(answer_to_json(answer))
        return _result(_answer_text(answer), value.model_dump())

    @server.tool(
        title=both("检索段落", "Search passages"),
        description=both(
            "检索与问题最相关的原文段落，按相关程度排列；不作回答。",
            "Finds the passages of the official texts that bear on a question, best first; "
            "does not answer.",
        ),
        annotations=_READS,
    )
    async def search(
        question: Annotated[Question, Field(description=both("问题或关键词", "question or words"))],
        k: Annotated[int, Field(ge=1, le=50, description=both("段落数", "how many"))] = 10,
        filters: Limits = None,
        language: Words = "zh",
    ) -> Annotated[CallToolResult, SearchOut]:
        limits = (filters or FiltersIn()).filters()
        hits = await _told(gate, language, assistant.search, question, k, limits)
        results = [hit_to_json(rank, hit) for rank, hit in enumerate(hits, 1)]
        return _result(_hits_text(hits), {"question": question, "results": results})

    @server.tool(
        name="read_section",
        title=both("读取条款", "Read a section"),
        description=both(
            "读取一份文件中某一条款的原文、公文引用格式和相邻条款。用 section 给出条款"
            "（如 第二十二条第一款、三、或标题），或用引文中的 start 和 end。",
            "Reads the exact text of one section of a document, with its official reference and "
            "the sections beside it. Name the section (第二十二条, 三、, a heading) or give start "
            "and end as a citation has them.",
        ),
        annotations=_READS,
    )
    async def read_section_(
        document: Annotated[
            str, Field(max_length=300, description=both("文件编号或标题", "id or title"))
        ],
        section: Annotated[
            str | None,
            Field(max_length=300, description=both("条款名称", "name of the section")),
        ] = None,
        start: Annotated[int | None, Field(ge=0)] = None,
        end: Annotated[int | None, Field(ge=1)] = None,
        language: Words = "zh",
    ) -> Annotated[CallToolResult, SectionOut]:
        read = await _told(gate, language, read_section, assistant, document, section, start, end)
        return _result(_section_text(read), SectionOut.model_validate(read).model_dump())

    @server.tool(
        title=both("列出文件", "List documents"),
        description=both(
            f"列出已收录的文件（最多 {MOST_LISTED} 份）及其编号、文号、日期和效力。",
            f"Lists the documents of the corpus (at most {MOST_LISTED}) with id, number, dates "
            "and whether a newer version is in force.",
        ),
        annotations=_READS,
    )
    async def list_documents(
        words: Annotated[
            str, Field(max_length=200, description=both("标题或文号含有", "in title or number"))
        ] = "",
        filters: Limits = None,
        language: Words = "zh",
    ) -> Annotated[CallToolResult, DocumentsOut]:
        found = await _told(gate, language, listed, assistant, filters or FiltersIn(), words)
        shown = found[:MOST_LISTED]
        value = DocumentsOut.model_validate({"total": len(found), "documents": shown})
        return _result(_documents_text(shown), value.model_dump())

    return server


def serve_stdio(assistant: Assistant) -> None:
    """Serve on standard input and output until the client closes them."""
    gate = Gate(assistant.settings.server.concurrent, assistant.settings.server.waiting)
    threading.Thread(target=_warm, args=(assistant,), daemon=True).start()
    server_for(assistant, gate).run("stdio")


def streamable_http(
    server: MCPServer[Any], settings: ServerSettings
) -> tuple[Sequence[BaseRoute], Callable[[], AbstractAsyncContextManager[None]]]:
    """The route of :data:`PATH`, and the context in which it works."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        transport_security=_security(settings),
    )

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return app.routes, running


def _security(settings: ServerSettings) -> TransportSecuritySettings:
    """The same names as :class:`app.api.guard.Guard` accepts."""
    names = Guard(_nowhere, settings.host, settings.allowed_hosts).names
    if names is None:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    hosts = [f"[{name}]" if ":" in name else name for name in sorted(names)]
    return TransportSecuritySettings(
        allowed_hosts=[form for host in hosts for form in (host, f"{host}:*")],
        allowed_origins=[
            f"{scheme}://{host}{port}"
            for host in hosts
            for scheme in ("http", "https")
            for port in ("", ":*")
        ],
    )


async def _nowhere(scope: Any, receive: Any, send: Any) -> None:
    return


async def _told(gate: Gate, language: Language, work: Callable[..., T], *arguments: object) -> T:
    """What ``work`` gives.

    :raises ToolError: with the line for the reader, where ``work`` fails by the user's mistake.
    """
    try:
        return await gate.run(work, *arguments)
    except UserError as error:
        raise ToolError(outward(error).line(language)) from None


def _warm(assistant: Assistant) -> None:
    """Load ahead of the first call; what is missing, the call itself will say."""
    with suppress(UserError):
        assistant.warm()


def _result(text: str, value: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=value)


def _answer_text(answer: Answer) -> str:
    lines = [answer.text.strip()]
    if answer.notice:
        lines.append(answer.notice)
    for c in answer.citations:
        place = f"{c.document} {c.start}–{c.end}  {c.url or ''}"
        lines += ["", f"[{c.n}] {c.official}{_version(c)}  {place}"]
        lines.append(c.text)
    if answer.abstained:
        lines += [
            f"· {h.title} {h.passage.citation}{_version(h)}: {h.passage.text}"
            for h in answer.nearest
        ]
    return "\n".join(lines)


def _version(place: Versioned) -> str:
    words = version_words(place, "zh")
    return f"（{words}）" if words else ""


def _hits_text(hits: Sequence[Hit]) -> str:
    return "\n\n".join(
        f"{rank}. {hit.title} {hit.passage.citation}{_version(hit)}"
        f"  {hit.passage.document} {hit.passage.start}–{hit.passage.end}\n{hit.passage.text}"
        for rank, hit in enumerate(hits, 1)
    )


def _section_text(read: dict[str, Any]) -> str:
    beside = [
        f"{arrow} {read[key]['section']}"
        for key, arrow in (("previous", "←"), ("next", "→"))
        if read[key]
    ]
    place = f"{read['document']} {read['start']}–{read['end']}  {read['url'] or ''}"
    head = f"{read['official']}{_version(SectionOut.model_validate(read))}  {place}"
    return "\n".join([head, read["text"], *beside])


def _documents_text(documents: Sequence[dict[str, Any]]) -> str:
    return "\n".join(
        "  ".join(
            str(part)
            for part in (
                d["id"],
                d["title"],
                d["number"],
                d["version"] or d["published"],
                taken_words(d["replaced_by"], d["superseded"], "zh"),
            )
            if part
        )
        for d in documents
    )
