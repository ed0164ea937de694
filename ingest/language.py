"""Which of the two languages a person at the terminal reads."""

from __future__ import annotations

import os
from typing import Literal

Language = Literal["zh", "en"]


def system_language() -> Language:
    """``zh`` if the locale says so (``LC_ALL``, ``LC_MESSAGES``, ``LANG``), else ``en``."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def pick(english: str, chinese: str) -> str:
    """The one of two texts that the person at the terminal reads."""
    return chinese if system_language() == "zh" else english
