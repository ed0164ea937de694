"""Whether a numbered line is a heading, a heading with text run in, or an item without one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.outline.lines import Row
from ingest.outline.numbering import RANK
from ingest.outline.points import short_lead

_LONGEST_HEADING = 60
_LONGEST_RUN_IN = 40
_LONGEST_ARTICLE_HEADING = 15
_BRACKETED = re.compile(r"[（(【\[]([^（）()【】\[\]]{1,25})[)）】\]]\s*")
_ASIDE = re.compile(r"\s*[（(][^（）()]*[)）]\s*$")


def article_heading(rows: Sequence[Row], at: int, body: int) -> tuple[str, int]:
    """The heading of the article in row ``at``, and where its text begins.

    ``第一条 【立法目的】 为了…`` and ``第一条 立法目的`` on a line of its own have one.
    """
    text = rows[at].text
    if bracketed := _BRACKETED.match(text, body):
        return bracketed[1].strip(), bracketed.end()
    short = len(text) - body <= _LONGEST_ARTICLE_HEADING
    if short and reads_as_heading(text[body:]) and _body_follows(rows, at):
        return text[body:].strip(), len(text)
    return "", body


def list_heading(rows: Sequence[Row], at: int, body: str) -> tuple[str, int, bool]:
    """The heading that ``body``, the text after a number, is or begins with.

    Returns it (empty for an item that has none), how many characters of ``body`` it takes, and
    whether that is a guess: a short sentence that may head the text after it or be an item.
    """
    row, whole = rows[at], body.strip()
    lead = short_lead(body, _LONGEST_RUN_IN)
    rest = body[len(lead) + 1 :].strip()
    if lead and rest and not _ASIDE.match(rest):
        return lead.strip(), len(lead) + 1, True
    if row.level is not None and len(whole) <= _LONGEST_HEADING and "。" not in whole[:-1]:
        return whole.rstrip("。：:"), len(body), False
    if lead and not rest:
        if heads_what_follows(rows, at):
            return lead.strip(), len(body), True
        return "", 0, False
    if reads_as_heading(whole):
        return whole, len(body), False
    if whole.endswith(("：", ":")) and len(whole) <= 20 and not re.search("[，；。]", whole):
        return whole[:-1], len(body), False
    return "", 0, False


def reads_as_heading(text: str) -> bool:
    """Short, one line, without the punctuation that ends or joins sentences."""
    text = text.strip()
    return (
        0 < len(text) <= _LONGEST_HEADING
        and "。" not in text
        and not text.endswith(("：", "；", "，", "、", ":", ";", ",", "！", "？"))
    )


def heads_what_follows(rows: Sequence[Row], at: int) -> bool:
    """Whether plain text or a deeper number comes next."""
    if followed_by_text(rows, at):
        return True
    mark, after = rows[at].mark, rows[at + 1].mark if at + 1 < len(rows) else None
    if mark is None or after is None or after.number != 1:
        return False
    return RANK[after.scheme] > RANK[mark.scheme]


def _body_follows(rows: Sequence[Row], at: int) -> bool:
    """Whether the text of an article comes next: a plain line, or clauses counted 1.1, 1.2."""
    after = rows[at + 1].mark if at + 1 < len(rows) else None
    return followed_by_text(rows, at) or (after is not None and after.scheme == "dotted")


def followed_by_text(rows: Sequence[Row], at: int) -> bool:
    """Whether the next line is text without a number."""
    return at + 1 < len(rows) and rows[at + 1].role == "text"


def joined(lines: Sequence[str]) -> str:
    """Lines of one title as one string, without the white space that only spaces it out."""
    text = "".join(line.strip() for line in lines)
    return re.sub(r"(?<=[\u4e00-\u9fff（）])\s+(?=[\u4e00-\u9fff（）])", "", text)
