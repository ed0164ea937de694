"""The page: one Gradio component that loads the chat's own script and style."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.i18n import STRINGS
from ingest.settings import Settings

if TYPE_CHECKING:
    from gradio import HTML
    from gradio.themes import Base

ASSETS = Path(__file__).with_name("assets")
FONTS = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif"]
MONOSPACE = ["ui-monospace", "Consolas", "Noto Sans Mono CJK SC", "monospace"]
STRINGS_MODULE = "js/strings.js"


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
    return f"export const STRINGS = {json.dumps(STRINGS, ensure_ascii=False)};\n"


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
