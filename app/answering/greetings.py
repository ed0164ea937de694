"""你好, 谢谢, 你能做什么: a friendly line and examples instead of a search."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ingest.language import Language


def reply_to(question: str, language: Language = "zh") -> str | None:
    """What is said to a greeting, ``None`` where something is asked."""
    known = _known()
    group = known["groups"].get(_plain(question))
    return None if group is None else "\n".join([group[language], *known["examples"]])


def _plain(text: str) -> str:
    """``text`` without punctuation, white space and case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


@lru_cache(maxsize=1)
def _known() -> dict[str, Any]:
    text = files("app").joinpath("answering", "greetings.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    examples = data.pop("examples")
    groups = {_plain(said): group for group in data.values() for said in group["said"]}
    return {"groups": groups, "examples": examples}
