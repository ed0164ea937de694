"""Read Markdown, and the many ``.md`` files that are plain text with ``#`` before the titles."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.document import Block
from ingest.errors import LoadError
from ingest.loading.encoding import decode
from ingest.loading.front_matter import split_front_matter
from ingest.loading.reading import Reading, join_lines, line_blocks, table_block
from ingest.loading.text import normal_newlines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


def read_markdown(data: bytes, where: str) -> Reading:
    """Headings, tables and one paragraph for each line of text.

    A line break stays one: the texts of laws write one paragraph a line. Numbers of lists stay
    (``1. ``), bullets, emphasis and comments do not.

    :raises LoadError: ``not-text``; ``too-many-marks``.
    """
    decoded = decode(data, where)
    head = split_front_matter(normal_newlines(decoded.text))
    if sum(head.body.count(mark) for mark in _MARKS) > _MOST_MARKS:
        raise _too_many_marks(where)
    blocks = [Block(line) for line in head.unread]
    blocks += _blocks(_parser().parse(head.body))
    return Reading(tuple(_notes_last(blocks)), head.metadata, decoded.encoding)


_MARKS = "*_[]`<!&\\"
_MOST_MARKS = 500_000
"""The parser takes up to 30 µs for each; 30 MB of them would take minutes, and all memory."""


def _too_many_marks(where: str) -> LoadError:
    return LoadError(
        "too-many-marks",
        where,
        f"it has more than {_MOST_MARKS:,} marks of Markdown",
        "Split it, or save it as plain text (.txt)",
        (f"Markdown 标记超过 {_MOST_MARKS:,} 个", "请拆分，或另存为纯文本（.txt）"),
    )


_NOTE = re.compile(r"\[\^([^\[\]\s]{1,20})\](?:(:)\s*)?")


def _notes_last(blocks: list[Block]) -> list[Block]:
    """Footnotes after the text, marked ``[1]`` there and where they belong."""
    text: list[Block] = []
    notes: list[Block] = []
    for block in blocks:
        begins = _NOTE.match(block.text)
        marked = _NOTE.sub(lambda mark: f"[{mark[1]}]" + (" " if mark[2] else ""), block.text)
        (notes if begins and begins[2] else text).append(replace(block, text=marked))
    return text + notes


_MAX_HEADING = 100
"""A longer line above ``---`` is a paragraph above a rule, not a heading."""


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Indented code and reference definitions would swallow indented paragraphs and lines such as
    # “[发文字号]: …”; entities are decoded by the parser.
    return MarkdownIt("commonmark").enable("table").disable(["code", "reference"])


def _blocks(tokens: list[Token]) -> list[Block]:
    blocks: list[Block] = []
    numbers: list[str] = []  # of list items whose first line is yet to come
    heading: Token | None = None
    rows: list[list[str]] = []
    quote_start = -1
    markup = ""  # of HTML blocks in a row: a blank line may cut a table in two
    for token in tokens:
        kind = token.type
        if kind != "html_block" and markup:
            blocks += _html_blocks(markup)
            markup = ""
        if kind == "heading_open":
            heading = token
        elif kind == "heading_close":
            heading = None
        elif kind == "list_item_open" and token.info:
            numbers.append(f"{token.info}{token.markup}")
        elif kind == "list_item_close":
            blocks += [Block(number) for number in numbers]  # an empty item
            numbers = []
        elif kind == "blockquote_open":
            quote_start = len(blocks)
        elif kind == "blockquote_close":
            if quote_start == len(blocks):
                blocks.append(Block(">"))  # it quotes nothing: a separator the author typed
            quote_start = -1
        elif kind == "table_open":
            rows = []
        elif kind == "tr_open":
            rows.append([])
        elif kind == "table_close":
            block = table_block(rows)
            rows = []
            blocks += [block] if block else []
        elif kind == "inline":
            text = _inline_text(token)
            if rows:
                rows[-1].append(text)
                continue
            if numbers:
                text = " ".join((*numbers, text))
                numbers = []
            blocks += _heading(text, heading) if heading else line_blocks(text)
        elif kind == "fence":
            blocks += line_blocks(token.content)
        elif kind == "html_block":
            markup += token.content
    return blocks + _html_blocks(markup)


def _heading(text: str, token: Token) -> list[Block]:
    lines = line_blocks(text)
    underlined = token.markup in ("=", "-")
    if underlined and (len(lines) > 1 or len(text) > _MAX_HEADING):
        return lines
    joined = ""
    for line in lines:
        joined = join_lines(joined, line.text)
    return [Block(joined, "heading", int(token.tag[1]))] if joined else []


def _inline_text(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline", "text_special"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type == "html_inline":
            parts.append(_inline_markup(child.content))
    return "".join(parts)


def _inline_markup(markup: str) -> str:
    """What a tag inside a line shows: a line break, or nothing. Unknown tags stay text."""
    if re.match(r"<br\s*/?>", markup, re.IGNORECASE):
        return "\n"
    if markup.startswith("<!--") or _KNOWN_TAG.match(markup):
        return ""
    return markup


_KNOWN_TAG = re.compile(
    r"</?(a|abbr|b|big|center|cite|code|del|div|em|font|hr|i|img|ins|kbd|label|mark|o:p|p|q|rp|rt"
    r"|ruby|s|small|span|strike|strong|sub|sup|tt|u|var|wbr)(?=[\s/>])",
    re.IGNORECASE,
)


def _html_blocks(markup: str) -> list[Block]:
    if not markup:
        return []
    if markup.lstrip().startswith("<!--") and "-->" not in markup:
        return line_blocks(markup)  # never closed: the parser took the rest of the file for it
    from ingest.loading.html import html_blocks

    return html_blocks(markup)
