"""现行 is said only where the source says so."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.document import Metadata
from ingest.loading.front_matter import split_front_matter
from ingest.storage.catalogue import DocumentRecord
from ingest.validity import replaced_by, state_of

TODAY = date(2026, 11, 27)
OLD = {"kind": "law", "version": "1994-03-22", "effective": "1995-01-01"}


def record(superseded: bool = False, **metadata: str) -> DocumentRecord:
    found = Metadata(**metadata)  # type: ignore[arg-type]
    return DocumentRecord(
        "a", "a", "a.md", "a.md", "md", "", "示例法", "示例法", found, 1, 0, "", superseded
    )


@pytest.mark.parametrize(
    ("given", "superseded", "state"),
    [
        (OLD, False, "newest"),
        ({**OLD, "validity": "in-force"}, False, "current"),
        ({**OLD, "validity": "in-force"}, True, "superseded"),
        ({**OLD, "validity": "amended"}, False, "superseded"),
        ({**OLD, "validity": "repealed"}, True, "repealed"),
        ({**OLD, "validity": "in-force", "effective": "2027-01-01"}, False, "pending"),
        (
            {"kind": "document", "published": "2020-01-01", "expires": "2026-11-26"},
            False,
            "expired",
        ),
        ({"kind": "document", "published": "2020-01-01", "expires": "2026-11-27"}, False, "newest"),
        ({"kind": "news", "published": "2024-10-24"}, False, "unstated"),
        ({"kind": "law"}, False, "unstated"),
    ],
)
def test_state(given: dict[str, str], superseded: bool, state: str) -> None:
    assert state_of(record(superseded, **given), TODAY) == state


def test_front_matter_may_say_it() -> None:
    text = "---\n标题: 示例法\n时效性: 现行有效\n截至: 2026年10月4日\n---\n\n第一条 甲。\n"
    metadata = split_front_matter(text).metadata
    assert (metadata.validity, metadata.as_of) == ("in-force", "2026-10-04")


def test_what_a_superseded_text_was_replaced_by() -> None:
    old = record(True, version="2014-08-31", kind="law")
    new = record(False, version="2018-12-29", kind="law")
    later = record(False, version="2099-01-01", effective="2099-06-01", kind="law")
    assert replaced_by(old, [old, new, later]) is new
    assert replaced_by(new, [old, new, later]) is None
