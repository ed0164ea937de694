"""The web chat: a Gradio app whose page is one custom component, and what the page fetches.

Gradio serves the page, queues questions and streams answers (``/gradio_api/call/ask``); the
conversation and the source panel are drawn by ``app/assets``. :func:`build_app` gives the ASGI
app, :func:`serve` runs it.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from app.i18n import text_in
from app.outward import explained_outward
from app.web.messages import filters_of, message_of, scope_of, turns_of
from ingest.errors import UserError
from ingest.language import Language, pick
from ingest.settings import ServerSettings, Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from gradio import Blocks
    from starlette.types import ASGIApp

    from app.api.parts import Gates
    from app.service import Assistant
    from app.web.sealing import Seals

SESSIONS = 200
PAUSE = 1.0
"""Seconds without news after which the browser is told that it goes on."""
_LOG = logging.getLogger(__name__)


def build_app(assistant: Assistant, settings: Settings) -> ASGIApp:
    """The chat as an ASGI app. It asks for nothing but what it serves itself."""
    _keep_offline()
    import gradio as gr
    from fastapi import FastAPI

    from app.accounts.account import add_account
    from app.accounts.doors import Doors
    from app.accounts.login import add_login
    from app.accounts.visitors import Visitors
    from app.api.bodies import Bodies
    from app.api.mounting import add_api
    from app.api.parts import Gates
    from app.api.quotas import Quotas
    from app.web.conversation_routes import add_conversations
    from app.web.ending import Ending
    from app.web.gradio_door import narrow
    from app.web.library_routes import add_library
    from app.web.page import chat_head, theme
    from app.web.routes import add_routes
    from app.web.sealing import Seals
    from app.web.security import SecureHeaders
    from app.web.watching import Watched
    from ingest.securitylog import SecurityLog

    app: FastAPI = FastAPI(
        title=text_in("zh", "title"), docs_url=None, redoc_url=None, openapi_url=None
    )
    visitors = Visitors(settings)
    log = SecurityLog(settings)
    add_login(app, visitors, log)
    add_account(app, visitors, log)
    add_routes(app, assistant, settings)
    seals = Seals(settings)
    add_conversations(app, assistant, settings, seals)
    add_library(app, assistant, settings)
    gates = Gates.of(settings)
    add_api(app, assistant, settings, gates)
    app = gr.mount_gradio_app(
        app,
        _blocks(assistant, gates, settings, seals),
        path="/",
        server_name=settings.server.host,
        server_port=settings.server.port,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        theme=theme(),
        head=chat_head(settings),
        show_error=False,
    )
    narrow(app)
    if log.questions:
        assistant.on_answer.append(lambda answer: log.note("question", text=answer.question))
    behind = Bodies(Quotas(app, settings.public), settings)
    return Ending(SecureHeaders(Watched(Doors(behind, visitors), log)))


def _blocks(assistant: Assistant, gates: Gates, settings: Settings, seals: Seals) -> Blocks:
    import gradio as gr

    from app.web.page import chat_page

    async def ask(
        question: str, history: list[Any], filters: dict[str, Any], language: str
    ) -> AsyncIterator[dict[str, Any]]:
        """Answer a question from the corpus, with citations; the answer grows until it is final."""
        said = stream(assistant, gates, seals, question, history, filters, language)
        async with aclosing(said) as messages:
            async for message in messages:
                yield message

    with gr.Blocks(
        title=text_in("zh", "title"), analytics_enabled=False, fill_width=True
    ) as blocks:
        # Gradio keeps so many sessions' state, of which the page has none; its 10,000 take 140 MB
        blocks.state_session_capacity = SESSIONS
        chat_page()
        gr.api(ask, api_name="ask", concurrency_limit=None)  # the gates limit it
    return blocks


async def stream(
    assistant: Assistant,
    gates: Gates,
    seals: Seals,
    question: str,
    history: list[Any],
    filters: dict[str, Any],
    language: str,
) -> AsyncGenerator[dict[str, Any]]:
    """Growing messages for the browser (see :mod:`app.web.messages`), the last one ``final`` and
    sealed (see :mod:`app.web.sealing`); ``{"waiting": True}`` while none comes, since Gradio
    notices only then that the reader left.

    A failure is one message ``{"error": text, "final": True}``.
    """
    from app.api.parts import parts_of, with_pauses

    words: Language = "en" if language == "en" else "zh"
    if not isinstance(question, str) or not isinstance(history, list):
        yield {"error": text_in(words, "failed"), "final": True}
        return
    asked = question.strip()
    try:
        limits = filters_of(filters)
        answers = parts_of(assistant, gates, asked, turns_of(history), limits, words)
        at_once = assistant.asks_model  # the quotes are shown while it writes
        answer = None
        async with aclosing(with_pauses(answers, PAUSE)) as parts:
            async for following in parts:
                if following is None:
                    yield {"waiting": True}
                    continue
                shown = following if at_once else answer
                if shown is not None:
                    yield message_of(shown, final=False)
                answer = following
        assert answer is not None
        yield seals.sealed(message_of(answer), scope_of(limits))
    except Exception as error:  # Gradio would show the reader nothing but "Error"
        told = explained_outward(error)
        if told is None:
            _LOG.exception("a question failed")
        yield {"error": told.line(words) if told else text_in(words, "failed"), "final": True}


def serve(assistant: Assistant, settings: Settings) -> None:
    """Run the chat until it is interrupted; prints the address once it can be used.

    :raises IndexStateError: if nothing was ingested.
    :raises SettingsError: if everybody could change the corpus from elsewhere.
    :raises UserError: if the address cannot be had.
    """
    from app.accounts.visitors import anonymous_role

    anonymous_role(settings)
    assistant.index  # noqa: B018 - says at once what is missing
    listening = _listen(settings.server)
    with listening:
        server(assistant, settings).run(sockets=[listening])


def server(assistant: Assistant, settings: Settings) -> uvicorn.Server:
    """The chat, warm and ready to run; it prints its address once it can be used.

    :raises IndexStateError: if nothing was ingested.
    """
    app = build_app(assistant, settings)
    import uvicorn

    from app.web.connections import connections

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(settings.server)

    assistant.warm()
    # What is loaded stays. To look through it for garbage would hold up everybody for a second
    gc.collect()
    gc.freeze()
    proxies = list(settings.server.proxies)
    config = uvicorn.Config(
        app,
        http=connections(settings.server),
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        server_header=False,
    )
    return Announcing(config)


def _announce(server: ServerSettings) -> None:
    host = "127.0.0.1" if server.host in ("0.0.0.0", "::", "") else server.host
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{server.port}"
    print(pick(f"政采问答 is ready: {address}", f"政采问答已就绪：{address}"), flush=True)


def _listen(server: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((server.host, server.port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UserError(
            "address-in-use",
            f"{server.host}:{server.port}",
            f"the chat cannot listen there ({error.strerror or error})",
            "Stop the other program or set another server.port (ZHENGCAI_SERVER__PORT)",
            (
                f"无法在该地址监听（{error.strerror or error}）",
                "请停止占用它的程序，或更改 server.port（环境变量 ZHENGCAI_SERVER__PORT）",
            ),
        ) from None
    return listening


def _keep_offline() -> None:
    """Keep Gradio and the hub's client from asking anything of the network."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"
