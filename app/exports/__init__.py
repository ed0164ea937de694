"""A conversation as a file to hand on: Markdown and DOCX, each citation a footnote."""

from __future__ import annotations

from app.exports.markdown import to_markdown
from app.exports.word import to_docx

__all__ = ["to_docx", "to_markdown"]
