"""Figures for Prometheus: requests, stages of answering, abstentions, what the index holds."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request

from ingest.errors import UserError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.api.gate import Gate
    from app.service import Assistant
    from app.types import Answer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_GROUPS = ("/ui", "/gradio_api", "/mcp", "/api")


class Metrics:
    """One registry with all figures of one server."""

    def __init__(self, assistant: Assistant, gate: Gate) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry(auto_describe=True)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._answers = Counter(
            "zhengcai_answers",
            "Questions by outcome (answered, abstained, or aside: a greeting) and evidence.",
            ["outcome", "evidence"],
            registry=self.registry,
        )
        self._stages = Histogram(
            "zhengcai_stage_seconds",
            "Time of each stage of answering.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "zhengcai_http_requests",
            "HTTP requests.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "zhengcai_http_request_seconds",
            "Time from a request to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        for name, text, value in (
            ("running", "Questions by REST and MCP worked on now.", lambda: gate.running),
            ("waiting", "Questions by REST and MCP waiting for a place.", lambda: gate.waiting),
            ("refused", "Questions turned away since the start.", lambda: gate.refused),
        ):
            gauge = Gauge(f"zhengcai_questions_{name}", text, registry=self.registry)
            gauge.set_function(value)
        away = Gauge(
            "zhengcai_vectors_away",
            "1 while the server of the vectors does not answer and words alone find.",
            registry=self.registry,
        )
        away.set_function(lambda: float(assistant.vectors.fault is not None))
        self.registry.register(_IndexFigures(assistant))
        assistant.on_answer.append(self.count)

    def count(self, answer: Answer) -> None:
        """Count one whole answer."""
        outcome = "aside" if answer.aside else "abstained" if answer.abstained else "answered"
        self._answers.labels(outcome, answer.evidence).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one HTTP request."""
        self._requests.labels(method, route, str(status)).inc()
        self._durations.labels(method, route).observe(seconds)


class Measured:
    """ASGI middleware that counts requests by route; what has no route of its own by its first
    part, so that clients cannot make up labels."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count it when its answer has ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        state: dict[str, str] = dict(scope.get("state", {}))
        scope["state"] = state
        began = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.request(method, _group(path, state), status, time.perf_counter() - began)


_ROUTE = "zhengcai.route"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


async def name_route(request: Request) -> None:
    """Leave the path of a route, with names for its parameters, for :class:`Measured`; a
    dependency of all routes."""
    names = {str(value): f"{{{name}}}" for name, value in request.path_params.items()}
    parts = request.scope["path"].split("/")
    request.scope["state"][_ROUTE] = "/".join(names.get(part, part) for part in parts)


def _group(path: str, state: dict[str, str]) -> str:
    if state.get(_ROUTE):
        return state[_ROUTE]
    return next((g for g in _GROUPS if path == g or path.startswith(g + "/")), "page")


class _IndexFigures(Collector):
    """What the index that serves holds; nothing where there is none."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._known: tuple[tuple[str, int], int, int] | None = None

    def collect(self) -> Iterable[Metric]:
        """The figures as they are now."""
        documents = GaugeMetricFamily("zhengcai_documents", "Documents in the index.")
        passages = GaugeMetricFamily("zhengcai_passages", "Passages in the index.")
        changes = GaugeMetricFamily(
            "zhengcai_index_changes", "Documents added, replaced or removed in this generation."
        )
        generation = GaugeMetricFamily(
            "zhengcai_index_generation_info",
            "The generation of the index that serves.",
            labels=["generation"],
        )
        try:
            index = self._assistant.index
            key = (index.generation, index.changes)
            if self._known is None or self._known[0] != key:
                records = index.documents()
                self._known = (key, len(records), sum(r.passages for r in records))
        except UserError:
            return []
        documents.add_metric([], self._known[1])
        passages.add_metric([], self._known[2])
        changes.add_metric([], key[1])
        generation.add_metric([key[0]], 1)
        return [documents, passages, changes, generation]
