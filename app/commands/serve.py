"""``serve``: the web chat, the REST interface and MCP over HTTP, in one server."""

from __future__ import annotations

import argparse
import signal

from ingest.commandline import DONE, at_least
from ingest.errors import SettingsError
from ingest.language import pick
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        help=pick(
            "address to listen on (default: server.host)", "监听地址（默认：设置 server.host）"
        ),
    )
    parser.add_argument(
        "--port",
        type=at_least(1),
        metavar="N",
        help=pick("port (default: server.port)", "端口（默认：设置 server.port）"),
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until interrupted."""
    from app.service import Assistant
    from app.ui import serve
    from app.workers import Workers, processes_of

    settings = _with_address(settings, options.host, options.port)
    signal.signal(signal.SIGTERM, _end)
    count = processes_of(settings)
    assistant = Assistant(settings, Workers(settings, count) if count else None)
    try:
        serve(assistant, settings)
    finally:
        assistant.close()
    return DONE


def _end(number: int, _: object) -> None:
    """End in order: what the server closes at its end is closed (a shell's status, 128 + n)."""
    raise SystemExit(128 + number)


def _with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    if port is not None and port > 65535:
        raise SettingsError(
            "bad-port",
            f"--port {port}",
            "ports end at 65535",
            "Give a smaller number",
            ("端口号最大为 65535", "请改用较小的数"),
        )
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    server = settings.server.model_copy(update=given)
    return settings.model_copy(update={"server": server})
