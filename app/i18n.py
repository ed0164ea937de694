"""The words of the interface, as ``app/data`` keeps them: a file a language with the same keys."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from ingest.language import Language


def text_in(language: Language, key: str) -> str:
    """One string of the interface; ``{name}`` in it is filled in by whoever shows it.

    >>> text_in("en", "covers").format(n=3)
    'Documents loaded: 3'

    :raises KeyError: if there is none by this name.
    """
    return strings(language)[key]


@cache
def strings(language: Language) -> dict[str, str]:
    """All strings of the interface in one language."""
    text = (files("app") / "data" / f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
