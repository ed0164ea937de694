"""What was decided about documents and the log of changes, as rows of tables hold it.

:mod:`ingest.storage.decisions` keeps the tables; here are the nouns and their form in a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ingest.document import document_id
from ingest.storage.database import Connection

Action = Literal["add", "replace", "edit", "remove", "undo"]
Face = Literal["page", "rest", "command"]
Edits = tuple[tuple[str, str | None], ...]
"""Corrected metadata: names of fields of ``Metadata`` and their values, ``None`` for nothing."""

Values = tuple[tuple[str, str | None, str | None], ...]
"""Names of fields with their values before and after a change."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands: whether it is in, which file it is read from, what was corrected.

    ``file`` is a note as in the catalogue (:mod:`ingest.originals`); ``content_hash`` is that of
    its bytes. Both are empty where the document was never in.
    """

    source: str
    present: bool
    file: str = ""
    content_hash: str = ""
    edits: Edits = ()

    @property
    def document(self) -> str:
        """The document's id."""
        return document_id(self.source)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one document; ``file`` is ``None`` where the corpus folder has it."""

    source: str
    present: bool
    file: str | None
    edits: Edits


@dataclass(frozen=True, slots=True)
class Held:
    """A line of the register: a document that is in; ``file`` is a note of where its bytes lie."""

    source: str
    file: str
    content_hash: str
    title: str

    @property
    def id(self) -> str:
        """The document's id."""
        return document_id(self.source)


@dataclass(frozen=True, slots=True)
class Noted:
    """What was done to a document, for the log."""

    action: Action
    title: str
    before: Standing
    after: Standing
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. ``at`` is an ISO time in UTC; ``undoes`` the id of an earlier change.

    ``last`` says that nothing was done to the document since, so that it can be undone; ``face``
    is what it was made through, ``values`` what it changed.
    """

    id: int
    at: str
    who: str
    action: Action
    document: str
    title: str
    before: Standing
    after: Standing
    undoes: int | None = None
    last: bool = False
    face: Face = "command"
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are wanted; empty: any. ``who`` is a whole name, ``titled`` a part of the
    title; ``since`` and ``until`` are ISO days in UTC, both included."""

    action: str = ""
    face: str = ""
    who: str = ""
    titled: str = ""
    since: str = ""
    until: str = ""


LATER = {"face": "command", "fields": "[]"}
"""Columns of the log that a file of an earlier version of the program lacks, and what they mean."""


def columns(kept: Collection[str]) -> str:
    """What is selected of the log for :func:`change`, where its table has the columns ``kept``."""
    later = [name if name in kept else f"'{value}'" for name, value in LATER.items()]
    return (
        "id, at, who, action, document, title, before, after, undoes,"
        " not exists (select 1 from changes n where n.document = c.document and n.state = 'done'"
        f" and n.id > c.id), {', '.join(later)}"
    )


def conditions(wanted: Wanted, kept: Collection[str]) -> dict[str, str]:
    """The conditions that :class:`Wanted` sets, each with its value."""
    face = "face" if "face" in kept else f"'{LATER['face']}'"
    titled = re.sub(r"([!%_])", r"!\1", wanted.titled)
    found = {
        "action = ?": wanted.action,
        f"{face} = ?": wanted.face,
        "who = ?": wanted.who,
        "lower(title) like lower(?) escape '!'": titled and f"%{titled}%",
        "substr(at, 1, 10) >= ?": wanted.since,
        "substr(at, 1, 10) <= ?": wanted.until,
    }
    return {condition: value for condition, value in found.items() if value}


def insert(
    connection: Connection,
    state: str,
    who: str,
    noted: Noted,
    face: Face,
    undoes: int | None = None,
) -> int:
    """Put a change into the log; gives its id."""
    before, after = as_json(asdict(noted.before)), as_json(asdict(noted.after))
    stands = (noted.after.document, noted.title, before, after)
    row = connection.execute(
        "insert into changes (at, who, action, document, title, before, after, undoes, state,"
        " face, fields) values (?,?,?,?,?,?,?,?,?,?,?) returning id",
        (_now(), who, noted.action, *stands, undoes, state, face, as_json(noted.values)),
    ).fetchone()
    return int(row[0])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def edits_of(values: Mapping[str, str | None]) -> Edits:
    """``values`` in the form that decisions keep."""
    return tuple(sorted(values.items()))


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _edits(value: Any) -> Edits:
    return tuple((str(name), text) for name, text in value)


def standing(text: str) -> Standing:
    """A standing out of its column."""
    values = json.loads(text)
    return Standing(**{**values, "edits": _edits(values["edits"])})


def decision(row: tuple[Any, ...]) -> Decision:
    """A decision out of a row: source, presence, file, edits."""
    source, present, file, edits = row
    return Decision(source, bool(present), file, _edits(json.loads(edits)))


def change(row: tuple[Any, ...]) -> Change:
    """A change out of a row of :func:`columns`."""
    id, at, who, action, document, title, before, after, undoes, last, face, fields = row
    known = (standing(before), standing(after), undoes, bool(last), face)
    values = tuple((str(name), old, new) for name, old, new in json.loads(fields))
    return Change(id, at, who, action, document, title, *known, values)
