"""A language model behind an OpenAI-compatible server: messages in, streamed text out.

Whatever goes wrong on the way ends in one :class:`ModelFault` with a line for the reader. A reply
is read on an event loop in a thread of its own, so that a limit of time holds against every kind of
server (one that accepts and says nothing, one that drips headers, one that keeps the line busy with
comments), and that leaving closes the connection at once, by which servers see that nobody waits.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypedDict
from urllib.parse import urlsplit

from app.language_model.context import context_of
from app.language_model.faults import ModelFault, check_finish, read_chunk
from app.language_model.replies import Reply
from ingest.errors import SettingsError
from ingest.settings import LlmSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

UNKNOWN_CONTEXT = 4096
"""Tokens that a model is taken to hold whose server does not say."""

_CHARS_PER_TOKEN = 8
"""More text than this per token allowed means that the server does not keep to ``max_tokens``."""


class Message(TypedDict):
    """One message of the prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel:
    """The model that the settings name. ``constrained`` says whether its answers are bound to a
    schema; false as soon as its server turns out not to know how.

    :raises SettingsError: if ``openai`` is not installed, or the variable that should hold the
        key is not set.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self.settings = settings
        self.constrained = settings.constrain
        self._client = _client(settings)

    @cached_property
    def said_context(self) -> int | None:
        """How many tokens the server says that the model holds; ``None`` if it does not say."""
        base = self.settings.base_url or ""
        return context_of(base, self.settings.model, self._client.api_key, not _is_local(base))

    @property
    def context(self) -> int:
        """How many tokens the model is taken to hold. Asks the server, once."""
        return self.settings.context or self.said_context or UNKNOWN_CONTEXT

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int | None = None,
        total_timeout: float | None = None,
        left: threading.Event | None = None,
        schema: dict[str, Any] | None = None,
    ) -> Iterator[str]:
        """Pieces of the model's answer as they arrive; returns when the model ended it itself.

        :param max_tokens: instead of the setting.
        :param total_timeout: seconds, instead of the setting.
        :param left: set when nobody waits any more; ends the work within a moment.
        :param schema: what the answer is bound to, a JSON schema.
        :raises ModelFault: in every other case, after the pieces that did arrive.
        """
        most = max_tokens or self.settings.max_tokens
        deadline = time.monotonic() + (total_timeout or self.settings.total_timeout)
        reply = Reply(self._client, self._request(messages, most, schema))
        received = 0
        try:
            while True:
                text, finish = read_chunk(reply.next(self._patience(deadline), left))
                received += len(text)
                if received > most * _CHARS_PER_TOKEN or time.monotonic() > deadline:
                    raise ModelFault("endless")
                if text:
                    yield text
                if finish:
                    check_finish(finish)
                    return
        except queue.Empty:
            late = time.monotonic() >= deadline
            raise ModelFault("endless" if late else "silent") from None
        finally:
            reply.stop()

    def complete(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        total_timeout: float,
        left: threading.Event | None = None,
    ) -> str:
        """The whole answer at once.

        :raises ModelFault: as :meth:`stream`.
        """
        return "".join(self.stream(messages, max_tokens, total_timeout, left))

    def _request(
        self, messages: Sequence[Message], most: int, schema: dict[str, Any] | None
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "max_tokens": most,
            "stream": True,
        }
        if self.settings.temperature is not None:
            request["temperature"] = self.settings.temperature
        if schema is not None:
            bound = {"name": "answer", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": bound}
        return request

    def _patience(self, deadline: float) -> float:
        return max(0.0, min(self.settings.token_timeout, deadline - time.monotonic()))


def _client(settings: LlmSettings) -> AsyncOpenAI:
    try:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout
    except ImportError:
        raise SettingsError(
            "no-openai",
            "llm.base_url",
            "a language model is set, but the package that speaks to it is not installed",
            "Run `pip install -e '.[llm]'`, or set llm.base_url to null",
            (
                "设置了语言模型，但没有安装所需的软件包",
                "请运行 pip install -e '.[llm]'，或把 llm.base_url 设为 null",
            ),
        ) from None
    timeout = Timeout(
        settings.token_timeout, connect=min(settings.connect_timeout, settings.token_timeout)
    )
    base = settings.base_url or ""
    client = AsyncOpenAI(
        base_url=base,
        api_key=_key(settings),
        max_retries=0,
        timeout=timeout,
        # A proxy of the environment cannot reach a server on this machine.
        http_client=DefaultAsyncHttpxClient(timeout=timeout, trust_env=not _is_local(base)),
    )
    # The environment's accounts are for another server than the one that the settings name.
    client.organization = client.project = None
    return client


def _key(settings: LlmSettings) -> str:
    if settings.api_key_env is None:
        return "none"  # local servers want some key and look at none
    key = os.environ.get(settings.api_key_env, "").strip()
    if not key:
        raise SettingsError(
            "no-key",
            "llm.api_key_env",
            f"the environment variable {settings.api_key_env} is not set",
            "Put the key of the language model's server into it",
            (f"环境变量 {settings.api_key_env} 没有设置", "请把语言模型服务的密钥放入该变量"),
        )
    return key


def _is_local(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
