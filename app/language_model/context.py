"""How many tokens a model holds, as far as its server says. OpenAI's interface has no word for it;
vLLM, LM Studio and OpenRouter say it among the models, llama.cpp and Ollama in routes of their own.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

_SECONDS = 2.0
_OF_A_MODEL = ("max_model_len", "loaded_context_length", "context_length", "max_context_length")
_OLLAMA_DEFAULT = 4096


def context_of(base_url: str, model: str, key: str, trust_env: bool) -> int | None:
    """How many tokens ``model`` holds; ``None`` where the server at ``base_url`` does not say.

    :param key: what the server wants to see.
    :param trust_env: whether proxies of the environment are used.
    """
    import httpx

    base = base_url.rstrip("/")
    root = base.removesuffix("/v1")
    headers = {"authorization": f"Bearer {key}"}
    secure = base.startswith("https:")  # certificates take a while to read
    with httpx.Client(
        timeout=_SECONDS, headers=headers, trust_env=trust_env, verify=secure
    ) as client:

        def asked(path: str, **body: Any) -> Any:
            with suppress(httpx.HTTPError, ValueError):
                reply = client.post(path, json=body) if body else client.get(path)
                return reply.json() if reply.is_success else None
            return None

        listed = _listed(asked(f"{base}/models"), model)
        if said := next((n for key in _OF_A_MODEL if (n := _number(listed.get(key)))), None):
            return said
        if said := _number(_at(asked(f"{root}/props"), "default_generation_settings", "n_ctx")):
            return said
        return _of_ollama(asked(f"{root}/api/ps"), asked(f"{root}/api/show", model=model), model)


def _listed(models: Any, model: str) -> dict[str, Any]:
    """What a list of models says of one."""
    found = _at(models, "data")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return next((row for row in rows if row.get("id") == model), {})


def _of_ollama(loaded: Any, shown: Any, model: str) -> int | None:
    """What it gives a model: as loaded, as its file says, or its default, however long the model's
    own context is."""
    running = _at(loaded, "models")
    for row in running if isinstance(running, list) else []:
        named = isinstance(row, dict) and model in (row.get("name"), row.get("model"))
        if named and (said := _number(row.get("context_length"))):
            return said
    if not isinstance(shown, dict) or "model_info" not in shown:
        return None
    for line in str(shown.get("parameters", "")).splitlines():
        name, _, value = line.strip().partition(" ")
        if name == "num_ctx" and value.strip().isdigit():
            return int(value)
    return _OLLAMA_DEFAULT


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
