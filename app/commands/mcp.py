"""``mcp``: the MCP server on standard input and output, as MCP clients start it."""

from __future__ import annotations

import argparse

from ingest.commandline import DONE
from ingest.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """The command takes no arguments of its own."""


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until the client closes standard input."""
    from app.mcp_server import serve_stdio
    from app.service import Assistant

    serve_stdio(Assistant(settings))
    return DONE
