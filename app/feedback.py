"""Verdicts of readers on answers: thumbs up or down with a reason, in ``data/feedback.sqlite`` or
in PostgreSQL.

Nothing here leaves the office. The store is limited: long texts are cut, and a full store refuses
new entries instead of forgetting old ones.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from ingest.errors import UserError
from ingest.faults import explained
from ingest.settings import Settings
from ingest.storage.database import Connection, Database
from ingest.storage.places import shared_place

Rating = Literal["up", "down"]

FILE = "feedback.sqlite"
MOST_ENTRIES = 20_000
LONGEST_ID = 64
LONGEST_QUESTION = 2_000
LONGEST_ANSWER = 8_000
LONGEST_REASON = 1_000
LONGEST_NAME = 100
MOST_CITATIONS = 30
LONGEST_CITATION = 300

_COLUMNS = ("id", "time", "rating", "reason", "question", "answer", "citations", "who")
_KEEP = (
    f"insert into feedback ({', '.join(_COLUMNS)}) values (?, ?, ?, ?, ?, ?, ?, ?)"
    " on conflict (id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
)
_SCHEMA = """
create table if not exists feedback (
    id text primary key, time text not null, rating text not null, reason text not null,
    question text not null, answer text not null, citations text not null, who text not null
)
"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's verdict on one answer.

    ``id`` names the answer, so that a changed mind replaces the earlier verdict. ``citations``
    are references in the form of official writing. ``who`` is the account, empty without one.
    ``time`` is ISO 8601 in UTC.
    """

    id: str
    time: str
    rating: Rating
    reason: str
    question: str
    answer: str
    citations: tuple[str, ...]
    who: str


class FeedbackError(UserError):
    """A verdict that cannot be kept."""


def record(
    settings: Settings,
    *,
    question: str,
    answer: str,
    rating: str,
    citations: Sequence[str | Mapping[str, Any]] = (),
    reason: str = "",
    who: str = "",
    answer_id: str | None = None,
) -> Feedback:
    """Keep a verdict and give it back as kept.

    :param citations: official references, or citations as JSON types (their ``official`` counts).
    :param answer_id: names the answer; the same reader's later verdict on it replaces the earlier
        one. Made up where it is not given.
    :raises FeedbackError: if the rating is neither ``up`` nor ``down``, there is no question, or
        the store is full.
    """
    if rating not in get_args(Rating):
        raise FeedbackError(
            "bad-rating",
            str(rating)[:20],
            "this is no rating",
            "Give 'up' or 'down'",
            ("不是有效的评价", "请用 up 或 down"),
        )
    if not question.strip():
        raise FeedbackError(
            "no-question",
            "question",
            "it is empty",
            "Give the question that was answered",
            ("问题为空", "请给出所评价的问题"),
        )
    kept = Feedback(
        id=_cut(answer_id or uuid.uuid4().hex, LONGEST_ID),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        rating="up" if rating == "up" else "down",
        reason=_cut(reason, LONGEST_REASON),
        question=_cut(question, LONGEST_QUESTION),
        answer=_cut(answer, LONGEST_ANSWER),
        citations=tuple(_cut(_official(c), LONGEST_CITATION) for c in citations[:MOST_CITATIONS]),
        who=_cut(who, LONGEST_NAME),
    )
    place = shared_place(settings, FILE)
    with _opened(place) as opened, place.transaction(opened) as connection:
        key = f"{kept.who}\n{kept.id}"
        known = connection.execute("select 1 from feedback where id = ?", (key,)).fetchone()
        (count,) = connection.execute("select count(*) from feedback").fetchone()
        if not known and count >= MOST_ENTRIES:
            raise _full(place)
        values = (kept.time, kept.rating, kept.reason, kept.question, kept.answer)
        connection.execute(
            _KEEP,
            (key, *values, json.dumps(kept.citations, ensure_ascii=False), kept.who),
        )
    return kept


def export(settings: Settings) -> Iterator[Feedback]:
    """All verdicts, oldest first; none where nobody gave one."""
    place = shared_place(settings, FILE)
    if not place.exists():
        return
    with _opened(place) as connection:
        query = f"select {', '.join(_COLUMNS)} from feedback order by time, rowid"
        for row in connection.execute(query):
            values = dict(zip(_COLUMNS, row, strict=True))
            values["id"] = values["id"].split("\n", 1)[1]
            values["citations"] = tuple(json.loads(values["citations"]))
            yield Feedback(**values)


@contextmanager
def _opened(place: Database) -> Iterator[Connection]:
    """The store, as long as the block lasts.

    :raises UserError: if it cannot be read or written.
    """
    try:
        with closing(place.connect(write=True)) as connection:
            place.make(connection, _SCHEMA)
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise explained(error, place.where) or error from None


def _official(citation: str | Mapping[str, Any]) -> str:
    return citation if isinstance(citation, str) else str(citation.get("official", ""))


def _cut(text: str, most: int) -> str:
    kept = text.replace("\0", "").strip()
    return kept if len(kept) <= most else kept[: most - 1] + "…"


def _full(place: Database) -> FeedbackError:
    return FeedbackError(
        "feedback-full",
        place.where,
        f"it already holds {MOST_ENTRIES} entries",
        "Save a copy of them elsewhere and remove them",
        (f"已有 {MOST_ENTRIES} 条评价", "请另存后清空"),
    )
