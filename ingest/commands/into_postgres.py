"""``into-postgres``: from SQLite files into the PostgreSQL that the settings name."""

from __future__ import annotations

import argparse

from ingest.commandline import DONE
from ingest.language import pick
from ingest.settings import Settings


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Move, and say how much."""
    from ingest.index import writing
    from ingest.into_postgres import into_postgres

    with writing(settings):
        done = into_postgres(settings)
    print(
        pick(
            f"{done.documents} documents, {done.passages} passages are in PostgreSQL. The SQLite"
            " files are as they were and not used any more.",
            f"PostgreSQL 中已有 {done.documents} 篇文档、{done.passages} 段。"
            "SQLite 文件保持原样，不再使用。",
        )
    )
    return DONE
