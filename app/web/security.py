"""What the browser may load: only what this server sends, and no inline script but the page's own.

Gradio's page holds inline scripts, so each answer for the page gets a nonce; its components set
inline styles. Nothing may be compiled from text (no ``unsafe-eval``), so no component is used whose
template Gradio compiles in the browser. No other origin may read anything: whatever CORS headers a
library adds are taken out. Over TLS browsers are told to stay with it (RFC 6797).
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT = re.compile(rb"<script(?=[\s>])")
_PREVIEW_META = re.compile(rb'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')
_PAGES = {"/", ""}
_HSTS = b"max-age=31536000"


def policy(nonce: str) -> str:
    """The Content-Security-Policy of the page."""
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


class SecureHeaders:
    """ASGI middleware that adds security headers and the page's nonce."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; change only what is sent back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        is_page = scope["path"] in _PAGES
        is_tls = scope.get("scheme") == "https"
        if is_page:
            kept = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        start: Message = {}
        body = bytearray()

        async def send_safely(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                message = {**message, "headers": _headers(message["headers"], nonce, is_tls)}
                if is_page:
                    start = message
                    return
            elif is_page and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                page = with_nonce(bytes(body), nonce)
                headers = [(k, v) for k, v in start["headers"] if k != b"content-length"]
                length = (b"content-length", str(len(page)).encode())
                await send({**start, "headers": [*headers, length]})
                await send({"type": "http.response.body", "body": page})
                return
            await send(message)

        await self.app(scope, receive, send_safely)


def with_nonce(page: bytes, nonce: str) -> bytes:
    """The page with the nonce on its scripts, without previews that point to other hosts."""
    page = _PREVIEW_META.sub(b"", page)
    return _SCRIPT.sub(b'<script nonce="' + nonce.encode() + b'"', page)


def _headers(
    given: list[tuple[bytes, bytes]], nonce: str, is_tls: bool
) -> list[tuple[bytes, bytes]]:
    ours = {
        b"content-security-policy": policy(nonce).encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"same-origin",
        b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
        b"cross-origin-opener-policy": b"same-origin",
    }
    if is_tls:
        ours[b"strict-transport-security"] = _HSTS
    kept = [
        (k, v)
        for k, v in given
        if k.lower() not in ours and not k.lower().startswith(b"access-control-")
    ]
    return kept + list(ours.items())
