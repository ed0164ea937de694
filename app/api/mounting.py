"""Puts the REST interface, MCP, health, metrics and the guard into the chat's app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, FastAPI
from pydantic.json_schema import models_json_schema

from app.api import asking, changing, documents, feedback, health, page
from app.api.guard import Guard
from app.api.metrics import Measured, Metrics, name_route
from app.api.models import Problem, both
from app.api.parts import Gates
from app.api.problems import explain_in
from app.mcp_server import server_for, streamable_http
from ingest.settings import Settings

if TYPE_CHECKING:
    from app.service import Assistant

TITLE = "政采问答 API"
ABOUT = both(
    "政府采购政策问答，逐句注明出处。错误均为 application/problem+json（RFC 9457），"
    "语言依 Accept-Language。",
    "Questions on Chinese government procurement, answered with citations. Errors are "
    "application/problem+json (RFC 9457), in the language of Accept-Language.",
)

TOKENS = both(
    "设有账号时使用：python -m app account NAME --token",
    "needed where there are accounts: python -m app account NAME --token",
)


def add_api(app: FastAPI, assistant: Assistant, settings: Settings, gates: Gates) -> None:
    """Add ``/api``, ``/mcp``, ``/healthz``, ``/readyz``, ``/metrics``; to be called before
    anything is mounted at ``/``."""
    gate, models = gates.quotes, gates.models
    metrics = Metrics(assistant, gate)
    named = [Depends(name_route)]
    app.include_router(health.router(assistant, metrics), dependencies=named)
    api = _api(assistant, gates)
    api.openapi()  # kept; made for who asks first, it would hold up everybody
    app.mount("/api", api)
    routes, running = streamable_http(server_for(assistant, gate, models), settings.server)
    app.router.routes.extend(routes)
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(of: Any) -> AsyncIterator[Any]:
        async with before(of) as state, running():
            yield state

    app.router.lifespan_context = lifespan
    app.add_middleware(Guard, bound=settings.server.host, allowed=settings.server.allowed_hosts)
    app.add_middleware(Measured, metrics=metrics)


def _api(assistant: Assistant, gates: Gates) -> FastAPI:
    api = FastAPI(
        title=TITLE,
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
    )
    v1 = APIRouter(prefix="/v1", dependencies=[Depends(name_route)])
    v1.include_router(asking.router(assistant, gates))
    v1.include_router(documents.router(assistant, gates.quotes))
    v1.include_router(changing.router(assistant))
    v1.include_router(feedback.router(assistant, gates.quotes))
    api.include_router(v1)
    api.include_router(page.router(TITLE))
    explain_in(api)
    _describe_problems(api)
    return api


def _describe_problems(api: FastAPI) -> None:
    """Every operation refers to the schema of errors, which no operation returns by type."""
    made = api.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        _, defined = models_json_schema(
            [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
        )
        schema["components"]["schemas"].update(defined["$defs"])
        schema["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": TOKENS}
        }
        schema["security"] = [{}, {"token": []}]
        return schema

    api.openapi = openapi  # type: ignore[method-assign]
