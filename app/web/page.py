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
    from gradio import HTML
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


def chat_page(settings: Settings) -> HTML:
    """The chat as a Gradio component; to be made inside ``gr.Blocks``."""
    import gradio as gr

    options = json.dumps({"language": settings.server.language, "style": asset_url("chat.css")})
    return gr.HTML(
        value="",
        html_template='<div id="zhengcai" aria-busy="true"></div>',
        js_on_load=(
            f'import(new URL("{asset_url("js/main.js")}", document.baseURI).href)'
            f'.then((chat) => chat.mount(element.querySelector("#zhengcai"), {options}));'
        ),
        apply_default_css=False,
        padding=False,
        elem_id="zhengcai-page",
    )


def theme() -> Base:
    """Gradio's plainest theme, with fonts that are on the reader's machine."""
    import gradio as gr

    return gr.themes.Base(font=FONTS, font_mono=MONOSPACE)
