"""What waits to go in: its names, its limits, and corrections of what was found in it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.library.drafts import file_name
from app.library.metadata import edits_from
from app.library.service import Library
from app.service import Assistant
from ingest.document import Metadata
from ingest.errors import LoadError, UserError
from tests.projects import Project


def test_size_number_and_age_of_drafts_are_limited(tmp_path: Path) -> None:
    extra = "load: {max_file_mb: 0.01}\nlibrary: {max_drafts: 2, draft_hours: 0.0001}\n"
    library = Library(Assistant(Project.make(tmp_path / "p", extra).settings))
    with pytest.raises(LoadError, match=r"0\.01 MB"):
        library.draft_file("a.txt", b"a" * 20_000, "")
    library.draft_file("a.txt", b"a", "")
    library.draft_file("b.txt", b"b", "")
    with pytest.raises(UserError, match="previews wait"):
        library.draft_file("c.txt", b"c", "")
    time.sleep(0.4)
    assert library.draft_file("d.txt", b"d", "").name == "d.txt"
    for bad in ("../../etc", "x" * 32, ""):
        with pytest.raises(UserError, match="gone"):
            library.preview(bad)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\文件\\通知.docx", "通知.docx"),
        ("a\x00b\u202egnp.txt", "a_b_gnp.txt"),
        (".txt", "document.txt"),
        ("", "document"),
        ("长" * 300 + ".pdf", "长" * 76 + ".pdf"),
    ],
)
def test_names_of_files(given: str, safe: str) -> None:
    assert file_name(given) == safe


def test_corrections_are_checked() -> None:
    found = Metadata(title="甲", region="四川")
    assert edits_from({"title": "甲", "region": "", "kind": "rule"}, found) == (
        ("kind", "rule"),
        ("region", None),
    )
    for bad in ({"title": " "}, {"published": "2024年"}, {"kind": "x"}, {"url": "javascript:a"}):
        with pytest.raises(UserError, match="Correct it"):
            edits_from(bad, found)
    with pytest.raises(UserError, match="no such field"):
        edits_from({"related": "x"}, found)
