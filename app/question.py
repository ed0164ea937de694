"""How long a question may be, at every door: the page, REST, MCP and the commands."""

from __future__ import annotations

from ingest.errors import UserError

LONGEST = 4_096
"""Bytes of UTF-8, some 1,300 Chinese characters."""


def refuse_long(*questions: str) -> None:
    """:raises UserError: if one of ``questions`` is longer than is answered."""
    if any(len(question.encode(errors="replace")) > LONGEST for question in questions):
        raise UserError(
            "question-too-long",
            "question",
            f"it is longer than {LONGEST // 1024} KB",
            "Ask for less at once; add a long text as a document",
            (f"超过 {LONGEST // 1024} KB", "请缩短问题；较长的文本请作为文档添加"),
        )
