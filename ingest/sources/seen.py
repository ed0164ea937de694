"""In which state pages of the web were last seen, so that a site need not send them again.

``data/pages.json`` notes for each address the document that its page gave. Losing the file costs
nothing but sending the pages once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ingest.durable import written
from ingest.loading.fetch import Marks
from ingest.settings import Settings
from ingest.sources.listing import Text

FILE = "pages.json"


class Seen:
    """The notes of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.data_folder / FILE
        self._notes = self._read()

    def same(self, text: Text, hashes: Mapping[str, str]) -> tuple[str, Marks]:
        """The document that the page of ``text`` gave and the page's state then; empty unless that
        document is in as it was, and the list wants the same text as then.

        :param hashes: those of the documents that are in, by source.
        """
        note = self._notes.get(str(text.source.web), {})
        source, hash = note.get("source", ""), note.get("content_hash", "")
        if not hash or hashes.get(source) != hash or note.get("wanted") != _wanted(text):
            return "", Marks()
        return source, Marks(str(note.get("etag", "")), str(note.get("modified", "")))

    def note(self, text: Text, source: str, content_hash: str, marks: Marks) -> None:
        """The page of ``text`` gave the document ``source`` with these bytes."""
        note = {"source": source, "content_hash": content_hash, "wanted": _wanted(text)}
        self._notes[str(text.source.web)] = note | marks._asdict()
        with written(self._file) as stream:
            stream.write(json.dumps(self._notes, ensure_ascii=False, indent=1).encode())

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            notes = json.loads(self._file.read_bytes())
            return {url: note for url, note in notes.items() if isinstance(note, dict)}
        except (OSError, ValueError, AttributeError):
            return {}


def _wanted(text: Text) -> str:
    return f"{text.title} {text.number or ''}".strip()
