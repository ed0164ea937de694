"""The page: one Gradio component that loads the chat's own script and style."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.i18n import strings
from ingest.settings import Settings

if TYPE_CHECKING:
    from fastapi.responses import Response
    from gradio import Column
    from gradio.themes import Base

ASSETS = Path(__file__).with_name("assets")
FONTS = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif"]
MONOSPACE = ["ui-monospace", "Consolas", "Noto Sans Mono CJK SC", "monospace"]
STRINGS_MODULE = "js/strings.js"
FRESH = {"cache-control": "no-store"}


@cache
def version() -> str:
    """Names the assets as they are; part of their address, so that browsers may keep them."""
    digest = hashlib.sha256(strings_module().encode())
    for file in sorted(ASSETS.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def asset_url(name: str) -> str:
    """Address of an asset, relative to the page."""
    return f"./ui/assets/{version()}/{name}"


@cache
def strings_module() -> str:
    """All strings of the interface as a script module."""
    both = {"zh": strings("zh"), "en": strings("en")}
    return f"export const STRINGS = {json.dumps(both, ensure_ascii=False)};\n"


def bare_page(
    title: str, language: str, name: str, styles: Sequence[str], script: str, base: str = ""
) -> str:
    """A page without Gradio, drawn by the script module ``script`` into ``#zhengcai.<name>``.

    :param language: the setting ``server.language``; the script chooses by it.
    :param base: what addresses are relative to; nobody is to list a page that has one.
    """
    links = "".join(f'<link rel="stylesheet" href="{asset_url(style)}">\n' for style in styles)
    deep = f'<meta name="robots" content="noindex"><base href="{base}">\n' if base else ""
    return f"""<!doctype html>
<html lang="{"en" if language == "en" else "zh-CN"}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{deep}<title>{escape(title)}</title>
{links}<script type="module" src="{asset_url(script)}"></script>
</head>
<body><div id="zhengcai" class="{name}" aria-busy="true" data-language="{language}"></div></body>
</html>"""


def fresh_json(value: Any, status: int = 200) -> Response:
    """An answer that the browser asks for anew each time."""
    from fastapi.responses import JSONResponse

    return JSONResponse(value, status, FRESH)


def chat_page() -> Column:
    """The place of the chat, as a Gradio component; to be made inside ``gr.Blocks``.

    It is empty, since Gradio's components with content of their own compile it in the browser,
    which the page's policy forbids (:mod:`app.web.security`). :func:`chat_head` fills it.
    """
    import gradio as gr

    return gr.Column(elem_id="zhengcai-page")


def chat_head(settings: Settings) -> str:
    """What the head of Gradio's page holds, so that the chat is drawn into its place."""
    language, style = settings.server.language, asset_url("chat.css")
    return (
        f'<meta name="zhengcai" data-language="{language}" data-style="{style}">'
        f'<script type="module" src="{asset_url("js/start.js")}"></script>'
    )


def theme() -> Base:
    """Gradio's plainest theme, with fonts that are on the reader's machine."""
    import gradio as gr

    return gr.themes.Base(font=FONTS, font_mono=MONOSPACE)
