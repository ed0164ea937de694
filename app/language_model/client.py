"""A language model behind an OpenAI-compatible server: messages in, streamed text out.

Whatever goes wrong on the way ends in one :class:`ModelFault` with a line for the reader. The
stream is read by a thread of its own, so that a limit of time holds against every kind of server:
one that accepts and says nothing, one that drips headers, one that keeps the line busy with
comments and never sends a token.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ingest.errors import SettingsError
from ingest.language import Language
from ingest.settings import LlmSettings

if TYPE_CHECKING:
    from openai import OpenAI

FaultKind = Literal[
    "unreachable",  # no connection
    "silent",  # no token in time
    "endless",  # not done in time, or far more text than was asked for
    "key",  # 401, 403
    "no-model",  # 404
    "busy",  # 429
    "server",  # 5xx, or an error sent inside the stream
    "rejected",  # any other status, e.g. 400 for a prompt longer than the model's context
    "malformed",  # not the protocol
    "cut",  # the stream ended before the model did
    "length",  # the model was stopped at `max_tokens`
    "declined",  # the model's or the server's own refusal
    "left",  # nobody waits for the answer any more
]

_LINES: dict[FaultKind, tuple[str, str]] = {
    "unreachable": ("the server cannot be reached", "服务器无法连接"),
    "silent": ("the server took too long to go on", "服务器迟迟没有输出"),
    "endless": ("the answer took too long", "作答用时过长"),
    "key": ("the server did not accept the key", "服务器不接受密钥"),
    "no-model": ("the server does not have this model", "服务器上没有这个模型"),
    "busy": ("the server is busy or the quota is used up", "服务器繁忙或额度已用完"),
    "server": ("the server reported an error", "服务器出错"),
    "rejected": ("the server refused the request", "服务器拒绝了请求"),
    "malformed": ("the server's reply cannot be read", "服务器的回复无法识别"),
    "cut": ("the reply broke off", "回复中途断开"),
    "length": ("the answer was cut at its longest length", "回答超出长度上限而被截断"),
    "declined": ("the model declined to answer", "模型拒绝作答"),
    "left": ("nobody waited for it", "提问者已离开"),
}

_GLANCE = 0.2
"""Every so many seconds it is looked whether somebody still waits."""

_CHARS_PER_TOKEN = 8
"""More text than this per token allowed means that the server does not keep to ``max_tokens``."""


class Message(TypedDict):
    """One message of the prompt."""

    role: Literal["system", "user"]
    content: str


class ModelFault(Exception):
    """Why there is no complete answer from the model."""

    def __init__(self, kind: FaultKind) -> None:
        self.kind = kind
        super().__init__(self.line("en"))

    def line(self, language: Language) -> str:
        """The reason as half a sentence."""
        english, chinese = _LINES[self.kind]
        return chinese if language == "zh" else english


class LanguageModel:
    """The model that the settings name.

    :raises SettingsError: if ``openai`` is not installed, or the variable that should hold the
        key is not set.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self.settings = settings
        self._client = _client(settings)

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int | None = None,
        total_timeout: float | None = None,
        left: threading.Event | None = None,
    ) -> Iterator[str]:
        """Pieces of the model's answer as they arrive; returns when the model ended it itself.

        :param max_tokens: instead of the setting.
        :param total_timeout: seconds, instead of the setting.
        :param left: set when nobody waits any more; ends the work within a moment.
        :raises ModelFault: in every other case, after the pieces that did arrive.
        """
        most = max_tokens or self.settings.max_tokens
        deadline = time.monotonic() + (total_timeout or self.settings.total_timeout)
        reader = _Reader(self._client, self._request(messages, most))
        reader.start()
        received = 0
        try:
            while True:
                text, finish = _read(reader.next(self._patience(deadline), left))
                received += len(text)
                if received > most * _CHARS_PER_TOKEN or time.monotonic() > deadline:
                    raise ModelFault("endless")
                if text:
                    yield text
                if finish:
                    _check_finish(finish)
                    return
        except queue.Empty:
            late = time.monotonic() >= deadline
            raise ModelFault("endless" if late else "silent") from None
        finally:
            reader.stop()

    def complete(self, messages: Sequence[Message], max_tokens: int, total_timeout: float) -> str:
        """The whole answer at once.

        :raises ModelFault: as :meth:`stream`.
        """
        return "".join(self.stream(messages, max_tokens, total_timeout))

    def _request(self, messages: Sequence[Message], most: int) -> dict[str, Any]:
        request = {
            "model": self.settings.model,
            "messages": list(messages),
            "max_tokens": most,
            "stream": True,
        }
        if self.settings.temperature is not None:
            request["temperature"] = self.settings.temperature
        return request

    def _patience(self, deadline: float) -> float:
        return max(0.0, min(self.settings.token_timeout, deadline - time.monotonic()))


class _Reader(threading.Thread):
    """Reads one reply into a queue: chunks, then what ended it (an exception)."""

    def __init__(self, client: OpenAI, request: dict[str, Any]) -> None:
        super().__init__(name="language-model", daemon=True)
        self._client = client
        self._request = request
        self._items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped = threading.Event()

    def next(self, timeout: float, left: threading.Event | None = None) -> Any:
        """The next chunk.

        :raises queue.Empty: if none came within ``timeout`` seconds.
        :raises ModelFault: if there is none, or ``left`` is set.
        """
        until = time.monotonic() + timeout
        while True:
            if left is not None and left.is_set():
                raise ModelFault("left")
            try:
                wait = max(0.0, until - time.monotonic())
                item = self._items.get(timeout=wait if left is None else min(wait, _GLANCE))
                break
            except queue.Empty:
                if time.monotonic() >= until:
                    raise
        if isinstance(item, ModelFault):
            raise item
        return item

    def stop(self) -> None:
        """Let the thread end at the next thing that it reads."""
        self._stopped.set()

    def run(self) -> None:
        answered = False
        try:
            with self._client.chat.completions.create(**self._request) as chunks:
                answered = True
                empty = True
                for chunk in chunks:
                    if self._stopped.is_set():
                        return
                    self._items.put(chunk)
                    empty = False
            self._items.put(ModelFault("malformed" if empty else "cut"))
        except Exception as error:
            self._items.put(ModelFault(_kind_of(error, answered)))


def _client(settings: LlmSettings) -> OpenAI:
    try:
        from openai import DefaultHttpxClient, OpenAI, Timeout
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
    client = OpenAI(
        base_url=base,
        api_key=_key(settings),
        max_retries=0,
        timeout=timeout,
        # A proxy of the environment cannot reach a server on this machine.
        http_client=DefaultHttpxClient(timeout=timeout, trust_env=not _is_local(base)),
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
    from urllib.parse import urlsplit

    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _read(chunk: Any) -> tuple[str, str]:
    """Text and reason of ending in a chunk, both empty where it has none (usage, a role)."""
    try:
        if not chunk.choices:
            return "", ""
        choice = chunk.choices[0]
        text = choice.delta.content or ""
        refusal = getattr(choice.delta, "refusal", None)
        finish = choice.finish_reason or ""
    except (AttributeError, TypeError, KeyError, IndexError):
        raise ModelFault("malformed") from None
    if not isinstance(text, str) or not isinstance(finish, str):
        raise ModelFault("malformed")
    if refusal:
        raise ModelFault("declined")
    return text, finish


def _check_finish(finish: str) -> None:
    """Servers name a natural end differently (stop, eos, end_turn); the others are known."""
    faults: dict[str, FaultKind] = {
        "length": "length",
        "max_tokens": "length",
        "content_filter": "declined",
        "tool_calls": "malformed",
        "function_call": "malformed",
        "error": "server",
        "abort": "cut",
        "cancelled": "cut",
        "insufficient_system_resource": "server",
    }
    if finish in faults:
        raise ModelFault(faults[finish])


def _kind_of(error: Exception, answered: bool) -> FaultKind:
    import openai

    if isinstance(error, openai.APITimeoutError):
        connecting = "Connect" in type(error.__cause__).__name__
        return "unreachable" if connecting else "silent"
    if isinstance(error, openai.APIConnectionError):
        return "cut" if answered else "unreachable"
    if isinstance(error, openai.APIStatusError):
        known: dict[int, FaultKind] = {401: "key", 403: "key", 404: "no-model", 429: "busy"}
        status = error.status_code
        return known.get(status, "server" if status >= 500 else "rejected")
    if isinstance(error, openai.APIError):  # an error object inside the stream
        return "server"
    return "malformed"
