"""``/healthz`` (the process runs), ``/readyz`` (it can answer), ``/metrics`` (Prometheus)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.metrics import Metrics
from app.api.problems import Refusal, language_of, response_for
from ingest.errors import UserError

if TYPE_CHECKING:
    from app.service import Assistant

_NOW = {"cache-control": "no-store"}


def router(assistant: Assistant, metrics: Metrics) -> APIRouter:
    """The routes; they stand beside ``/api``, where such tools look for them."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"}, headers=_NOW)

    @routes.get("/readyz")
    def readyz(request: Request) -> Response:
        try:
            return JSONResponse(_state(assistant), headers=_NOW)
        except UserError as error:
            refusal = Refusal(
                503,
                error.code,
                error.where,
                error.what,
                error.remedy,
                error.zh or (error.what, error.remedy),
            )
            return response_for(refusal, language_of(request))

    @routes.get("/metrics")
    def figures() -> Response:
        return Response(
            generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST, headers=_NOW
        )

    return routes


def _state(assistant: Assistant) -> dict[str, Any]:
    """Which index and model serve, and whether vectors help them; without, words still find.

    :raises UserError: if there is none yet.
    """
    index = assistant.index
    if not assistant.warmed:
        raise UserError(
            "loading",
            "model",
            "the model is not loaded yet",
            "Ask again in a few seconds",
            ("模型尚未加载完成", "请几秒后再试"),
        )
    fault = assistant.vectors.fault
    return {
        "status": "ready",
        "vectors": "away" if fault else "there",
        "generation": index.generation,
        "recipe": index.recipe,
        "changes": index.changes,
    }
