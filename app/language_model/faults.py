"""What can go wrong with a language model's server, and what of a reply says so."""

from __future__ import annotations

from typing import Any, Literal

from ingest.language import Language

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


class ModelFault(Exception):
    """Why there is no complete answer from the model."""

    def __init__(self, kind: FaultKind) -> None:
        self.kind = kind
        super().__init__(self.line("en"))

    def line(self, language: Language) -> str:
        """The reason as half a sentence."""
        english, chinese = _LINES[self.kind]
        return chinese if language == "zh" else english


def read_chunk(chunk: Any) -> tuple[str, str]:
    """Text and reason of ending in a chunk, both empty where it has none (usage, a role).

    :raises ModelFault: if it is none, or a refusal.
    """
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


def check_finish(finish: str) -> None:
    """Servers name a natural end differently (stop, eos, end_turn); the others are known.

    :raises ModelFault: if ``finish`` is one of these.
    """
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


def kind_of(error: Exception, answered: bool) -> FaultKind:
    """What an error of the client's library is, ``answered`` where the reply had begun."""
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
